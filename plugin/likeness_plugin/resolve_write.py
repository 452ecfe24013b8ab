"""Putting finished sequences into Resolve, above what is there.

Nothing is overwritten: every job gets tracks of its own, every sequence is imported into a bin of its own. Resolve says
little when it refuses and drops clips silently, so everything is read back and compared before it counts as done.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from likeness_core.api import FrameRange
from likeness_core.errors import HostCallFailedError, HostError

from likeness_plugin.bridge import HostClip, Mark, PlacedItem, Placement, Route, Written
from likeness_plugin.resolve_calls import SLOW_S, Call, Caller, Ref, answer, failed
from likeness_plugin.resolve_items import OUR_TRACK, Item, clips_of, cut_to, describe_items, read_ids, read_items
from likeness_plugin.resolve_state import Scene, on_timeline, open_scene
from likeness_plugin.resolve_undo import BIN, DATA, METADATA, find, remove
from likeness_plugin.resolve_units import Clock, append_range, frames_for

COLOR = "Cyan"
COLOR_SPACE = "Input Color Space"

# What places and shapes a picture; "Speed" and the like are the source's own business.
TRANSFORM = (
    "Pan", "Tilt", "ZoomX", "ZoomY", "ZoomGang", "RotationAngle", "AnchorPointX", "AnchorPointY", "Pitch", "Yaw",
    "FlipX", "FlipY", "CropLeft", "CropRight", "CropTop", "CropBottom", "CropSoftness", "CropRetain",
    "CompositeMode", "Opacity", "Distortion", "Scaling", "ResizeFilter",
)  # fmt: skip


@dataclass(slots=True)
class _Added:
    """What was added so far, so that a failure can take it back."""

    tracks: list[str] = field(default_factory=list)
    items: list[PlacedItem] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    bins: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Writer:
    """Adds one job's clips to the current timeline."""

    def __init__(self, caller: Caller, scene: Scene, clock: Clock, job: str) -> None:
        self._caller = caller
        self._scene = scene
        self._clock = clock
        self._job = job
        self._added = _Added()

    def write(self, placements: tuple[Placement, ...]) -> Written:
        """All or nothing; see `HostBridge.write_back`. The Edit page must be open."""
        placements, sources = self._as_they_stand(placements)
        placements = tuple(self._fitting(placement) for placement in placements)
        first = self._is_first()
        try:
            bin_ref = self._make_bins()
            # From the top down: a track that is put in above one moves only those above it.
            for track in sorted({source.track for source in sources}, reverse=True):
                above = self._add_track(track)
                for placement, source in zip(placements, sources, strict=True):
                    if source.track == track:
                        self._place(placement, source, self._import(placement, source, bin_ref), above)
            self._read_back()
        except BaseException:
            with suppress(HostError):  # the first error is the one to tell
                self._take_back(first)
            raise
        return self.written()

    def _take_back(self, first: bool) -> None:
        """Remove what was added, from its own timeline, whichever is open now."""
        with on_timeline(self._caller, open_scene(self._caller), self._scene.timeline_id) as there:
            # An answer that was lost leaves things that were not noted; before the first time there was nothing.
            added = find(self._caller, there, self._clock, self._job) if first else self.written()
            remove(self._caller, there, added)

    def _is_first(self) -> bool:
        """Whether neither a track nor a bin of the job is there yet."""
        timeline = self._scene.timeline
        count = int(self._caller.must(timeline, "GetTrackCount", "video"))
        names = self._caller.all(Call.of(timeline, "GetTrackName", "video", number + 1) for number in range(count))
        if any(str(name).startswith(f"{OUR_TRACK} {self._job}") for name in names):
            return False
        folder: Ref | None = self._caller.must(self._scene.pool, "GetRootFolder")
        for name in (BIN, self._job):
            folder = self._inside(folder, name) if folder is not None else None
        return folder is None

    def _inside(self, folder: Ref, name: str) -> Ref | None:
        """A bin by its name, among those that another holds."""
        folders: list[Ref] = self._caller.one(folder, "GetSubFolderList") or []
        names = self._caller.all(Call.of(one, "GetName") for one in folders)
        return next((one for one, title in zip(folders, names, strict=True) if title == name), None)

    def _fitting(self, placement: Placement) -> Placement:
        """Where only part of a clip was restored, that part of it."""
        clip, numbers, first = placement.clip, placement.numbers, placement.first_shown
        speed = placement.rate / self._clock.rate
        shown = FrameRange(first, first + frames_for(len(clip.record), speed))
        there = shown.intersection(numbers)
        if there == shown:
            return placement
        if speed != 1 or not len(there):
            message = f"only frames {numbers.start} to {numbers.stop - 1} of {clip.name} were finished"
            raise HostError("host.part_of_clip", message, "Restore the whole clip, then place it.")
        start = clip.record.start + there.start - first
        part = replace(
            clip, record=FrameRange(start, start + len(there)),
            dissolve_in=(0, max(0, clip.dissolve_in[1] - (there.start - shown.start))),
            dissolve_out=(max(0, clip.dissolve_out[0] - (shown.stop - there.stop)), 0),
        )  # fmt: skip
        return replace(placement, clip=part, first_shown=there.start)

    def written(self) -> Written:
        """What was added so far."""
        added = self._added
        return Written(
            self._job, self._scene.project_id, self._scene.timeline_id, tuple(added.tracks), tuple(added.items),
            tuple(added.media), tuple(added.bins), (), tuple(added.warnings),
        )  # fmt: skip

    def _make_bins(self) -> Ref:
        folder: Ref = self._caller.must(self._scene.pool, "GetRootFolder")
        for name in (BIN, self._job):
            there = self._inside(folder, name)
            if there is not None:
                folder = there
                continue
            folder = self._caller.must(self._scene.pool, "AddSubFolder", folder, name)
            self._added.bins.append(str(self._caller.must(folder, "GetUniqueId")))
        return folder

    def _import(self, placement: Placement, source: Item, bin_ref: Ref) -> Ref:
        # Import goes to the current folder, whatever else is said.
        self._caller.must(self._scene.pool, "SetCurrentFolder", bin_ref)
        wanted = {
            "FilePath": placement.pattern, "StartIndex": placement.numbers.start,
            "EndIndex": placement.numbers.stop - 1,
        }  # fmt: skip
        # In one message: whoever dies, what was imported says whose it is.
        import_it = Call.of(self._scene.pool, "ImportMedia", [wanted])
        name_it = Call.of(answer(0), "SetThirdPartyMetadata", METADATA, self._job)
        found, named = self._caller.all([import_it, name_it], SLOW_S)
        if not found:
            raise failed("ImportMedia")
        media: Ref = found[0]
        self._added.media.append(str(self._caller.must(media, "GetUniqueId")))
        if not named:
            raise failed("SetThirdPartyMetadata")
        properties = self._caller.must(media, "GetClipProperty")
        if properties.get("Frames") != str(len(placement.numbers)):
            raise failed("ImportMedia", f"{properties.get('Frames')} of {len(placement.numbers)} frames arrived")
        self._set_rate(media, placement, properties)
        # Frames keep the source's own curve, which a managed project would not guess: it reads EXR as linear.
        color_space = placement.color_space or ("" if placement.rendered else source.pool.get(COLOR_SPACE, ""))
        if color_space and properties.get(COLOR_SPACE) != color_space:
            self._set_color_space(media, color_space)
        return media

    def _set_rate(self, media: Ref, placement: Placement, properties: dict[str, str]) -> None:
        """A sequence gets the project's rate on import; its own has to be set, and read back."""
        wanted = _rate_text(placement)
        if abs(float(properties.get("FPS", 0)) - float(wanted)) > 0.005:
            self._caller.one(media, "SetClipProperty", "FPS", wanted)
            given = float(self._caller.must(media, "GetClipProperty").get("FPS", 0))
            if abs(given - float(wanted)) > 0.005:
                raise failed("SetClipProperty FPS", f"it stays {given}")

    def _set_color_space(self, media: Ref, name: str) -> None:
        self._caller.try_one(media, "SetClipProperty", COLOR_SPACE, name)
        if self._caller.must(media, "GetClipProperty").get(COLOR_SPACE) != name:
            self._added.warnings.append(
                f"Resolve did not take '{name}' as input colour space: in a colour-managed project set it by hand"
            )

    def _add_track(self, above: int) -> int:
        """Put an empty track in right above one, so that what lies higher still lies higher."""
        timeline = self._scene.timeline
        before = read_ids(self._caller, self._scene.timeline)
        new = above + 1
        if new > len(before):
            self._caller.must(timeline, "AddTrack", "video")
        else:
            self._caller.must(timeline, "AddTrack", "video", {"index": new})
        after = read_ids(self._caller, self._scene.timeline)
        if len(after) != len(before) + 1:
            raise failed("AddTrack")
        if after[new:] != before[above:]:  # some builds take no index and add it at the top
            new = len(after)
            self._added.warnings.append(f"the new track is V{new}, at the top: it covers clips of the tracks between")
        names = self._caller.all(Call.of(timeline, "GetTrackName", "video", n + 1) for n in range(len(after)))
        stem = f"{OUR_TRACK} {self._job}"
        name = next(one for n in range(1, len(after) + 2) if (one := stem if n == 1 else f"{stem} ({n})") not in names)
        self._caller.must(timeline, "SetTrackName", "video", new, name)
        self._added.tracks.append(name)
        return new

    def _read_back(self) -> None:
        """Where everything stands in the end. Raises HostCallFailedError where something is gone again."""
        found = {
            unique: number
            for number, ids in enumerate(read_ids(self._caller, self._scene.timeline), 1)
            for unique in ids
        }
        missing = [item for item in self._added.items if item.id not in found]
        if missing:
            raise failed("AppendToTimeline", f"{len(missing)} clips are gone again")
        self._added.items = [replace(item, track=found[item.id]) for item in self._added.items]

    def _place(self, placement: Placement, source: Item, media: Ref, track: int) -> None:
        record = _free_of_dissolves(placement.clip)
        if record != placement.clip.record:
            self._added.warnings.append(
                f"{placement.clip.name}: the frames of its dissolve stay as they were; "
                "extend the restored clip and add the same dissolve to it, its handles are there"
            )
        item = self._append(placement, media, track, record)
        if not placement.rendered:
            self._copy_look(source, item, placement)
        data = f"{DATA}{self._job}:{placement.clip.id}"
        if not self._caller.one(item.ref, "AddMarker", 0, COLOR, OUR_TRACK, f"job {self._job}", 1, data):
            self._added.warnings.append(f"{placement.clip.name}: Resolve took no marker")

    def _append(self, placement: Placement, media: Ref, track: int, record: FrameRange) -> Item:
        """Append, then believe only what the track shows."""
        speed = placement.rate / self._clock.rate
        head = record.start - placement.clip.record.start
        first = placement.first_shown - placement.numbers.start + int(head * speed)
        count = min(frames_for(len(record), speed), len(placement.numbers) - first)
        base = int(float(self._caller.must(media, "GetClipProperty").get("Start", 0)))
        wanted = {
            "mediaPoolItem": media, "mediaType": 1, "trackIndex": track,
            "recordFrame": self._clock.host(record.start), **append_range(base, first, count),
        }  # fmt: skip
        given = self._append_here(wanted)
        mine = str(self._caller.must(media, "GetUniqueId"))
        found = describe_items(self._caller, [(track, ref) for ref in given or () if ref is not None])
        if len(found) != 1 or found[0].media_id != mine:  # what came back is no item: is one there all the same?
            items = read_items(self._caller, self._scene.timeline, [track])
            found = [item for item in items if item.media_id == mine]
        for item in found:
            self._added.items.append(PlacedItem(item.id, track, self._clock.record(item.start, item.stop)))
        if len(found) != 1:
            raise failed("AppendToTimeline", f"{len(found)} clips of it are on the track")
        item = found[0]
        if self._clock.record(item.start, item.stop) != record:
            raise _misplaced(placement, record, self._clock.record(item.start, item.stop))
        if speed == 1 and item.left != first:
            raise HostCallFailedError(
                "host.misplaced", f"Resolve placed {placement.clip.name} from frame {item.left}, not {first}",
                "Nothing was left behind. Place the sequence by hand; it is in the result's folder.",
            )  # fmt: skip
        return item

    def _append_here(self, wanted: dict[str, object]) -> list[Ref | None]:
        """What the call gives. It appends to whatever timeline is open: the user may have opened another one."""
        given, timeline, opened = self._caller.all([
            Call.of(self._scene.pool, "AppendToTimeline", [wanted]),
            Call.of(self._scene.project, "GetCurrentTimeline"),
            Call.of(answer(1), "GetUniqueId"),
        ], SLOW_S)  # fmt: skip
        if str(opened) == self._scene.timeline_id:
            return given or []
        strays = [ref for ref in given or () if ref is not None]
        if strays:
            self._caller.try_one(timeline, "DeleteClips", strays, False)
        hint = "Open the clip's timeline, leave it open, and place the result again."
        raise HostError("host.timeline_changed", "another timeline was opened while clips were placed", hint)

    def _as_they_stand(self, placements: tuple[Placement, ...]) -> tuple[tuple[Placement, ...], list[Item]]:
        """The placements with the dissolves of today, and the items they go above: the edit may have changed since.

        Raises HostError `host.clip_gone`, `host.clip_moved` where a restored frame would stand over another one.
        """
        count = int(self._caller.must(self._scene.timeline, "GetTrackCount", "video"))
        items = read_items(self._caller, self._scene.timeline, list(range(1, count + 1)))
        by_id = {item.id: item for item in items}
        now = {clip.id: clip for clip in clips_of(items, self._clock, lambda _: True)}
        hint = "Read the timeline again, or place the sequence by hand; it is in the result's folder."
        fresh = []
        for placement in placements:
            clip, item = placement.clip, by_id.get(placement.clip.id)
            if item is None:
                where = f"Open the timeline that it is in. {hint}"
                raise HostError("host.clip_gone", f"{clip.name} is not in the timeline that is open", where)
            moved = self._clock.record(item.start, item.stop).intersection(clip.record) != clip.record
            if moved or clip.anchor not in ("", item.anchor):
                raise HostError("host.clip_moved", f"{clip.name} was moved, trimmed or slipped since it was read", hint)
            if not placement.rendered and now[clip.id].route is Route.RENDER:
                why = now[clip.id].reason
                raise HostError("host.clip_moved", f"{clip.name} was changed since it was read: {why}", hint)
            part = cut_to(now[clip.id], clip.record, self._clock)
            if part is not None:
                clip = replace(clip, dissolve_in=part.dissolve_in, dissolve_out=part.dissolve_out)
            fresh.append(replace(placement, clip=clip))
        return tuple(fresh), [by_id[placement.clip.id] for placement in placements]

    def _copy_look(self, source: Item, item: Item, placement: Placement) -> None:
        if not self._caller.try_one(source.ref, "CopyGrades", [item.ref]):
            self._added.warnings.append(f"{placement.clip.name}: the grade could not be copied; copy it by hand")
        wanted = {key: source.properties[key] for key in TRANSFORM if key in source.properties}
        differing = {key: value for key, value in wanted.items() if item.properties.get(key) != value}
        self._caller.all(Call.of(item.ref, "SetProperty", key, value) for key, value in differing.items())
        given = self._caller.one(item.ref, "GetProperty") or {}
        missed = [key for key, value in differing.items() if given.get(key) != value]
        if missed:
            self._added.warnings.append(f"{placement.clip.name}: set by hand: {', '.join(missed)}")


def _misplaced(placement: Placement, wanted: FrameRange, given: FrameRange) -> HostCallFailedError:
    return HostCallFailedError(
        "host.misplaced",
        f"Resolve placed {placement.clip.name} at {given.start}:{given.stop}, not at {wanted.start}:{wanted.stop}",
        "Nothing was left behind. Place the sequence by hand; it is in the result's folder.",
    )


def _rate_text(placement: Placement) -> str:
    rate = placement.rate
    return str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.3f}"


def _free_of_dissolves(clip: HostClip) -> FrameRange:
    """The record frames that show this clip alone: over a transition a clip above would be a hard cut."""
    start = min(clip.record.start + clip.dissolve_in[1], clip.record.stop)
    return FrameRange(start, max(start, clip.record.stop - clip.dissolve_out[0]))


def add_marks(caller: Caller, scene: Scene, job: str, marks: tuple[Mark, ...]) -> Written:
    """Timeline markers; see `HostBridge.mark`."""
    there = caller.one(scene.timeline, "GetMarkers") or {}
    stamp = f"{time.time_ns():x}"
    set_, warnings = [], []
    for number, mark in enumerate(marks):
        data = f"{DATA}{job}:{stamp}:{number}"
        free = str(mark.record_frame) not in there
        if free and caller.one(scene.timeline, "AddMarker", mark.record_frame, COLOR, mark.name, mark.note, 1, data):
            set_.append(data)
        else:
            why = "Resolve took no marker" if free else "a marker is there already"
            warnings.append(f"frame {mark.record_frame}: {why}")
    return Written(job, scene.project_id, scene.timeline_id, markers=tuple(set_), warnings=tuple(warnings))
