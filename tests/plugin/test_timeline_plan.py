"""What of an edit is restored, and how often."""

from dataclasses import replace
from fractions import Fraction

import pytest
from likeness_core.api import ColorTags, FrameRange, Media
from likeness_core.errors import InputError
from likeness_core.timing import Timecode
from likeness_plugin.edits import Dissolve, Edit, EditRange, PlacedClip, rendered
from likeness_plugin.timeline_plan import Choice, parse_record_range, plan, record_start

R24, DF = Fraction(24), Fraction(30000, 1001)
EDIT = Edit("film", R24, 86400, False, 1000, 2, (), (), ())


def media(name: str, frames: int = 500, rate: Fraction = R24) -> Media:
    return Media(
        f"/rushes/{name}", "movie", 96, 64, rate, frames, "h264", "yuv420p", 8, False, False, ColorTags(), None
    )


ALPHA, BETA = media("alpha.mov"), media("beta.mov")


def placed(
    of: Media, source: int, length: int, record: int, track: int = 1, tails: tuple[int, int] = (0, 0)
) -> PlacedClip:
    shown = FrameRange(source, source + length)
    needed = FrameRange(source - tails[0], source + length + tails[1])
    return PlacedClip("clip", track, 0, FrameRange(record, record + length), of, Fraction(source), shown, needed)


def ranges(*clips: PlacedClip, **chosen: object) -> list[tuple[str, int, int, int]]:
    """Name, first frame, end and number of clips of every task."""
    choice = replace(Choice(FrameRange(0, 1000)), **chosen)  # type: ignore[arg-type]
    made = plan(EDIT, clips, choice)
    return [(t.name, t.range.frames.start, t.range.frames.stop, len(t.clips)) for t in made.tasks]


def test_ranges_that_touch_or_overlap_are_restored_once() -> None:
    clips = (
        placed(ALPHA, 100, 20, 0),
        placed(BETA, 100, 20, 20),
        placed(ALPHA, 120, 10, 40),
        placed(ALPHA, 125, 25, 50),
    )
    assert ranges(*clips) == [("alpha.000100", 100, 150, 3), ("beta.000100", 100, 120, 1)]


def test_handles_reach_as_far_as_the_media_and_join_what_they_bridge() -> None:
    clips = (placed(ALPHA, 5, 10, 0), placed(ALPHA, 25, 10, 10), placed(ALPHA, 485, 10, 20))
    assert ranges(*clips) == [("alpha.000005", 5, 15, 1), ("alpha.000025", 25, 35, 1), ("alpha.000485", 485, 495, 1)]
    assert ranges(*clips, handles=8) == [("alpha.000000", 0, 43, 2), ("alpha.000477", 477, 500, 1)]


def test_two_files_of_one_name_get_two_folders() -> None:
    other = replace(ALPHA, path="/other/alpha.mov")
    assert [name for name, *_ in ranges(placed(ALPHA, 0, 5, 0), placed(other, 0, 5, 5))] == [
        "alpha.000000",
        "alpha-2.000000",
    ]


def test_range_and_track_cut_the_clips() -> None:
    clips = (placed(ALPHA, 100, 20, 0), placed(ALPHA, 300, 20, 20), placed(BETA, 50, 40, 0, track=2))
    made = plan(EDIT, clips, Choice(FrameRange(15, 25)))
    assert [(c.record, c.source) for c in made.clips] == [
        (FrameRange(15, 20), FrameRange(115, 120)),
        (FrameRange(20, 25), FrameRange(300, 305)),
        (FrameRange(15, 25), FrameRange(65, 75)),
    ]
    assert ranges(*clips, track=2) == [("beta.000050", 50, 90, 1)]
    with pytest.raises(InputError, match="no video track 3"):
        ranges(*clips, track=3)


def test_a_dissolve_reaches_into_both_clips_or_is_left_alone() -> None:
    """Where its other side is not there, the clip ends where the dissolve begins."""
    one, other = placed(ALPHA, 100, 20, 0, tails=(0, 6)), placed(BETA, 50, 20, 20, tails=(4, 0))
    edit = replace(EDIT, dissolves=(Dissolve(1, 20, 4, 6),))
    both = plan(edit, (one, other), Choice(FrameRange(0, 1000)))
    assert [task.range.frames for task in both.tasks] == [FrameRange(100, 126), FrameRange(46, 70)]
    assert both.dissolves == edit.dissolves
    alone = plan(edit, (one,), Choice(FrameRange(0, 1000)))
    assert [(c.record, c.needed) for c in alone.clips] == [(FrameRange(0, 16), FrameRange(100, 116))]
    assert alone.dissolves == ()
    after = plan(edit, (other,), Choice(FrameRange(0, 1000)))
    assert [(c.record, c.source) for c in after.clips] == [(FrameRange(26, 40), FrameRange(56, 70))]
    inside = plan(edit, (one, other), Choice(FrameRange(0, 18)))  # the choice ends inside the dissolve
    assert [(c.record, c.needed) for c in inside.clips] == [(FrameRange(0, 16), FrameRange(100, 116))]


def test_a_range_is_said_in_frames_or_timecode() -> None:
    assert parse_record_range("01:00:01:00-01:00:01:23", EDIT) == FrameRange(24, 48)
    assert parse_record_range("24:", EDIT) == FrameRange(24, 1000)
    for wrong in ("01:00:01:00", "00:59:59:00-01:00:01:00", "5:5", "0:1001", "01:00:01;00-01:00:02;00"):
        with pytest.raises(InputError) as refused:
            parse_record_range(wrong, EDIT)
        assert refused.value.code == "timeline.range"
    drop = replace(EDIT, rate=DF, drop=True, start=107892, length=4000)
    assert str(record_start(drop)) == "01:00:00;00"
    # 1798 frames in the first minute, and 1800 labels less the two that are left out
    assert parse_record_range("01:00:59;29-01:01:00;02", drop) == FrameRange(1799, 1801)
    with pytest.raises(InputError, match="mixes drop-frame"):
        parse_record_range("01:00:00:00-01:00:01:00", drop)


def test_media_of_another_rate_is_cut_by_time() -> None:
    pal = media("pal.mov", rate=Fraction(25))
    clip = PlacedClip("pal", 1, 0, FrameRange(0, 48), pal, Fraction(10), FrameRange(10, 59), FrameRange(10, 59))
    made = plan(EDIT, (clip,), Choice(FrameRange(24, 48)))
    assert [(c.start, c.source) for c in made.clips] == [(Fraction(35), FrameRange(35, 59))]


def test_a_rendering_knows_cuts_through_edits_and_dissolves() -> None:
    clips = (
        placed(ALPHA, 100, 20, 0),
        placed(BETA, 50, 20, 20),
        placed(BETA, 70, 20, 40),  # a through-edit
        placed(ALPHA, 10, 20, 60),  # by a dissolve
        placed(ALPHA, 30, 20, 90),  # after a gap
        placed(ALPHA, 30, 20, 30, track=2),
    )
    movie = media("render.mov", 100)
    known = rendered(movie, 10, clips, (Dissolve(1, 60, 5, 5), Dissolve(2, 30, 5, 5)), 1)
    assert known == EditRange(movie, FrameRange(0, 100), (10, 70, 80), (30,), (FrameRange(45, 55),))


def test_the_start_wraps_at_midnight() -> None:
    assert record_start(replace(EDIT, start=24 * 86400)) == Timecode(0, R24)
