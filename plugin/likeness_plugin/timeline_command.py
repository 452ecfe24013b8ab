"""What `likeness timeline list` and `likeness timeline restore` do."""

import shutil
import sys
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

from likeness_core.api import FrameRange
from likeness_core.api import Progress as Report
from likeness_core.errors import InputError, MediaError
from likeness_core.jobs import decode, encode, write_whole
from likeness_core.steps import carry_out
from likeness_core.timing import DROP_FRAME_RATES, parse_rate
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from likeness_plugin.edits import Dissolve, PlacedClip, SkippedItem
from likeness_plugin.timeline_media import MediaFinder, place_all
from likeness_plugin.timeline_plan import Choice, Plan, parse_record_range, plan, record_start
from likeness_plugin.timeline_read import ReadEdit, read_edit
from likeness_plugin.timeline_run import PassedOver, Restored, core_options, restore_task
from likeness_plugin.timeline_write import restored_tracks, write_timelines

RECORD = "timeline.json"  # in OUT: what was done, clip by clip
STAGES = {"index": "reading", "analyse": "finding faces", "restore": "restoring", "write": "writing movie"}


@dataclass(frozen=True, slots=True)
class ClipReport:
    """One clip in the JSON of `timeline list` and in OUT/timeline.json."""

    name: str
    track: int
    record: FrameRange  # from the edit's first frame
    media: str  # file name; "" where it is not known
    source: FrameRange | None  # frames of the media from its first
    folder: str  # of OUT, where it was restored
    note: str  # why it was left out


@dataclass(frozen=True, slots=True)
class EditReport:
    """An edit, and what became of its clips."""

    name: str
    rate: str  # "24000/1001"
    start: str  # timecode
    frames: int
    tracks: int
    clips: tuple[ClipReport, ...]
    dissolves: tuple[Dissolve, ...]
    files: tuple[str, ...] = ()  # the timelines that were written


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """An edit on its media."""

    read: ReadEdit
    placed: tuple[PlacedClip, ...]
    skipped: tuple[SkippedItem, ...]


def list_clips(given: Namespace) -> int:
    """`likeness timeline list`: every item, where its media is, and why it cannot be restored if so."""
    opened = _open(given)
    choice = _choice(given, opened.read, 0)
    chosen = plan(opened.read.edit, opened.placed, choice)
    report = _report(opened.read, chosen.clips, _inside(opened.skipped, choice), {}, {})
    if given.json:
        print(encode(report).decode())
        return 0
    start = record_start(opened.read.edit)
    print(
        f"{report.name}: {report.frames} frames at {_decimal(opened.read)} from {start}, {report.tracks} video tracks"
    )
    for clip in report.clips:
        span = f"V{clip.track}  {start + clip.record.start}  {start + (clip.record.stop - 1)}  {clip.name}"
        print(f"{span}  {clip.media}  {_frames(clip)}".rstrip() if not clip.note else f"{span}  left out: {clip.note}")
    return 0


def restore(given: Namespace) -> int:
    """`likeness timeline restore`. Raises LikenessError; what is finished stays, and --resume goes on.

    A range that cannot be restored does not stop the others; the exit status is that of its error.
    """
    if given.person not in ("auto", "match", "all"):
        hint = "Use --person match with photographs of the person, or --person all."
        raise InputError("timeline.person", "the numbers of people differ from clip to clip", hint)
    opened = _open(given)
    choice = _choice(given, opened.read, given.handles)
    chosen, skipped = plan(opened.read.edit, opened.placed, choice), _inside(opened.skipped, choice)
    if not chosen.tasks:
        why = "; ".join(f"{one.name}: {one.reason}" for one in skipped[:3]) or "the range holds no clip"
        raise InputError("timeline.nothing", f"no clip can be restored ({why})", "See: likeness timeline list")
    out = Path(given.output).absolute()
    _prepare(out, given, chosen)
    if given.overwrite:
        clear_earlier(out, {task.name for task in chosen.tasks})
    options = core_options(given.restoration, given)
    results = _restore_all(chosen, out, options, "overwrite" if given.overwrite else "resume", given.progress)
    restored = [one for one in results if isinstance(one, Restored)]
    passed = {one.task.name: one.reason for one in results if isinstance(one, PassedOver)}
    files: list[Path] = []
    if restored:
        tracks = restored_tracks(opened.read.edit, chosen, restored, given.scale)
        files = write_timelines(opened.read, opened.placed, chosen, tracks, out / f"{given.edit.stem}-likeness")
    folders = {clip: one.task.name for one in restored for clip in one.task.clips}
    notes = {clip: passed[task.name] for task in chosen.tasks if task.name in passed for clip in task.clips}
    report = replace(_report(opened.read, chosen.clips, skipped, folders, notes), files=tuple(p.name for p in files))
    write_whole(out / RECORD, encode(report))
    _tell(report, restored, files)
    return max((one.status for one in results if isinstance(one, PassedOver)), default=0)


def _open(given: Namespace) -> _Opened:
    if given.media is not None and not given.media.is_dir():
        raise InputError("timeline.no_folder", f"there is no folder {given.media}", "Check the path after --media.")
    read = read_edit(given.edit, parse_rate(given.rate) if given.rate else None)
    placed, skipped = place_all(read.edit, MediaFinder(given.edit.parent, given.media))
    # OTIO does not say whether its timecode is drop-frame; such a timeline is cut of drop-frame media.
    labelled = any(";" in (one.media.start_timecode or "") for one in placed)
    if labelled and read.edit.rate in DROP_FRAME_RATES and given.edit.suffix.lower().startswith(".otio"):
        read = replace(read, edit=replace(read.edit, drop=True))
    return _Opened(read, placed, skipped)


def _choice(given: Namespace, read: ReadEdit, handles: int) -> Choice:
    whole = FrameRange(0, read.edit.length)
    return Choice(parse_record_range(given.range, read.edit) if given.range else whole, given.track, handles)


def _inside(skipped: tuple[SkippedItem, ...], choice: Choice) -> tuple[SkippedItem, ...]:
    return tuple(
        one for one in skipped if choice.track in (None, one.track) and len(one.record.intersection(choice.frames))
    )


def _prepare(out: Path, given: Namespace, chosen: Plan) -> None:
    """Make OUT ready, or refuse. Raises MediaError `output.exists`, `output.holds_source`, `output.not_writable`."""
    if any(out in Path(task.range.media.path).parents for task in chosen.tasks):
        raise MediaError("output.holds_source", f"{out} holds the footage itself", "Choose another folder for -o.")
    occupied = out.is_file() or (out.is_dir() and any(out.iterdir()))
    if occupied and not (given.resume or given.overwrite):
        hint = "Go on with --resume, start afresh with --overwrite, or choose another folder."
        raise MediaError("output.exists", f"{out} is not empty", hint)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{out} cannot be written to ({error.strerror})"
        raise MediaError("output.not_writable", message, "Choose a folder that you may write to.") from error


def clear_earlier(out: Path, kept: set[str]) -> None:
    """Take away what an earlier run left in OUT, as its record says; the folders in `kept` are the core's to clear."""
    try:
        earlier = decode((out / RECORD).read_bytes(), EditReport)
    except (OSError, InputError):
        return
    for name in {clip.folder for clip in earlier.clips} - kept:
        if name and Path(name).name == name and (out / name / "sidecar.json").is_file():
            shutil.rmtree(out / name)
    for name in (*earlier.files, RECORD):
        if Path(name).name == name:
            (out / name).unlink(missing_ok=True)


def _restore_all(chosen: Plan, out: Path, options: list[str], again: str, progress: str) -> list[Restored | PassedOver]:
    """Restore task by task, with one bar for all frames and one for the task at hand."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:>32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results: list[Restored | PassedOver] = []
    with Progress(*columns, console=console, transient=not console.is_terminal, disable=progress == "json") as bars:
        whole = bars.add_task("all frames", total=sum(len(task.range.frames) for task in chosen.tasks))
        for number, task in enumerate(chosen.tasks, start=1):
            bar = bars.add_task("", total=None)
            place = f"{number}/{len(chosen.tasks)} {task.name[:14]}"

            def show(report: Report, bar: TaskID = bar, place: str = place) -> None:
                if progress == "json":
                    print(encode(report).decode(), file=sys.stderr, flush=True)
                described = f"{place} {STAGES.get(report.stage, report.stage)}"
                bars.update(bar, description=described, completed=report.done, total=report.total)

            results.append(carry_out(restore_task(task, out, options, again), show))
            bars.remove_task(bar)
            bars.advance(whole, len(task.range.frames))
    return results


def _report(
    read: ReadEdit, clips: tuple[PlacedClip, ...], skipped: tuple[SkippedItem, ...],
    folders: dict[PlacedClip, str], notes: dict[PlacedClip, str],
) -> EditReport:  # fmt: skip
    edit = read.edit
    reports = [
        ClipReport(
            clip.name, clip.track, clip.record, Path(clip.media.path).name, clip.source, folders.get(clip, ""),
            notes.get(clip, ""),
        )
        for clip in clips
    ]  # fmt: skip
    reports += [ClipReport(one.name, one.track, one.record, "", None, "", one.reason) for one in skipped]
    ordered = tuple(sorted(reports, key=lambda one: (one.track, one.record.start)))
    rate = f"{edit.rate.numerator}/{edit.rate.denominator}"
    return EditReport(edit.name, rate, str(record_start(edit)), edit.length, edit.tracks, ordered, edit.dissolves)


def _tell(report: EditReport, restored: list[Restored], files: list[Path]) -> None:
    """The files on standard output; what was left out, and why, on standard error."""
    for path in files:
        print(path)
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    for clip in report.clips:
        if clip.note:
            console.print(f"left out: {clip.name} on V{clip.track}: {clip.note}")
    for one in restored:
        for warning in one.warnings:
            console.print(f"warning: {one.task.name}: {warning}", style="yellow")
    placed = sum(bool(clip.folder) for clip in report.clips)
    frames = sum(one.restored_frames for one in restored)
    console.print(f"{placed} of {len(report.clips)} clips restored, {frames} frames")


def _decimal(read: ReadEdit) -> str:
    return f"{float(read.edit.rate):.3f}".rstrip("0").rstrip(".") + " fps"


def _frames(clip: ClipReport) -> str:
    return f"{clip.source.start}:{clip.source.stop}" if clip.source is not None else ""
