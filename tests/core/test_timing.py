"""Rates, timecode, ranges, windows."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import pytest
from likeness_core.api import ColorTags, FrameRange, Media
from likeness_core.errors import InputError
from likeness_core.timing import Timecode, frames_per_day, nominal_fps, parse_range, parse_rate, start_of, windows

NTSC = Fraction(30000, 1001)
NTSC60 = Fraction(60000, 1001)
FILM = Fraction(24000, 1001)


def footage(rate: Fraction = Fraction(24), frames: int = 1000, timecode: str | None = None) -> Media:
    return Media(
        "clip.mov", "movie", 96, 64, rate, frames, "h264", "yuv420p", 8, False, False, ColorTags(), timecode
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", Fraction(25)),
        ("24.0", Fraction(24)),
        ("23.976", FILM),
        ("23.98", FILM),
        ("29.97", NTSC),
        ("59.94", NTSC60),
        ("47.952", Fraction(48000, 1001)),
        ("119.88", Fraction(120000, 1001)),
        ("24000/1001", FILM),
        ("2997/100", Fraction(2997, 100)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_a_rate_is_the_exact_one_that_its_short_name_means(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "-25", "fast", "1/0", "nan", "inf", "25/", "1e999999"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_rate(text)
    assert caught.value.code == "input.rate"


def labels(rate: Fraction, drop: bool, minutes: int) -> Iterator[str]:
    """Timecode labels counted out one by one, the way ST 12-1 words the rule."""
    fps = nominal_fps(rate)
    for minute in range(minutes):
        for second in range(60):
            for frame in range(fps):
                if drop and minute % 10 and second == 0 and frame < fps // 15:
                    continue
                hour, minute_of_hour = divmod(minute, 60)
                yield f"{hour:02d}:{minute_of_hour:02d}:{second:02d}{';' if drop else ':'}{frame:02d}"


@pytest.mark.parametrize(
    ("rate", "drop"),
    [(NTSC, True), (NTSC, False), (NTSC60, True), (FILM, False), (Fraction(25), False), (Fraction(24), False)],
)
def test_timecode_agrees_with_counting_out_the_labels(rate: Fraction, drop: bool) -> None:
    for count, label in enumerate(labels(rate, drop, minutes=11)):
        assert str(Timecode(count, rate, drop)) == label
        if count % 7 == 0:
            assert Timecode.parse(label, rate) == Timecode(count, rate, drop)


@pytest.mark.parametrize("rate", [NTSC, NTSC60])
def test_frames_around_minutes_all_over_a_day_have_their_own_labels(rate: Fraction) -> None:
    day = frames_per_day(rate, drop=True)
    a_minute = day // 1440
    for minute in range(0, 1440, 7):  # 7 and 10 share no factor: every kind of minute comes
        for count in range(max(0, minute * a_minute - 12), min(day, minute * a_minute + 12)):
            timecode = Timecode(count, rate, drop=True)
            assert Timecode.parse(str(timecode), rate) == timecode


@pytest.mark.parametrize(
    ("text", "rate", "frames"),
    [
        ("01:00:00;00", NTSC, 107892),
        ("01:00:00:00", NTSC, 108000),
        ("01:00:00:00", FILM, 86400),
        ("23:59:59:24", Fraction(25), 2159999),
        ("00:01:00;02", NTSC, 1800),
        ("00:10:00;00", NTSC, 17982),
        ("00:01:00.02", NTSC, 1800),
    ],
)
def test_known_timecodes(text: str, rate: Fraction, frames: int) -> None:
    assert Timecode.parse(text, rate).frames == frames


def test_adding_frames_goes_on_over_a_dropped_label_and_over_midnight() -> None:
    assert str(Timecode.parse("00:59:59;28", NTSC) + 2) == "01:00:00;00"
    assert str(Timecode.parse("00:58:59;29", NTSC) + 1) == "00:59:00;02"
    assert str(Timecode.parse("23:59:59:23", Fraction(24)) + 1) == "00:00:00:00"
    assert str(Timecode.parse("00:00:00:00", Fraction(24)) + -1) == "23:59:59:23"


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("01:00:00:24", Fraction(24)),
        ("00:01:00;00", NTSC),
        ("00:01:00;01", NTSC),
        ("24:00:00:00", Fraction(24)),
        ("00:60:00:00", Fraction(24)),
        ("00:00:00;00", Fraction(25)),
        ("100", Fraction(24)),
        ("", Fraction(24)),
    ],
)
def test_labels_that_do_not_exist_are_refused(text: str, rate: Fraction) -> None:
    with pytest.raises(InputError) as caught:
        Timecode.parse(text, rate)
    assert caught.value.code == "input.timecode"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0:24", (0, 24)), ("100:", (100, 1000)), (":50", (0, 50)), (":", (0, 1000)), (" 999:1000 ", (999, 1000))],
)
def test_frames_are_half_open_and_count_from_zero(text: str, expected: tuple[int, int]) -> None:
    assert parse_range(text, footage()) == FrameRange(*expected)


def test_timecodes_name_the_first_and_the_last_frame() -> None:
    media = footage(timecode="01:00:00:00")
    assert parse_range("01:00:00:00-01:00:03:23", media) == FrameRange(0, 96)
    assert parse_range("01:00:01:00-01:00:01:00", media) == FrameRange(24, 25)
    assert parse_range("00:00:01:00-00:00:01:23", footage()) == FrameRange(24, 48)


def test_a_timecode_range_counts_in_drop_frame_and_over_midnight() -> None:
    media = footage(NTSC, frames=4000, timecode="00:59:59;28")
    assert parse_range("00:59:59;29-01:00:00;01", media) == FrameRange(1, 4)
    late = footage(timecode="23:59:59:00")
    assert parse_range("23:59:59:23-00:00:00:00", late) == FrameRange(23, 25)


@pytest.mark.parametrize(
    "text", ["5", "10:5", "5:5", "0:1001", "1000:", "-5:10", "a:b", "", "01:00:00:00-", "00:00:00:00-00:00:00:00:00"]
)
def test_a_range_outside_the_footage_is_refused_with_the_valid_one(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_range(text, footage())
    assert caught.value.code == "input.range"


def test_the_hint_names_the_valid_range_both_ways() -> None:
    with pytest.raises(InputError) as caught:
        parse_range("0:5000", footage(timecode="01:00:00:00"))
    assert "0:1000" in caught.value.hint
    assert "01:00:00:00-01:00:41:15" in caught.value.hint


def test_mixing_drop_and_non_drop_is_refused() -> None:
    with pytest.raises(InputError, match="mixes"):
        parse_range("01:00:00:00-01:00:00:10", footage(NTSC, timecode="01:00:00;00"))


def test_the_start_is_zero_where_the_file_says_nothing() -> None:
    assert str(start_of(footage())) == "00:00:00:00"
    assert start_of(footage(NTSC, timecode="01:00:00;00")).frames == 107892


@pytest.mark.parametrize("frames", [*range(60), 239, 1000])
@pytest.mark.parametrize(("size", "overlap"), [(24, 8), (24, 0), (5, 4), (1, 0)])
def test_windows_cover_a_shot(frames: int, size: int, overlap: int) -> None:
    shot = FrameRange(100, 100 + frames)
    plan = windows(shot, size, overlap)
    covered = sorted({frame for window in plan for frame in window.frames()})
    assert covered == list(shot.frames())
    assert all(len(window) == min(size, frames) for window in plan)
    for before, after in itertools.pairwise(plan):
        assert before.start < after.start <= before.stop - overlap
    if plan:
        assert plan[0].start == shot.start
        assert plan[-1].stop == shot.stop


def test_windows_of_a_known_shot() -> None:
    assert [window.start for window in windows(FrameRange(10, 70), 24, 8)] == [10, 26, 42, 46]
    assert windows(FrameRange(0, 56), 24, 8)[-1] == FrameRange(32, 56)
    with pytest.raises(ValueError, match="overlap"):
        windows(FrameRange(0, 10), 8, 8)
