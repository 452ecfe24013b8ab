"""A Resolve that is none: its object model with the behaviour that was measured on real ones, quirks included.

Absolute and relative frames, exclusive ends, silent drops on overlap, imports into the current folder, page gates, None
for failure, editions. Pictures are real: what shows at a frame is decoded from the files that the items name.
"""

# ruff: noqa: N802  the names are Resolve's

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio  # noqa: N813  the library's own documentation calls it so
from likeness_core.api import FrameRange
from likeness_core.media import MediaReader, probe, to_float
from likeness_core.timing import Timecode, parse_rate

# Calls that raise the upsell in the free edition; after one, every call fails until somebody closes the window.
UPSELL = {
    "CreateMagicMask",
    "SmartReframe",
    "Stabilize",
    "CreateSubtitlesFromAudio",
    "DetectSceneCuts",
    "ImportFusionComp",
}
PROPERTIES = {"Pan": 0.0, "Tilt": 0.0, "ZoomX": 1.0, "ZoomY": 1.0, "FlipX": False, "Opacity": 100.0, "CompositeMode": 0}
CODECS = {
    "exr": {"RGB half (ZIP)": "RGBHalfZIP", "RGB float": "RGBFloat"},
    "tif": {"RGB 8 bits": "RGB8", "RGB 16 bits": "RGB16"},
    "mov": {"Apple ProRes 422 HQ": "ProRes422HQ"},
}


@dataclass
class Quirks:
    """What differs between versions and machines."""

    product: str = "DaVinci Resolve Studio"
    version: tuple[int, int, int] = (21, 0, 4)
    source_start_off_by_one: bool = False  # GetSourceStartFrame is one less at times
    add_track_ignores_index: bool = False
    sequence_source_from_zero: bool = False  # source frames of sequences do not count from the file number
    no_frame_rate_change: bool = False  # SetClipProperty("FPS") is refused
    vanishing_appends: bool = False  # an append says yes, and nothing is there
    ghosts: bool = False  # ... or an item whose getters all say None
    shifted_appends: bool = False  # an append lands a frame late
    no_color_space: bool = False
    no_usage: bool = False  # pool items do not say how often they are used
    lost_render_frames: int = 0
    failing: set[str] = field(default_factory=set)  # methods that say None


class Object:
    """What all of Resolve's objects share: an id, every name there (None where it is none), and the upsell window."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.id = f"id-{next(world.ids)}"

    def __getattribute__(self, name: str) -> Any:
        if name[0].isupper():
            world = object.__getattribute__(self, "world")
            world.calls.append(f"{type(self).__name__}.{name}")
            if name in UPSELL and "Studio" not in world.quirks.product:
                world.upsell = True
            if world.upsell or name in world.quirks.failing:
                return lambda *_: None
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def GetUniqueId(self) -> str:
        return self.id


class World:
    """The state of one running Resolve."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.ids = itertools.count(1)
        self.quirks = quirks or Quirks()
        self.calls: list[str] = []
        self.upsell = False
        self.page = "edit"
        self.project = Project(self)
        self.resolve = Resolve(self)
        self.calls.clear()


class Resolve(Object):
    def GetProductName(self) -> str:
        return self.world.quirks.product

    def GetVersion(self) -> list[Any]:
        return [*self.world.quirks.version, 12, ""]

    def GetProjectManager(self) -> "ProjectManager":
        return ProjectManager(self.world)

    def GetCurrentPage(self) -> str:
        return self.world.page

    def OpenPage(self, page: str) -> bool:
        if page not in ("media", "cut", "edit", "fusion", "color", "fairlight", "deliver"):
            return False
        if page == "deliver" and self.world.page != "deliver" and self.world.project.timeline:
            self.world.project.timeline.marks = {}  # the page sets marks of its own
        self.world.page = page
        return True


class ProjectManager(Object):
    def GetCurrentProject(self) -> "Project":
        return self.world.project


class Folder(Object):
    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self.name = name
        self.folders: list[Folder] = []
        self.media: list[Media] = []

    def GetName(self) -> str:
        return self.name

    def GetClipList(self) -> list["Media"]:
        return list(self.media)

    def GetSubFolderList(self) -> list["Folder"]:
        return list(self.folders)

    def tree(self) -> Iterator["Folder"]:
        yield self
        for folder in self.folders:
            yield from folder.tree()


class Media(Object):
    """A media pool item. `start`: number of its first frame; 0, a subclip's in-point, or a sequence's file number."""

    def __init__(
        self, world: World, path: str, frames: int, rate: Fraction, start: int = 0, kind: str = "Video"
    ) -> None:
        super().__init__(world)
        self.path, self.frames, self.rate, self.start, self.kind = path, frames, rate, start, kind
        self.sequence = "%" in path
        self.online = True
        self.color_space = "Rec.709 (Scene)"
        self.metadata: dict[str, str] = {}

    def GetName(self) -> str:
        return Path(self.path).name

    def GetMediaId(self) -> str:
        return f"media-{self.id}"

    def host_path(self) -> str:
        if not self.sequence:
            return self.path
        width = int(re.search(r"%0(\d+)d", self.path)[1])
        span = f"[{self.start:0{width}d}-{self.start + self.frames - 1:0{width}d}]"
        return re.sub(r"%0\d+d", span, self.path)

    def GetClipProperty(self, key: str | None = None) -> Any:
        usage = sum(item.media is self for item in self.world.project.items())
        facts = {
            "File Path": self.host_path(), "FPS": f"{float(self.rate):.3f}".rstrip("0").rstrip("."), "Type": self.kind,
            "Frames": str(self.frames), "Start": str(self.start), "End": str(self.start + self.frames - 1),
            "Clip Name": Path(self.path).name, "Input Color Space": self.color_space, "Usage": str(usage),
            "Online Status": "Online" if self.online else "Offline",
        }  # fmt: skip
        if self.kind in ("Timeline", "Compound", "Fusion"):
            del facts["File Path"]
        if self.world.quirks.no_usage:
            del facts["Usage"]
        return facts if key is None else facts.get(key, "")

    def SetClipProperty(self, key: str, value: str) -> bool:
        if key == "FPS" and not self.world.quirks.no_frame_rate_change:
            self.rate = parse_rate(value)
            return True
        if key == "Input Color Space" and not self.world.quirks.no_color_space:
            self.color_space = value
            return True
        return False

    def GetThirdPartyMetadata(self, key: str) -> str:
        return self.metadata.get(key, "")

    def SetThirdPartyMetadata(self, key: str, value: str) -> bool:
        self.metadata[key] = value
        return True


class Item(Object):
    """A timeline item. `first`: frame of its media, from the media's first, that stands at its start."""

    def __init__(
        self, world: World, media: Media | None, start: int, duration: int, first: Fraction = Fraction(0)
    ) -> None:
        super().__init__(world)
        self.media, self.start, self.duration, self.first = media, start, duration, first
        self.name = Path(media.path).name if media else "Cross Dissolve"
        self.speed = Fraction(1)
        self.properties: dict[str, Any] = dict(PROPERTIES)
        self.grade = "none"
        self.fusion = 0
        self.enabled = True
        self.markers: dict[int, dict[str, Any]] = {}
        self.ghost = False

    def rate(self) -> Fraction:
        """Media frames a timeline frame."""
        return self.speed * self.media.rate / self.world.project.timeline.rate if self.media else Fraction(1)

    def media_frame(self, at: int) -> int:
        """Frame of the media, from its first, that shows at an absolute timeline frame."""
        return int(self.first + (at - self.start) * self.rate())

    def GetName(self) -> str | None:
        return None if self.ghost else self.name

    def GetUniqueId(self) -> str | None:
        return None if self.ghost else self.id

    def GetStart(self) -> int | None:
        return None if self.ghost else self.start

    def GetEnd(self) -> int | None:
        return None if self.ghost else self.start + self.duration

    def GetDuration(self) -> int | None:
        return None if self.ghost else self.duration

    def GetLeftOffset(self, subframes: bool = False) -> float | None:
        if self.ghost or not self.media:
            return None
        offset = self.first / self.rate()  # in the warped domain where the clip is retimed
        return float(offset) if subframes else int(offset)

    def GetRightOffset(self) -> int:
        return int((self.media.frames - self.first) / self.rate()) - self.duration if self.media else 0

    def _base(self) -> int:
        return 0 if self.media.sequence and self.world.quirks.sequence_source_from_zero else self.media.start

    def GetSourceStartFrame(self) -> int | None:
        if not self.media or self.ghost:
            return 0
        start = self._base() + int(self.first)
        return start - 1 if self.world.quirks.source_start_off_by_one and start > 0 else start

    def GetSourceEndFrame(self) -> int | None:
        if not self.media or self.ghost:
            return 0
        span = int(self.duration * self.rate())
        inclusive = self.media.rate != self.world.project.timeline.rate
        return self._base() + int(self.first) + span - inclusive

    def GetMediaPoolItem(self) -> Media | None:
        return self.media if self.media and self.media.online else None

    def GetProperty(self, key: str | None = None) -> Any:
        return dict(self.properties) if key is None else self.properties.get(key)

    def SetProperty(self, key: str, value: Any) -> bool:
        if key not in self.properties:
            return False
        self.properties[key] = value
        return True

    def GetTrackTypeAndIndex(self) -> list[Any]:
        for number, track in enumerate(self.world.project.timeline.tracks, 1):
            if self in track.items:
                return ["video", number]
        return []

    def GetClipEnabled(self) -> bool:
        return self.enabled

    def GetFusionCompCount(self) -> int:
        return self.fusion

    def CopyGrades(self, targets: list["Item"]) -> bool:
        for target in targets:
            target.grade = self.grade
        return True

    def AddMarker(self, frame: float, color: str, name: str, note: str, duration: float, data: str = "") -> bool:
        if int(frame) in self.markers:
            return False
        self.markers[int(frame)] = {
            "color": color,
            "name": name,
            "note": note,
            "duration": duration,
            "customData": data,
        }
        return True

    def GetMarkers(self) -> dict[int, dict[str, Any]]:
        return dict(self.markers)

    def CreateMagicMask(self, mode: str) -> bool:
        return True


class Track:
    def __init__(self, name: str) -> None:
        self.name = name
        self.items: list[Item] = []
        self.enabled = True
        self.locked = False


class Timeline(Object):
    def __init__(self, world: World, setting: str = "24", label: str = "00:00:00:00") -> None:
        super().__init__(world)
        self.setting = setting
        self.rate = parse_rate(setting.removesuffix(" DF"))
        self.drop = setting.endswith("DF")
        self.start = Timecode.parse(label[:-3] + ";" + label[-2:] if self.drop else label, self.rate).frames
        self.name = "Edit"
        self.tracks = [Track("Video 1")]
        self.marks: dict[str, dict[str, int]] = {}
        self.markers: dict[int, dict[str, Any]] = {}
        self.selected: list[Item] = []
        self.playhead = self.start

    # --- not of Resolve's: what tests build and look at

    def place(self, track: int, media: Media | None, record: int, duration: int, first: int = 0) -> Item:
        while len(self.tracks) < track:
            self.tracks.append(Track(f"Video {len(self.tracks) + 1}"))
        item = Item(self.world, media, self.start + record, duration, Fraction(first))
        self.tracks[track - 1].items.append(item)
        return item

    def transition(self, track: int, record: int, duration: int) -> Item:
        item = self.place(track, None, record, duration)
        item.properties = {}
        return item

    def label(self, frame: int) -> str:
        return str(Timecode(0, self.rate, self.drop) + frame)

    def shown(self, record: int, track: int | None = None) -> npt.NDArray[np.float32]:
        """The picture at a record frame: float RGB (H, W, 3), of one track or of the highest that shows one."""
        at = self.start + record
        numbers = range(len(self.tracks), 0, -1) if track is None else [track]
        for number in numbers:
            if track is None and not self.tracks[number - 1].enabled:
                continue
            for item in self.tracks[number - 1].items:
                if item.media and item.media.online and item.enabled and item.start <= at < item.start + item.duration:
                    return picture_of(item.media, item.media_frame(at))
        return np.zeros((64, 96, 3), np.float32)

    # --- Resolve's

    def GetName(self) -> str:
        return self.name

    def GetStartFrame(self) -> int:
        return self.start

    def GetEndFrame(self) -> int:
        return max((item.start + item.duration for track in self.tracks for item in track.items), default=self.start)

    def GetStartTimecode(self) -> str:
        return self.label(self.start)

    def GetCurrentTimecode(self) -> str:
        return self.label(self.playhead)

    def SetCurrentTimecode(self, label: str) -> bool:
        if self.world.page not in ("cut", "edit", "color", "fairlight", "deliver"):
            return False
        self.playhead = Timecode.parse(label, self.rate).frames
        return True

    def GetSetting(self, key: str) -> str:
        known = {"timelineFrameRate": self.setting, "timelineResolutionWidth": "96", "timelineResolutionHeight": "64"}
        return known.get(key, "")

    def GetTrackCount(self, kind: str) -> int:
        return len(self.tracks) if kind == "video" else 1

    def GetTrackName(self, kind: str, index: float) -> str | None:
        return self.tracks[int(index) - 1].name if 1 <= index <= len(self.tracks) else None

    def SetTrackName(self, kind: str, index: float, name: str) -> bool:
        self.tracks[int(index) - 1].name = name
        return True

    def GetIsTrackEnabled(self, kind: str, index: float) -> bool:
        return self.tracks[int(index) - 1].enabled

    def SetTrackEnable(self, kind: str, index: float, enabled: bool) -> bool:
        self.tracks[int(index) - 1].enabled = enabled
        return True

    def GetIsTrackLocked(self, kind: str, index: float) -> bool:
        return self.tracks[int(index) - 1].locked

    def AddTrack(self, kind: str, options: dict[str, Any] | None = None) -> bool:
        at = int((options or {}).get("index", len(self.tracks) + 1))
        if self.world.quirks.add_track_ignores_index:
            at = len(self.tracks) + 1
        self.tracks.insert(at - 1, Track(f"Video {len(self.tracks) + 1}"))
        return True

    def DeleteTrack(self, kind: str, index: float) -> bool:
        if self is not self.world.project.timeline:
            return False
        del self.tracks[int(index) - 1]
        return True

    def GetItemListInTrack(self, kind: str, index: float) -> list[Item] | None:
        if kind != "video" or not 1 <= index <= len(self.tracks):
            return None
        return sorted(self.tracks[int(index) - 1].items, key=lambda item: item.start)

    def GetCurrentVideoItem(self) -> Item | None:
        for track in reversed(self.tracks):
            for item in track.items:
                if item.start <= self.playhead < item.start + item.duration:
                    return item
        return None

    def GetSelectedClips(self) -> list[Item]:
        if self.world.quirks.version < (21, 0, 4):
            raise TypeError("'NoneType' object is not callable")
        return list(self.selected)

    def GetMarkInOut(self) -> dict[str, dict[str, int]]:
        return {kind: dict(found) for kind, found in self.marks.items()}

    def SetMarkInOut(self, first: float, last: float, kind: str = "all") -> bool:
        for one in ("video", "audio") if kind == "all" else (kind,):
            self.marks[one] = {"in": int(first), "out": int(last)}
        return True

    def ClearMarkInOut(self, kind: str = "all") -> bool:
        self.marks.clear()
        return True

    def AddMarker(self, frame: float, color: str, name: str, note: str, duration: float, data: str = "") -> bool:
        if int(frame) in self.markers:
            return False
        self.markers[int(frame)] = {
            "color": color,
            "name": name,
            "note": note,
            "duration": duration,
            "customData": data,
        }
        return True

    def GetMarkers(self) -> dict[int, dict[str, Any]]:
        return dict(self.markers)

    def DeleteMarkerByCustomData(self, data: str) -> bool:
        found = [frame for frame, mark in self.markers.items() if mark["customData"] == data]
        for frame in found:
            del self.markers[frame]
        return bool(found)

    def DeleteClips(self, items: list[Item], ripple: bool = False) -> bool:
        if self.world.page != "edit" or self is not self.world.project.timeline:
            return False
        if any(item in track.items for track in self.tracks if track.locked for item in items):
            return False
        for track in self.tracks:
            track.items = [item for item in track.items if item not in items]
        return True


class MediaPool(Object):
    def __init__(self, world: World, root: Folder) -> None:
        super().__init__(world)
        self.root = self.current = root

    def GetRootFolder(self) -> Folder:
        return self.root

    def AddSubFolder(self, folder: Folder, name: str) -> Folder | None:
        if any(one.name == name for one in folder.folders):
            return None
        folder.folders.append(Folder(self.world, name))
        return folder.folders[-1]

    def GetCurrentFolder(self) -> Folder:
        return self.current

    def SetCurrentFolder(self, folder: Folder) -> bool:
        self.current = folder
        return True

    def ImportMedia(self, wanted: list[dict[str, Any]]) -> list[Media]:
        found = []
        for one in wanted:
            numbers = range(int(one["StartIndex"]), int(one["EndIndex"]) + 1)
            there = [number for number in numbers if Path(one["FilePath"] % number).is_file()]
            if there:
                # A sequence gets the project's rate.
                rate = parse_rate(self.world.project.GetSetting("timelineFrameRate").removesuffix(" DF"))
                found.append(Media(self.world, one["FilePath"], len(there), rate, there[0]))
        self.current.media += found
        return found

    def AppendToTimeline(self, wanted: list[dict[str, Any]]) -> list[Item]:
        timeline = self.world.project.timeline
        return [item for one in wanted if (item := self._append(timeline, one)) is not None]

    def _append(self, timeline: Timeline, one: dict[str, Any]) -> Item | None:
        media: Media = one["mediaPoolItem"]
        first, stop = int(one["startFrame"]) - media.start, int(one["endFrame"]) - media.start
        duration = int((stop - first) * timeline.rate / media.rate)  # rounds down: gaps of a frame at other rates
        track = timeline.tracks[int(one["trackIndex"]) - 1]
        start = int(one["recordFrame"]) + self.world.quirks.shifted_appends
        item = Item(self.world, media, start, duration, Fraction(first))
        taken = any(other.start < start + duration and start < other.start + other.duration for other in track.items)
        if self.world.quirks.ghosts:
            item.ghost = True
            return item
        if taken or track.locked or first < 0 or stop > media.frames:
            return None
        if not self.world.quirks.vanishing_appends:
            track.items.append(item)
        return item

    def DeleteClips(self, wanted: list[Media]) -> bool:
        for folder in self.root.tree():
            folder.media = [media for media in folder.media if media not in wanted]
        return True

    def DeleteFolders(self, wanted: list[Folder]) -> bool:
        for folder in list(self.root.tree()):
            folder.folders = [one for one in folder.folders if one not in wanted]
        if self.current in wanted:
            self.current = self.root
        return True


class Project(Object):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.root = Folder(world, "Master")
        self.pool = MediaPool(world, self.root)
        self.timelines: list[Timeline] = []
        self.timeline: Timeline | None = None
        self.format = {"format": "mov", "codec": "ProRes422HQ"}
        self.settings: dict[str, Any] = {"TargetDir": "the user's", "CustomName": "reel"}
        self.presets: dict[str, dict[str, Any]] = {}
        self.queue: dict[str, dict[str, Any]] = {"users-job": {"JobStatus": "Ready"}}

    def items(self) -> list[Item]:
        return [item for timeline in self.timelines for track in timeline.tracks for item in track.items]

    def open(self, timeline: Timeline) -> Timeline:
        self.timelines.append(timeline)
        self.timeline = timeline
        return timeline

    def GetName(self) -> str:
        return "Archive"

    def GetMediaPool(self) -> MediaPool:
        return self.pool

    def GetSetting(self, key: str) -> str:
        return self.timeline.setting if key == "timelineFrameRate" and self.timeline else ""

    def GetTimelineCount(self) -> int:
        return len(self.timelines)

    def GetTimelineByIndex(self, index: float) -> Timeline:
        return self.timelines[int(index) - 1]

    def GetCurrentTimeline(self) -> Timeline | None:
        return self.timeline

    def SetCurrentTimeline(self, timeline: Timeline) -> bool:
        self.timeline = timeline
        return True

    def ExportCurrentFrameAsStill(self, path: str) -> bool:
        write_picture(Path(path), self.timeline.shown(self.timeline.playhead - self.timeline.start))
        return True

    # --- the render queue

    def GetRenderFormats(self) -> dict[str, str]:
        return {"EXR": "exr", "TIFF": "tif", "QuickTime": "mov"}

    def GetRenderCodecs(self, container: str) -> dict[str, str]:
        return CODECS.get(container, {})

    def GetCurrentRenderFormatAndCodec(self) -> dict[str, str]:
        return dict(self.format)

    def SetCurrentRenderFormatAndCodec(self, container: str, codec: str) -> bool:
        if codec not in CODECS.get(container, {}).values():
            return False
        self.format = {"format": container, "codec": codec}
        return True

    def SaveAsNewRenderPreset(self, name: str) -> bool:
        self.presets[name] = dict(self.settings)
        return True

    def LoadRenderPreset(self, name: str) -> bool:
        self.settings = dict(self.presets[name])
        return True

    def DeleteRenderPreset(self, name: str) -> bool:
        return self.presets.pop(name, None) is not None

    def SetRenderSettings(self, settings: dict[str, Any]) -> bool:
        if self.world.page != "deliver":
            return False
        self.settings |= settings
        return True

    def AddRenderJob(self) -> str:
        if self.world.page != "deliver":
            return ""
        job = f"job-{next(self.world.ids)}"
        self.queue[job] = {"JobStatus": "Ready", "CompletionPercentage": 0, "settings": dict(self.settings)}
        return job

    def StartRendering(self, jobs: list[str]) -> bool:
        for job in jobs:
            self._render(self.queue[job]["settings"])
            self.queue[job] |= {"JobStatus": "Rendering", "CompletionPercentage": 50}
        return True

    def _render(self, settings: dict[str, Any]) -> None:
        numbers = range(int(settings["MarkIn"]), int(settings["MarkOut"]) + 1)  # the last frame is rendered too
        for number in numbers[: len(numbers) - self.world.quirks.lost_render_frames]:
            path = Path(settings["TargetDir"]) / f"{settings['CustomName']}_{number:08d}.{self.format['format']}"
            write_picture(path, self.timeline.shown(number - self.timeline.start))

    def StopRendering(self) -> None:
        for job in self.queue.values():
            if job["JobStatus"] == "Rendering":
                job["JobStatus"] = "Cancelled"

    def IsRenderingInProgress(self) -> bool:
        return any(job["JobStatus"] == "Rendering" for job in self.queue.values())

    def GetRenderJobStatus(self, job: str) -> dict[str, Any]:
        status = {key: value for key, value in self.queue[job].items() if key != "settings"}
        if self.queue[job]["JobStatus"] == "Rendering":
            self.queue[job] |= {"JobStatus": "Complete", "CompletionPercentage": 100}
        return status

    def DeleteRenderJob(self, job: str) -> bool:
        return self.queue.pop(job, None) is not None


# --- pictures


@lru_cache(maxsize=64)
def _movie(path: str) -> list[npt.NDArray[np.float32]]:
    media = probe(Path(path))
    with MediaReader(media) as reader:
        return [to_float(frame.pixels) for frame in reader.frames(FrameRange(0, media.frame_count))]


def picture_at(path: str, number: int) -> npt.NDArray[np.float32]:
    """Frame `number` of a movie, or file `number` of a pattern: float RGB (H, W, 3)."""
    if "%" not in path:
        return _movie(path)[number]
    pixels: npt.NDArray[np.float32] = oiio.ImageBuf(path % number).get_pixels(oiio.FLOAT)[..., :3]
    return pixels


def picture_of(media: Media, frame: int) -> npt.NDArray[np.float32]:
    """Frame `frame` of a pool item, counted from its first, decoded from its file: float RGB (H, W, 3)."""
    return picture_at(media.path, media.start + frame)


def write_picture(path: Path, rgb: npt.NDArray[np.float32]) -> None:
    """Write float RGB (H, W, 3) as 16 bit, or half float for EXR."""
    output = oiio.ImageOutput.create(str(path))
    spec = oiio.ImageSpec(rgb.shape[1], rgb.shape[0], 3, "half" if path.suffix == ".exr" else "uint16")
    output.open(str(path), spec)
    output.write_image(rgb)
    output.close()


def snapshot(world: World) -> dict[str, Any]:
    """Everything of the user's that must be as before: a nested plain value, to be compared."""
    project = world.project
    return {
        "page": world.page, "folder": project.pool.current.id, "format": dict(project.format),
        "settings": dict(project.settings),
        "presets": dict(project.presets), "queue": sorted(project.queue),
        "bins": [(folder.name, folder.id, [media.id for media in folder.media]) for folder in project.root.tree()],
        "current": project.timeline.id if project.timeline else None,
        "timelines": [
            {
                "id": one.id, "marks": one.GetMarkInOut(), "playhead": one.playhead, "markers": one.GetMarkers(),
                "tracks": [
                    (track.name, track.enabled, track.locked, [_facts(item) for item in track.items])
                    for track in one.tracks
                ],
            }
            for one in project.timelines
        ],
    }  # fmt: skip


def _facts(item: Item) -> tuple[Any, ...]:
    media = item.media.id if item.media else None
    return (
        item.id, media, item.start, item.duration, item.first, item.speed, dict(item.properties), item.grade,
        item.enabled, dict(item.markers),
    )  # fmt: skip
