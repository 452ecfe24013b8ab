"""Timelines drawn at random: what the bridge reads is what the simulator shows, and so is what it writes."""

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from likeness_core.api import FrameRange
from likeness_core.errors import HostError
from likeness_plugin.bridge import HostClip, Placement, Route, Selection
from likeness_plugin.resolve import ResolveBridge
from likeness_plugin.resolve_units import rate_of
from likeness_plugin.resolve_worker import Session

from tests.plugin.resolve_simulator import Item, Media, Quirks, Timeline, World, snapshot

RATES = ("23.976", "24", "25", "29.97 DF", "29.97", "30", "50", "59.94")
LABELS = ("00:00:00:00", "01:00:00:00", "09:58:30:07", "23:00:00:00")


class Direct:
    """The worker's session in our own process: what travels is the same, and a hundred timelines take seconds."""

    name = "library"

    def __init__(self, world: World) -> None:
        self._session = Session(world.resolve)

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        if forget:
            self._session.forget()
        return self._session.run(calls)

    def close(self) -> None:
        pass


@some.composite
def worlds(draw: Any) -> World:
    world = World(
        Quirks(
            source_start_off_by_one=draw(some.booleans()),
            sequence_source_from_zero=draw(some.booleans()),
            add_track_ignores_index=draw(some.booleans()),
        )
    )
    rate = draw(some.sampled_from(RATES))
    timeline = world.project.open(Timeline(world, rate, draw(some.sampled_from(LABELS))))
    for track in range(1, draw(some.integers(1, 3)) + 1):
        record = draw(some.integers(0, 5))
        for _ in range(draw(some.integers(1, 3))):
            other = draw(some.sampled_from(RATES)) if draw(some.booleans()) else rate
            media_rate = rate_of(other)[0]
            kind = draw(some.sampled_from(["movie", "subclip", "sequence"]))
            start = 0 if kind == "movie" else draw(some.integers(1, 5000))
            media = Media(world, f"/f/{kind}.%05d.exr" if kind == "sequence" else "/f/reel.mov", 400, media_rate, start)
            world.project.root.media.append(media)
            count = draw(some.integers(1, 40))
            first = draw(some.integers(0, 100)) if draw(some.booleans()) else 0
            item = timeline.place(track, media, record, count, first)
            item.speed = draw(some.sampled_from([Fraction(1)] * 6 + [Fraction(2), Fraction(1, 2), Fraction(11, 10)]))
            record += count + draw(some.integers(0, 4))
    return world


def shown_number(item: Item, at: int) -> int:
    """Number of the file, or of the movie's frame, that an item shows at an absolute frame."""
    return item.media.start + item.media_frame(at)


def source_number(clip: HostClip, item: Item, record: int, timeline: Timeline) -> int:
    speed = clip.media_rate / timeline.rate
    offset = int((record - clip.record.start) * speed)
    return clip.source.start + offset + (first_on_disk(item) if item.media.sequence else 0)


def first_on_disk(item: Item) -> int:
    return item.media.start  # none of these files is there, so Resolve's first is the first


@given(worlds(), some.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_read_is_what_is_shown(world: World, data: Any) -> None:
    timeline = world.project.timeline
    bridge = ResolveBridge(Direct(world), exists=lambda path: True)
    end = timeline.GetEndFrame() - timeline.start
    start = data.draw(some.integers(0, end - 1))
    timeline.SetMarkInOut(start, data.draw(some.integers(start, end - 1)))
    items = {item.id: item for item in world.project.items()}
    for selection in (Selection.WHOLE, Selection.IN_OUT):
        try:
            clips = bridge.clips(selection)
        except HostError as error:
            assert error.code == "host.no_clip"
            continue
        for clip in clips:
            item = items[clip.id]
            assert clip.route in (Route.DECODE, Route.RENDER)
            if item.speed != 1 and abs(int(item.duration * item.rate()) - item.duration * item.rate() / item.speed) > 1:
                assert clip.route is Route.RENDER
            if clip.route is Route.DECODE and item.speed == 1:
                for record in clip.record.frames():
                    wanted = shown_number(item, timeline.start + record)
                    assert source_number(clip, item, record, timeline) == wanted, clip


@given(worlds(), some.integers(0, 6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_shows_the_same_frames_and_undo_takes_exactly_that(world: World, handles: int) -> None:
    timeline = world.project.timeline
    before = snapshot(world)
    items = {item.id: item for item in world.project.items()}
    bridge = ResolveBridge(Direct(world), exists=lambda path: True)
    clips = [
        clip
        for clip in bridge.clips(Selection.WHOLE)
        if clip.route is Route.DECODE and items[clip.id].speed == 1
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        placements = tuple(finished(Path(folder) / str(n), clip, handles) for n, clip in enumerate(clips))
        written = bridge.write_back("job", placements)
        placed = {item.id: item for item in world.project.items()}
        assert len(written.items) == len(clips)
        by_clip = {placed[one.id].markers[0]["customData"]: one for one in written.items}
        for clip in clips:
            one = by_clip[f"likeness:job:{clip.id}"]
            item, source = placed[one.id], items[clip.id]
            assert item in timeline.tracks[one.track - 1].items
            assert FrameRange(item.start - timeline.start, item.start - timeline.start + item.duration) == clip.record
            for at in range(item.start, item.start + item.duration):
                number = shown_number(item, at)
                assert number == shown_number(source, at) - (source.media.start if source.media.sequence else 0)
        assert bridge.undo(written) == ()
    assert snapshot(world) == before


def finished(folder: Path, clip: HostClip, handles: int) -> Placement:
    """Empty files with the right numbers: what they show is not looked at here."""
    folder.mkdir()
    numbers = FrameRange(max(0, clip.source.start - handles), clip.source.stop + handles)
    for number in numbers.frames():
        (folder / f"f.{number:06d}.exr").touch()
    return Placement(clip, str(folder / "f.%06d.exr"), numbers, clip.source.start, clip.media_rate)
