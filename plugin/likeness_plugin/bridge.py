"""What Likeness needs of an editing application, and nothing of any one application.

A bridge is synchronous: call it from a worker thread. Every call ends within its time-out and raises an error of the
HostError family with a hint that an editor can act on. Record frames count from 0 at the first frame of the timeline,
source frames from 0 at the first frame of the media; ranges are half-open. Host frame numbers, inclusive ends and
timecode labels stay inside the bridge.
"""

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from likeness_core.api import FrameRange, Progress


class Selection(Enum):
    """Which part of the current timeline is meant."""

    IN_OUT = "in_out"  # between the marks
    SELECTED = "selected"  # the selected clips
    CURRENT = "current"  # the clip under the playhead
    WHOLE = "whole"


class Route(Enum):
    """How the pictures of a clip reach the core."""

    DECODE = "decode"  # its media file holds exactly these frames
    RENDER = "render"  # the host has to render them first: retimed, nested, camera raw ...
    REFUSED = "refused"  # `reason` says why


@dataclass(frozen=True, slots=True)
class HostInfo:
    """Who answers."""

    product: str  # as the host calls itself
    version: str
    studio: bool  # the paid edition
    connection: str  # "mailbox", "library", "fake"
    project: str


@dataclass(frozen=True, slots=True)
class TimelineInfo:
    """The current timeline."""

    id: str
    name: str
    rate: Fraction  # frames per second
    drop_frame: bool
    start_timecode: str
    frame_count: int
    width: int  # pixels
    height: int  # pixels


@dataclass(frozen=True, slots=True)
class HostClip:
    """An item of a video track, cut to the selection."""

    id: str  # the host's
    name: str
    track: int  # 1 is the lowest video track
    record: FrameRange  # frames of the timeline
    record_in: str  # timecode of the first frame
    record_out: str  # timecode of the last frame, as editors name it
    enabled: bool
    route: Route
    reason: str = ""  # why it is not DECODE, for the editor
    media: str = ""  # path, or pattern name.%04d.exr; empty where the host names none
    source: FrameRange | None = None  # frames of the media that the record range shows, where they are known
    available: FrameRange | None = None  # frames of the media that could be handles
    media_rate: Fraction | None = None  # frames per second
    dissolve_in: tuple[int, int] = (0, 0)  # frames of a transition at the head: before the clip starts, after that
    dissolve_out: tuple[int, int] = (0, 0)  # ... at the tail: before the clip ends, after that
    warnings: tuple[str, ...] = ()  # what will look different, for the editor
    anchor: str = ""  # the host's word for which media frame stands where; another one means another picture


@dataclass(frozen=True, slots=True)
class Placement:
    """A finished image sequence that goes above a clip."""

    clip: HostClip
    pattern: str  # OUT/frames/NAME.%06d.exr
    numbers: FrameRange  # file numbers that exist; more than the clip shows where there are handles
    first_shown: int  # number of the file that stands at the clip's first record frame
    rate: Fraction  # frames per second of the media that the files came from
    color_space: str = ""  # the host's name for what the files hold; empty: what it calls the source's
    rendered: bool = False  # made from what the host rendered: the grade and the transform are in the picture


@dataclass(frozen=True, slots=True)
class Mark:
    """A note at a frame of the timeline."""

    record_frame: int
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class PlacedItem:
    """A clip that was added to the timeline, as read back from it."""

    id: str
    track: int
    record: FrameRange


@dataclass(frozen=True, slots=True)
class Written:
    """Everything that one call added to the host: what `undo` removes. Save it with the job."""

    job: str
    project: str = ""  # the host's id
    timeline: str = ""  # the host's id
    tracks: tuple[str, ...] = ()  # names of tracks that were made, bottom up
    items: tuple[PlacedItem, ...] = ()
    media: tuple[str, ...] = ()  # ids of what was imported
    bins: tuple[str, ...] = ()  # ids of folders that were made, outermost first
    markers: tuple[str, ...] = ()  # the hidden texts that find them again
    warnings: tuple[str, ...] = ()  # what could not be carried over


class HostBridge(Protocol):
    """The few calls needed of any editing application. One contract suite runs on every implementation."""

    def info(self) -> HostInfo:
        """Who answers. Raises HostNotRunningError, ScriptingDisabledError."""
        ...

    def timeline(self) -> TimelineInfo:
        """The current timeline. Raises HostError `host.no_timeline`."""
        ...

    def clips(self, selection: Selection) -> tuple[HostClip, ...]:
        """The clips that a selection means, in record order, lower tracks first. Ours are left out.

        Raises HostError `host.no_range`, `host.no_selection`, `host.no_clip`, `host.too_old`.
        """
        ...

    def playhead(self) -> int:
        """The record frame under the playhead."""
        ...

    def show(self, record_frame: int) -> None:
        """Move the playhead. Raises HostError `host.no_such_frame`."""
        ...

    def grab_still(self, target: Path) -> Path:
        """Write the picture under the playhead, graded, as a PNG file that must not be there yet."""
        ...

    def write_back(self, job: str, placements: tuple[Placement, ...]) -> Written:
        """Put finished sequences on a new track, each exactly over its clip, and verify what the host made of it.

        Nothing that was there is changed. Where anything fails, what was added is removed again before the error.
        Raises HostError `host.clip_gone`, `host.clip_moved` where the timeline was edited since the clip was read.
        """
        ...

    def mark(self, job: str, marks: tuple[Mark, ...]) -> Written:
        """Set markers; where a frame has one already, it stays and a warning says so."""
        ...

    def find(self, job: str) -> Written:
        """What of a job stands in the current timeline: for `undo` where the record was lost, as when a panel died."""
        ...

    def undo(self, written: Written) -> tuple[str, ...]:
        """Remove what `written` names and is still there, nothing else; returns notes on what was left alone."""
        ...

    def render(self, clip: HostClip, folder: Path) -> Generator[Progress, None, str]:
        """Let the host render a clip of Route.RENDER into an empty folder; returns the pattern of the files.

        File 0 stands at the clip's first record frame. Closing the generator stops the host's job.
        """
        ...

    def close(self) -> None:
        """Let go of the host; it goes on unharmed."""
        ...
