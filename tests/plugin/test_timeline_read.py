"""Timeline files in: every clip on its exact frames, whatever the file's kind, rate and start."""

from fractions import Fraction
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from likeness_core.errors import InputError, LikenessError
from likeness_plugin.edits import Dissolve, PlacedClip, SkippedItem
from likeness_plugin.timeline_media import MediaFinder, place_all
from likeness_plugin.timeline_read import ReadEdit, read_edit

from tests.core.footage import Recipe, bar_code, make_movie
from tests.plugin.timelines import RATES, Cut, Film, Reel, at, clip, film, rational, reels, timed, timeline, write

R24 = Fraction(24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reels")


@pytest.fixture(scope="module")
def pair(folder: Path) -> tuple[Reel, Reel]:
    return reels(folder / "24", R24, False)


def placed(read: ReadEdit, media: Path | None = None) -> tuple[tuple[PlacedClip, ...], tuple[SkippedItem, ...]]:
    return place_all(read.edit, MediaFinder(Path("nowhere"), media))


def shown(clips: tuple[PlacedClip, ...]) -> list[tuple[int, int, str, int, int]]:
    """Track, record start, media, first source frame, source frames."""
    return [(c.track, c.record.start, Path(c.media.path).stem, c.source.start, len(c.source)) for c in clips]


def save(made: otio.schema.Timeline, path: Path) -> Path:
    otio.adapters.write_to_file(made, str(path))
    return path


@pytest.mark.parametrize("hour", [0, 1])
@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("kind", ["otio", "xml", "edl"])
def test_every_record_and_source_frame_is_exact(folder: Path, tmp_path: Path, kind: str, name: str, hour: int) -> None:
    rate, drop = RATES[name]
    made = film(*reels(folder / name, rate, drop), hour, drop)
    if kind == "edl":  # a list holds one track
        made = Film(made.rate, made.start, made.cuts[:-1])
    read = read_edit(write(made, tmp_path / f"film.{kind}"), rate if kind == "edl" else None)
    assert (read.edit.rate, read.edit.start) == (rate, made.start.frames)
    clips, skipped = placed(read)
    assert skipped == ()
    wanted = [(c.track, c.record, c.reel.path.stem, c.source, c.length) for c in made.cuts]
    if kind == "edl":  # in a list the next clip begins where the dissolve does
        wanted[3:] = [(1, 40, "alpha", 40, 6), (1, 46, "beta", 6, 19)]
    assert shown(clips) == wanted
    assert read.edit.dissolves == ((Dissolve(1, 46, 0, 8),) if kind == "edl" else (Dissolve(1, 50, 4, 4),))
    tails = {clip.name: (clip.needed.start, clip.needed.stop) for clip in clips[3:5]}
    assert tails == {"alpha": (40, 54), "beta": (6, 25)}  # both sides reach over the whole dissolve


def test_a_list_needs_its_rate_but_where_it_drops_frames(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    path = write(Film(R24, at("00:00:00:00", R24, False), (Cut(pair[0], 0, 5, 0),)), tmp_path / "film.edl")
    with pytest.raises(InputError, match="does not say its frame rate") as refused:
        read_edit(path)
    assert refused.value.code == "timeline.rate" and "--rate" in refused.value.hint
    path.write_text("TITLE: x\n001 ALPHA V C 10:00:00;00 10:00:01;00 01:00:00;00 01:00:01;00\n* FROM CLIP: a.mov\n")
    edit = read_edit(path).edit
    assert (edit.rate, edit.drop, edit.start, edit.length) == (Fraction(30000, 1001), True, 107892, 30)


EDL_HEAD = "TITLE: x\nFCM: NON-DROP FRAME\n\n"


def edl(tmp_path: Path, body: str, rate: Fraction = R24) -> ReadEdit:
    path = tmp_path / "cut.edl"
    path.write_text(EDL_HEAD + body)
    return read_edit(path, rate)


def test_speeds_of_a_list_are_seen_even_where_its_lengths_agree(tmp_path: Path) -> None:
    """Backwards at full speed: as long as its source, so that the reader of OpenTimelineIO drops the speed."""
    read = edl(
        tmp_path,
        "001 ALPHA V C 10:00:00:00 10:00:01:00 01:00:00:00 01:00:01:00\n"
        "M2   ALPHA       -024.0                10:00:00:00\n* FROM CLIP: /a/alpha.mov\n"
        "002 BETA V C 10:00:00:00 10:00:02:00 01:00:01:00 01:00:02:00\n"
        "M2   BETA       048.0                10:00:00:00\n* FROM CLIP: /a/beta.mov\n"
        "003 GAMMA V C 10:00:00:00 10:00:01:00 01:00:02:00 01:00:03:00\n"
        "M2   GAMMA       024.0                10:00:00:00\n* FROM CLIP: /a/gamma.mov\n",
    )
    assert [item.name for item in read.edit.items] == ["gamma"]
    reasons = {one.name: one.reason for one in read.edit.skipped}
    assert reasons["alpha"] == "retimed (plays at -024.0 frames per second)"
    assert reasons["beta"].startswith("retimed")


def test_colons_under_a_drop_frame_header_mean_drop_frame(tmp_path: Path) -> None:
    path = tmp_path / "cut.edl"
    path.write_text(
        "TITLE: x\nFCM: DROP FRAME\n001 ALPHA V C 00:01:00:02 00:01:01:02 01:00:00:00 01:00:01:00\n* FROM CLIP: a.mov\n"
    )
    edit = read_edit(path).edit
    assert (edit.start, edit.items[0].source_start) == (107892, 1800)  # not 108000 and 1802


def test_a_dissolve_without_an_event_of_its_first_half_keeps_both(tmp_path: Path) -> None:
    read = edl(
        tmp_path,
        "001 ALPHA V C 10:00:00:00 10:00:01:00 01:00:00:00 01:00:01:00\n"
        "001 BETA V D 012 11:00:00:00 11:00:02:00 01:00:01:00 01:00:03:00\n"
        "* FROM CLIP NAME: alpha.mov\n* TO CLIP NAME: beta.mov\n",
    )
    records = [(item.record.start, item.record.stop, item.names[-1]) for item in read.edit.items]
    assert records == [(0, 24, "ALPHA"), (24, 72, "BETA")]
    assert read.edit.dissolves == (Dissolve(1, 24, 0, 12),)


def test_reels_and_file_names_find_the_media_of_a_list(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    body = (
        "001 AX V C 10:11:12:10 10:11:12:20 01:00:00:00 01:00:00:10\n* FROM CLIP NAME: Take 1\n"
        "* SOURCE FILE: ALPHA.MOV\n"
        "002 BETA V C 00:00:00:03 00:00:00:08 01:00:00:10 01:00:00:15\n* FROM CLIP NAME: Take 2\n"
        "003 OMEGA V C 00:00:00:03 00:00:00:08 01:00:00:15 01:00:00:20\n"
        "004 BL V C 00:00:00:00 00:00:00:05 01:00:00:20 01:00:01:01\n"
    )
    clips, skipped = placed(edl(tmp_path, body), pair[0].path.parent)
    assert shown(clips) == [(1, 0, "alpha", 5, 10), (1, 10, "beta", 3, 5)]
    assert skipped[0].reason.startswith("its media 003 is not below")
    assert skipped[1].reason == "a generator or title: no footage"


def test_what_cannot_be_restored_is_said_with_the_reason(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    alpha, beta = pair
    made = timeline(Film(R24, at("01:00:00:00", R24, False), tuple(Cut(alpha, 5, 10, 10 * n) for n in range(6))))
    track = made.tracks[0]
    track[0].effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    track[1].effects.append(otio.schema.FreezeFrame())
    track[2].media_reference = otio.schema.GeneratorReference(generator_kind="SMPTEBars")
    track[3].media_reference = otio.schema.ExternalReference("/gone/omega.mov", timed(0, 100, R24))
    track[4].enabled = False
    inside = otio.schema.Stack("nested")
    inside.source_range = timed(0, 10, R24)
    track.append(inside)
    off = otio.schema.Track("Video 2", kind=otio.schema.TrackKind.Video)
    off.append(clip(Cut(beta, 0, 10, 0)))
    off.enabled = False
    made.tracks.append(off)
    clips, skipped = placed(read_edit(save(made, tmp_path / "film.otio")))
    assert shown(clips) == [(1, 50, "alpha", 5, 10)]
    assert [(one.track, one.record.start, one.reason) for one in skipped] == [
        (1, 0, "retimed (50% speed)"),
        (1, 10, "a freeze frame"),
        (1, 20, "a generator or title: no footage"),
        (1, 30, "its media omega.mov is not where the edit says; name its folder: --media"),
        (1, 40, "switched off"),
        (1, 60, "a compound clip: open it and export the timeline inside"),
        (2, 0, "its track is switched off"),
    ]


def test_retimes_and_switches_of_an_xml_are_seen(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    """The reader of OpenTimelineIO drops a clip's out point, and leaves what is switched off in metadata."""
    made = Film(R24, at("01:00:00:00", R24, False), tuple(Cut(pair[0], 5 + n, 10, 10 * n) for n in range(3)))
    path = write(made, tmp_path / "film.xml")
    root = ElementTree.fromstring(path.read_text())
    slow, off, _ = root.iter("clipitem")
    out = slow.find("out")
    assert out is not None
    out.text = str(int(out.text or "") + 10)
    ElementTree.SubElement(off, "enabled").text = "FALSE"
    path.write_text(ElementTree.tostring(root, encoding="unicode"))
    clips, skipped = placed(read_edit(path))
    assert shown(clips) == [(1, 20, "alpha", 7, 10)]
    assert [one.reason.split(":")[0] for one in skipped] == ["retimed", "switched off"]


def test_media_that_moved_is_found_below_a_folder(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    made = timeline(Film(R24, at("01:00:00:00", R24, False), (Cut(pair[0], 5, 10, 0),)))
    made.tracks[0][0].media_reference.target_url = "file:///D:/Rushes/Day%201/ALPHA.mov"
    path = save(made, tmp_path / "film.otio")
    assert placed(read_edit(path))[0] == ()
    assert shown(placed(read_edit(path), pair[0].path.parent)[0]) == [(1, 0, "alpha", 5, 10)]
    twins = [tmp_path / "rushes" / day / "alpha.mov" for day in ("Day 1", "Day 2")]
    for twin in twins:
        twin.parent.mkdir(parents=True)
        twin.write_bytes(pair[0].path.read_bytes())
    clips, _ = placed(read_edit(path), tmp_path / "rushes")
    assert [Path(one.media.path) for one in clips] == [twins[0]]  # its folder is called as in the edit
    twins[0].parent.rename(tmp_path / "rushes" / "Day 3")
    clips, skipped = placed(read_edit(path), tmp_path / "rushes")
    assert clips == () and skipped[0].reason.startswith("2 files could be ALPHA.mov: ")


@pytest.mark.parametrize("said", ["exact", "from zero", "media from zero", "nothing"])
def test_every_way_to_label_source_frames_means_the_same_frame(
    pair: tuple[Reel, Reel], tmp_path: Path, said: str
) -> None:
    """Labels in timecode or from 0; with the media's own start, a start of 0 beside them, or none."""
    alpha = pair[0]
    start = alpha.timecode.frames
    source, available = {
        "exact": (start + 7, timed(start, 60, R24)),
        "from zero": (7, timed(0, 60, R24)),
        "media from zero": (start + 7, timed(0, 60, R24)),  # what Resolve says of sequences
        "nothing": (start + 7, None),
    }[said]
    made = timeline(Film(R24, at("01:00:00:00", R24, False), (Cut(alpha, 0, 10, 0),)))
    made.tracks[0][0].source_range = timed(source, 10, R24)
    made.tracks[0][0].media_reference.available_range = available
    assert shown(placed(read_edit(save(made, tmp_path / "film.otio")))[0]) == [(1, 0, "alpha", 7, 10)]


def test_frames_that_the_media_has_not_are_refused(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    made = Film(R24, at("01:00:00:00", R24, False), (Cut(pair[0], 55, 10, 0),))
    clips, skipped = placed(read_edit(write(made, tmp_path / "film.otio")))
    assert clips == ()
    assert "which alpha.mov has not (60 frames from 10:11:12:05)" in skipped[0].reason


def sequence(folder: Path, first: int, count: int) -> Path:
    """An image sequence whose frames show their index."""
    import cv2

    folder.mkdir()
    for index in range(count):
        assert cv2.imwrite(str(folder / f"scan.{first + index:04d}.png"), bar_code(index))
    return folder


@pytest.mark.parametrize("said", ["sequence reference", "brackets", "first file", "pattern", "part"])
def test_image_sequences_are_found_however_they_are_named(tmp_path: Path, said: str) -> None:
    folder = sequence(tmp_path / "scan", 1001, 30)
    made = otio.schema.Timeline("film", global_start_time=rational(86400, R24))
    track = otio.schema.Track("Video 1", kind=otio.schema.TrackKind.Video)
    first = 1011 if said == "part" else 1001
    available = timed(first, 1031 - first, R24)
    path = {"brackets": "scan.[1001-1030].png", "first file": "scan.1001.png", "pattern": "scan.%04d.png"}.get(said)
    reference = otio.schema.ExternalReference(f"{folder}/{path}", available)
    if path is None:
        reference = otio.schema.ImageSequenceReference(
            str(folder), "scan.", ".png", start_frame=first, rate=24, frame_zero_padding=4, available_range=available
        )
    track.append(otio.schema.Clip("scan", reference, timed(1015, 8, R24)))
    made.tracks.append(track)
    clips, skipped = placed(read_edit(save(made, tmp_path / "film.otio")))
    assert skipped == ()
    assert [(one.source.start, len(one.source), one.media.rate) for one in clips] == [(14, 8, R24)]


def test_media_of_another_rate_shows_the_frame_that_is_up(tmp_path: Path) -> None:
    """One second of 25 in a timeline of 24: of 25 frames one is never seen, but all 25 are in the range."""
    path = make_movie(tmp_path / "pal.mov", Recipe(rate=Fraction(25), frames=60, timecode="00:00:10:00"))
    made = otio.schema.Timeline("film", global_start_time=rational(86400, R24))
    track = otio.schema.Track("Video 1", kind=otio.schema.TrackKind.Video)
    reference = otio.schema.ExternalReference(str(path), timed(250, 60, Fraction(25)))
    track.append(otio.schema.Gap(source_range=timed(0, 24, R24)))
    range_ = otio.opentime.TimeRange(rational(260, Fraction(25)), rational(24, R24))
    track.append(otio.schema.Clip("pal", reference, range_))
    made.tracks.append(track)
    read = read_edit(save(made, tmp_path / "film.otio"))
    clips, _ = placed(read)
    assert read.edit.rate == 24
    assert [(one.record.start, one.record.stop, one.source.start, one.source.stop) for one in clips] == [
        (24, 48, 10, 34)
    ]


def test_media_of_a_varying_rate_is_refused(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    times = [number * 10 + number % 3 for number in range(30)]
    path = make_movie(tmp_path / "phone.mp4", Recipe(frames=30, times=times, time_base=Fraction(1, 240)))
    made = Film(
        R24, at("01:00:00:00", R24, False), (Cut(Reel(path, R24, 30, at("00:00:00:00", R24, False)), 5, 10, 0),)
    )
    clips, skipped = placed(read_edit(write(made, tmp_path / "film.otio")))
    assert clips == () and "frame rate varies" in skipped[0].reason


FCPXML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
<format id="r1" frameDuration="1001/30000s" width="96" height="64"/>
<asset id="r2" name="alpha" start="{start}" duration="60060/30000s" hasVideo="1" format="r1">
<media-rep kind="original-media" src="file://{path}"/></asset>
</resources><library><event><project name="film"><sequence format="r1" tcStart="107999892/30000s" tcFormat="DF">
<spine>
<asset-clip ref="r2" offset="107999892/30000s" name="one" start="{first}" duration="10010/30000s"/>
<gap offset="108009902/30000s" name="Gap" start="0s" duration="5005/30000s"/>
<asset-clip ref="r2" offset="108014907/30000s" name="two" start="{second}" duration="10010/30000s">
<asset-clip ref="r2" lane="1" offset="{inside}" name="above" start="{first}" duration="3003/30000s"/></asset-clip>
<asset-clip ref="r2" offset="108024917/30000s" name="slow" start="{first}" duration="10010/30000s"><timeMap>
<timept time="0s" value="0s" interp="linear"/></timeMap></asset-clip>
<title ref="r9" offset="108034927/30000s" name="credits" start="0s" duration="10010/30000s"/>
</spine></sequence></project></event></library></fcpxml>
"""


def test_fcpxml_at_29_97_is_exact(folder: Path, tmp_path: Path) -> None:
    """107892 frames of 1001/30000 s are one hour of drop-frame timecode; a rate of 29 would be far off."""
    rate, drop = RATES["29.97DF"]
    alpha, _ = reels(folder / "29.97DF", rate, drop)
    start = alpha.timecode.frames

    def time(frame: int) -> str:
        return f"{(start + frame) * 1001}/30000s"

    path = tmp_path / "film.fcpxml"
    text = FCPXML.format(start=time(0), path=alpha.path, first=time(5), second=time(30), inside=time(32))
    path.write_text(text)
    read = read_edit(path)
    assert (read.edit.rate, read.edit.start, read.edit.drop, read.edit.name) == (rate, 107892, True, "film")
    clips, skipped = placed(read)
    assert shown(clips) == [(1, 0, "alpha", 5, 10), (1, 15, "alpha", 30, 10), (2, 17, "alpha", 5, 3)]
    assert [(one.name, one.reason) for one in skipped] == [
        ("slow", "retimed"),
        ("credits", "a generator or title: no footage"),
    ]


def test_aaf_is_read_where_its_reader_is_installed(pair: tuple[Reel, Reel], tmp_path: Path) -> None:
    pytest.importorskip("otio_aaf_adapter")
    made = timeline(Film(R24, at("01:00:00:00", R24, False), (Cut(pair[0], 5, 10, 0), Cut(pair[1], 20, 12, 10))))
    path = tmp_path / "film.aaf"
    otio.adapters.write_to_file(made, str(path), use_empty_mob_ids=True)
    clips, _ = placed(read_edit(path), pair[0].path.parent)
    assert shown(clips) == [(1, 0, "alpha", 5, 10), (1, 10, "beta", 20, 12)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gone.otio", None, "timeline.not_found"),
        ("film.mov", b"", "timeline.unknown_format"),
        ("film.otio", b"{}", "timeline.not_readable"),
        ("film.otio", b"\x00\xff", "timeline.not_readable"),
        ("film.otio", b'{"OTIO_SCHEMA": "Clip.2"}', "timeline.not_readable"),
        ("film.aaf", b"no such thing", "timeline.not_readable"),
        ("film.xml", b"<html></html>", "timeline.not_readable"),
        ("film.xml", b"<xmeml", "timeline.not_readable"),
        ("film.edl", b"hello\n", "timeline.not_readable"),
        ("film.fcpxml", b"<fcpxml version='1.9'/>", "timeline.not_readable"),
    ],
)
def test_a_file_that_is_none_is_refused_in_our_words(
    tmp_path: Path, name: str, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_edit(tmp_path / name, R24)
    assert refused.value.code == code


@pytest.mark.parametrize("kind", ["otio", "xml", "edl"])
def test_a_damaged_file_is_an_edit_or_an_error_of_ours(pair: tuple[Reel, Reel], tmp_path: Path, kind: str) -> None:
    """OpenTimelineIO's own reader of JSON crashes the process on some of these."""
    made = film(*pair, 1, False)
    path = write(Film(made.rate, made.start, made.cuts[:-1]), tmp_path / f"film.{kind}")
    whole, random = path.read_bytes(), Random(0)
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            start = random.randrange(len(data))
            stop = start + random.randint(1, 40)
            replacement = (b"", data[start:stop] * 2, b"-1", b"1e400", b"9" * 30, bytes([random.randrange(256)]))
            data[start:stop] = random.choice(replacement)
        path.write_bytes(data)
        try:
            placed(read_edit(path, R24 if kind == "edl" else None))
        except LikenessError:
            refused += 1
    assert refused > 20
