"""Taking away what was written into Resolve, and nothing else; and finding it where no record of it is left."""

from typing import Any

from likeness_core.errors import HostError

from likeness_plugin.bridge import PlacedItem, Written
from likeness_plugin.resolve_calls import Call, Caller, Ref, failed
from likeness_plugin.resolve_items import OUR_TRACK, read_items
from likeness_plugin.resolve_state import Scene
from likeness_plugin.resolve_units import Clock

BIN = "Likeness"  # every job has a bin of its own in it
DATA = "likeness:"  # begins the hidden text of markers, with the job after it
METADATA = "likeness"  # of imported media: the job


def remove(caller: Caller, scene: Scene, written: Written) -> tuple[str, ...]:
    """Remove what was added and is still there. The Edit page and the right timeline must be open.

    Raises HostError `host.track_locked`, before anything is removed.
    """
    notes: list[str] = []
    tracks = list(range(1, int(caller.must(scene.timeline, "GetTrackCount", "video")) + 1))
    wanted = {item.id for item in written.items}
    found = [item for item in read_items(caller, scene.timeline, tracks) if item.id in wanted]
    of_ours = sorted({item.track for item in found})
    locked = caller.all(Call.of(scene.timeline, "GetIsTrackLocked", "video", track) for track in of_ours)
    for track in (track for track, is_locked in zip(of_ours, locked, strict=True) if is_locked is True):
        raise HostError("host.track_locked", f"the track V{track} is locked", "Unlock it in Resolve, and try again.")
    for data in written.markers:
        caller.one(scene.timeline, "DeleteMarkerByCustomData", data)
    if found and not caller.one(scene.timeline, "DeleteClips", [item.ref for item in found], False):
        raise failed("DeleteClips")
    left = read_items(caller, scene.timeline, tracks)
    if any(item.id in wanted for item in left):
        raise failed("DeleteClips", "the clips are still there")
    used = {item.track for item in left}
    _remove_tracks(caller, scene, written, used, set(of_ours) - used, notes)
    _remove_media(caller, scene, written, {item.media_id for item in left}, notes)
    return tuple(dict.fromkeys(notes))  # of nested bins that stay each says the same


def _remove_tracks(
    caller: Caller, scene: Scene, written: Written, used: set[int], emptied: set[int], notes: list[str]
) -> None:
    count = int(caller.must(scene.timeline, "GetTrackCount", "video"))
    names = caller.all(Call.of(scene.timeline, "GetTrackName", "video", index) for index in range(1, count + 1))
    for track in range(count, 0, -1):  # from the top, so that the numbers below stay
        if names[track - 1] not in written.tracks:
            if track in emptied:  # renamed since, or the clips were moved to it
                notes.append(f"the track '{names[track - 1]}' is empty now and was left, because its name is not ours")
            continue
        if track in used:
            notes.append(f"the track '{names[track - 1]}' holds other clips now and was left")
        elif not caller.one(scene.timeline, "DeleteTrack", "video", track):
            notes.append(f"the track '{names[track - 1]}' could not be removed")


def _remove_media(caller: Caller, scene: Scene, written: Written, used: set[str], notes: list[str]) -> None:
    folders, clips = _pool(caller, scene)
    for media in (ref for ref, unique in clips if unique in written.media):
        facts: dict[str, Any] = caller.one(media, "GetClipProperty") or {}
        unique = next(name for ref, name in clips if ref == media)
        if unique in used or facts.get("Usage", "0") not in ("0", ""):
            notes.append(f"'{facts.get('Clip Name', unique)}' is used elsewhere and was left in its bin")
        elif not caller.one(scene.pool, "DeleteClips", [media]):
            notes.append(f"'{facts.get('Clip Name', unique)}' could not be removed from its bin")
    for unique in reversed(written.bins):
        for folder in (ref for ref, name in folders if name == unique):
            empty = not caller.one(folder, "GetClipList") and not caller.one(folder, "GetSubFolderList")
            if not empty:
                notes.append("a bin that was made holds other clips now and was left")
            elif not caller.one(scene.pool, "DeleteFolders", [folder]):
                notes.append("an empty bin could not be removed")


def _pool(caller: Caller, scene: Scene) -> tuple[list[tuple[Ref, str]], list[tuple[Ref, str]]]:
    """Every folder and every clip of the media pool with its id, level by level: the user may have moved them."""
    level: list[Ref] = [caller.must(scene.pool, "GetRootFolder")]
    folders: list[tuple[Ref, str]] = []
    clips: list[tuple[Ref, str]] = []
    while level:
        methods = ("GetUniqueId", "GetClipList", "GetSubFolderList")
        given = caller.all(Call.of(folder, method) for folder in level for method in methods)
        folders += zip(level, map(str, given[::3]), strict=True)
        inside = [clip for listed in given[1::3] for clip in listed or ()]
        clips += zip(inside, map(str, caller.all(Call.of(clip, "GetUniqueId") for clip in inside)), strict=True)
        level = [folder for listed in given[2::3] for folder in listed or ()]
    return folders, clips


def find(caller: Caller, scene: Scene, clock: Clock, job: str) -> Written:
    """What carries the job's name: tracks, clips that play its media, its bin, markers."""
    count = int(caller.must(scene.timeline, "GetTrackCount", "video"))
    numbers = range(1, count + 1)
    names = [str(name) for name in caller.all(Call.of(scene.timeline, "GetTrackName", "video", n) for n in numbers)]
    tracks = tuple(name for name in names if name == f"{OUR_TRACK} {job}" or name.startswith(f"{OUR_TRACK} {job} ("))
    folders, clips = _pool(caller, scene)
    jobs = caller.all(Call.of(ref, "GetThirdPartyMetadata", METADATA) for ref, _ in clips)
    media = {unique for (_, unique), one in zip(clips, jobs, strict=True) if one == job}
    items = [item for item in read_items(caller, scene.timeline, list(numbers)) if item.media_id in media]
    placed = tuple(PlacedItem(item.id, item.track, clock.record(item.start, item.stop)) for item in items)
    marks: dict[str, dict[str, Any]] = caller.one(scene.timeline, "GetMarkers") or {}
    texts = [str(mark.get("customData", "")) for mark in marks.values()]
    markers = tuple(text for text in texts if text.startswith(f"{DATA}{job}:"))
    return Written(
        job,
        scene.project_id,
        scene.timeline_id,
        tracks,
        placed,
        tuple(sorted(media)),
        _bins(caller, folders, job),
        markers,
    )


def _bins(caller: Caller, folders: list[tuple[Ref, str]], job: str) -> tuple[str, ...]:
    """The ids of the bin of all jobs, where it holds nothing else, and of the job's."""
    names = caller.all(Call.of(ref, "GetName") for ref, _ in folders)
    for (ref, unique), name in zip(folders, names, strict=True):
        if name == BIN:
            inside, others = caller.all([Call.of(ref, "GetSubFolderList"), Call.of(ref, "GetClipList")])
            titles = caller.all(Call.of(one, "GetName") for one in inside or ())
            mine = [one for one, title in zip(inside or (), titles, strict=True) if title == job]
            ids = [str(one) for one in caller.all(Call.of(one, "GetUniqueId") for one in mine)]
            alone = len(inside or ()) == len(mine) and not others
            return (unique, *ids) if alone else tuple(ids)
    return ()
