"""What real Resolves do beside the rules: noticed, mended where it can be, refused with a reason where not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from likeness_core.api import FrameRange
from likeness_core.errors import HostCallFailedError, HostError
from likeness_core.media import probe
from likeness_plugin.bridge import HostClip, Placement, Route, Selection
from likeness_plugin.host_edits import edit_ranges, placement
from likeness_plugin.resolve import ResolveBridge
from likeness_plugin.resolve_units import Clock, Reading, rate_of, shown_frames

from tests.core.footage import Recipe, bar_code, make_movie, read_bar_code
from tests.plugin.resolve_simulator import Media, Quirks, Timeline, World, snapshot, write_picture
from tests.plugin.stages import in_library, in_mailbox
from tests.plugin.test_resolve_properties import Direct


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_movie(tmp_path_factory.mktemp("quirks") / "reel.mp4", Recipe(frames=60)))


@contextmanager
def resolve(world: World) -> Iterator[ResolveBridge]:
    with in_library(world) as bridge:
        yield bridge


def world_with(movie: str, quirks: Quirks, rate: str = "24", media_rate: str = "24", first: int = 5) -> World:
    world = World(quirks)
    timeline = world.project.open(Timeline(world, rate, "01:00:00:00"))
    media = Media(world, movie, 60, rate_of(media_rate)[0])
    world.project.root.media.append(media)
    timeline.place(1, media, 10, 20, first)
    return world


def frames(folder: Path, clip: HostClip, rate: Fraction, handles: int = 4) -> Placement:
    """Numbered pictures as the core would leave them for a clip."""
    numbers = FrameRange(max(0, clip.source.start - handles), clip.source.stop + handles)
    folder.mkdir(exist_ok=True)
    for number in numbers.frames():
        if not (folder / f"f.{number:06d}.tif").exists():
            write_picture(folder / f"f.{number:06d}.tif", bar_code(number).astype("float32") / 255)
    return Placement(clip, str(folder / "f.%06d.tif"), numbers, clip.source.start, rate)


def only(bridge: ResolveBridge) -> HostClip:
    (clip,) = bridge.clips(Selection.WHOLE)
    return clip


def test_a_source_start_that_is_one_off_changes_nothing(movie: str) -> None:
    with resolve(world_with(movie, Quirks(source_start_off_by_one=True))) as bridge:
        clip = only(bridge)
    assert (clip.route, clip.source) == (Route.DECODE, FrameRange(5, 25))


@pytest.mark.parametrize("from_zero", [False, True])
def test_a_sequence_is_read_however_its_source_frames_count(tmp_path: Path, from_zero: bool) -> None:
    for number in range(101, 141):
        write_picture(tmp_path / f"s.{number:04d}.tif", bar_code(number - 100).astype("float32") / 255)
    world = World(Quirks(sequence_source_from_zero=from_zero))
    timeline = world.project.open(Timeline(world))
    timeline.place(1, Media(world, str(tmp_path / "s.%04d.tif"), 40, Fraction(24), 101), 0, 20, 7)
    with resolve(world) as bridge:
        assert only(bridge).source == FrameRange(7, 27)


@pytest.mark.parametrize(
    ("quirk", "code"),
    [
        (Quirks(vanishing_appends=True), "host.call_failed"),
        (Quirks(ghosts=True), "host.call_failed"),
        (Quirks(shifted_appends=True), "host.misplaced"),
        (Quirks(failing={"ImportMedia"}), "host.call_failed"),
        (Quirks(failing={"AddTrack"}), "host.call_failed"),
        (Quirks(failing={"SetTrackName"}), "host.call_failed"),
        (Quirks(failing={"AddSubFolder"}), "host.call_failed"),
        (Quirks(failing={"AppendToTimeline"}), "host.call_failed"),
    ],
    ids=["vanishes", "ghost", "shifted", "import", "track", "name", "bin", "append"],
)
def test_a_placement_that_fails_leaves_nothing_behind(movie: str, tmp_path: Path, quirk: Quirks, code: str) -> None:
    world = world_with(movie, quirk)
    with resolve(world) as bridge:
        placement = frames(tmp_path / "f", only(bridge), Fraction(24))
        before = snapshot(world)
        with pytest.raises(HostCallFailedError) as failed:
            bridge.write_back("job", (placement,))
    assert failed.value.code == code
    left = snapshot(world)
    if quirk.failing == {"SetTrackName"}:  # a track without our name is not ours to delete
        left["timelines"][0]["tracks"] = left["timelines"][0]["tracks"][:1]
    assert left == before


def test_the_rate_of_a_sequence_is_set_and_read_back(movie: str, tmp_path: Path) -> None:
    """23.976 footage in a 24 timeline: the sequence gets the project's rate on import, which would shift its frames."""
    world = world_with(movie, Quirks(), "24", "23.976", 0)
    with resolve(world) as bridge:
        clip = only(bridge)
        assert (clip.route, clip.media_rate) == (Route.DECODE, Fraction(24000, 1001))
        written = bridge.write_back("job", (frames(tmp_path / "f", clip, clip.media_rate),))
        timeline = world.project.timeline
        (item,) = written.items
        assert item.record == clip.record
        for record in clip.record.frames():
            assert read_bar_code(timeline.shown(record, 2)) == read_bar_code(timeline.shown(record, 1))
    world = world_with(movie, Quirks(no_frame_rate_change=True), "24", "23.976", 0)
    with resolve(world) as bridge:
        placement = frames(tmp_path / "f", only(bridge), Fraction(24000, 1001))
        before = snapshot(world)
        with pytest.raises(HostCallFailedError):
            bridge.write_back("job", (placement,))
        assert snapshot(world) == before


@pytest.mark.parametrize(("rate", "media_rate"), [("25", "24"), ("30", "24"), ("24", "25"), ("59.94", "29.97")])
def test_mixed_rates_show_the_same_frames(movie: str, tmp_path: Path, rate: str, media_rate: str) -> None:
    world = world_with(movie, Quirks(), rate, media_rate, 0)
    with resolve(world) as bridge:
        clip = only(bridge)
        assert clip.route is Route.DECODE
        (item,) = bridge.write_back("job", (frames(tmp_path / "f", clip, clip.media_rate),)).items
        timeline = world.project.timeline
        assert item.record == clip.record
        shown = [read_bar_code(timeline.shown(record, 2)) for record in clip.record.frames()]
        assert shown == [read_bar_code(timeline.shown(record, 1)) for record in clip.record.frames()]


def test_a_clip_of_another_rate_that_starts_within_a_frame_is_rendered(movie: str, tmp_path: Path) -> None:
    """Cut by the timeline's frames, 24 fps footage at 30 starts 0.8 of a frame in: nothing can be placed like that."""
    world = world_with(movie, Quirks(), "30", "24", 5)
    with resolve(world) as bridge:
        clip = only(bridge)
        assert clip.route is Route.RENDER and "rate" in clip.reason
    world = world_with(movie, Quirks(), "30", "24", 0)
    timeline = world.project.timeline
    with resolve(world) as bridge:
        for start, wanted in ((11, 10), (15, 15)):  # five record frames are four of the footage
            timeline.SetMarkInOut(start, 24)
            (clip,) = bridge.clips(Selection.IN_OUT)
            assert clip.record == FrameRange(wanted, 25)
            (item,) = bridge.write_back("job", (frames(tmp_path / str(start), clip, Fraction(24)),)).items
            shown = [read_bar_code(timeline.shown(record, item.track)) for record in clip.record.frames()]
            assert shown == [read_bar_code(timeline.shown(record, 1)) for record in clip.record.frames()]
        timeline.transition(1, 7, 6)
        assert bridge.clips(Selection.WHOLE)[0].route is Route.RENDER


def test_a_track_that_cannot_be_put_between_is_said(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks(add_track_ignores_index=True))
    timeline = world.project.timeline
    title = timeline.place(2, None, 12, 5)
    title.name = "title"
    with resolve(world) as bridge:
        clip = next(one for one in bridge.clips(Selection.WHOLE) if one.track == 1)
        written = bridge.write_back("job", (frames(tmp_path / "f", clip, Fraction(24)),))
        assert "V3, at the top" in written.warnings[0] and written.items[0].track == 3
        assert bridge.undo(written) == ()
    assert [track.name for track in timeline.tracks] == ["Video 1", "Video 2"]


def test_grade_transform_colour_space_and_marker_are_carried_over(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    source = world.project.timeline.tracks[0].items[0]
    source.grade, source.properties["ZoomX"], source.properties["FlipX"] = "warm", 1.25, True
    with resolve(world) as bridge:
        placement = replace(frames(tmp_path / "f", only(bridge), Fraction(24)), color_space="Rec.709 Gamma 2.4")
        written = bridge.write_back("job7", (placement,))
    (item,) = world.project.timeline.tracks[1].items
    assert (item.grade, item.properties["ZoomX"], item.properties["FlipX"]) == ("warm", 1.25, True)
    assert item.media.color_space == "Rec.709 Gamma 2.4"
    assert item.markers[0]["customData"].startswith("likeness:job7:")
    assert item.media.metadata == {"likeness": "job7"}
    assert [(folder.name, [one.path for one in folder.media]) for folder in world.project.root.tree()][1:] == [
        ("Likeness", []), ("job7", [placement.pattern])
    ]  # fmt: skip
    assert written.warnings == ()


def test_the_result_is_read_in_the_colour_space_of_its_source(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    world.project.root.media[0].color_space = "ARRI LogC3"
    with resolve(world) as bridge:
        made = frames(tmp_path / "f", only(bridge), Fraction(24))
        first = bridge.write_back("a", (made,))
        assert [item.media.color_space for item in world.project.timeline.tracks[1].items] == ["ARRI LogC3"]
        bridge.undo(first)
        bridge.write_back("b", (replace(made, rendered=True),))  # Resolve's own rendering is in another
        assert [item.media.color_space for item in world.project.timeline.tracks[1].items] == ["Rec.709 (Scene)"]


def test_what_cannot_be_carried_over_is_said(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks(no_color_space=True, failing={"CopyGrades", "SetProperty"}))
    world.project.timeline.tracks[0].items[0].properties["ZoomX"] = 2.0
    with resolve(world) as bridge:
        placement = replace(frames(tmp_path / "f", only(bridge), Fraction(24)), color_space="Rec.709 Gamma 2.4")
        warnings = " ".join(bridge.write_back("job", (placement,)).warnings)
    for word in ("input colour space", "grade", "ZoomX"):
        assert word in warnings


@pytest.mark.parametrize("no_usage", [False, True])
def test_undo_leaves_what_the_user_made_of_it(movie: str, tmp_path: Path, no_usage: bool) -> None:
    world = world_with(movie, Quirks(no_usage=no_usage))
    timeline = world.project.timeline
    with resolve(world) as bridge:
        written = bridge.write_back("job", (frames(tmp_path / "f", only(bridge), Fraction(24)),))
        mine = timeline.place(2, timeline.tracks[0].items[0].media, 100, 5)  # the user's, on our track
        copy = timeline.place(1, timeline.tracks[1].items[0].media, 200, 5)  # our media, used by the user elsewhere
        notes = bridge.undo(written)
    assert timeline.tracks[1].items == [mine] and copy in timeline.tracks[0].items
    assert any("track" in note for note in notes) and any("used elsewhere" in note for note in notes)
    assert len(notes) == 3  # the bin of the media too


def test_undo_works_from_another_timeline_and_refuses_another_project(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    before = snapshot(world)["timelines"][0]
    with resolve(world) as bridge:
        written = bridge.write_back("job", (frames(tmp_path / "f", only(bridge), Fraction(24)),))
        other = world.project.open(Timeline(world, "25"))
        assert bridge.undo(written) == ()
        assert world.project.timeline is other
        assert snapshot(world)["timelines"][0] == before
        with pytest.raises(HostError) as another:
            bridge.undo(replace(written, project="another"))
    assert another.value.code == "host.other_project"


def test_the_rate_at_which_the_host_plays_a_file_counts(movie: str, tmp_path: Path) -> None:
    """A sequence says 24 in its header or nothing at all; the project plays it at 25."""
    world = world_with(movie, Quirks(), "25", "25")
    with resolve(world) as bridge:
        clip = only(bridge)
        media = probe(Path(movie))
        assert (media.rate, clip.media_rate) == (24, 25)
        made = placement(clip, media, "f.%06d.tif", clip.source)
        (wanted,) = edit_ranges([replace(clip, dissolve_in=(5, 5))], {movie: media}, Fraction(25), 0)
    assert made.rate == 25
    assert wanted.frames == FrameRange(0, 25)  # five frames before the clip are seen in its dissolve


def test_part_of_a_clip_goes_over_that_part(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    timeline = world.project.timeline
    with resolve(world) as bridge:
        whole = frames(tmp_path / "f", only(bridge), Fraction(24))  # frames 1 to 28; the clip shows 5 to 24 from 10 on
        (item,) = bridge.write_back("job", (replace(whole, numbers=FrameRange(9, 15)),)).items
        assert item.record == FrameRange(14, 20)
        assert [read_bar_code(timeline.shown(record, 2)) for record in item.record.frames()] == list(range(9, 15))
        before = snapshot(world)
        with pytest.raises(HostError) as none:
            bridge.write_back("job", (replace(whole, numbers=FrameRange(25, 28)),))
    assert none.value.code == "host.part_of_clip" and snapshot(world) == before


class Dying(Direct):
    """The panel's end of a connection that is gone after so many messages."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.left = 1_000_000

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().exchange(calls, forget, timeout_s)


def test_a_panel_that_dies_at_any_moment_leaves_nothing_that_cannot_be_taken_back(movie: str, tmp_path: Path) -> None:
    whole, died = 0, True
    while died:
        world = world_with(movie, Quirks())
        before = snapshot(world)["timelines"], snapshot(world)["bins"]
        connection = Dying(world)
        bridge = ResolveBridge(connection)
        placement = frames(tmp_path / "f", only(bridge), Fraction(24))
        connection.left = whole
        try:
            bridge.write_back("job", (placement,))
            died = False
        except KeyboardInterrupt:
            whole += 1
        again = ResolveBridge(Direct(world))
        assert again.undo(again.find("job")) == ()
        after = snapshot(world)
        tracks = after["timelines"][0]["tracks"]
        if len(tracks) == 2 and tracks[1][3] == [] and tracks[1][0] == "Video 2":
            del tracks[1]  # between its making and its naming an empty track says nothing of whose it is
        assert (after["timelines"], after["bins"]) == before, whole
    assert whole > 15


class Failing(Direct):
    """One message is not answered: it was lost on the way there, or on the way back."""

    def __init__(self, world: World, number: int, carried_out: bool) -> None:
        super().__init__(world)
        self.number, self.carried_out, self.armed = number, carried_out, False

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        self.number -= self.armed
        lost = self.number == 0 and self.armed
        if not lost or self.carried_out:
            answers = super().exchange(calls, forget, timeout_s)
        if lost:
            raise HostCallFailedError("host.timeout", "no answer", "Try again.")
        return answers


@pytest.mark.parametrize("carried_out", [False, True])
def test_any_message_that_is_lost_leaves_nothing_behind(movie: str, tmp_path: Path, carried_out: bool) -> None:
    number, failed = 0, True
    while failed:
        number += 1
        world = world_with(movie, Quirks())
        before = snapshot(world)
        connection = Failing(world, number, carried_out)
        bridge = ResolveBridge(connection)
        placement = frames(tmp_path / "f", only(bridge), Fraction(24))
        connection.armed = True
        try:
            written = bridge.write_back("job", (placement,))
            failed, connection.armed = connection.number <= 0, False
            bridge.undo(written)  # putting the user's state back may fail without harm to the work
        except HostCallFailedError:
            pass
        after = snapshot(world)
        tracks = after["timelines"][0]["tracks"]
        if len(tracks) == 2 and tracks[1][3] == [] and tracks[1][0] == "Video 2":
            del tracks[1]  # made, and not named yet
        assert (after["timelines"], after["bins"]) == (before["timelines"], before["bins"]), number
    assert number > 15


def test_a_clip_that_was_moved_or_deleted_meanwhile_is_not_written_over(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    timeline = world.project.timeline
    with resolve(world) as bridge:
        placement = frames(tmp_path / "f", only(bridge), Fraction(24))
        timeline.tracks[0].items[0].start += 3
        before = snapshot(world)
        with pytest.raises(HostError) as moved:
            bridge.write_back("job", (placement,))
        assert moved.value.code == "host.clip_moved" and snapshot(world) == before
        timeline.tracks[0].items.clear()
        with pytest.raises(HostError) as gone:
            bridge.write_back("job", (placement,))
        assert gone.value.code == "host.clip_gone"


@pytest.mark.parametrize("product", ["DaVinci Resolve", "DaVinci Resolve Studio"])
def test_the_free_edition_of_21_1_never_shows_its_upsell(movie: str, tmp_path: Path, product: str) -> None:
    world = world_with(movie, Quirks(product, (21, 1, 0)))
    with in_mailbox(world, tmp_path) as bridge:
        info = bridge.info()
        assert (info.studio, info.version, info.connection) == ("Studio" in product, "21.1.0", "mailbox")
        written = bridge.write_back("job", (frames(tmp_path / "f", only(bridge), Fraction(24)),))
        bridge.undo(written)
    assert not world.upsell


def test_the_product_is_asked_first(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    with resolve(world) as bridge:
        bridge.info()
    assert world.calls[:2] == ["Resolve.GetProductName", "Resolve.GetVersion"]


def test_a_resolve_that_is_too_old_is_refused(movie: str) -> None:
    with pytest.raises(HostError) as old, resolve(world_with(movie, Quirks(version=(18, 6, 6)))):
        pass
    assert old.value.code == "host.too_old"


def test_the_selection_needs_21_0_4(movie: str) -> None:
    with resolve(world_with(movie, Quirks(version=(20, 3, 2)))) as bridge, pytest.raises(HostError) as old:
        bridge.clips(Selection.SELECTED)
    assert old.value.code == "host.too_old"


def test_frames_that_resolve_did_not_render_are_noticed(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks(lost_render_frames=1))
    before = snapshot(world)
    with resolve(world) as bridge, pytest.raises(HostCallFailedError) as lost:
        for _ in bridge.render(only(bridge), tmp_path / "render"):
            pass
    assert lost.value.code == "host.render_incomplete"
    assert snapshot(world) == before


def test_a_rendering_that_is_given_up_is_taken_from_the_queue(movie: str, tmp_path: Path) -> None:
    world = world_with(movie, Quirks())
    before = snapshot(world)
    with resolve(world) as bridge:
        work = bridge.render(only(bridge), tmp_path / "render")
        next(work)
        work.close()
    assert snapshot(world) == before


@pytest.mark.parametrize(
    ("change", "route", "word"),
    [
        ({"path": "/media/A001.braw"}, Route.RENDER, "raw"),
        ({"path": "/media/A001.R3D"}, Route.RENDER, "raw"),
        ({"kind": "Fusion"}, Route.RENDER, "fusion"),
        ({"kind": "Multicam"}, Route.RENDER, "multicam"),
        ({"kind": "Still", "frames": 1}, Route.REFUSED, "still"),
        ({"online": False}, Route.REFUSED, "offline"),
        ({"path": "/nowhere/reel.mov"}, Route.REFUSED, "not where"),
    ],
)
def test_what_is_no_plain_file_says_why(movie: str, change: dict[str, object], route: Route, word: str) -> None:
    world = world_with(movie, Quirks())
    for name, value in change.items():
        setattr(world.project.root.media[0], name, value)
    with resolve(world) as bridge:
        clip = only(bridge)
    assert clip.route is route and word in clip.reason


@pytest.mark.parametrize("speed", [Fraction(2), Fraction(1, 2), Fraction(101, 100), Fraction(-1)])
def test_a_changed_speed_is_seen_in_the_span(movie: str, speed: Fraction) -> None:
    world = world_with(movie, Quirks())
    item = world.project.timeline.tracks[0].items[0]
    item.speed, item.duration = speed, 25 if abs(speed) < 2 else 20
    if speed == Fraction(101, 100):
        world.project.root.media[0].frames, item.duration = 2000, 120
    if speed < 0:
        item.first = Fraction(40)
    with resolve(world) as bridge:
        clip = only(bridge)
    assert clip.route is Route.RENDER and "speed" in clip.reason


def test_a_fusion_composition_on_a_clip_needs_rendering(movie: str) -> None:
    world = world_with(movie, Quirks())
    world.project.timeline.tracks[0].items[0].fusion = 1
    with resolve(world) as bridge:
        assert "Fusion" in only(bridge).reason


# --- the arithmetic alone


@pytest.mark.parametrize(
    ("setting", "label", "record", "wanted"),
    [
        ("24", "01:00:00:00", 0, 86400),
        ("29.97 DF", "01:00:00;00", 0, 107892),
        ("29.97", "01:00:00:00", 0, 108000),
        ("59.94", "01:00:00:00", 7, 216007),
        ("23.976", "00:00:00:00", 5, 5),
    ],
)
def test_timecode_and_absolute_frames(setting: str, label: str, record: int, wanted: int) -> None:
    rate, drop = rate_of(setting)
    clock = Clock(rate, drop, wanted - record, wanted + 100)
    assert clock.host(record) == wanted
    assert clock.label(0) == label
    assert clock.record_of(clock.label(record)) == record
    assert clock.record_of(clock.label(record).replace(";", ":")) == record  # Resolve writes either


def test_marks_are_relative_and_the_last_frame_counts() -> None:
    clock = Clock(Fraction(24), False, 86400, 86500)
    assert clock.marks({"in": 10, "out": 19}) == FrameRange(10, 20)
    assert clock.marks({"in": 10}) == FrameRange(10, 100)
    assert clock.marks({"out": 19}) == FrameRange(0, 20)
    assert clock.marks({}) is None


def test_a_span_that_is_unknown_is_not_guessed() -> None:
    reading = Reading(20, 5, 0, 0, 0, 60, Fraction(24), Fraction(24))
    assert shown_frames(reading) is None
