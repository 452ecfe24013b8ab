"""An editing application that does as it is told: the plainest `HostBridge`, for the contract and for the panel."""

import itertools
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from likeness_core.api import FrameRange, Progress
from likeness_core.errors import HostError
from likeness_core.timing import Timecode, parse_rate
from likeness_plugin.bridge import (
    HostClip,
    HostInfo,
    Mark,
    PlacedItem,
    Placement,
    Selection,
    TimelineInfo,
    Written,
)  # fmt: skip

from tests.plugin.resolve_simulator import picture_at, write_picture


@dataclass
class FakeClip:
    """A clip of the fake timeline; `first`: the file's frame (or file number) at its start."""

    host: HostClip
    path: str
    first: int
    speed: int = 1


class FakeHost:
    """See `HostBridge`."""

    def __init__(self, rate: str, label: str, clips: list[FakeClip]) -> None:
        self._ids = itertools.count(1)
        self.rate, self.drop = parse_rate(rate.removesuffix(" DF")), rate.endswith("DF")
        self.start = Timecode.parse(label[:-3] + ";" + label[-2:] if self.drop else label, self.rate)
        self.tracks: dict[str, list[FakeClip]] = {}
        for clip in clips:
            self.tracks.setdefault(f"Video {clip.host.track}", []).append(clip)
        self.media: dict[str, str] = {}
        self.marks: FrameRange | None = None
        self.markers: dict[int, str] = {}
        self.selected: set[str] = set()
        self.at = 0
        self.closed = False

    def label(self, frame: int) -> str:
        return str(self.start + frame)

    def picture(self, clip: FakeClip, record: int) -> npt.NDArray[np.float32]:
        number = clip.first + (record - clip.host.record.start) * clip.speed
        return picture_at(clip.path, number)

    def shown(self, record: int, track: int | None = None) -> npt.NDArray[np.float32]:
        tracks = list(self.tracks.values())
        for clips in reversed(tracks) if track is None else [tracks[track - 1]]:
            for clip in clips:
                if record in clip.host.record and clip.path:
                    return self.picture(clip, record)
        return np.zeros((64, 96, 3), np.float32)

    def snapshot(self) -> dict[str, Any]:
        return {
            "tracks": {name: [clip.host.id for clip in clips] for name, clips in self.tracks.items()},
            "media": dict(self.media), "markers": dict(self.markers), "marks": self.marks, "at": self.at,
        }  # fmt: skip

    def info(self) -> HostInfo:
        return HostInfo("Fake", "1.0", True, "fake", "Archive")

    def timeline(self) -> TimelineInfo:
        count = max(clip.host.record.stop for clips in self.tracks.values() for clip in clips)
        return TimelineInfo("timeline", "Edit", self.rate, self.drop, self.label(0), count, 96, 64)

    def clips(self, selection: Selection) -> tuple[HostClip, ...]:
        span = FrameRange(0, self.timeline().frame_count)
        found = [
            replace(clip.host, track=number)
            for number, (name, clips) in enumerate(self.tracks.items(), 1)
            for clip in clips
            if not name.startswith("Likeness")
        ]
        if selection is Selection.IN_OUT:
            if self.marks is None:
                raise HostError("host.no_range", "no marks", "Set them.")
            span = self.marks
        elif selection is Selection.SELECTED:
            found = [clip for clip in found if clip.id in self.selected]
            if not found:
                raise HostError("host.no_selection", "no selection", "Select.")
        elif selection is Selection.CURRENT:
            found = [clip for clip in found if self.at in clip.record][-1:]
            if not found:
                raise HostError("host.no_selection", "no clip", "Move the playhead.")
        cut = [self._cut(clip, span) for clip in found if len(clip.record.intersection(span))]
        if not cut:
            raise HostError("host.no_clip", "no clip there", "Choose another range.")
        return tuple(sorted(cut, key=lambda clip: (clip.record.start, clip.track)))

    def _cut(self, clip: HostClip, span: FrameRange) -> HostClip:
        record = clip.record.intersection(span)
        head = record.start - clip.record.start
        source = clip.source and FrameRange(clip.source.start + head, clip.source.start + head + len(record))
        inside = max(0, clip.dissolve_in[1] - head) if head else clip.dissolve_in[1]
        tail = clip.record.stop - record.stop
        return replace(
            clip, record=record, source=source, record_in=self.label(record.start),
            record_out=self.label(record.stop - 1), dissolve_in=(clip.dissolve_in[0] if not head else 0, inside),
            dissolve_out=clip.dissolve_out if not tail else (max(0, clip.dissolve_out[0] - tail), 0),
        )  # fmt: skip

    def playhead(self) -> int:
        return self.at

    def show(self, record_frame: int) -> None:
        if not 0 <= record_frame < self.timeline().frame_count:
            raise HostError("host.no_such_frame", "no such frame", "Choose another.")
        self.at = record_frame

    def grab_still(self, target: Path) -> Path:
        if target.exists() or target.suffix != ".png":
            raise HostError("host.file_exists", "it is there", "Choose another.")
        write_picture(target, self.shown(self.at))
        return target

    def write_back(self, job: str, placements: tuple[Placement, ...]) -> Written:
        before = {name: list(clips) for name, clips in self.tracks.items()}
        media, items, tracks = [], [], []
        for placement in placements:
            files = [Path(placement.pattern % number) for number in placement.numbers.frames()]
            if not all(path.is_file() for path in files):
                self.tracks = before
                for one in media:
                    del self.media[one]
                raise HostError("host.call_failed", "frames are missing", "Restore again.")
            media.append(f"media {next(self._ids)}")
            self.media[media[-1]] = placement.pattern
            items.append(self._place(job, placement, tracks))
        numbers = {name: number for number, name in enumerate(self.tracks, 1)}
        placed = tuple(PlacedItem(clip.host.id, numbers[name], clip.host.record) for name, clip in items)
        return Written(job, "project", "timeline", tuple(tracks), placed, tuple(media))

    def _place(self, job: str, placement: Placement, tracks: list[str]) -> tuple[str, FakeClip]:
        clip = placement.clip
        record = FrameRange(clip.record.start + clip.dissolve_in[1], clip.record.stop - clip.dissolve_out[0])
        first = placement.first_shown + clip.dissolve_in[1]
        host = replace(clip, id=f"item {next(self._ids)}", record=record)
        below = next(name for name, clips in self.tracks.items() if clip.id in [one.host.id for one in clips])
        name = f"Likeness {job} above {below}"
        if name not in tracks:
            while name in self.tracks:
                name += "'"
            order = list(self.tracks.items())
            at = list(self.tracks).index(below) + 1
            self.tracks = dict([*order[:at], (name, []), *order[at:]])
            tracks.append(name)
        self.tracks[name].append(FakeClip(host, placement.pattern, first))
        return name, self.tracks[name][-1]

    def mark(self, job: str, marks: tuple[Mark, ...]) -> Written:
        done, warnings = [], []
        for mark in marks:
            if mark.record_frame in self.markers:
                warnings.append(f"frame {mark.record_frame}: a marker is there already")
            else:
                self.markers[mark.record_frame] = f"{job}:{mark.record_frame}"
                done.append(self.markers[mark.record_frame])
        return Written(job, "project", "timeline", markers=tuple(done), warnings=tuple(warnings))

    def find(self, job: str) -> Written:
        tracks = tuple(name for name in self.tracks if name.startswith(f"Likeness {job} above "))
        items = tuple(
            PlacedItem(clip.host.id, number, clip.host.record)
            for number, (name, clips) in enumerate(self.tracks.items(), 1)
            for clip in clips
            if name in tracks
        )
        paths = {clip.path for name in tracks for clip in self.tracks[name]}
        media = tuple(key for key, path in self.media.items() if path in paths)
        markers = tuple(text for text in self.markers.values() if text.startswith(f"{job}:"))
        return Written(job, "project", "timeline", tracks, items, media, markers=markers)

    def undo(self, written: Written) -> tuple[str, ...]:
        ids = {item.id for item in written.items}
        for name, clips in list(self.tracks.items()):
            clips[:] = [clip for clip in clips if clip.host.id not in ids]
            if name in written.tracks and not clips:
                del self.tracks[name]
        self.media = {key: path for key, path in self.media.items() if key not in written.media}
        self.markers = {frame: text for frame, text in self.markers.items() if text not in written.markers}
        return ()

    def render(self, clip: HostClip, folder: Path) -> Generator[Progress, None, str]:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise HostError("host.folder_in_use", "not empty", "Give another.")
        fake = next(one for clips in self.tracks.values() for one in clips if one.host.id == clip.id)
        for number, record in enumerate(clip.record.frames()):
            write_picture(folder / f"likeness.{number:06d}.exr", self.picture(fake, record))
            yield Progress("index", number + 1, len(clip.record))
        return str(folder / "likeness.%06d.exr")

    def close(self) -> None:
        self.closed = True
