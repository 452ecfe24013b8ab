"""CMX 3600 edit decision lists: what OpenTimelineIO's reader leaves out, and our own writer.

The reader drops, without a word: the speed of an event whose record is as long as its source (an M2 line of -24 plays
backwards), the FCM line that says that colons mean drop-frame, and the first half of a dissolve that has no event of
its own; and it takes the clip that a dissolve leaves for the one that it leads to. `prepared` writes these into the
list in words that the reader keeps. The writer there labels every list at 29.97 as drop-frame and knows no start of
the timeline; ours keeps the edit's own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from likeness_core.errors import InputError
from likeness_core.timing import DROP_FRAME_RATES, Timecode

SPEED = "LIKENESS SPEED"  # a comment that marks a retimed event

_EVENT = re.compile(
    r"\s*(\d+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+(\d+))?((?:\s+\d{2}[:;.,]\d{2}[:;.,]\d{2}[:;.,]\d{2}){4})\s*"
)
_MOTION = re.compile(r"\s*\*?\s*M2:?\s+(.*?)\s*(-?\d+(?:\.\d+)?)\s+\d{2}[:;]\d{2}[:;]\d{2}[:;]\d{2}\s*")
_REEL_CHARACTERS = 8  # the standard's


@dataclass(frozen=True, slots=True)
class EdlEvent:
    """One line of a list that is written."""

    reel: str
    source: tuple[Timecode, Timecode]  # first frame, and the one after the last
    record: tuple[Timecode, Timecode]
    clip_name: str
    path: str
    dissolve_frames: int = 0  # 0: a cut


def prepared(text: str, rate: Fraction | None) -> tuple[str, Fraction]:
    """The list as OpenTimelineIO's reader reads all of it, and its rate. Raises InputError("timeline.rate")."""
    lines = text.removeprefix("\ufeff").replace("\x00", "").splitlines()
    drop = any("FCM" in line and "NON" not in line.upper() and "DROP" in line.upper() for line in lines)
    labelled = any(";" in match[6] for line in lines if (match := _EVENT.fullmatch(line)))
    rate = rate or _rate_of(drop or labelled)
    whole = [line for line in lines if line.strip() and not line.lstrip().upper().startswith("FCM")]
    if drop and not labelled and rate in DROP_FRAME_RATES:
        whole = [_as_drop_frame(line) for line in whole]
    return "\n".join(_with_speeds(_facing(_apart(whole)), rate)) + "\n", rate


def is_drop_frame(text: str) -> bool:
    """Whether the record timecode of a prepared list is drop-frame."""
    return any(";" in match[6] for line in text.splitlines() if (match := _EVENT.fullmatch(line)))


def written(title: str, events: Iterable[EdlEvent], drop: bool) -> str:
    """The text of a list. A dissolve's event follows the one that it comes from."""
    lines = [f"TITLE: {title}", f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}", ""]
    before: EdlEvent | None = None
    for number, event in enumerate(events, start=1):
        times = " ".join(str(time) for time in (*event.source, *event.record))
        reel = event.reel[:_REEL_CHARACTERS].ljust(_REEL_CHARACTERS)
        if event.dissolve_frames and before is not None:
            end = (before.source[1], before.source[1], before.record[1], before.record[1])
            from_reel = before.reel[:_REEL_CHARACTERS].ljust(_REEL_CHARACTERS)
            lines.append(f"{number:03d}  {from_reel} V     C        {' '.join(map(str, end))}")
            lines.append(f"{number:03d}  {reel} V     D    {event.dissolve_frames:03d} {times}")
            lines += [f"* FROM CLIP NAME: {before.clip_name}", f"* TO CLIP NAME: {event.clip_name}"]
            lines += [f"* TO FILE: {event.path}", ""]
        else:
            lines.append(f"{number:03d}  {reel} V     C        {times}")
            lines += [f"* FROM CLIP NAME: {event.clip_name}", f"* FROM FILE: {event.path}", ""]
        before = event
    return "\n".join(lines)


def reel_of(name: str) -> str:
    """A reel name: what the standard lets stand in one."""
    return re.sub(r"[^A-Za-z0-9]", "", name).upper()[:_REEL_CHARACTERS] or "AX"


def _rate_of(drop: bool) -> Fraction:
    if drop:
        return DROP_FRAME_RATES[0]
    hint = "Add --rate, such as --rate 24 or --rate 23.976."
    raise InputError("timeline.rate", "an EDL does not say its frame rate", hint)


def _as_drop_frame(line: str) -> str:
    match = _EVENT.fullmatch(line)
    if match is None:
        return line
    return line[: match.start(6)] + re.sub(r"[:.,](\d{2})(?=\s|$)", r";\1", match[6])


def _apart(lines: list[str]) -> list[str]:
    """Give the first half of a dissolve an event of its own, where it is more than the edit point."""
    numbers = [int(match[1]) for line in lines if (match := _EVENT.fullmatch(line))]
    free = max(numbers, default=0) + 1
    result: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        match, other = _EVENT.fullmatch(line), _EVENT.fullmatch(following)
        if match and other and match[1] == other[1] and other[4] != "C" and match[6].split()[0] != match[6].split()[1]:
            times = match[6].split()
            result.append(re.sub(r"\d+", f"{free:03d}", line, count=1))
            free += 1
            line = f"{match[1]} {match[2]} {match[3]} C {times[1]} {times[1]} {times[3]} {times[3]}"  # noqa: PLW2901
        result.append(line)
    return result


def _facing(lines: list[str]) -> list[str]:
    """Let the comments of a dissolve's event name the clip that it leads to."""
    result = []
    dissolves = False
    for line in lines:
        if match := _EVENT.fullmatch(line):
            dissolves = match[4] != "C"
        elif dissolves:
            line = re.sub(r"^(\W*)FROM (?=CLIP|FILE)", r"* DISSOLVED FROM ", line)  # noqa: PLW2901
            line = re.sub(r"^(\W*)TO (CLIP|FILE):", r"* FROM \2:", line)  # noqa: PLW2901
        result.append(line)
    return result


def _with_speeds(lines: list[str], rate: Fraction) -> list[str]:
    """Follow each M2 line that is not plain speed by a comment that the reader keeps with the event."""
    result = []
    for line in lines:
        result.append(line)
        match = _MOTION.fullmatch(line)
        if match and abs(Fraction(match[2]) - rate) > Fraction(1, 20):
            result.append(f"* {SPEED} {match[2]}")
    return result
