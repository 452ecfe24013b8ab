"""Every rule of how Resolve counts, in one place; the rest of the bridge knows only our own units.

Measured on Resolve 19.1 to 21.0 by several parties, and repeated by the simulator of the tests:

- Items stand at absolute timeline frames: 01:00:00:00 at 24 fps is 86400. Ends are exclusive.
- Marks (`GetMarkInOut`) and markers count from the timeline's start; marks of render settings are absolute.
- `AppendToTimeline` takes an exclusive end.
- A pool item's 'Start' is the number of its first frame: 0 for a movie, the in-point for a subclip, the file number for
  an image sequence. `GetLeftOffset` counts from there, exactly, as long as the speed is 100 %.
- `GetSourceStartFrame` is off by one at times; `GetSourceEndFrame` is exclusive where the rates are equal, inclusive
  where they differ. Speed itself cannot be read: it shows in the span between the two.
"""

from dataclasses import dataclass
from fractions import Fraction

from likeness_core.api import FrameRange
from likeness_core.timing import Timecode, parse_rate

# Not documented; in the user interface the out mark stands on the last frame that plays. `likeness hosts probe` asks.
OUT_MARK_IS_INCLUSIVE = True
RENDER_OUT_IS_INCLUSIVE = True


@dataclass(frozen=True, slots=True)
class Clock:
    """How a timeline counts."""

    rate: Fraction  # frames per second
    drop: bool
    start: int  # Resolve's number of the first frame
    stop: int  # exclusive

    def record(self, start: int, stop: int) -> FrameRange:
        """Our record range of Resolve's absolute frames, cut to the timeline."""
        first = max(0, start - self.start)
        return FrameRange(first, max(first, stop - self.start))

    def host(self, record_frame: int) -> int:
        """Resolve's absolute frame."""
        return self.start + record_frame

    def label(self, record_frame: int) -> str:
        """Timecode of a record frame."""
        return str(Timecode(0, self.rate, self.drop) + self.host(record_frame))

    def record_of(self, label: str) -> int:
        """Record frame of a timecode; Resolve writes ':' or ';' before the frames as it likes."""
        text = label.strip()
        mark = ";" if self.drop else ":"
        return Timecode.parse(f"{text[:-3]}{mark}{text[-2:]}", self.rate).frames - self.start

    def marks(self, found: dict[str, int]) -> FrameRange | None:
        """The range between the marks; a missing one is the timeline's end of that side; None without any."""
        if "in" not in found and "out" not in found:
            return None
        stop = found["out"] + OUT_MARK_IS_INCLUSIVE if "out" in found else self.stop - self.start
        start = int(found.get("in", 0))
        return FrameRange(start, max(start, int(stop)))


def rate_of(text: str) -> tuple[Fraction, bool]:
    """Rate and drop-frame of a setting such as "29.97 DF". Raises InputError `input.rate`."""
    number, _, suffix = str(text).strip().partition(" ")
    return parse_rate(number), suffix.upper() == "DF"


@dataclass(frozen=True, slots=True)
class Reading:
    """What Resolve says of one item; frames of the timeline for `duration`, of the media for the rest."""

    duration: int
    left: float  # GetLeftOffset with subframes
    source_start: int
    source_end: int
    base: int  # the pool item's 'Start'
    frames: int  # of the pool item
    media_rate: Fraction | None
    timeline_rate: Fraction


def shown_frames(reading: Reading) -> FrameRange | None:
    """Which frames, counted from the first of the pool item, an item shows; None where it is retimed or unknown.

    At equal rates the left offset is exact and the span must agree with it, at one end at least: one of the readers is
    off by one at times, but a change of speed moves the other end too. At different rates only the readers speak the
    media's frames; their span must be that of the duration, to a frame.
    """
    # Some builds count a sequence's source frames from its file number, some from 0.
    base = reading.base if reading.source_start >= reading.base else 0
    start, end = reading.source_start - base, reading.source_end - base
    if reading.source_start == reading.source_end == 0 or end < start:
        return None
    if reading.media_rate is None or reading.media_rate == reading.timeline_rate:
        if reading.left < 0 or reading.left != int(reading.left):
            return None
        expected = FrameRange(int(reading.left), int(reading.left) + reading.duration)
        exact = end == expected.stop and abs(start - expected.start) <= 1
        return expected if exact and expected.stop <= reading.frames else None
    wanted = reading.duration * reading.media_rate / reading.timeline_rate
    stop = start + frames_for(reading.duration, reading.media_rate / reading.timeline_rate)
    exact = abs(end + 1 - start - wanted) <= 1
    return FrameRange(start, stop) if exact and start >= 0 and stop <= reading.frames else None


def frames_for(duration: int, speed: Fraction) -> int:
    """How many media frames an append needs for a duration; `speed`: media frames a timeline frame.

    Rounded up, because an append rounds the duration down: with fewer the clip would end a frame early.
    """
    return -int(-duration * speed // 1)


def can_be_placed(head: int, duration: int, speed: Fraction) -> bool:
    """Whether an append can put media at a clip's frame `head` for exactly `duration` frames.

    It takes whole media frames: where these are not the timeline's, a clip cannot begin within one, and some
    durations do not exist (two fields' worth of frames at half the rate: every odd one).
    """
    return (head * speed).denominator == 1 and int(frames_for(duration, speed) / speed) == duration


def append_range(base: int, first: int, count: int) -> dict[str, int]:
    """startFrame and endFrame of AppendToTimeline for `count` frames from frame `first` of a pool item."""
    return {"startFrame": base + first, "endFrame": base + first + count}


def render_marks(clock: Clock, record: FrameRange) -> dict[str, int]:
    """MarkIn and MarkOut of render settings: absolute, the last frame included."""
    return {"MarkIn": clock.host(record.start), "MarkOut": clock.host(record.stop) - RENDER_OUT_IS_INCLUSIVE}
