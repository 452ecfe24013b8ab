"""What every implementation of the bridge does, on one timeline with everything that editors do.

The pictures are real: every footage frame shows its own number, finished frames are written from decoded ones, and what
stands on the new track is read back from the files.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from likeness_core.api import FrameRange, Media
from likeness_core.errors import HostError
from likeness_core.media import MediaReader, probe, to_float
from likeness_core.steps import carry_out
from likeness_core.timing import parse_rate
from likeness_plugin.bridge import HostClip, Mark, Placement, Route, Selection
from likeness_plugin.host_edits import dissolves, edit_ranges, placement

from tests.core.footage import read_bar_code
from tests.plugin.recipes import CLIPS, Footage, make_footage
from tests.plugin.resolve_simulator import write_picture
from tests.plugin.stages import IMPLEMENTATIONS, Stage, open_stage

RATES = ("23.976", "24", "25", "29.97 DF", "30", "59.94")
STARTS = ("00:00:00:00", "01:00:00:00")
HANDLES = 3


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Footage]:
    made: dict[str, Footage] = {}
    for rate in RATES:
        folder = tmp_path_factory.mktemp("footage")
        made[rate] = make_footage(folder, parse_rate(rate.removesuffix(" DF")))
    return made


@pytest.fixture(params=IMPLEMENTATIONS)
def stage(request: pytest.FixtureRequest, footage: dict[str, Footage], tmp_path: Path) -> Iterator[Stage]:
    """One rate is enough where rates do not matter."""
    with open_stage(request.param, "29.97 DF", "01:00:00:00", footage["29.97 DF"], tmp_path) as opened:
        yield opened


def finish(clip: HostClip, folder: Path, handles: int = HANDLES) -> Placement:
    """Stands for the core: the source's own frames with handles, one file each, numbered like the source."""
    media = probe(Path(clip.media), clip.media_rate if "%" in clip.media else None)
    (wanted,) = edit_ranges([clip], {clip.media: media}, clip.media_rate, handles)
    frames = wanted.frames.intersection(FrameRange(0, media.frame_count))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return placement(clip, media, str(folder / "reel.%06d.tif"), frames)
    with MediaReader(media) as reader:
        for frame in reader.frames(frames):
            write_picture(folder / f"reel.{frame.index + media.first_number:06d}.tif", to_float(frame.pixels))
    return placement(clip, media, str(folder / "reel.%06d.tif"), frames)


def decodable(stage: Stage) -> list[HostClip]:
    return [clip for clip in stage.bridge.clips(Selection.WHOLE) if clip.route is Route.DECODE]


@pytest.mark.parametrize("label", STARTS)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", IMPLEMENTATIONS)
def test_clips_are_read_and_written_over_exactly_and_undone(
    kind: str, rate: str, label: str, footage: dict[str, Footage], tmp_path: Path
) -> None:
    with open_stage(kind, rate, label, footage[rate], tmp_path) as stage:
        check_timeline(stage, rate, label)
        check_clips(stage)
        before = stage.snapshot()
        # The same frames for every implementation and start: made once.
        finished = Path(footage[rate].movie).parent / "finished"
        placements = tuple(finish(clip, finished / clip.name) for clip in decodable(stage))
        written = stage.bridge.write_back("a1b2", placements)
        check_pictures(stage, placements, {item.id: item for item in written.items}, footage[rate])
        assert stage.snapshot() != before
        assert stage.bridge.undo(written) == ()
        assert stage.snapshot() == before
        assert stage.bridge.undo(written) == ()  # again: nothing left to remove, nothing else touched
        assert stage.snapshot() == before
        (retimed,) = [clip for clip in stage.bridge.clips(Selection.WHOLE) if clip.name == "twice as fast"]
        pattern, _ = drained(stage.bridge.render(retimed, tmp_path / "rendered"))
        check_rendered_written(stage, retimed, pattern, probe(Path(pattern), stage.bridge.timeline().rate))
        assert stage.snapshot() == before


def check_timeline(stage: Stage, rate: str, label: str) -> None:
    info = stage.bridge.timeline()
    assert (info.rate, info.drop_frame) == (parse_rate(rate.removesuffix(" DF")), rate.endswith("DF"))
    assert info.start_timecode == (label[:-3] + ";" + label[-2:] if info.drop_frame else label)
    assert (info.frame_count, info.width, info.height) == (100, 96, 64)


def check_clips(stage: Stage) -> None:
    clips = stage.bridge.clips(Selection.WHOLE)
    wanted = sorted(CLIPS, key=lambda part: (part.record.start, part.track))
    assert [clip.name for clip in clips] == [part.name for part in wanted]
    for clip, part in zip(clips, wanted, strict=True):
        found = (clip.track, clip.record, clip.route, clip.source if part.source else None)
        assert found == (part.track, part.record, part.route, part.source), clip
        assert bool(clip.reason) == (clip.route is not Route.DECODE)
        if clip.source:
            # What the bridge says of the source is what is seen: the number in the picture.
            assert read_bar_code(stage.shown(clip.record.start, clip.track)) == number_shown(clip, clip.source.start)
            assert read_bar_code(stage.shown(clip.record.stop - 1, clip.track)) == number_shown(
                clip, clip.source.stop - 1
            )
    ends = {clip.name: (clip.dissolve_in, clip.dissolve_out) for clip in clips}
    assert ends["subclip"] == ((0, 0), (4, 4)) and ends["dissolved into"] == ((4, 4), (0, 0))
    assert [(one.cut, one.before, one.after) for one in dissolves(clips)] == [(60, 4, 4)]


def number_shown(clip: HostClip, frame: int) -> int:
    return frame + 1 if "%" in clip.media else frame  # file 1001 shows 1


def check_pictures(stage: Stage, placements: tuple[Placement, ...], items: dict[str, object], footage: Footage) -> None:
    by_record = {(item.record.start, item.track): item for item in items.values()}
    assert len(by_record) == len(placements)
    sources = {clip.name: clip for clip in stage.bridge.clips(Selection.WHOLE)}
    for wanted in placements:
        clip = sources[wanted.clip.name]
        alone = FrameRange(clip.record.start + clip.dissolve_in[1], clip.record.stop - clip.dissolve_out[0])
        item = by_record[alone.start, clip.track + 1]  # right above its clip, below what lies higher
        assert item.record == alone
        for record in alone.frames():
            restored, source = stage.shown(record, item.track), stage.shown(record, clip.track)
            assert read_bar_code(restored) == read_bar_code(source), (clip.name, record)
    covered = sources["stacked"]
    assert read_bar_code(stage.shown(covered.record.start)) == covered.source.start


def test_marks_cut_clips_to_the_range_between_them(stage: Stage) -> None:
    with pytest.raises(HostError) as none:
        stage.bridge.clips(Selection.IN_OUT)
    assert none.value.code == "host.no_range"
    stage.set_marks(FrameRange(12, 59))
    found = {clip.name: clip for clip in stage.bridge.clips(Selection.IN_OUT)}
    assert set(found) == {"with handles", "stacked", "after a gap", "subclip"}
    assert (found["with handles"].record, found["with handles"].source) == (FrameRange(12, 25), FrameRange(17, 30))
    assert (found["stacked"].record, found["stacked"].source) == (FrameRange(12, 22), FrameRange(32, 42))
    assert (found["subclip"].record, found["subclip"].source) == (FrameRange(45, 59), FrameRange(24, 38))
    assert found["subclip"].dissolve_out == (3, 0)  # the marks leave the rest of the dissolve out
    assert (found["subclip"].record_in, found["subclip"].record_out) == ("01:00:01;15", "01:00:01;28")


def test_a_clip_that_is_cut_by_marks_is_written_over_in_that_part_alone(stage: Stage, tmp_path: Path) -> None:
    stage.set_marks(FrameRange(12, 20))
    (clip,) = [one for one in stage.bridge.clips(Selection.IN_OUT) if one.track == 1]
    before = stage.snapshot()
    written = stage.bridge.write_back("job", (finish(clip, tmp_path / "frames", 0),))
    (item,) = written.items
    assert item.record == FrameRange(12, 20)
    assert [read_bar_code(stage.shown(n, item.track)) for n in item.record.frames()] == list(range(17, 25))
    stage.bridge.undo(written)
    assert stage.snapshot() == before


def test_the_selection_and_the_clip_under_the_playhead(stage: Stage) -> None:
    with pytest.raises(HostError) as none:
        stage.bridge.clips(Selection.SELECTED)
    assert none.value.code == "host.no_selection"
    stage.select("subclip")
    assert [clip.name for clip in stage.bridge.clips(Selection.SELECTED)] == ["subclip"]
    stage.bridge.show(12)
    assert [clip.name for clip in stage.bridge.clips(Selection.CURRENT)] == ["stacked"]
    stage.bridge.show(26)
    with pytest.raises(HostError) as gap:
        stage.bridge.clips(Selection.CURRENT)
    assert gap.value.code == "host.no_selection"


def test_the_playhead_moves_and_its_picture_is_grabbed(stage: Stage, tmp_path: Path) -> None:
    stage.bridge.show(7)
    assert stage.bridge.playhead() == 7
    picture = stage.bridge.grab_still(tmp_path / "still ☆.png")
    assert picture == tmp_path / "still ☆.png"
    media = probe(picture)
    with MediaReader(media) as reader:
        (frame,) = reader.frames(FrameRange(0, 1))
    assert read_bar_code(to_float(frame.pixels)) == 12
    content = picture.read_bytes()
    with pytest.raises(HostError) as there:
        stage.bridge.grab_still(picture)
    assert there.value.code == "host.file_exists" and picture.read_bytes() == content
    with pytest.raises(HostError) as beyond:
        stage.bridge.show(100)
    assert beyond.value.code == "host.no_such_frame"


def test_markers_are_set_where_none_is_and_undone(stage: Stage) -> None:
    before = stage.snapshot()
    first = stage.bridge.mark("job", (Mark(3, "flicker", "look at her left eye"), Mark(9, "flicker", "")))
    again = stage.bridge.mark("job", (Mark(9, "another", "must not replace the first"),))
    assert (len(first.markers), first.warnings) == (2, ())
    assert again.markers == () and "frame 9" in again.warnings[0]
    stage.bridge.undo(first)
    assert stage.snapshot() == before


def test_what_was_written_is_found_again_without_its_record(stage: Stage, tmp_path: Path) -> None:
    before = stage.snapshot()
    placements = tuple(finish(clip, tmp_path / clip.name) for clip in decodable(stage)[:3])
    written = stage.bridge.write_back("job", placements)
    marked = stage.bridge.mark("job", (Mark(3, "flicker", ""),))
    other = stage.bridge.mark("job 2", (Mark(4, "flicker", ""),))
    found = stage.bridge.find("job")
    assert sorted(item.id for item in found.items) == sorted(item.id for item in written.items)
    assert (sorted(found.tracks), found.markers) == (sorted(written.tracks), marked.markers)
    assert stage.bridge.undo(found) == ()
    stage.bridge.undo(other)
    assert stage.snapshot() == before


def test_frames_that_are_missing_leave_nothing_behind(stage: Stage, tmp_path: Path) -> None:
    clips = decodable(stage)
    good, bad = (finish(clip, tmp_path / str(n)) for n, clip in enumerate(clips[:2]))
    Path(bad.pattern % (bad.numbers.start + 2)).unlink()
    before = stage.snapshot()
    with pytest.raises(HostError):
        stage.bridge.write_back("job", (good, bad))
    assert stage.snapshot() == before


def test_what_cannot_be_decoded_is_rendered_by_the_host(stage: Stage, tmp_path: Path) -> None:
    clips = {clip.name: clip for clip in stage.bridge.clips(Selection.WHOLE)}
    stage.set_marks(FrameRange(2, 90))  # the page that renders sets marks of its own
    before = stage.snapshot()
    for name, numbers in (("twice as fast", range(0, 20, 2)), ("nested", range(40, 45))):
        pattern, progress = drained(stage.bridge.render(clips[name], tmp_path / name))
        assert progress and all(0 <= one.done <= one.total for one in progress)
        media = probe(Path(pattern), parse_rate("29.97"))
        assert (media.first_number, media.frame_count) == (0, len(numbers))
        with MediaReader(media) as reader:
            shown = [read_bar_code(to_float(frame.pixels)) for frame in reader.frames(FrameRange(0, len(numbers)))]
        assert shown == list(numbers)
        assert stage.snapshot() == before
        check_rendered_written(stage, clips[name], pattern, media)
        assert stage.snapshot() == before


def drained(work: object) -> tuple[str, list[object]]:
    progress: list[object] = []
    return carry_out(work, progress.append), progress


def check_rendered_written(stage: Stage, clip: HostClip, pattern: str, media: Media) -> None:
    numbers = FrameRange(0, media.frame_count)
    written = stage.bridge.write_back("job", (Placement(clip, pattern, numbers, 0, media.rate, rendered=True),))
    (item,) = written.items
    assert item.record == clip.record
    for record in clip.record.frames():
        assert read_bar_code(stage.shown(record, item.track)) == read_bar_code(stage.shown(record, clip.track))
    stage.bridge.undo(written)


def test_a_folder_that_is_in_use_is_not_rendered_into(stage: Stage, tmp_path: Path) -> None:
    (clip,) = [one for one in stage.bridge.clips(Selection.WHOLE) if one.name == "nested"]
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(HostError) as used:
        next(stage.bridge.render(clip, tmp_path))
    assert used.value.code == "host.folder_in_use"
