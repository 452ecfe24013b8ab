"""Movies in: every frame by its number, and what a file is."""

import dataclasses
import gc
import itertools
import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
import pytest
from likeness_core import color
from likeness_core.api import ColorTags, FrameRange, Media
from likeness_core.errors import InputError
from likeness_core.media import Frame, MediaReader, alpha_of, probe, to_float, to_integers, to_uint8
from likeness_core.media.index import read_index, shown_packets
from likeness_core.media.movie import MovieReader

from tests.core.footage import HEIGHT, WIDTH, Recipe, bar_code, make_movie, read_bar_code

NTSC = Fraction(30000, 1001)
FILM = Fraction(24000, 1001)
X264 = {"g": "12", "bf": "3"}
QUIET = {"x265-params": "log-level=none:keyint=10:bframes=3:pools=1:frame-threads=1"}
OPEN_GOP = {"x265-params": QUIET["x265-params"] + ":open-gop=1:min-keyint=10:scenecut=0"}
BIG_ENOUGH_FOR_DNXHR = (256, 120)

EVERY_KIND = {
    "h264.mp4": Recipe(options=X264),
    "h264_23976.mov": Recipe(rate=FILM, options=X264),
    "h264_10bit.mp4": Recipe(pixel_format="yuv420p10le", options=X264),
    "hevc_open_gop.mkv": Recipe("libx265", rate=FILM, options=OPEN_GOP),
    "mpeg2_open_gop.mkv": Recipe("mpeg2video", rate=Fraction(25), options={"g": "9", "bf": "2"}),
    "h264_refresh.mkv": Recipe(options={"x264-params": "intra-refresh=1:keyint=12:bframes=0"}),
    "h264.ts": Recipe(rate=Fraction(25), options=X264),
    "h264_no_times.h264": Recipe(rate=Fraction(25), options=X264),
    "hevc.mp4": Recipe("libx265", rate=NTSC, options=QUIET),
    "hevc_10bit.mov": Recipe("libx265", "yuv420p10le", FILM, options=QUIET),
    "hevc_12bit.mkv": Recipe("libx265", "yuv422p12le", options=QUIET),
    "prores.mov": Recipe("prores_ks", "yuv422p10le", Fraction(25)),
    "prores4444.mov": Recipe("prores_ks", "yuva444p10le", options={"profile": "4444"}),
    "dnxhr_sq.mov": Recipe("dnxhd", "yuv422p", options={"profile": "dnxhr_sq"}, size=BIG_ENOUGH_FOR_DNXHR),
    "dnxhr_hqx.mxf": Recipe(
        "dnxhd", "yuv422p10le", Fraction(25), options={"profile": "dnxhr_hqx"}, size=BIG_ENOUGH_FOR_DNXHR
    ),
    "mjpeg.avi": Recipe("mjpeg", "yuvj420p", Fraction(30)),
    "mpeg1.mpg": Recipe("mpeg1video", rate=Fraction(25), options={"g": "9", "bf": "2"}),
    "mpeg2.mpg": Recipe("mpeg2video", rate=NTSC, options={"g": "9", "bf": "2"}),
    "mpeg2.ts": Recipe("mpeg2video", rate=Fraction(25), options={"g": "9", "bf": "2"}),
    "mpeg4_packed.avi": Recipe("mpeg4", rate=Fraction(25), options={"bf": "2"}),
    "ffv1.mkv": Recipe("ffv1", "yuv420p"),
    "ffv1_10bit.mkv": Recipe("ffv1", "gbrp10le", FILM),
    "ffv1_12bit.mkv": Recipe("ffv1", "yuv444p12le"),
    "ffv1_grey.mkv": Recipe("ffv1", "gray"),
    "png_alpha.mov": Recipe("png", "rgba"),
}  # fmt: skip


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("movies")
    return {name: make_movie(folder / name, recipe) for name, recipe in EVERY_KIND.items()}


def frames(media: Media, start: int, stop: int) -> list[Frame]:
    with MediaReader(media) as reader:
        return list(reader.frames(FrameRange(start, stop)))


@pytest.mark.parametrize("name", EVERY_KIND)
def test_any_range_begins_and_ends_at_the_frames_asked_for(movies: dict[str, Path], name: str) -> None:
    media = probe(movies[name])
    recipe = EVERY_KIND[name]
    assert (media.frame_count, media.rate, media.variable_rate) == (recipe.frames, recipe.rate, False)
    starts = list(range(0, recipe.frames, 4))
    random.Random(name).shuffle(starts)
    with MediaReader(media) as reader:
        for start in starts:
            wanted = FrameRange(start, min(start + 3, recipe.frames))
            got = list(reader.frames(wanted))
            assert [frame.index for frame in got] == list(wanted.frames())
            assert [read_bar_code(to_float(frame.pixels)) for frame in got] == list(wanted.frames())
            assert [frame.seconds for frame in got] == pytest.approx(
                [n / recipe.rate for n in wanted.frames()], abs=1e-3
            )


@pytest.mark.parametrize(
    ("name", "codec", "depth", "alpha"),
    [
        ("h264.mp4", "h264", 8, False),
        ("h264_10bit.mp4", "h264", 10, False),
        ("hevc_12bit.mkv", "hevc", 12, False),
        ("prores.mov", "prores", 10, False),
        ("prores4444.mov", "prores", 12, True),
        ("dnxhr_hqx.mxf", "dnxhd", 10, False),
        ("mpeg1.mpg", "mpeg1video", 8, False),
        ("ffv1_12bit.mkv", "ffv1", 12, False),
        ("png_alpha.mov", "png", 8, True),
    ],
)
def test_a_file_is_described(movies: dict[str, Path], name: str, codec: str, depth: int, alpha: bool) -> None:
    media = probe(movies[name])
    assert (media.codec, media.bit_depth, media.has_alpha, media.kind) == (codec, depth, alpha, "movie")
    assert (media.width, media.height) == EVERY_KIND[name].size
    pixels = frames(media, 0, 1)[0].pixels
    assert pixels.shape == (media.height, media.width, 4 if alpha else 3)
    assert (alpha_of(pixels) is not None) == alpha


def test_going_on_where_the_last_range_ended_does_not_decode_again(movies: dict[str, Path]) -> None:
    media = probe(movies["h264.mp4"])
    with MediaReader(media) as reader:
        pieces = [frame.index for start in range(0, 30, 5) for frame in reader.frames(FrameRange(start, start + 5))]
    assert pieces == list(range(30))


def test_the_same_frame_is_the_same_whatever_was_read_before(movies: dict[str, Path]) -> None:
    for name in ("h264.mp4", "mpeg2.mpg", "hevc_10bit.mov"):
        media = probe(movies[name])
        alone = frames(media, 17, 18)[0].pixels
        assert np.array_equal(alone, frames(media, 0, 30)[17].pixels)


def test_a_closed_reader_leaves_no_thread_behind(movies: dict[str, Path]) -> None:
    gc.collect()
    gc.disable()  # who waits for the collector keeps the decoder's threads till then
    try:
        before = psutil.Process().num_threads()
        with MovieReader(movies["h264.mp4"]) as reader:
            next(reader.frames(FrameRange(0, 1)))
            assert psutil.Process().num_threads() > before
        del reader
        assert psutil.Process().num_threads() == before
    finally:
        gc.enable()


def test_frames_beyond_the_end_are_refused(movies: dict[str, Path]) -> None:
    with pytest.raises(InputError) as caught:
        frames(probe(movies["h264.mp4"]), 25, 31)
    assert caught.value.code == "input.range"
    assert "0:30" in caught.value.hint


def test_a_variable_rate_is_indexed_by_time_not_by_rate(tmp_path: Path) -> None:
    steps = [1000, 1000, 5000, 500, 1000, 2500] * 5
    times = [0, *itertools.accumulate(steps)][:30]
    recipe = Recipe(options=X264, times=times, time_base=Fraction(1, 30000))
    media = probe(make_movie(tmp_path / "vfr.mp4", recipe))
    assert media.variable_rate
    assert media.frame_count == 30
    assert float(media.rate) == pytest.approx(29 / (times[-1] / 30000), rel=1e-3)
    for start in (0, 7, 20, 3):
        for frame in frames(media, start, start + 4):
            assert read_bar_code(to_float(frame.pixels)) == frame.index
            assert frame.seconds == Fraction(times[frame.index], 30000)


def test_millisecond_containers_are_not_taken_for_variable(tmp_path: Path) -> None:
    for rate in (FILM, NTSC, Fraction(60000, 1001), Fraction(25)):
        recipe = Recipe("ffv1", rate=rate, frames=60)
        media = probe(make_movie(tmp_path / f"{rate.numerator}.mkv", recipe))
        assert (media.rate, media.variable_rate) == (rate, False)


def test_a_dvd_has_a_constant_rate(tmp_path: Path) -> None:
    """FFmpeg guesses the times between those that a program stream holds, some of them wrongly."""
    recipe = Recipe("mpeg2video", rate=Fraction(25), frames=250, options={"g": "12", "bf": "2"}, audio="ac3")
    media = probe(make_movie(tmp_path / "dvd.vob", recipe))
    assert (media.rate, media.variable_rate, media.frame_count) == (25, False, 250)
    for start in (240, 220, 100):
        got = [read_bar_code(to_float(frame.pixels)) for frame in frames(media, start, start + 8)]
        assert got == list(range(start, start + 8))


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("mpg", Recipe("mpeg2video", rate=Fraction(25), options={"g": "9", "bf": "2"})),
        ("vob", Recipe("mpeg2video", rate=NTSC, options={"g": "9", "bf": "0"})),
        ("ts", Recipe(rate=Fraction(25), options=X264)),
    ],
)
def test_a_splice_where_the_clock_starts_anew_is_no_end(tmp_path: Path, name: str, recipe: Recipe) -> None:
    """Cells of a DVD and parts of a capture follow each other in one file, each with times from zero."""
    parts = [
        make_movie(tmp_path / f"{part}.{name}", dataclasses.replace(recipe, first=30 * part)).read_bytes()
        for part in range(3)
    ]
    whole = tmp_path / f"whole.{name}"
    whole.write_bytes(b"".join(parts))
    media = probe(whole)
    assert (media.frame_count, media.rate, media.variable_rate) == (90, recipe.rate, False)
    for start in (0, 25, 58, 80, 31, 3):
        got = [read_bar_code(to_float(frame.pixels)) for frame in frames(media, start, start + 8)]
        assert got == list(range(start, start + 8))


def test_a_stream_that_starts_late_is_counted_from_its_own_first_frame(tmp_path: Path) -> None:
    recipe = Recipe(options=X264, times=[7000 + 1000 * n for n in range(30)], time_base=Fraction(1, 24000))
    for name in ("late.mp4", "late.mkv", "late.ts"):
        media = probe(make_movie(tmp_path / name, recipe))
        assert (media.frame_count, media.rate) == (30, 24)
        frame = frames(media, 11, 12)[0]
        assert (read_bar_code(to_float(frame.pixels)), float(frame.seconds)) == (11, pytest.approx(11 / 24, abs=1e-3))


def test_frames_that_share_one_time_keep_their_order(tmp_path: Path) -> None:
    times = [n - n % 3 // 2 for n in range(30)]  # every third repeats the time before
    recipe = Recipe("ffv1", times=times, time_base=Fraction(1, 24))
    media = probe(make_movie(tmp_path / "twice.mkv", recipe))
    assert media.frame_count == 30
    for start in (0, 8, 9, 20):
        assert [read_bar_code(to_float(frame.pixels)) for frame in frames(media, start, start + 5)] == list(
            range(start, start + 5)
        )


def cut_copy(source: Path, target: Path, first_packet: int) -> Path:
    """Copy a stream's packets from one on, as an editor's fast trim does."""
    with av.open(str(source)) as container, av.open(str(target), "w") as output:
        stream = container.streams.video[0]
        copied = output.add_stream_from_template(stream)
        for number, packet in enumerate(container.demux(stream)):
            if packet.size and number >= first_packet:
                packet.stream = copied
                output.mux(packet)
    return target


@pytest.mark.parametrize("name", ["hevc_open_gop.mkv", "mpeg2_open_gop.mkv"])
def test_leading_frames_that_refer_to_what_was_cut_off_are_not_counted(
    movies: dict[str, Path], tmp_path: Path, name: str
) -> None:
    """Cut at an open group of pictures: its first frames, by time, cannot be decoded."""
    source = movies[name]
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    key = [number for number, packet in enumerate(packets) if packet.is_keyframe][1]
    leading = [packet for packet in packets[key:] if packet.pts < packets[key].pts]
    assert leading, "the encoder made no open group"
    media = probe(cut_copy(source, tmp_path / "cut.mkv", key))
    shown = len(packets[key:]) - len(leading)
    assert media.frame_count == shown
    first = 30 - shown
    got = [read_bar_code(to_float(frame.pixels)) for frame in frames(media, 0, media.frame_count)]
    assert got == list(range(first, 30))


def test_a_transport_stream_cut_in_mid_group_starts_at_its_first_keyframe(
    movies: dict[str, Path], tmp_path: Path
) -> None:
    media = probe(cut_copy(movies["mpeg2.ts"], tmp_path / "cut.ts", 4))
    got = [read_bar_code(to_float(frame.pixels)) for frame in frames(media, 0, media.frame_count)]
    assert got == list(range(30 - media.frame_count, 30))
    assert read_bar_code(to_float(frames(media, 5, 6)[0].pixels)) == got[5]


def test_frames_that_an_edit_list_hides_are_not_counted(tmp_path: Path) -> None:
    """Times before zero become an edit list in MP4: players start at zero."""
    recipe = Recipe(options=X264, times=[n - 6 for n in range(30)], time_base=Fraction(1, 24))
    media = probe(make_movie(tmp_path / "edit.mp4", recipe))
    with av.open(media.path) as container:
        shown = [read_bar_code(frame.to_ndarray(format="rgb24") / 255) for frame in container.decode(video=0)]
    got = [read_bar_code(to_float(frame.pixels)) for frame in frames(media, 0, media.frame_count)]
    assert got == shown
    assert read_bar_code(to_float(frames(media, 9, 10)[0].pixels)) == shown[9]


def test_the_index_needs_no_decoding_and_little_memory(movies: dict[str, Path]) -> None:
    with av.open(str(movies["h264.mp4"])) as container:
        index = read_index(container, container.streams.video[0])
    assert len(index) == 30
    numbers = (index.times, index.packet_times, index.packet_sizes, index.keyframes)
    assert sum(array.nbytes for array in numbers) <= 30 * 4 * 8
    assert [index.frame_at(int(time)) for time in index.times] == list(range(30))
    assert index.seconds(30) == Fraction(30, 24)


@pytest.mark.parametrize("name", ["prores.mov", "dnxhr_sq.mov", "prores_late.mov"])
def test_movs_own_table_says_the_same_as_the_packets(movies: dict[str, Path], tmp_path: Path, name: str) -> None:
    late = Recipe("prores_ks", "yuv422p10le", times=[7 + 3 * n for n in range(30)], time_base=Fraction(1, 90))
    path = make_movie(tmp_path / name, late) if name == "prores_late.mov" else movies[name]
    with av.open(str(path)) as container:
        index = read_index(container, container.streams.video[0])
        assert next(container.demux(video=0)).pos == container.streams.video[0].index_entries[0].pos, "nothing was read"
    with av.open(str(path)) as container:
        packets = list(shown_packets(container, container.streams.video[0]))
    assert index.packet_times.tolist() == [packet.pts for packet in packets]
    assert index.packet_sizes.tolist() == [packet.size for packet in packets]
    assert index.times.tolist() == sorted(packet.pts for packet in packets)


@pytest.mark.parametrize(("anticlockwise", "clockwise"), [(0, 0), (90, 270), (180, 180), (270, 90)])
def test_rotation_is_applied_as_other_players_do(tmp_path: Path, anticlockwise: int, clockwise: int) -> None:
    recipe = Recipe("png", "rgb24", frames=2, rotation=anticlockwise, pixel_aspect=Fraction(3, 2))
    media = probe(make_movie(tmp_path / "turned.mov", recipe))
    turned = clockwise in (90, 270)
    assert media.rotation == clockwise
    assert (media.width, media.height) == ((HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT))
    assert media.pixel_aspect == (Fraction(2, 3) if turned else Fraction(3, 2))
    picture = frames(media, 1, 2)[0].pixels
    assert np.array_equal(picture, np.rot90(bar_code(1), anticlockwise // 90))
    player = cv2.VideoCapture(media.path)
    player.read()
    assert np.array_equal(picture, player.read()[1][..., ::-1])


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((-1, 0, 0, 1), lambda picture: picture[:, ::-1]),
        ((1, 0, 0, -1), lambda picture: picture[::-1]),
        ((0, 1, 1, 0), lambda picture: picture.transpose(1, 0, 2)),
    ],
)
def test_a_mirroring_display_matrix_is_applied(tmp_path: Path, matrix: tuple[int, ...], shown: object) -> None:
    a, b, c, d = (value << 16 for value in matrix)
    path = tmp_path / "mirrored.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=24)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgb24"
        stream.set_display_matrix((a, b, 0, c, d, 0, 0, 0, 1 << 30))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(bar_code(5), format="rgb24")))
        container.mux(stream.encode(None))
    assert np.array_equal(frames(probe(path), 0, 1)[0].pixels, shown(bar_code(5)))  # type: ignore[operator]


@pytest.mark.parametrize("order", [(2, "tff"), (3, "bff"), (1, "progressive")])
def test_interlaced_footage_is_flagged(tmp_path: Path, order: tuple[int, str]) -> None:
    recipe = Recipe("ffv1", frames=2, field_order=order[0])
    assert probe(make_movie(tmp_path / "fields.mkv", recipe)).field_order == order[1]


def test_fields_do_not_lend_each_other_their_chroma(tmp_path: Path) -> None:
    """Red in one field, blue in the other: between lines of one field no other colour may appear."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[0::2, :, 0] = 200
    picture[1::2, :, 2] = 200
    luma = color.rgb_to_ycbcr((picture / np.float32(255)).astype(np.float32), 6)[0]
    found = {}
    for order in (2, 1):
        path = tmp_path / f"{order}.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.codec_context.field_order = order
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            _, blue, red = color.rgb_to_ycbcr(picture / np.float32(255), 6)
            chroma = [np.repeat(plane[:2], HEIGHT // 4, axis=0)[:, ::2] for plane in (blue, red)]
            chroma = [np.stack([plane[0], plane[HEIGHT // 4]] * (HEIGHT // 4)) for plane in chroma]
            codes = [luma * 219 + 16, chroma[0] * 224 + 128, chroma[1] * 224 + 128]
            for plane, values in zip(frame.planes, codes, strict=True):
                lines = np.zeros((plane.height, plane.line_size), np.uint8)
                lines[:, : plane.width] = np.rint(values)
                plane.update(lines.tobytes())
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        found[order] = np.abs(to_float(frames(probe(path), 0, 1)[0].pixels) - picture / 255)[8:-8].max()
    assert found[2] < 0.02
    assert found[1] > 0.2, "read as progressive the fields mix: the test would see it"


def lossless(path: Path, pixel_format: str, planes: list[np.ndarray], tags: ColorTags, size: tuple[int, int]) -> Media:
    """A one-frame FFV1 movie with exactly these codes."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        frame = av.VideoFrame(*size, pixel_format)
        for target in (stream.codec_context, frame):
            target.color_primaries, target.color_trc = tags.primaries, tags.transfer
            target.colorspace, target.color_range = tags.matrix, 1 + tags.full_range
        for plane, codes in zip(frame.planes, planes, strict=True):
            lines = np.zeros((plane.height, plane.line_size // codes.itemsize), codes.dtype)
            lines[:, : plane.width] = codes
            plane.update(lines.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return probe(path)


def codes_of(bits: int, tags: ColorTags, matrix: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Codes of random colours in a 4:4:4 file, and the exact RGB that they stand for, in float64."""
    rgb = np.random.default_rng(bits).uniform(0, 1, (HEIGHT, WIDTH, 3))
    red, green, blue = color.luma_weights(matrix)
    luma = rgb @ [red, green, blue]
    levels = [luma, (rgb[..., 2] - luma) / (2 * (1 - blue)), (rgb[..., 0] - luma) / (2 * (1 - red))]
    step, top = 2 ** (bits - 8), 2**bits - 1
    zeros = [0, 2 ** (bits - 1), 2 ** (bits - 1)] if tags.full_range else [16 * step, 128 * step, 128 * step]
    spans = [top] * 3 if tags.full_range else [219 * step, 224 * step, 224 * step]
    codes = [
        np.rint(np.clip(plane * span + zero, 0, top)) for plane, span, zero in zip(levels, spans, zeros, strict=True)
    ]
    luma, chroma_blue, chroma_red = (
        (plane - zero) / span for plane, span, zero in zip(codes, spans, zeros, strict=True)
    )
    exact_red = luma + 2 * (1 - red) * chroma_red
    exact_blue = luma + 2 * (1 - blue) * chroma_blue
    exact = np.stack([exact_red, (luma - red * exact_red - blue * exact_blue) / green, exact_blue], -1)
    return [plane.astype(np.uint8 if bits == 8 else np.uint16) for plane in codes], exact


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9, 2])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_rgb_is_that_of_the_matrix_and_range_and_gives_every_code_back(
    tmp_path: Path, bits: int, matrix: int, full_range: bool
) -> None:
    tags = ColorTags(1, 1, matrix, full_range)
    used = 6 if matrix == 2 else matrix  # a small picture without a tag is taken for BT.601
    planes, exact = codes_of(bits, tags, used)
    pixel_format = "yuv444p" if bits == 8 else f"yuv444p{bits}le"
    media = lossless(tmp_path / "codes.mkv", pixel_format, planes, tags, (WIDTH, HEIGHT))
    assert media.color == tags
    pixels = frames(media, 0, 1)[0].pixels
    assert pixels.dtype == (np.float16 if bits <= 10 else np.float32)
    assert np.abs(to_float(pixels) - exact).max() < (2**-11 if bits <= 10 else 1 / 65535)
    codes = color.Quantisation(bits, full_range)
    levels = color.rgb_to_ycbcr(to_float(pixels), used)
    scales = (codes.luma_scale(), codes.chroma_scale(), codes.chroma_scale())
    for plane, level, (zero, span) in zip(planes, levels, scales, strict=True):
        assert np.array_equal(np.rint(level * span + zero), plane)


def test_highlights_above_white_are_kept(tmp_path: Path) -> None:
    luma = np.full((HEIGHT, WIDTH), 1019, np.uint16)
    grey = np.full((HEIGHT, WIDTH), 512, np.uint16)
    media = lossless(tmp_path / "bright.mkv", "yuv444p10le", [luma, grey, grey], ColorTags(1, 1, 1), (WIDTH, HEIGHT))
    levels = to_float(frames(media, 0, 1)[0].pixels)
    assert levels.min() == pytest.approx((1019 - 64) / 876, abs=1e-3)


@pytest.mark.parametrize("sampling", ["420", "422", "411"])
def test_chroma_lies_where_the_standard_puts_it(tmp_path: Path, sampling: str) -> None:
    """Chroma rises along the line as the place of its sample does; its reading must fit luma's own places."""
    across, down = {"420": (2, 2), "422": (2, 1), "411": (4, 1)}[sampling]
    luma = np.full((HEIGHT, WIDTH), 126, np.uint8)
    red = (100 + np.arange(WIDTH // across) * across / 2).astype(np.uint8)
    red = np.broadcast_to(red, (HEIGHT // down, WIDTH // across))
    blue = np.full_like(red, 128)
    media = lossless(tmp_path / "siting.mkv", f"yuv{sampling}p", [luma, blue, red], ColorTags(1, 1, 1), (WIDTH, HEIGHT))
    levels = color.rgb_to_ycbcr(to_float(frames(media, 0, 1)[0].pixels), 1)[2]
    places = (levels[HEIGHT // 2] * 224 + 128 - 100) * 2
    assert np.abs(places - np.arange(WIDTH))[8:-8].max() < 0.3


@pytest.mark.parametrize(("pixel_format", "bits"), [("gbrp10le", 10), ("gbrp12le", 12), ("gray10le", 10)])
def test_rgb_and_grey_files_keep_their_numbers(tmp_path: Path, pixel_format: str, bits: int) -> None:
    count = 1 if pixel_format.startswith("gray") else 3
    dtype = np.uint8 if bits == 8 else np.uint16
    planes = [np.random.default_rng(n).integers(0, 2**bits, (HEIGHT, WIDTH)).astype(dtype) for n in range(count)]
    tags = ColorTags(1, 13, 0 if count == 3 else 2, True)
    media = lossless(tmp_path / "numbers.mkv", pixel_format, planes, tags, (WIDTH, HEIGHT))
    assert media.color.full_range
    numbers = to_integers(to_float(frames(media, 0, 1)[0].pixels), bits)
    for channel, plane in zip((1, 2, 0), planes, strict=False):  # FFmpeg's order of planes: green, blue, red
        assert np.array_equal(numbers[..., channel], plane)


@pytest.mark.parametrize("size", [(17, 19), (16, 16), (33, 31)])
@pytest.mark.parametrize("codec", [("ffv1", "yuv420p"), ("ffv1", "yuv422p10le"), ("mjpeg", "yuvj420p")])
def test_odd_and_small_sizes_are_read_whole(tmp_path: Path, size: tuple[int, int], codec: tuple[str, str]) -> None:
    recipe = Recipe(*codec, frames=3, size=size)
    media = probe(make_movie(tmp_path / "odd.mkv", recipe))
    assert (media.width, media.height) == size
    rgb = to_float(frames(media, 2, 3)[0].pixels)
    assert rgb.shape == (size[1], size[0], 3)
    assert np.abs(rgb - bar_code(2, *size) / 255)[size[1] // 2 :].mean() < 0.04


def test_tags_timecode_and_pixel_aspect_are_reported_as_the_file_says(tmp_path: Path) -> None:
    tags = ColorTags(9, 16, 9)
    recipe = Recipe("libx265", "yuv420p10le", NTSC, 3, options=QUIET, tags=tags, timecode="01:00:00;02",
                    pixel_aspect=Fraction(10, 11))  # fmt: skip
    media = probe(make_movie(tmp_path / "hdr.mov", recipe))
    assert (media.color, media.start_timecode, media.pixel_aspect) == (tags, "01:00:00;02", Fraction(10, 11))
    plain = probe(make_movie(tmp_path / "plain.mov", Recipe(frames=2)))
    assert (plain.color, plain.start_timecode, plain.pixel_aspect) == (ColorTags(), None, Fraction(1))


def test_sound_is_noticed(tmp_path: Path) -> None:
    assert probe(make_movie(tmp_path / "sound.mov", Recipe(frames=5, audio="pcm_s16le"))).has_audio
    assert not probe(make_movie(tmp_path / "mute.mov", Recipe(frames=5))).has_audio


@pytest.mark.parametrize(
    "name", ["h264.mp4", "hevc_10bit.mov", "mpeg1.mpg", "mpeg2.mpg", "mpeg2.ts", "h264.ts", "mjpeg.avi"]
)
def test_a_late_frame_is_not_reached_by_decoding_from_the_start(movies: dict[str, Path], name: str) -> None:
    with MovieReader(movies[name]) as reader:
        first, _ = next(next(reader._decodings_of(27)))
    assert 9 <= first <= 27


def test_a_movie_does_not_take_a_rate(tmp_path: Path) -> None:
    path = make_movie(tmp_path / "own.mp4", Recipe(frames=2))
    with pytest.raises(InputError) as caught:
        probe(path, Fraction(25))
    assert caught.value.code == "input.rate"


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    media = probe(make_movie(tmp_path / "one.mp4", Recipe(frames=1, rate=Fraction(25))))
    assert (media.frame_count, media.rate, media.variable_rate) == (1, 25, False)
    assert read_bar_code(to_float(frames(media, 0, 1)[0].pixels)) == 0


@pytest.mark.parametrize("name", ["with space.mp4", "Ünï–日本.mp4", "a:b %04d #.mp4", "concat:x|y.mp4"])
def test_any_name_is_a_file_name(tmp_path: Path, name: str) -> None:
    media = probe(make_movie(tmp_path / "plain.mp4", Recipe(frames=3)).rename(tmp_path / name))
    assert read_bar_code(to_float(frames(media, 2, 3)[0].pixels)) == 2


def test_levels_and_integers() -> None:
    for bits in (8, 10, 12, 16):
        numbers = np.arange(2**bits, dtype=np.float64)
        levels = (numbers / (2**bits - 1)).astype(np.float32)
        assert np.array_equal(to_integers(levels, bits), numbers)
    assert to_integers(np.float32([-1, 0.5, 2, np.nan]), 8).tolist() == [0, 128, 255, 0]
    assert to_integers(np.float32([0.5 / 255, 1.5 / 255]), 8).tolist() == [0, 2], "ties go to the even number"
    for dtype in (np.uint8, np.uint16, np.float16, np.float32):
        top = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
        pixels = np.full((2, 2, 4), top, dtype)
        pixels[..., 3] = 0
        alpha = alpha_of(pixels)
        assert to_float(pixels).tolist() == np.ones((2, 2, 3)).tolist()
        assert alpha is not None and alpha.max() == 0
        assert to_uint8(pixels).tolist() == np.full((2, 2, 3), 255).tolist()


def test_media_is_the_only_room_that_knows_ffmpeg() -> None:
    code = "import sys, likeness_core.api, likeness_core.errors, likeness_core.timing; print('av' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_path())
    assert answer.stdout.strip() == "False"


def _path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "core")}
