"""Shots: the stretches of footage between two cuts.

Cuts come from the edit, where it is known, and from the footage, by PySceneDetect's adaptive detector, which
needs no network and 0.1 ms a frame. docs/faces.md compares it with TransNetV2.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from likeness_core.api import FrameRange, Shot

Picture = npt.NDArray[np.uint8]  # RGB (H, W, 3), 0 to 255

# Large enough to tell two portraits apart, small enough to average grain, dust and weave away: on heavily damaged
# monochrome footage recall was 0.96 at this width and 0.78 at 256.
_SMALL_PX = (64, 36)
_MINIMUM_CHANGE = 8.0  # mean step of the luma, of 255; a smaller one is no cut, however still the rest
_SHORTEST_SHOT_FRAMES = 3
_WINDOW_FRAMES = 2  # the adaptive detector compares with so many frames on either side
_FLASH_FRAMES = 6  # the longest flash, splash of dirt or dropped picture that is seen through
_FLASH_SHARE = 0.5  # frames on either side of a flash differ by less than this share of the jump itself
_STEADY_SHARE = 0.2  # of the flicker's running mean, how much each frame moves it
_STEADY_GAIN = 1.25  # at most so much brighter or darker: fades to black stay what they are
_CLEAR_JUMP = 2.0  # a cut's step is at least so many times the mean step around it
_RATE = 25.0  # PySceneDetect wants one; nothing here depends on it

LAG_FRAMES = _FLASH_FRAMES + _WINDOW_FRAMES  # a cut is told so many frames late at most


class CutFinder:
    """Finds cuts while frames go by. Memory does not grow with the footage."""

    def __init__(self) -> None:
        self._detector = AdaptiveDetector(
            min_scene_len=_SHORTEST_SHOT_FRAMES,
            window_width=_WINDOW_FRAMES,
            min_content_val=_MINIMUM_CHANGE,
            luma_only=True,  # else hue and saturation thin the measure out where the footage is black-and-white
        )
        self._fed = 0  # frames given to the detector, the repeated first ones included
        self._count = 0
        self._recent: deque[tuple[int, npt.NDArray[np.float32]]] = deque(maxlen=2 * LAG_FRAMES + 1)
        self._suspects: list[int] = []
        self._last: Picture | None = None
        self._brightness = 0.0

    def add(self, rgb: Picture) -> list[int]:
        """Take in the next frame (uint8 RGB (H, W, 3), any size).

        Returns the cuts that are now certain, each as the number of the first frame after it, counted from 0 at
        the first frame that was added.
        """
        small = np.asarray(cv2.resize(rgb, _SMALL_PX, interpolation=cv2.INTER_AREA), np.uint8)
        steadied = self._steadied(small)
        # As if first and last frame stood for a while: cuts beside them are found too.
        for _ in range(1 if self._count else 1 + _SHORTEST_SHOT_FRAMES):
            self._feed(steadied)
        self._last = steadied
        self._recent.append((self._count, small.astype(np.float32)))
        self._count += 1
        return self._certain(self._count - _FLASH_FRAMES)

    def finish(self) -> list[int]:
        """The remaining cuts, once all frames were added."""
        if self._last is not None:
            for _ in range(_WINDOW_FRAMES):
                self._feed(self._last)
        return self._certain(self._count)

    def _steadied(self, small: Picture) -> Picture:
        """The picture without flicker: its brightness is that of the frames before, within bounds."""
        mean = max(float(small.mean()), 1.0)
        self._brightness = mean if self._count == 0 else self._brightness + _STEADY_SHARE * (mean - self._brightness)
        gain = np.clip(self._brightness / mean, 1 / _STEADY_GAIN, _STEADY_GAIN)
        return np.asarray(np.clip(small * gain, 0, 255), np.uint8)

    def _feed(self, small: Picture) -> None:
        bgr = np.ascontiguousarray(small[:, :, ::-1])
        cuts = self._detector.process_frame(FrameTimecode(self._fed, _RATE), bgr)
        self._suspects += [cut.frame_num - _SHORTEST_SHOT_FRAMES for cut in cuts]
        self._fed += 1

    def _certain(self, before: int) -> list[int]:
        """Take out the suspected cuts up to frame `before`, and return those that are no flashes."""
        ready = [cut for cut in self._suspects if cut <= before]
        self._suspects = [cut for cut in self._suspects if cut > before]
        return [cut for cut in ready if 0 < cut < self._count and self._is_cut(cut)]

    def _is_cut(self, cut: int) -> bool:
        """Whether a suspected cut stands out, and is no flash: neither its beginning nor its end.

        At a flash the picture before soon comes back; across a cut no frame is like one from the other side.
        """
        frames = dict(self._recent)
        jump = _step(frames[cut - 1], frames[cut])
        before = [frame for frame in range(cut - _FLASH_FRAMES, cut) if frame in frames]
        after = [frame for frame in range(cut, cut + _FLASH_FRAMES) if frame in frames]
        steps = [_step(frames[one], frames[next_one]) for side in (before, after) for one, next_one in pairwise(side)]
        if steps and jump < _CLEAR_JUMP * sum(steps) / len(steps):
            return False
        pairs = [(one, other) for one in before for other in after if other - one <= _FLASH_FRAMES + 1]
        return not any(_step(frames[one], frames[other]) < _FLASH_SHARE * jump for one, other in pairs)


def _step(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Mean absolute difference of two pictures."""
    return float(np.abs(one - other).mean())


def find_cuts(frames: Iterable[Picture]) -> Iterator[int]:
    """The cuts in `frames` (uint8 RGB (H, W, 3) each), ascending, each as the number of the first frame after it.

    Frames count from 0. A dissolve is no cut: its frames change little from one to the next.
    """
    finder = CutFinder()
    for rgb in frames:
        yield from finder.add(rgb)
    yield from finder.finish()


def shots_between(cuts: Iterable[int], frames: FrameRange) -> tuple[Shot, ...]:
    """The shots that `cuts` divide `frames` into: in order, without gaps.

    `cuts`: source frame numbers of first frames after a cut, from the edit and from the footage, in any order; those
    outside the range are left out. An empty range has no shots.
    """
    if not len(frames):
        return ()
    inside = sorted({cut for cut in cuts if frames.start < cut < frames.stop})
    edges = [frames.start, *inside, frames.stop]
    return tuple(Shot(number, FrameRange(start, stop)) for number, (start, stop) in enumerate(pairwise(edges)))


def dissolve_middles(dissolves: Iterable[FrameRange]) -> tuple[int, ...]:
    """Where one shot gives way to the next inside each dissolve: the first frame of its second half."""
    return tuple((dissolve.start + dissolve.stop) // 2 for dissolve in dissolves)


def dissolve_fade(frame: int, dissolves: Iterable[FrameRange]) -> float:
    """How far a face may be restored at a frame, 0 to 1: it fades out to the middle of a dissolve, and in from there.

    In the middle both shots are seen half: there is no face to restore, and the change from one shot's faces to the
    other's falls where neither is touched.
    """
    for dissolve in dissolves:
        if frame in dissolve:
            middle = (dissolve.start + dissolve.stop) // 2
            edge = dissolve.start - 1 if frame < middle else dissolve.stop
            return abs(frame + 0.5 - middle) / abs(edge + 0.5 - middle)
    return 1.0
