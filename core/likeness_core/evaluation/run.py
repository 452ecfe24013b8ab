"""Run an evaluation: restore every subject in every way that was asked for, and measure it.

Each restoration is a job of the product, with a cold cache: `likeness restore` in this process. What is finished stands
in OUT/results.jsonl, a line a restoration, so that the same command goes on where it was stopped.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

import likeness_core
from likeness_core import packs
from likeness_core.api import FrameRange, Media, Progress
from likeness_core.cli import parser, restore_options
from likeness_core.errors import FaceError, ReferencePhotoError
from likeness_core.evaluation import measure
from likeness_core.evaluation.footage import degraded_media, truth_media
from likeness_core.evaluation.pairs import no_face, together
from likeness_core.evaluation.recipe import bicubic
from likeness_core.evaluation.scores import NOBODY, Embeddings, Examiner, Rows, Scores, Shots, TruthFace, scores
from likeness_core.evaluation.subjects import Subject
from likeness_core.jobs import cache_at
from likeness_core.media import Frame, MediaReader, probe, to_float
from likeness_core.references import read_photo
from likeness_core.request import PACK, prepare_output, request
from likeness_core.restore import restore

BASELINES = ("truth", "input", "bicubic")  # what nobody restored
_MOST_PICTURES = 3  # of one row, for the page


@dataclass(frozen=True, slots=True)
class Row:
    """One way to restore: a row of the table."""

    name: str
    kind: str  # "none", "right", "wrong" or "identity": whose photographs guide
    arguments: tuple[str, ...] = ()  # further ones for `likeness restore`


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the figures of an evaluation."""

    folder: Path  # of the result
    factors: tuple[int, ...] = (4, 8)
    rows: tuple[Row, ...] = ()
    seeds: int = 3
    every: int = 1  # look at each so many frames
    frames: int | None = None  # of each clip, from its start; None = all
    arguments: tuple[str, ...] = ()  # for every `likeness restore`
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Result:
    """One restoration, or one baseline, of one subject."""

    subject: str
    factor: int
    row: str
    seed: int
    settings: str  # hash of what else decides the figures
    frames: int  # measured
    scores: Scores
    numbers: tuple[int, ...]  # frames measured, and
    ids_dlib: tuple[float, ...]  # the identity of each
    groups: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What an evaluation found."""

    results: tuple[Result, ...]
    left_out: tuple[str, ...]  # what could not be measured, and why; a line each


def evaluate_set(subjects: tuple[Subject, ...], plan: Plan) -> Generator[Progress, None, Findings]:
    """Work through a plan; yields after every restoration.

    A truth without a face, and photographs that cannot serve, are left out, and said. Raises MediaError,
    ModelPackError, InputError, DeviceError: what is wrong with the whole.
    """
    record = plan.folder / "results.jsonl"
    known = {_key(result): result for result in _recorded(record)}
    sources = sorted(Path(likeness_core.__file__).parent.rglob("*.py"))
    code = packs.combined_hash([packs.file_hash(path) for path in sources])
    examiner = Examiner(threads=plan.threads)
    found: list[Result] = []
    left_out: list[str] = []
    cases = [(subject, factor) for subject in subjects for factor in plan.factors]
    for done, (subject, factor) in enumerate(cases):
        yield Progress("evaluate", done, len(cases))
        with ExitStack() as stack:
            case = None
            for row, seed in _wanted(subject, plan):
                settings = _settings(subject, row, plan, code)
                result = known.get((subject.name, factor, row.name, seed, settings))
                if result is not None:
                    found.append(result)
                    continue
                try:
                    case = case or stack.enter_context(closing(_Case(subject, factor, plan, examiner)))
                    result = case.result(row, seed, settings)
                except (FaceError, ReferencePhotoError) as error:
                    left_out.append(f"{subject.name} x{factor}, {row.name}: {error.message}")
                    if case is None:
                        break
                    continue
                found.append(result)
                with record.open("a", encoding="utf-8") as handle:
                    handle.write(json.dumps(msgspec.to_builtins(result)) + "\n")
                yield Progress("evaluate", done, len(cases))
    return Findings(tuple(found), tuple(dict.fromkeys(left_out)))  # each seed says the same


def _wanted(subject: Subject, plan: Plan) -> Iterator[tuple[Row, int]]:
    """Rows and seeds that a subject can serve."""
    for name in BASELINES:
        yield Row(name, name), 0
    for row in plan.rows:
        if row.kind == "none" or _guide(subject, row):
            for seed in range(plan.seeds):
                yield row, seed


def _guide(subject: Subject, row: Row) -> list[str]:
    """How `likeness restore` is told who it is."""
    if row.kind == "none":
        return ["--no-reference"]
    if row.kind == "identity":
        return ["--identity", str(subject.identity_pack), "--person", "all"] if subject.identity_pack else []
    photos = subject.references if row.kind == "right" else subject.wrong
    return ["--reference", *map(str, photos), "--person", "all"] if photos else []


def _settings(subject: Subject, row: Row, plan: Plan, code: str) -> str:
    """What decides a result beside its key, as a short hash: footage, photographs, weights, options, our code."""
    files = [*subject.truth, *subject.references, *subject.wrong, *(path for _, path in subject.degraded)]
    stats = [(path, path.stat()) for named in files for path in _files(named)]
    sizes = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    words = [code, str(plan.every), str(plan.frames), str(subject.cuts), *sizes]
    if row.name not in BASELINES:
        options = [*plan.arguments, *row.arguments]
        named = [Path(options[i + 1]) for i, word in enumerate(options) if word == "--pack"]
        folder = named[-1] if named else next((one for one in packs.find_packs() if one.name == PACK), Path())
        pack = packs.file_hash(folder / "manifest.json") if (folder / "manifest.json").is_file() else ""
        identity = packs.file_hash(subject.identity_pack) if row.kind == "identity" and subject.identity_pack else ""
        words += [row.kind, *options, pack, identity]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    """The file, or those of a sequence's pattern."""
    return sorted(path.parent.glob(re.sub(r"%\d*d", "*", path.name))) if "%" in path.name else [path]


def _key(result: Result) -> tuple[str, int, str, int, str]:
    return result.subject, result.factor, result.row, result.seed, result.settings


def _recorded(record: Path) -> list[Result]:
    """Results of an earlier run; a line that was cut off is left out."""
    found = []
    for line in record.read_bytes().splitlines() if record.exists() else []:
        try:
            found.append(msgspec.convert(json.loads(line), Result))
        except (ValueError, msgspec.ValidationError):
            continue
    return found


class _Case:
    """One subject at one factor: its footage, and what the truth's faces look like."""

    def __init__(self, subject: Subject, factor: int, plan: Plan, examiner: Examiner) -> None:
        self._subject, self._factor, self._plan, self._examiner = subject, factor, plan, examiner
        self._scratch = Path(tempfile.mkdtemp(prefix="likeness-evaluate-"))
        try:
            self._look()
        except BaseException:
            self.close()
            raise

    def _look(self) -> None:
        """Make the footage and find the truth's faces."""
        subject, plan = self._subject, self._plan
        self._truth = truth_media(subject, self._scratch / "truth", plan.frames)
        self._frames = FrameRange(0, min(self._truth.frame_count, plan.frames or self._truth.frame_count))
        low = self._scratch / "degraded"
        self._degraded = degraded_media(subject, self._truth, self._factor, low, plan.frames)
        self._shots = Shots(subject.cuts, plan.every)
        with MediaReader(self._truth) as reader:
            self._faces = self._examiner.truth(reader.frames(self._frames), plan.every)
        if not self._faces:
            raise no_face(subject.truth[0])
        self._right, self._wrong = (self._people(photos) for photos in (subject.references, subject.wrong))

    def close(self) -> None:
        """Take the footage away."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def result(self, row: Row, seed: int, settings: str) -> Result:
        """Restore, measure, and keep a few pictures for the page."""
        with self._version(row, seed) as (media, change):
            pairs = together(self._truth, media, self._frames)
            kept: list[tuple[int, npt.NDArray[np.float32]]] = []
            rows = self._examiner.version(self._watched(pairs, change, kept), self._faces, self._shots)
        if seed == 0:
            self._save(row, kept)
        return self._measured(rows, row, seed, settings)

    def _people(self, photos: tuple[Path, ...]) -> Embeddings:
        return self._examiner.photographs([read_photo(path) for path in photos]) if photos else NOBODY

    @contextmanager
    def _version(self, row: Row, seed: int) -> Iterator[tuple[Media, int]]:
        """The footage of a row, and the factor of the bicubic baseline to apply to it (0: none)."""
        if row.name in BASELINES:
            yield (self._truth if row.name == "truth" else self._degraded), self._factor if row.name == "bicubic" else 0
            return
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder, cache_at(Path(folder) / "cache"):
            # Sequences are given by their first file, movies by themselves.
            source = str(next((self._scratch / "degraded" / "frames").glob("*.000000.png"), self._degraded.path))
            words = ["restore", source, *_guide(self._subject, row), "-o", str(Path(folder) / "out")]
            words += ["--range", f":{self._frames.stop}", "--seed", str(seed), "--threads", str(self._plan.threads)]
            options = restore_options(parser().parse_args([*words, *self._plan.arguments, *row.arguments]))
            job = replace(request(options), cuts=self._subject.cuts)
            prepare_output(job, resume=False, overwrite=False)
            for _ in restore(job):
                pass
            yield probe(min((Path(folder) / "out" / "frames").iterdir())), 0

    def _watched(
        self, pairs: Iterator[tuple[Frame, Frame]], factor: int, kept: list[tuple[int, npt.NDArray[np.float32]]]
    ) -> Iterator[tuple[Frame, Frame]]:
        """The pairs, with the baseline applied, and a few faces of the version put aside."""
        numbers = sorted(self._faces)
        wanted = {numbers[len(numbers) * (2 * i + 1) // (2 * _MOST_PICTURES)] for i in range(_MOST_PICTURES)}
        for truth, other in pairs:
            version = replace(other, pixels=bicubic(to_float(other.pixels), factor)) if factor else other
            if truth.index in wanted:
                kept.append((truth.index, face_picture(to_float(version.pixels), self._faces[truth.index])))
            yield truth, version

    def _save(self, row: Row, kept: list[tuple[int, npt.NDArray[np.float32]]]) -> None:
        for number, picture in kept:
            path = picture_path(self._plan.folder, self._subject.name, self._factor, row.name, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            done, data = cv2.imencode(".png", np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)[..., ::-1])
            assert done
            path.write_bytes(data.tobytes())

    def _measured(self, rows: Rows, row: Row, seed: int, settings: str) -> Result:
        truth = np.stack([self._faces[number].dlib for number in rows.numbers])
        ids = measure.identity_scores(np.stack(rows.dlib), truth)
        found = scores(rows, self._faces, self._shots, self._right, self._wrong)
        return Result(
            self._subject.name, self._factor, row.name, seed, settings, len(rows.numbers), found, tuple(rows.numbers),
            tuple(float(value) for value in ids), self._subject.groups,
        )  # fmt: skip


def face_picture(rgb: npt.NDArray[np.float32], known: TruthFace) -> npt.NDArray[np.float32]:
    """The face's box of a frame."""
    return measure.face_box(known.dense, rgb.shape[1], rgb.shape[0]).cut(rgb)


def picture_path(folder: Path, subject: str, factor: int, row: str, frame: int) -> Path:
    """Where a face of the page lies."""
    name = hashlib.sha256(row.encode()).hexdigest()[:8]
    return folder / "pictures" / f"{subject}-x{factor}" / f"{frame:06}-{name}.png"
