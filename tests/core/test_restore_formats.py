"""Rates, timecodes and tags through the whole command, read back by readers that share no code with ours."""

import dataclasses
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.api import ColorTags, FrameRange
from likeness_core.media import probe

from tests.core.conftest import Set
from tests.core.file_readers import colour, durations, exr_header, start_timecode, stored_numbers
from tests.core.footage import Recipe, bar_code, make_movie, read_bar_code
from tests.core.restoring import likeness
from tests.core.test_restore import encode_untouched

FILM, NTSC = Fraction(24000, 1001), Fraction(30000, 1001)
START, STOP = 4, 12
BT709, BT2020_PQ = ColorTags(1, 1, 1), ColorTags(9, 16, 9)
VARIABLE = [0, *accumulate([1000, 1000, 5000, 500, 1000, 2500] * 3)][:16]  # of 1/30000 s

MOVIES = {
    "23.976": ("film.mov", Recipe(rate=FILM, frames=16, timecode="01:00:00:00", tags=BT709)),
    "29.97 drop-frame": ("ntsc.mov", Recipe(rate=NTSC, frames=16, timecode="00:59:59;26", tags=BT709)),
    "variable": ("phone.mp4", Recipe(frames=16, times=VARIABLE, time_base=Fraction(1, 30000), tags=BT709)),
    "10 bit": (
        "hdr.mov",
        Recipe("prores_ks", "yuv422p10le", Fraction(25), 16, timecode="10:00:00:00", tags=BT2020_PQ),
    ),
}  # fmt: skip
# The frame number at which the range starts, and whether it is drop-frame; 00:59:59;26 + 4 is 01:00:00;00.
TIMECODES = {
    "23.976": (86400 + START, False),
    "29.97 drop-frame": (107892, True),
    "variable": None,
    "10 bit": (10 * 90000 + START, False),
}


@pytest.fixture(scope="module", params=MOVIES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    name, recipe = MOVIES[request.param]
    return request.param, make_movie(tmp_path_factory.mktemp("sources") / name, recipe)


def restore(given: Set, source: Path, out: Path, *more: object) -> None:
    outcome = likeness(
        "restore", source, *given.options(out), "--range", f"{START}:{STOP}", *more, cache=out.parent / "cache"
    )
    assert outcome.status == 0, outcome.errors


def labels(path: Path) -> tuple[int, int, int, int, bool]:
    code = exr_header(path)["timeCode"]
    return code.hours, code.minutes, code.seconds, code.frame, bool(code.dropFrame)


def test_frames_of_a_movie_are_those_of_the_range(portrait_set: Set, source: tuple[str, Path], tmp_path: Path) -> None:
    kind, path = source
    restore(portrait_set, path, tmp_path / "out")
    frames = sorted((tmp_path / "out" / "frames").iterdir())
    assert [int(frame.suffixes[-2][1:]) for frame in frames] == list(range(START, STOP))
    assert [read_bar_code(stored_numbers(frame).astype(np.float32)) for frame in frames] == list(range(START, STOP))
    rate = probe(path).rate if kind == "variable" else MOVIES[kind][1].rate
    assert [Fraction(exr_header(frame)["framesPerSecond"]) for frame in frames] == [rate] * len(frames)
    if kind == "29.97 drop-frame":
        assert [labels(frame) for frame in frames[:2]] == [(1, 0, 0, 0, True), (1, 0, 0, 1, True)]
    if kind == "23.976":
        assert [labels(frame) for frame in frames] == [(1, 0, 0, number, False) for number in range(START, STOP)]
    if kind == "10 bit":
        np.testing.assert_allclose(exr_header(frames[0])["chromaticities"][:2], (0.708, 0.292), atol=1e-3)


def test_a_movie_keeps_timing_and_tags(portrait_set: Set, source: tuple[str, Path], tmp_path: Path) -> None:
    kind, path = source
    restore(portrait_set, path, tmp_path / "out", "--format", "prores")
    movie = tmp_path / "out" / f"{path.stem}.mov"
    recipe = MOVIES[kind][1]
    got = durations(movie)
    assert len(got) == STOP - START
    if kind == "variable":
        steps = [Fraction(after - before, 30000) for before, after in pairwise(VARIABLE)]
        assert got[:-1] == steps[START : STOP - 1]
    else:
        assert got == [1 / recipe.rate] * len(got)
    if TIMECODES[kind] is None:
        assert b"tmcd" not in movie.read_bytes()
    else:
        assert start_timecode(movie) == TIMECODES[kind]
    assert recipe.tags
    assert colour(movie)[:3] == (recipe.tags.primaries, recipe.tags.transfer, recipe.tags.matrix)


@pytest.mark.parametrize("format", ["exr", "tiff16", "png16", "dpx10"])
def test_a_sequence_comes_back_number_for_number(portrait_set: Set, tmp_path: Path, format: str) -> None:
    """A sequence of 10-bit DPX or 16-bit pictures, restored, restored again: the same numbers under the same names."""
    movie = make_movie(tmp_path / "film.mov", dataclasses.replace(MOVIES["23.976"][1], frames=12))
    first = tmp_path / "first"
    restore(portrait_set, movie, first, "--format", format)
    suffix = next((first / "frames").iterdir()).suffix
    start = [] if format in ("exr", "dpx10") else ["--rate", "23.976"]  # TIFF and PNG have no field for a rate
    again = tmp_path / "again"
    sequence = first / "frames" / f"film.{START:06d}{suffix}"
    outcome = likeness(
        "restore", sequence, *portrait_set.options(again), "--format", format, *start, cache=tmp_path / "cache2"
    )
    assert outcome.status == 0, outcome.errors
    names = [path.name for path in sorted((first / "frames").iterdir())]
    assert [path.name for path in sorted((again / "frames").iterdir())] == names
    assert len(names) == STOP - START
    for name in names:
        np.testing.assert_array_equal(numbers(again / "frames" / name), numbers(first / "frames" / name))
    if format == "exr":
        header = exr_header(again / "frames" / names[0])
        assert Fraction(header["framesPerSecond"]) == FILM
        assert labels(again / "frames" / names[0]) == (1, 0, 0, START, False)


def numbers(path: Path) -> npt.NDArray[Any]:
    return stored_numbers(path)


def test_a_range_of_a_sequence_keeps_its_file_numbers(portrait_set: Set, tmp_path: Path) -> None:
    movie = make_movie(tmp_path / "film.mov", dataclasses.replace(MOVIES["23.976"][1], frames=12))
    restore(portrait_set, movie, tmp_path / "first")
    again = tmp_path / "again"
    pattern = tmp_path / "first" / "frames" / "film.%06d.exr"
    outcome = likeness(
        "restore", pattern, *portrait_set.options(again), "--range", "2:5", "--format", "prores", "--matte",
        cache=tmp_path / "cache2",
    )  # fmt: skip
    assert outcome.status == 0, outcome.errors
    assert [path.name for path in sorted((again / "matte").iterdir())] == [f"film.{n:06d}.png" for n in (6, 7, 8)]
    assert start_timecode(again / "film.mov") == (86400 + 6, False)
    assert durations(again / "film.mov") == [1 / FILM] * 3


@pytest.mark.parametrize("format", ["prores", "prores4444", "h264"])
def test_levels_beyond_white_and_saturated_colours_reach_the_encoder(
    portrait_set: Set, tmp_path: Path, format: str
) -> None:
    """What YCbCr can say and RGB between 0 and 1 cannot is not lost on the way to a movie."""

    def loud(number: int) -> npt.NDArray[np.uint16]:
        picture = bar_code(number).astype(np.uint16) * 257
        picture[30:, ::3] = (65535, 0, 0)  # 4:2:0 smears its colour over neighbours of another brightness
        picture[30:, 1::3] = (65535, 65535, 65535)
        return picture

    recipe = Recipe("ffv1", "yuv420p", frames=3, tags=BT709, picture=loud)
    movie = make_movie(tmp_path / "loud.mkv", recipe)
    out = tmp_path / "out"
    outcome = likeness("restore", movie, *portrait_set.options(out), "--format", format, cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors
    result = next(path for path in out.iterdir() if path.suffix in (".mov", ".mp4"))
    plain = encode_untouched(probe(movie), FrameRange(0, 3), format, tmp_path)
    assert pictures(result) == pictures(plain)


def pictures(path: Path) -> list[bytes]:
    """Every decoded frame as it is stored, by FFmpeg itself."""
    import av

    with av.open(str(path)) as container:
        return [b"".join(map(bytes, frame.planes)) for frame in container.decode(video=0)]
