"""What the commands of the command line do: the same core that the panel drives."""

import hashlib
import sys
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from likeness_core import packs
from likeness_core.analyse import Analysis, write_thumbnails
from likeness_core.analyse import analyse as run_analysis
from likeness_core.api import FrameRange, Media, Progress, Shot
from likeness_core.cli import RestoreOptions
from likeness_core.errors import ModelPackError
from likeness_core.faces import open_face_analyser
from likeness_core.jobs import cache_folder, encode
from likeness_core.media import probe
from likeness_core.media.write import make_folder
from likeness_core.progress_bar import follow
from likeness_core.request import prepare_output, request
from likeness_core.restore import check_photographs, face_finder
from likeness_core.restore import restore as run
from likeness_core.steps import carry_out
from likeness_core.timing import parse_range, parse_rate

T = TypeVar("T")


def restore(options: RestoreOptions) -> int:
    """`likeness restore`."""
    console = Console(stderr=True)
    job = request(options)
    if not options.resume:
        check_photographs(job)  # no folder is made, and no earlier result given up, for one that cannot be
    prepare_output(job, options.resume, options.overwrite)
    work = run(job, options.reuse, options.ray)
    result = report(work) if options.progress == "json" else follow(work, console)
    for warning in result.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    print(result.result)
    summary = f"{result.restored_frames} of {result.frames} frames restored; evidence in {result.folder}"
    console.print(summary, markup=False, highlight=False, soft_wrap=True)
    return 0


def report(work: Generator[Progress, None, T]) -> T:
    """Carry work out, one JSON object a line on standard error for each `Progress`; return what it returns."""
    return carry_out(work, lambda progress: print(encode(progress).decode(), file=sys.stderr, flush=True))


def analyse(
    source: Path, span: str | None, rate: str | None, as_json: bool, thumbnails: Path | None, models: Path | None
) -> int:
    """`likeness analyse`: shots and people, as text or JSON, with a picture of each person."""
    media = probe(source, parse_rate(rate) if rate else None)
    frames = parse_range(span, media) if span else FrameRange(0, media.frame_count)
    name = hashlib.sha256(f"{source.resolve()} {frames}".encode()).hexdigest()[:16]
    folder = thumbnails or cache_folder() / "analyses" / name
    make_folder(folder)
    finder = face_finder(str(models or ""), 1) or open_face_analyser(1)
    with tempfile.TemporaryDirectory() as scratch:
        found = follow(
            run_analysis(media, frames, (), finder, Path(scratch)),
            Console(stderr=True),
        )
    pictures = write_thumbnails(media, found, folder)
    if as_json:
        print(encode(AnalysisReport(media, frames, found.shots, _people(found, pictures))).decode())
    else:
        print(_as_text(media, found, pictures))
    return 0


@dataclass(frozen=True, slots=True)
class PersonReport:
    """One person in the JSON of `likeness analyse`."""

    number: int  # what `--person` takes
    frames: int  # in how many the person is seen
    shots: tuple[int, ...]
    thumbnail: str  # a PNG file


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """The JSON of `likeness analyse`."""

    media: Media
    frames: FrameRange
    shots: tuple[Shot, ...]
    people: tuple[PersonReport, ...]


def _people(found: Analysis, pictures: dict[int, Path]) -> tuple[PersonReport, ...]:
    tracks = {track.number: track for track in found.tracks}
    return tuple(
        PersonReport(
            person.number,
            len({face.frame for number in person.tracks for face in tracks[number].faces}),
            tuple(sorted({tracks[number].shot for number in person.tracks})),
            str(pictures[person.number]),
        )
        for person in found.people
    )


def _as_text(media: Media, found: Analysis, pictures: dict[int, Path]) -> str:
    rate = f"{float(media.rate):.3f}".rstrip("0").rstrip(".")
    size = f"{media.width} x {media.height}"
    lines = [f"{size}, {rate} fps, {media.frame_count} frames, {media.codec}, {media.bit_depth} bit", ""]
    people = _people(found, pictures)
    for shot in found.shots:
        seen = [str(person.number) for person in people if shot.number in person.shots]
        who = f"person {', '.join(seen)}" if seen else "nobody"
        lines.append(f"shot {shot.number + 1:3}  {shot.frames.start:7}:{shot.frames.stop:<7} {who}")
    lines.append("")
    for person in people:
        lines.append(
            f"person {person.number}  in {person.frames} frames of {len(person.shots)} shots  {person.thumbnail}"
        )
    return "\n".join(lines if people else [*lines, "no faces were found"])


def list_packs() -> int:
    """`likeness packs`: every pack that is found, its files hashed; the exit status is that of the first bad one."""
    status = 0
    for folder in packs.find_packs():
        try:
            pack = packs.check_pack(folder)
            manifest = packs.read_manifest(folder)
            sides = ", ".join(map(str, manifest.sides_px))
            print(
                f"{pack.name} {pack.version}  {manifest.backbone}, crops of {sides} px, {pack.licence}, checked",
                folder,
                sep="  ",
            )
        except ModelPackError as error:
            print(f"{folder.name}  {error.message}. {error.hint}")
            status = status or error.exit_status
    return status
