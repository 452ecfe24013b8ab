"""Timeline files out: read back by OpenTimelineIO, every clip stands on its frames and shows the right pictures."""

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from likeness_core.api import FrameRange, OutputSpec
from likeness_core.media import MediaReader, to_float
from likeness_core.media.write import SequenceWriter
from likeness_plugin.edits import PlacedClip
from likeness_plugin.timeline_media import MediaFinder, place_all
from likeness_plugin.timeline_plan import Choice, Plan, Task, plan
from likeness_plugin.timeline_read import ReadEdit, read_edit
from likeness_plugin.timeline_run import Restored
from likeness_plugin.timeline_write import restored_tracks, write_timelines

from tests.core.footage import Recipe, make_movie
from tests.plugin.reimport import Seen, seen, video_tracks
from tests.plugin.timelines import RATES, Cut, Film, Reel, at, film, reels, write

R24 = Fraction(24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reels")


def copied(task: Task, out: Path) -> Restored:
    """What the core leaves of a range: here the footage itself, written by the core's own writer."""
    media, frames = task.range.media, task.range.frames
    writer = SequenceWriter(OutputSpec(str(out / task.name), Path(media.path).stem), media, (media.width, media.height))
    with MediaReader(media) as reader:
        for frame in reader.frames(frames):
            writer.write(frame.index, to_float(frame.pixels))
    return Restored(task, writer.path(frames.start), True, len(frames), ())


def written(
    read: ReadEdit, out: Path, handles: int = 0, only: str = ""
) -> tuple[list[Path], Plan, tuple[PlacedClip, ...]]:
    """Restore an edit, or the clips of one reel of it, and write its timelines."""
    placed, _ = place_all(read.edit, MediaFinder(Path("nowhere"), None))
    made = plan(read.edit, placed, Choice(FrameRange(0, read.edit.length), None, handles))
    results = [copied(task, out) for task in made.tasks if only in task.name]
    out.mkdir(exist_ok=True)
    return (
        write_timelines(read, placed, made, restored_tracks(read.edit, made, results, 1), out / "film-likeness"),
        made,
        placed,
    )


@pytest.mark.parametrize(("name", "hour"), [*((name, 1) for name in RATES), ("24", 0), ("29.97DF", 0)])
def test_every_record_and_source_frame_comes_back_exact(folder: Path, tmp_path: Path, name: str, hour: int) -> None:
    rate, drop = RATES[name]
    made = film(*reels(folder / name, rate, drop), hour, drop)
    # From XML, because it says whether it drops frames; but the adapter always writes that it does not.
    path = write(made, tmp_path / "film.xml")
    kind = "DF" if drop else "NDF"
    path.write_text(path.read_text().replace("<displayformat>NDF", f"<displayformat>{kind}"))
    files, _, _ = written(read_edit(path), tmp_path / "out", handles=3)
    assert [path.name for path in files] == [f"film-likeness{s}" for s in (".otio", ".xml", ".V1.edl", ".V2.edl")]
    wanted = {
        number: [Seen(c.record, c.length, c.reel.first + c.source, c.reel.first + c.source + c.length - 1)
                 for c in made.cuts if c.track == number]
        for number in (1, 2)
    }  # fmt: skip
    for path in files[:2]:
        tracks = [seen(track, 0) for track in video_tracks(path, rate)]
        assert tracks == [wanted[1], wanted[1], wanted[2], wanted[2]], path.suffix
        read = read_edit(path).edit
        assert (read.rate, read.start) == (rate, made.start.frames)
    in_list = [*wanted[1][:3], Seen(40, 6, 40, 45), Seen(46, 19, 106, 124)]
    for path, want in zip(files[2:], (in_list, wanted[2]), strict=True):
        (track,) = video_tracks(path, rate)
        assert seen(track, made.start.frames) == want
        assert ("FCM: DROP FRAME" in path.read_text()) == drop
        assert (";" in path.read_text()) == drop


@pytest.fixture
def edit(folder: Path, tmp_path: Path) -> ReadEdit:
    return read_edit(write(film(*reels(folder / "24", R24, False), 1, False), tmp_path / "film.otio"))


def test_the_otio_has_the_shape_that_resolve_takes(edit: ReadEdit, tmp_path: Path) -> None:
    """Labels in timecode, bare paths, brackets for sequences, its names for tracks, a start, a name of its own."""
    files, _, placed = written(edit, tmp_path / "out", handles=3)
    read = otio.adapters.read_from_file(str(files[0]))
    assert read.name == "film (Likeness)" and read.global_start_time.value == 86400
    assert [track.name for track in read.tracks] == ["Video 1", "Video 2", "Video 3", "Video 4"]
    first = read.tracks[1][0]
    assert first.schema_name() == "Clip" and first.schema_version() == 2 and first.name == "alpha (Likeness)"
    start = placed[0].start + 880133  # 10:11:12:05
    assert first.source_range.start_time.value == start == 880138
    reference = first.media_reference
    assert reference.schema_name() == "ExternalReference"
    assert reference.target_url == (tmp_path / "out/alpha.000002/frames/alpha.[000002-000025].exr").as_posix()
    assert (reference.available_range.start_time.value, reference.available_range.duration.value) == (880135, 24)
    assert read.tracks[0][0].media_reference.target_url == placed[0].media.path


def test_what_the_edit_holds_beside_its_clips_stays_in_the_otio(edit: ReadEdit, tmp_path: Path) -> None:
    title = otio.schema.Clip("title", otio.schema.GeneratorReference(generator_kind="text"))
    title.source_range = otio.opentime.TimeRange(duration=otio.opentime.RationalTime(10, 24))
    edit.timeline.tracks[0].append(title)
    edit.timeline.tracks.append(otio.schema.Track("Audio 1", kind=otio.schema.TrackKind.Audio))
    read = otio.adapters.read_from_file(str(written(edit, tmp_path / "out")[0][0]))
    assert [track.name for track in read.tracks] == ["Video 1", "Video 2", "Video 3", "Video 4", "Audio 1"]
    assert read.tracks[0][-1].media_reference.generator_kind == "text"
    assert read.tracks[1][-1].name == "beta (Likeness)"


def test_a_clip_that_dissolves_into_a_restored_one_comes_along(edit: ReadEdit, tmp_path: Path) -> None:
    """The dissolve is made again above, from the restored side and as much of the other as it shows."""
    files, made, _ = written(edit, tmp_path / "out", only="alpha")
    above = otio.adapters.read_from_file(str(files[0])).tracks[1]
    names = [child.name for child in above if isinstance(child, otio.schema.Clip)]
    assert names == ["alpha (Likeness)", "alpha (Likeness)", "alpha (Likeness)", "beta"]
    transition = next(child for child in above if isinstance(child, otio.schema.Transition))
    assert (transition.in_offset.value, transition.out_offset.value) == (4, 4)
    assert [len(task.clips) for task in made.tasks if "alpha" in task.name] == [2, 1]
    assert seen(video_tracks(files[1], R24)[1], 0)[2:] == [Seen(40, 10, 40, 49), Seen(50, 4, 110, 113)]


def test_the_xml_says_what_premiere_needs(edit: ReadEdit, tmp_path: Path) -> None:
    """Size, rate and timecode of the sequence and of every file, once; whole numbers as edges."""
    files, _, _ = written(edit, tmp_path / "out")
    root = ElementTree.parse(files[1]).getroot()
    picture = root.find("sequence/media/video/format/samplecharacteristics")
    assert picture is not None
    assert [picture.findtext(tag) for tag in ("width", "height", "rate/timebase")] == ["96", "64", "24"]
    described = [file for file in root.iter("file") if len(file)]
    assert len({file.get("id") for file in described}) == len(described) == 6
    for file in described:
        assert file.findtext("pathurl", "").startswith("file://localhost/")
        assert file.findtext("timecode/string") and file.findtext("media/video/samplecharacteristics/width") == "96"
    identifiers = [item.get("id") for item in root.iter("clipitem")]
    assert len(set(identifiers)) == len(identifiers) == 12
    assert {item.findtext("effect/effectid") for item in root.iter("transitionitem")} == {"Cross Dissolve"}


@pytest.mark.parametrize(
    ("before", "after", "alignment"), [(4, 4, "center"), (0, 8, "start"), (8, 0, "end"), (2, 6, "start")]
)
def test_a_dissolve_at_any_place_of_its_cut_shows_the_same_frames(
    folder: Path, tmp_path: Path, before: int, after: int, alignment: str
) -> None:
    alpha, beta = reels(folder / "24", R24, False)
    cuts = (Cut(alpha, 5, 20, 0), Cut(beta, 20, 20, 20, dissolve=(before, after)))
    made = Film(R24, at("01:00:00:00", R24, False), cuts)
    files, _, _ = written(read_edit(write(made, tmp_path / "film.otio")), tmp_path / "out")
    root = ElementTree.parse(files[1]).getroot()
    item = root.find(".//transitionitem")
    assert item is not None
    assert [item.findtext(tag) for tag in ("start", "end", "alignment")] == [
        str(20 - before),
        str(20 + after),
        alignment,
    ]
    read, _ = place_all(read_edit(files[1]).edit, MediaFinder(Path("nowhere"), None))
    # Wherever the cut is said to be, each side is needed over the same frames.
    assert [(c.needed.start, c.needed.stop) for c in read[:2]] == [(5, 25 + after), (20 - before, 40)]


def test_media_without_timecode_is_labelled_as_hosts_do(folder: Path, tmp_path: Path) -> None:
    """A movie's frames count from 0, a sequence's from the number of its first file."""
    path = make_movie(tmp_path / "plain.mov", Recipe(rate=R24, frames=40))
    plain = Reel(path, R24, 40, at("00:00:00:00", R24, False))
    made = Film(R24, at("01:00:00:00", R24, False), (Cut(plain, 20, 8, 0),))
    files, _, _ = written(read_edit(write(made, tmp_path / "film.otio")), tmp_path / "out")
    clip = otio.adapters.read_from_file(str(files[0])).tracks[1][0]
    assert clip.source_range.start_time.value == clip.media_reference.available_range.start_time.value == 20
    for file in files:
        tracks = [seen(track, 86400 if file.suffix == ".edl" else 0) for track in video_tracks(file, R24)]
        assert tracks[-1] == [Seen(0, 8, 20, 27)]


def test_the_xml_names_the_pixels_and_fields_of_television(tmp_path: Path) -> None:
    """Wide-screen PAL, the upper field first: what archives hold."""
    recipe = Recipe(
        codec="mpeg2video", rate=Fraction(25), frames=20, size=(720, 576), pixel_aspect=Fraction(64, 45), field_order=2
    )
    pal = Reel(make_movie(tmp_path / "pal.mov", recipe), Fraction(25), 20, at("00:00:00:00", Fraction(25), False))
    made = Film(Fraction(25), at("10:00:00:00", Fraction(25), False), (Cut(pal, 5, 4, 0),))
    files, _, _ = written(read_edit(write(made, tmp_path / "film.otio")), tmp_path / "out")
    pictures = list(ElementTree.parse(files[1]).iter("samplecharacteristics"))
    assert len(pictures) == 3  # the sequence, the source and the result
    for picture in pictures:
        said = [
            picture.findtext(tag) for tag in ("width", "height", "anamorphic", "pixelaspectratio", "fielddominance")
        ]
        assert said == ["720", "576", "TRUE", "PAL-601", "upper"]


def test_a_clip_between_two_dissolves_hides_neither(folder: Path, tmp_path: Path) -> None:
    """Restored, untouched, untouched: above lies no more of the second than its dissolve from the first shows."""
    alpha, beta = reels(folder / "24", R24, False)
    cuts = (
        Cut(alpha, 5, 20, 0), Cut(beta, 20, 20, 20, dissolve=(3, 4)), Cut(beta, 5, 20, 40, dissolve=(2, 2)),
        Cut(alpha, 30, 20, 60, dissolve=(2, 2)),
    )  # fmt: skip
    made = Film(R24, at("01:00:00:00", R24, False), cuts)
    files, _, _ = written(read_edit(write(made, tmp_path / "film.otio")), tmp_path / "out", only="alpha")
    above = [Seen(0, 20, 5, 24), Seen(20, 4, 120, 123), Seen(57, 3, 122, 124), Seen(60, 20, 30, 49)]
    assert seen(video_tracks(files[0], R24)[1], 0) == above
    assert seen(video_tracks(files[1], R24)[1], 0) == above
    in_list = [Seen(0, 17, 5, 21), Seen(17, 7, 117, 123), Seen(57, 1, 122, 122), Seen(58, 22, 28, 49)]
    assert seen(video_tracks(files[2], R24)[0], 86400) == in_list
