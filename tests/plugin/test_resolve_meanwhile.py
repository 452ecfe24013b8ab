"""What the user, or Resolve itself, does between the reading of the clips, the placing of the result and its undo."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from likeness_core.api import FrameRange
from likeness_core.errors import HostError
from likeness_plugin.bridge import Mark, Selection
from likeness_plugin.resolve import ResolveBridge

from tests.core.footage import Recipe, make_movie, read_bar_code
from tests.plugin.resolve_simulator import Folder, Item, Media, Project, Quirks, Timeline, World, snapshot
from tests.plugin.stages import in_mailbox
from tests.plugin.test_resolve_properties import Direct
from tests.plugin.test_resolve_quirks import frames, only, world_with

RATE = Fraction(24)


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_movie(tmp_path_factory.mktemp("meanwhile") / "reel.mp4", Recipe(frames=60)))


def replace_media(item: Item) -> None:
    item.media = Media(item.world, item.media.path, 60, RATE)


def speed_up(item: Item) -> None:
    item.speed = Fraction(2)


def add_fusion(item: Item) -> None:
    item.fusion = 1


def slip(item: Item) -> None:
    item.first += 2


def move_along(item: Item) -> None:
    item.start += 2


@pytest.mark.parametrize("change", [slip, move_along, replace_media, speed_up, add_fusion])
@pytest.mark.parametrize("part", [False, True], ids=["whole", "between marks"])
def test_a_clip_that_shows_something_else_now_is_not_written_over(
    change: Callable[[Item], None], part: bool, movie: str, tmp_path: Path
) -> None:
    world = world_with(movie, Quirks())
    (item,) = world.project.timeline.tracks[0].items
    bridge = ResolveBridge(Direct(world))
    if part:  # moved by two frames the clip still covers all of it
        world.project.timeline.SetMarkInOut(14, 19)
    (clip,) = bridge.clips(Selection.IN_OUT if part else Selection.WHOLE)
    change(item)
    before = snapshot(world)
    with pytest.raises(HostError) as changed:
        bridge.write_back("job", (frames(tmp_path / "f", clip, RATE),))
    assert changed.value.code == "host.clip_moved"
    assert snapshot(world) == before


def test_trimming_elsewhere_and_a_dissolve_made_meanwhile_are_met(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    timeline = world.project.timeline
    (item,) = timeline.tracks[0].items
    bridge = ResolveBridge(Direct(world))
    timeline.SetMarkInOut(14, 26)
    (clip,) = bridge.clips(Selection.IN_OUT)
    item.start, item.first, item.duration = item.start + 2, item.first + 2, item.duration - 5  # both ends: 12 to 27
    timeline.transition(1, 24, 6)  # three frames of it lie in the clip
    (placed,) = bridge.write_back("job", (frames(tmp_path / "f", clip, RATE),)).items
    assert placed.record == FrameRange(14, 24)
    for record in placed.record.frames():
        assert read_bar_code(timeline.shown(record, 2)) == read_bar_code(timeline.shown(record, 1))


class Interrupting(Direct):
    """Something happens right before a call reaches Resolve."""

    def __init__(self, world: World, method: str, happens: Callable[[], object]) -> None:
        super().__init__(world)
        self.method, self.happens, self.count = method, happens, 0

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        if any(call["call"] == self.method for call in calls):
            self.count += 1
            self.happens()
        return super().exchange(calls, forget, timeout_s)


@pytest.mark.parametrize("method", ["AddSubFolder", "AddTrack", "ImportMedia", "AppendToTimeline", "CopyGrades"])
def test_a_timeline_that_is_opened_while_clips_are_placed_gets_none(method: str, movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    first = world.project.timeline
    other = Timeline(world, "24", "01:00:00:00")
    other.place(1, world.project.root.media[0], 40, 5)
    other.AddTrack("video")
    world.project.timelines.append(other)
    before = snapshot(world)
    connection = Interrupting(world, method, lambda: setattr(world.project, "timeline", other))
    bridge = ResolveBridge(connection)
    made = frames(tmp_path / "f", only(bridge), RATE)
    if method == "CopyGrades":  # the clip stands already: what is left goes on where it began
        written = bridge.write_back("job", (made,))
        assert bridge.undo(written) == ()
    else:
        with pytest.raises(HostError) as changed:
            bridge.write_back("job", (made,))
        assert changed.value.code == "host.timeline_changed"
    assert connection.count and world.project.timeline is other  # where the user went, they stay
    world.project.timeline = first
    assert snapshot(world) == before


def test_another_timeline_or_project_is_left_alone(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    bridge = ResolveBridge(Direct(world))
    made = frames(tmp_path / "f", only(bridge), RATE)
    mine = world.project
    world.project.open(Timeline(world))
    before = snapshot(world)
    with pytest.raises(HostError) as gone:
        bridge.write_back("job", (made,))
    assert gone.value.code == "host.clip_gone" and "Open the timeline" in gone.value.hint
    assert snapshot(world) == before
    world.project = Project(world)
    world.project.open(Timeline(world)).place(1, Media(world, movie, 60, RATE), 10, 20, 5)
    theirs = snapshot(world)
    with pytest.raises(HostError) as elsewhere:
        bridge.write_back("job", (made,))
    assert elsewhere.value.code == "host.clip_gone" and snapshot(world) == theirs
    world.project = mine
    assert snapshot(world) == before


def test_undo_finds_what_was_moved_trimmed_and_renamed(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    timeline, project = world.project.timeline, world.project
    bridge = ResolveBridge(Direct(world))
    written = bridge.write_back("job", (frames(tmp_path / "f", only(bridge), RATE),))
    (item,) = timeline.tracks[1].items
    item.name, item.start, item.duration, item.markers = "hers, restored", item.start + 50, 7, {}
    timeline.tracks[1].name = "restored"  # no track of ours any more: the user's, and left
    timeline.tracks[1].items.clear()
    timeline.place(3, None, 0, 5)
    timeline.tracks[2].items.append(item)
    ours = next(folder for folder in project.root.tree() if folder.media and folder is not project.root)
    ours.name = "done"
    shelf = Folder(world, "shelf")
    project.root.folders.append(shelf)
    shelf.media, ours.media = list(ours.media), []
    assert bridge.undo(written) == ()
    assert [(track.name, len(track.items)) for track in timeline.tracks] == [
        ("Video 1", 1), ("restored", 0), ("Video 3", 1)
    ]  # fmt: skip
    assert [folder.name for folder in project.root.tree()] == ["Master", "shelf"] and not shelf.media


def test_undo_says_which_empty_track_it_left(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    bridge = ResolveBridge(Direct(world))
    written = bridge.write_back("job", (frames(tmp_path / "f", only(bridge), RATE),))
    world.project.timeline.tracks[1].name = "restored"
    (note,) = bridge.undo(written)
    assert "'restored' is empty now" in note
    assert bridge.undo(written) == ()


def test_undo_of_a_locked_track_says_so_and_changes_nothing(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    before = snapshot(world)
    bridge = ResolveBridge(Direct(world))
    written = bridge.write_back("job", (frames(tmp_path / "f", only(bridge), RATE),))
    marked = bridge.mark("job", (Mark(3, "flicker", ""),))
    both = replace(written, markers=marked.markers)
    world.project.timeline.tracks[1].locked = True
    placed = snapshot(world)
    with pytest.raises(HostError) as locked:
        bridge.undo(both)
    assert locked.value.code == "host.track_locked" and "V2" in locked.value.message
    assert snapshot(world) == placed
    world.project.timeline.tracks[1].locked = False
    assert bridge.undo(both) == () and snapshot(world) == before


def test_a_resolve_that_was_restarted_meanwhile_takes_the_result(movie: str, tmp_path: Path) -> None:
    """The clips were read before, the result is placed after, and is taken away after one more start."""
    world = world_with(movie, Quirks())
    before = snapshot(world)
    with in_mailbox(world, tmp_path) as bridge:
        made = frames(tmp_path / "f", only(bridge), RATE)
    with in_mailbox(world, tmp_path) as bridge:
        written = bridge.write_back("job", (made,))
    with in_mailbox(world, tmp_path) as bridge:
        assert bridge.undo(written) == ()
    assert snapshot(world) == before
