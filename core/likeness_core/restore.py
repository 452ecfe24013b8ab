"""A restoration job as a generator: analysis -> cast -> units -> frames -> result.

    for progress in restore(job): ...

Each yield is a report and a point where the job can be stopped by closing the generator; what was finished stays
and the same call goes on from there, to the same bytes.
"""

import shutil
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from likeness_core.analyse import Analysis, analyse
from likeness_core.api import FrameRange, JobResult, Progress, RestorationJob
from likeness_core.cast import Cast, choose_cast, read_references
from likeness_core.errors import InputError
from likeness_core.evidence import Evidence
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.farm import on_farm
from likeness_core.jobs import Journal, decode, encode, job_folder, locked, write_whole
from likeness_core.kept_analyses import bring_analysis, keep_analysis
from likeness_core.output import Output
from likeness_core.render import pack_state, plan_units, unpack_state
from likeness_core.rendering import UnitDone, UnitWork, render_units
from likeness_core.request import check_source, source_changed
from likeness_core.shots import dissolve_middles


def restore(job: RestorationJob, reuse: bool = True, ray: str = "") -> Generator[Progress, None, JobResult]:
    """Run a job to its end, or go on with it. Raises LikenessError; nothing that was finished is lost by it.

    `reuse`: take analysis and restored windows from earlier runs where they are the same, and keep those of this one;
    the result has the same bytes either way. `ray`: address of a Ray cluster that restores the shots; its machines see
    the source, the output and the cache under the same paths.
    """
    folder = job_folder(Path(job.output.folder))
    with locked(folder):
        done = _earlier_result(job, folder)
        if done is not None:
            Output(job, folder / "store").check_result()
            return done
        check_source(job)
        torch.set_num_threads(job.threads)
        analyser = open_face_analyser(1)  # many faces at once, each by one thread: twice as fast as the reverse
        finder = face_finder(job.face_models, 1) or analyser
        references = read_references(job, finder)  # before hours of footage are looked through
        _freeze(job, folder)
        cuts = (*job.cuts, *dissolve_middles(job.dissolves))
        if reuse:
            bring_analysis(job, folder)
        analysis = yield from analyse(job.media, job.frames, cuts, finder, folder, job.through_edits, job.threads)
        if reuse:
            keep_analysis(job, folder)
        cast = choose_cast(job, references, analysis, finder, folder)
        evidence = Evidence(job, cast, folder)
        yield from _units(job, analysis, cast, analyser, evidence, folder, _Means(reuse, ray))
        output = Output(job, folder / "store")
        yield from output.finish()
        check_source(job)  # else the result is of two sources, and says so nowhere
        result = evidence.finish(output.result)
        write_whole(folder / "done.json", encode(result))
        _tidy(folder)
        return result


@dataclass(frozen=True, slots=True)
class _Means:
    """How the work is done; the result is the same."""

    reuse: bool
    ray: str


def face_finder(folder: str, threads: int) -> FaceAnalyser | None:
    """What finds faces and tells people apart where the user named an insightface pack. Raises ModelPackError."""
    if not folder:
        return None
    from likeness_core.faces_insightface import open_insightface_analyser  # an extra

    return open_insightface_analyser(Path(folder), threads)


def _tidy(folder: Path) -> None:
    """Take away what only an unfinished job needs; the record of the job stays."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    for path in folder.glob("*.npz"):
        path.unlink()


def check_photographs(job: RestorationJob) -> None:
    """Whether the references can serve. Raises ReferencePhotoError."""
    read_references(job, face_finder(job.face_models, 1) or open_face_analyser(1))


def _freeze(job: RestorationJob, folder: Path) -> None:
    """From here on the job is what it is; a job that was begun before stays as it was frozen then."""
    if not (folder / "job.json").exists():
        write_whole(folder / "job.json", encode(job))


def _earlier_result(job: RestorationJob, folder: Path) -> JobResult | None:
    """The result of a job that is done already. Raises where another job was begun, or the source has changed."""
    if not (folder / "job.json").exists():
        return None
    begun = decode((folder / "job.json").read_bytes(), RestorationJob)
    # A sequence is hashed over the range, so another range says nothing about a change.
    same_content = begun.source.sha256 == job.source.sha256 or begun.source.path != job.source.path
    if not same_content and (job.media.kind == "movie" or begun.frames == job.frames):
        raise source_changed(job)
    # The time of the file's last change is for noticing a change quickly; a copy with another time is the same source.
    same_time = replace(job, source=replace(job.source, modified_ns=begun.source.modified_ns))
    if encode(begun) != encode(same_time):
        hint = "Repeat the command as it was, start afresh with --overwrite, or choose another folder for -o."
        raise InputError("job.differs", "this output folder holds another job: the source or a setting differs", hint)
    done = folder / "done.json"
    return decode(done.read_bytes(), JobResult) if done.exists() else None


def _units(
    job: RestorationJob, analysis: Analysis, cast: Cast, analyser: FaceAnalyser, evidence: Evidence, folder: Path,
    options: "_Means",
) -> Generator[Progress, None, None]:  # fmt: skip
    """Carry out what is left of the plan."""
    units = plan_units(analysis.shots, cast.tracks, job.plan)
    journal = Journal(folder / "journal")
    finished = journal.finished()
    evidence.keep_before(units[finished].finished.start if finished < len(units) else job.frames.stop)
    output = Output(job, folder / "store")
    output.check_written(
        FrameRange(job.frames.start, units[finished - 1].finished.stop if finished else job.frames.start)
    )
    if finished == len(units):
        return
    state = unpack_state(_state_path(folder, finished).read_bytes()) if finished else {}
    total = len(job.frames)
    done = 0 if not finished else units[finished].finished.start - job.frames.start
    work = UnitWork(job, cast, folder / "store", options.reuse)
    steps = (
        on_farm(options.ray, work, units[finished:], state)
        if options.ray
        else render_units(work, units[finished:], state, analyser)
    )
    with closing(steps):
        for step in steps:
            if isinstance(step, UnitDone):
                output.sync()
                evidence.sync()
                _finish_unit(step, journal, folder)
                continue
            if step is not None:
                evidence.add(step)
                done = step.index + 1 - job.frames.start
            yield Progress("restore", done, total, step.index if step else None)


def _finish_unit(done: UnitDone, journal: Journal, folder: Path) -> None:
    """Everything the unit left is on disk; now say so."""
    write_whole(_state_path(folder, done.unit.number + 1), pack_state(done.state))
    journal.add()
    _state_path(folder, done.unit.number).unlink(missing_ok=True)


def _state_path(folder: Path, unit: int) -> Path:
    return folder / f"state-{unit}.npz"
