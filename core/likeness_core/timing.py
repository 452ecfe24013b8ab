"""Rates, timecode, ranges as editors write them, and the plan of windows inside a shot.

Time is counted in whole frames and exact fractions; a rate is never a float (23.976 as a float is 0.86 of a frame
off after ten hours). Ranges are half-open and count from 0 at the first frame of the media. Timecode is a label
of frames for people: it follows SMPTE ST 12-1, drop-frame included.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from likeness_core.api import FrameRange, Media
from likeness_core.errors import InputError

DROP_FRAME_RATES = (Fraction(30000, 1001), Fraction(60000, 1001))

# ST 12-1 leaves out two labels (four at 59.94) a minute, but for every tenth minute, so that labels keep to the clock.
_MINUTES_THAT_DROP_OF_TEN = 9

_FASTEST = 1000  # frames per second; ST 12-1 labels end long before

_TIMECODE = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)([:;.,])(\d{2,3})")
_FRAMES = re.compile(r"(\d*):(\d*)")


def parse_rate(text: str) -> Fraction:
    """The rate, in frames per second, that `text` means.

    Takes "25", "24000/1001" and the short decimal names of the NTSC family ("23.976", "23.98", "29.97", "59.94"):
    a decimal within 0.01 of N x 1000/1001 means exactly that rate. Raises InputError("input.rate").
    """
    try:
        rate = Fraction(text) if "/" in text else Fraction(Decimal(text))
    except (ValueError, ZeroDivisionError, InvalidOperation, OverflowError):
        rate = Fraction(0)
    if not 0 < rate <= _FASTEST:
        raise InputError("input.rate", f"'{text}' is not a frame rate.", "Write it as 25, 23.976 or 24000/1001.")
    ntsc = Fraction(nominal_fps(rate) * 1000, 1001)
    if rate.denominator != 1 and "/" not in text and abs(rate - ntsc) < Fraction(1, 100):
        return ntsc
    return rate


def nominal_fps(rate: Fraction) -> int:
    """The whole number of timecode labels a second: 24 for 24000/1001, 30 for 30000/1001. At least 1."""
    return max(1, int(rate + Fraction(1, 2)))


@dataclass(frozen=True, slots=True)
class Timecode:
    """A timecode: how many frames after 00:00:00:00, at which rate, and whether labels are dropped.

    Adding frames moves along real frames (never along labels) and wraps at 24 hours.
    """

    frames: int  # 0 at 00:00:00:00
    rate: Fraction  # frames per second
    drop: bool = False

    def __post_init__(self) -> None:
        if self.drop and self.rate not in DROP_FRAME_RATES:
            raise ValueError(f"drop-frame timecode does not exist at {self.rate} frames per second")
        if not 0 <= self.frames < frames_per_day(self.rate, self.drop):
            raise ValueError(f"{self.frames} frames are not within one day")

    @classmethod
    def parse(cls, text: str, rate: Fraction) -> "Timecode":
        """Read HH:MM:SS:FF; a `;`, `.` or `,` before the frames means drop-frame.

        Raises InputError("input.timecode") for anything that labels no frame at this rate.
        """
        match = _TIMECODE.fullmatch(text.strip())
        if match is None:
            raise _not_a_timecode(text, "Write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame.")
        hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
        drop = match[4] != ":"
        fps = nominal_fps(rate)
        if hours > 23 or frames >= fps:
            raise _not_a_timecode(text, f"Hours go to 23 and frames to {fps - 1} at this rate.")
        if drop and rate not in DROP_FRAME_RATES:
            raise _not_a_timecode(text, "Drop-frame exists at 29.97 and 59.94 only; write ':' before the frames.")
        count = ((hours * 60 + minutes) * 60 + seconds) * fps + frames
        if drop:
            dropped = _dropped_a_minute(rate)
            if minutes % 10 and seconds == 0 and frames < dropped:
                raise _not_a_timecode(
                    text, f"Drop-frame has no such label; the next is {text.strip()[:-2]}{dropped:02d}."
                )
            total_minutes = hours * 60 + minutes
            count -= dropped * (total_minutes - total_minutes // 10)
        return cls(count, rate, drop)

    def __add__(self, frames: int) -> "Timecode":
        return Timecode((self.frames + frames) % frames_per_day(self.rate, self.drop), self.rate, self.drop)

    def __str__(self) -> str:
        fps = nominal_fps(self.rate)
        label = self.frames + (self._dropped_so_far() if self.drop else 0)
        seconds, frame = divmod(label, fps)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return f"{hour:02d}:{minute:02d}:{second:02d}{';' if self.drop else ':'}{frame:02d}"

    def _dropped_so_far(self) -> int:
        """How many labels were left out up to this frame."""
        dropped = _dropped_a_minute(self.rate)
        a_minute = nominal_fps(self.rate) * 60
        ten_minutes, rest = divmod(self.frames, a_minute * 10 - dropped * _MINUTES_THAT_DROP_OF_TEN)
        # The first minute of ten keeps all its labels, so the first frame that can follow a gap is `a_minute`.
        in_this_ten = 0 if rest < a_minute else 1 + (rest - a_minute) // (a_minute - dropped)
        return dropped * (_MINUTES_THAT_DROP_OF_TEN * ten_minutes + in_this_ten)


def frames_per_day(rate: Fraction, drop: bool) -> int:
    """How many frames have a label of their own in 24 hours."""
    fps = nominal_fps(rate)
    dropped = _dropped_a_minute(rate) * _MINUTES_THAT_DROP_OF_TEN * 6 * 24 if drop else 0
    return fps * 86400 - dropped


def start_of(media: Media) -> Timecode:
    """The timecode of the media's first frame; 00:00:00:00 where the file carries none, as editors show it."""
    if media.start_timecode is None:
        return Timecode(0, media.rate)
    return Timecode.parse(media.start_timecode, media.rate)


def parse_range(text: str, media: Media) -> FrameRange:
    """The frames of `media` that `text` names.

    `START:STOP` counts frames from 0 and leaves STOP out; either end may be missing ("100:", ":50").
    `TC-TC` names the first and the last frame by timecode, both included, as editors say it.
    Raises InputError("input.range") where it names no frame of the media.
    """
    text = text.strip()
    if match := _FRAMES.fullmatch(text):
        start = int(match[1] or 0)
        stop = int(match[2]) if match[2] else media.frame_count
    else:
        first, separator, last = text.partition("-")
        if not separator:
            raise _not_a_range(text, media)
        start, stop = _offset(first, text, media), _offset(last, text, media) + 1
    if not 0 <= start < stop <= media.frame_count:
        raise _not_a_range(text, media)
    return FrameRange(start, stop)


def windows(shot: FrameRange, size: int, overlap: int) -> list[FrameRange]:
    """Cut a shot into windows of `size` frames that overlap by `overlap`.

    The first starts with the shot, each next one `size - overlap` frames later; the last is moved back so that it
    ends with the shot. A shot shorter than `size` is one short window, an empty shot none.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"windows of {size} frames cannot overlap by {overlap}")
    if len(shot) <= size:
        return [shot] if len(shot) else []
    last = shot.stop - size
    starts = [*range(shot.start, last, size - overlap), last]
    return [FrameRange(start, start + size) for start in starts]


def _dropped_a_minute(rate: Fraction) -> int:
    return 2 * (nominal_fps(rate) // 30)


def _offset(text: str, whole: str, media: Media) -> int:
    """Frames from the media's first frame to the timecode `text`, past midnight where the media runs past it."""
    start = start_of(media)
    try:
        timecode = Timecode.parse(text, media.rate)
    except InputError as error:
        raise InputError("input.range", f"'{whole}' is not a range: {error.message}", error.hint) from error
    if timecode.drop != start.drop and media.start_timecode is not None:
        mark = "';'" if start.drop else "':'"
        hint = f"This footage starts at {start}: write {mark} before the frames."
        raise InputError("input.range", f"'{whole}' mixes drop-frame and non-drop timecode.", hint)
    return (timecode.frames - start.frames) % frames_per_day(media.rate, timecode.drop)


def _not_a_timecode(text: str, hint: str) -> InputError:
    return InputError("input.timecode", f"'{text}' is not a timecode of this footage.", hint)


def _not_a_range(text: str, media: Media) -> InputError:
    start = start_of(media)
    last = start + max(0, media.frame_count - 1)
    hint = f"The footage has frames 0:{media.frame_count}, or {start}-{last} in timecode."
    return InputError("input.range", f"'{text}' is not a range of this footage.", hint)
