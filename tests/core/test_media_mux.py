"""Movies out, read back from the boxes of the file themselves and with OpenCV."""

import dataclasses
import itertools
import json
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from likeness_core.api import ColorTags, FrameRange, Media, OutputSpec
from likeness_core.errors import InputError, MediaError
from likeness_core.media import MediaReader, RestoredFrame, alpha_of, probe, to_float
from likeness_core.media.mux import MOVIE_FORMATS, movie_path, mux_movie

from tests.core.file_readers import boxes, colour, durations, sample_entry, start_timecode
from tests.core.footage import HEIGHT, WIDTH, Recipe, bar_code, click_times, make_movie, read_bar_code

NTSC = Fraction(30000, 1001)
FILM = Fraction(24000, 1001)
SD = ColorTags(6, 6, 6)
HDR = ColorTags(9, 16, 9)
X264 = {"g": "12", "bf": "3"}


def untouched(media: Media, wanted: FrameRange) -> Iterator[RestoredFrame]:
    with MediaReader(media) as reader:
        for frame in reader.frames(wanted):
            yield RestoredFrame(frame.index, to_float(frame.pixels), alpha_of(frame.pixels))


def mux(folder: Path, media: Media, kind: str, wanted: FrameRange | None = None) -> Path:
    wanted = wanted or FrameRange(0, media.frame_count)
    output = OutputSpec(str(folder), "result", kind)
    done = list(mux_movie(output, media, wanted, untouched(media, wanted), movie_path(output), {"likeness:seed": "7"}))
    assert done == list(range(1, len(wanted) + 1))
    return movie_path(output)


def shown(path: Path) -> list[int]:
    player = cv2.VideoCapture(str(path))
    numbers = []
    while True:
        more, picture = player.read()
        if not more:
            return numbers
        numbers.append(read_bar_code(picture[..., ::-1].astype(np.float32) / 255))


def sound(path: Path) -> tuple[str, np.ndarray]:
    """Codec and samples (values, channels) of the first audio track, from time zero on."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
        planar = stream.codec_context.format.is_planar
    joined = [block.T if planar else block.reshape(-1, 2) for block in blocks]
    samples = np.concatenate(joined).astype(np.float64)
    return stream.codec_context.name, samples / max(1e-9, np.abs(samples).max())


@pytest.mark.parametrize("kind", MOVIE_FORMATS)
@pytest.mark.parametrize(
    ("rate", "timecode", "wanted", "first"),
    [
        (FILM, "01:00:00:00", FrameRange(5, 17), (86405, False)),
        (NTSC, "00:59:59;28", FrameRange(2, 12), (107892, True)),
        (NTSC, "00:59:59:28", FrameRange(2, 12), (108000, False)),
        (Fraction(25), "10:00:00:00", FrameRange(0, 20), (900000, False)),
    ],
)
def test_rate_timecode_and_range_are_the_sources(
    tmp_path: Path, kind: str, rate: Fraction, timecode: str, wanted: FrameRange, first: tuple[int, bool]
) -> None:
    recipe = Recipe(rate=rate, frames=20, options=X264, timecode=timecode)
    path = mux(tmp_path, probe(make_movie(tmp_path / "source.mov", recipe)), kind, wanted)
    assert durations(path) == [1 / rate] * len(wanted)
    assert start_timecode(path) == first
    assert shown(path) == list(wanted.frames())


def test_without_a_timecode_none_is_made_up(tmp_path: Path) -> None:
    path = mux(tmp_path, probe(make_movie(tmp_path / "source.mov", Recipe(frames=3))), "prores")
    assert b"tmcd" not in path.read_bytes()


@pytest.mark.parametrize("kind", ["prores", "h264"])
def test_a_variable_rate_stays_as_it_was(tmp_path: Path, kind: str) -> None:
    steps = [1000, 1000, 5000, 500, 1000, 2500] * 5
    times = [0, *itertools.accumulate(steps)][:30]
    recipe = Recipe(options=X264, times=times, time_base=Fraction(1, 30000))
    media = probe(make_movie(tmp_path / "source.mp4", recipe))
    path = mux(tmp_path, media, kind, FrameRange(4, 22))
    again = probe(path)
    assert again.frame_count == 18
    with MediaReader(again) as reader:
        got = list(reader.frames(FrameRange(0, 18)))
    assert [frame.seconds for frame in got] == [Fraction(times[n] - times[4], 30000) for n in range(4, 22)]
    assert [read_bar_code(to_float(frame.pixels)) for frame in got] == list(range(4, 22))
    # B-frames hide in composition offsets; ProRes shows every picture's own length.
    if kind == "prores":
        assert durations(path)[:-1] == [Fraction(step, 30000) for step in steps[4:21]]
        assert durations(path)[-1] > 0


@pytest.mark.parametrize("kind", MOVIE_FORMATS)
@pytest.mark.parametrize("tags", [ColorTags(1, 1, 1), SD, HDR, ColorTags(9, 18, 9), ColorTags(5, 1, 5)])
def test_colour_tags_are_the_sources_in_file_and_stream(tmp_path: Path, kind: str, tags: ColorTags) -> None:
    recipe = Recipe("ffv1", "yuv422p10le", frames=2, tags=tags)
    path = mux(tmp_path, probe(make_movie(tmp_path / "source.mkv", recipe)), kind)
    expected = (tags.primaries, tags.transfer, tags.matrix)
    if kind != "h264" and tags.matrix == 5:
        expected = (5, 1, 6)  # QuickTime has one code for BT.601, its weights are the same
    assert colour(path)[:3] == expected
    if kind != "h264":  # the frame header of ProRes itself: SMPTE RDD 36, bytes 14 to 16 after size and "icpf"
        data = path.read_bytes()
        header = data.index(b"icpf") + 4
        assert tuple(data[header + 14 : header + 17]) == expected


def test_unspecified_colour_stays_unspecified(tmp_path: Path) -> None:
    for kind in MOVIE_FORMATS:
        path = mux(tmp_path, probe(make_movie(tmp_path / "source.mkv", Recipe("ffv1", frames=2))), kind)
        assert colour(path)[:3] in ((), (2, 2, 2))
        assert probe(path).color == ColorTags()


def test_range_is_the_sources_where_the_format_has_one(tmp_path: Path) -> None:
    recipe = Recipe("mjpeg", "yuvj420p", frames=2)
    media = probe(make_movie(tmp_path / "source.avi", recipe))
    assert media.color.full_range
    assert probe(mux(tmp_path, media, "h264")).color.full_range
    assert not probe(mux(tmp_path, media, "prores")).color.full_range
    for kind in ("h264", "prores"):
        again = probe(movie_path(OutputSpec(str(tmp_path), "result", kind)))
        levels = next(untouched(again, FrameRange(0, 1))).rgb
        assert np.abs(levels - next(untouched(media, FrameRange(0, 1))).rgb).mean() < 0.01


def test_rgb_footage_says_which_matrix_was_used(tmp_path: Path) -> None:
    media = probe(make_movie(tmp_path / "source.mov", Recipe("png", "rgb24", frames=2)))
    assert probe(mux(tmp_path, media, "prores")).color.matrix == 6


def test_an_enlarged_frame_says_its_matrix_where_players_would_now_guess_another(tmp_path: Path) -> None:
    media = probe(make_movie(tmp_path / "source.mkv", Recipe("ffv1", frames=1, size=(640, 360))))
    large = np.repeat(np.repeat(next(untouched(media, FrameRange(0, 1))).rgb, 2, axis=0), 2, axis=1)
    output = OutputSpec(str(tmp_path), "large", "prores")
    list(mux_movie(output, media, FrameRange(0, 1), [RestoredFrame(0, large)], movie_path(output)))
    again = probe(movie_path(output))
    assert (again.width, again.height, again.color.matrix) == (1280, 720, 6)
    with MediaReader(again) as reader:
        assert np.abs(to_float(next(reader.frames(FrameRange(0, 1))).pixels) - large).mean() < 0.005


@pytest.mark.parametrize("kind", MOVIE_FORMATS)
def test_pixel_aspect_and_fields_are_the_sources(tmp_path: Path, kind: str) -> None:
    recipe = Recipe("prores_ks", "yuv422p10le", Fraction(25), 2, field_order=2, pixel_aspect=Fraction(16, 15))
    path = mux(tmp_path, probe(make_movie(tmp_path / "source.mov", recipe)), kind)
    across, down = struct.unpack(">II", boxes(sample_entry(path), "pasp")[0])
    assert Fraction(across, down) == Fraction(16, 15)
    if kind != "h264":
        assert boxes(sample_entry(path), "fiel")[0][0] == 2, "two fields"
        assert probe(path).field_order == "tff"


def test_metadata_and_name(tmp_path: Path) -> None:
    path = mux(tmp_path, probe(make_movie(tmp_path / "source.mov", Recipe(frames=2))), "prores")
    assert path == tmp_path / "result.mov"
    with av.open(str(path)) as container:
        assert container.metadata["likeness:seed"] == "7"
        assert container.metadata["likeness:transfer"] == "unspecified"


@pytest.mark.parametrize("kind", ["prores", "prores4444"])
def test_prores_is_faithful_to_ten_bits(tmp_path: Path, kind: str) -> None:
    media = probe(make_movie(tmp_path / "source.mkv", Recipe("ffv1", "yuv422p10le", frames=2, tags=ColorTags(1, 1, 1))))
    before = [frame.rgb for frame in untouched(media, FrameRange(0, 2))]
    after = [frame.rgb for frame in untouched(probe(mux(tmp_path, media, kind)), FrameRange(0, 2))]
    error = np.abs(np.stack(before) - np.stack(after))
    assert error.mean() < 0.002
    assert np.abs((np.stack(after) - np.stack(before)).mean(axis=(0, 1, 2))).max() < 0.001, "no shift of colour"


def test_untouched_frames_are_what_the_same_encoder_makes_of_them(tmp_path: Path) -> None:
    """One frame in ten is changed: the packets of the others are the same bit for bit."""
    media = probe(make_movie(tmp_path / "source.mov", Recipe("prores_ks", "yuv422p10le", frames=10)))
    wanted = FrameRange(0, 10)

    def restored() -> Iterator[RestoredFrame]:
        for frame in untouched(media, wanted):
            yield RestoredFrame(frame.index, frame.rgb * np.float32(0.5 if frame.index == 4 else 1))

    packets = {}
    for name, frames in (("plain", untouched(media, wanted)), ("restored", restored())):
        output = OutputSpec(str(tmp_path), name, "prores")
        list(mux_movie(output, media, wanted, frames, movie_path(output)))
        with av.open(str(movie_path(output))) as container:
            packets[name] = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    same = [one == other for one, other in zip(packets["plain"], packets["restored"], strict=True)]
    assert same == [index != 4 for index in range(10)]


def test_alpha_goes_through_prores_4444(tmp_path: Path) -> None:
    alpha = np.linspace(0, 1, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH)
    media = probe(make_movie(tmp_path / "source.mov", Recipe("png", "rgba", frames=1)))
    rgb = (bar_code(3) / np.float32(255)).astype(np.float32)
    output = OutputSpec(str(tmp_path), "x", "prores4444")
    list(mux_movie(output, media, FrameRange(0, 1), [RestoredFrame(0, rgb, alpha)], movie_path(output)))
    again = probe(movie_path(output))
    assert again.has_alpha
    got = next(untouched(again, FrameRange(0, 1)))
    assert got.alpha is not None
    assert np.abs(got.alpha - alpha).max() < 2 / 1023


@pytest.mark.parametrize("kind", MOVIE_FORMATS)
@pytest.mark.parametrize("size", [(17, 19), (16, 16), (33, 48)])
def test_odd_and_small_sizes_are_written(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    media = probe(make_movie(tmp_path / "source.mkv", Recipe("ffv1", frames=2, size=size)))
    again = probe(mux(tmp_path, media, kind))
    even = tuple(length + length % 2 for length in size)
    assert (again.width, again.height) == (even if kind == "h264" else size)


@pytest.mark.parametrize(("codec", "container"), [("pcm_s16le", "mov"), ("pcm_s24le", "mov"), ("aac", "mp4")])
def test_the_sound_of_a_whole_clip_is_copied(tmp_path: Path, codec: str, container: str) -> None:
    recipe = Recipe(rate=NTSC, frames=20, options=X264, audio=codec)
    source = make_movie(tmp_path / f"source.{container}", recipe)
    path = mux(tmp_path, probe(source), "prores")
    data = []
    for file in (source, path):
        with av.open(str(file)) as opened:
            assert opened.streams.audio[0].codec_context.name == codec
            data.append(b"".join(bytes(packet) for packet in opened.demux(audio=0) if packet.size))
    assert data[0] == data[1]
    assert np.flatnonzero(sound(path)[1][:, 0] > 0.7).tolist()[:1] == [0]


@pytest.mark.parametrize("rate", [NTSC, FILM, Fraction(25)])
@pytest.mark.parametrize(
    ("codec", "container", "expected"),
    [("pcm_s16le", "mov", "pcm_s16le"), ("pcm_s24le", "mov", "pcm_s24le"), ("flac", "mkv", "pcm_s16le")],
)
def test_the_sound_of_a_part_is_cut_to_the_sample(
    tmp_path: Path, codec: str, container: str, expected: str, rate: Fraction
) -> None:
    recipe = Recipe(rate=rate, frames=90, audio=codec, options=X264)
    wanted = FrameRange(61, 85)
    media = probe(make_movie(tmp_path / f"source.{container}", recipe))
    name, samples = sound(mux(tmp_path, media, "prores", wanted))
    clicks = click_times(recipe)
    assert name == expected
    tolerance = 0 if container == "mov" else 48  # Matroska rounds times to a millisecond
    assert abs(len(samples) - round(24 / rate * 48000)) <= 1
    heard = np.flatnonzero(samples[:, 0] > 0.9)
    asked = np.array(clicks[61:85]) - clicks[61]
    assert len(heard) == 24
    assert np.abs(heard - asked).max() <= tolerance


def test_compressed_sound_of_a_part_starts_with_its_frame(tmp_path: Path) -> None:
    recipe = Recipe(rate=Fraction(25), frames=60, audio="aac", options=X264)
    media = probe(make_movie(tmp_path / "source.mp4", recipe))
    for kind, codec in (("prores", "pcm_s24le"), ("h264", "aac")):
        name, samples = sound(mux(tmp_path, media, kind, FrameRange(30, 50)))
        assert name == codec
        loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.5)
        assert np.abs(loud[:, None] - np.arange(20) * 1920).min(axis=1).max() < 100
        assert loud[0] < 100


def test_a_silent_source_makes_a_silent_movie(tmp_path: Path) -> None:
    path = mux(tmp_path, probe(make_movie(tmp_path / "source.mov", Recipe(frames=3))), "prores")
    with av.open(str(path)) as container:
        assert not container.streams.audio


@pytest.mark.parametrize("kind", MOVIE_FORMATS)
def test_the_same_frames_are_the_same_file_on_any_day(tmp_path: Path, kind: str) -> None:
    media = probe(make_movie(tmp_path / "source.mov", Recipe(frames=12, audio="pcm_s16le", timecode="01:00:00:00")))
    first = mux(tmp_path / "one", media, kind).read_bytes()
    time.sleep(1.1)
    assert mux(tmp_path / "two", media, kind).read_bytes() == first
    for stamp in (b"Lavf", b"Lavc", b"x264", b"/tmp"):
        assert stamp not in first
    assert struct.unpack_from(">II", boxes(first, "moov/mvhd")[0], 4) == (0, 0), "no time of making"


def test_stopping_early_leaves_what_was_there_before(tmp_path: Path) -> None:
    media = probe(make_movie(tmp_path / "source.mov", Recipe(frames=8, audio="pcm_s16le")))
    output = OutputSpec(str(tmp_path / "out"), "x", "prores")
    path = movie_path(output)
    wanted = FrameRange(0, 8)
    job = mux_movie(output, media, wanted, untouched(media, wanted), path)
    assert [next(job), next(job)] == [1, 2]
    job.close()
    assert list(path.parent.iterdir()) == []

    def interrupted() -> Iterator[RestoredFrame]:
        for frame in untouched(media, wanted):
            if frame.index == 3:
                raise KeyboardInterrupt
            yield frame

    path.write_bytes(b"the result of before")
    with pytest.raises(KeyboardInterrupt):
        list(mux_movie(output, media, wanted, interrupted(), path))
    assert [entry.name for entry in path.parent.iterdir()] == ["x.mov"]
    assert path.read_bytes() == b"the result of before"


def test_too_few_or_too_many_frames_are_a_mistake_of_the_caller(tmp_path: Path) -> None:
    media = probe(make_movie(tmp_path / "source.mov", Recipe(frames=8)))
    output = OutputSpec(str(tmp_path / "out"), "x", "prores")
    for given in (FrameRange(0, 4), FrameRange(0, 6)):
        with pytest.raises(ValueError, match=r"zip\(\)"):
            list(mux_movie(output, media, FrameRange(0, 5), untouched(media, given), movie_path(output)))
    assert list((tmp_path / "out").iterdir()) == []


def test_requests_that_cannot_be_met_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        movie_path(OutputSpec(str(tmp_path), "x", "exr"))
    assert caught.value.code == "media.unknown_format"
    (tmp_path / "file").write_text("in the way")
    media = probe(make_movie(tmp_path / "source.mov", Recipe(frames=1)))
    output = OutputSpec(str(tmp_path / "file"), "x", "prores")
    with pytest.raises(MediaError) as blocked:
        list(mux_movie(output, media, FrameRange(0, 1), untouched(media, FrameRange(0, 1)), movie_path(output)))
    assert blocked.value.code == "media.not_writable"


def test_a_sequence_becomes_a_movie_at_its_rate(tmp_path: Path) -> None:
    for number in range(1001, 1006):
        cv2.imwrite(str(tmp_path / f"plate.{number}.png"), bar_code(number % 256)[..., ::-1])
    media = probe(tmp_path / "plate.1001.png", FILM)
    path = mux(tmp_path, dataclasses.replace(media, start_timecode="00:00:41:17"), "prores", FrameRange(1, 4))
    assert shown(path) == [number % 256 for number in (1002, 1003, 1004)]
    assert durations(path) == [1 / FILM] * 3
    assert start_timecode(path) == (1002, False)


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe on this machine")
@pytest.mark.parametrize("kind", MOVIE_FORMATS)
def test_ffprobe_agrees(tmp_path: Path, kind: str) -> None:
    recipe = Recipe("ffv1", "yuv422p10le", NTSC, 4, tags=HDR)
    source = probe(make_movie(tmp_path / "source.mkv", recipe))
    media = dataclasses.replace(source, start_timecode="01:00:00;02", pixel_aspect=Fraction(10, 11))
    path = mux(tmp_path, media, kind)
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)]
    streams = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["streams"]
    video = next(stream for stream in streams if stream["codec_type"] == "video")
    expected = {
        "avg_frame_rate": "30000/1001",
        "nb_read_frames": "4",
        "color_primaries": "bt2020",
        "color_transfer": "smpte2084",
        "color_space": "bt2020nc",
        "sample_aspect_ratio": "10:11",
    }
    assert {name: video[name] for name in expected} == expected
    assert any(stream.get("tags", {}).get("timecode") == "01:00:00;02" for stream in streams)


def test_the_same_frames_give_the_same_preview_whatever_memory_held_before(tmp_path: Path) -> None:
    """An encoder that reads memory which nobody wrote shows after a few tries; each takes a tenth of a second."""
    random = np.random.default_rng(0)
    wall = cv2.GaussianBlur(random.random((200, 300, 3), np.float32), (0, 0), 3) * 2 - 0.5
    grain = random.normal(0, 0.02, (200, 300, 3)).astype(np.float32)
    frames = [
        RestoredFrame(n, np.ascontiguousarray((wall + np.roll(grain, n * 7, 1))[n // 3 :, n:][:120, :160].clip(0, 1)))
        for n in range(60)
    ]
    media = probe(make_movie(tmp_path / "source.mov", Recipe(frames=60, size=(160, 120))))
    output = OutputSpec(str(tmp_path), "result", "h264")
    results = set()
    held: list[np.ndarray] = []
    for _ in range(15):
        held.append(np.ones(int(random.integers(1, 3_000_000)), np.uint8))  # so that memory is not the same again
        del held[: len(held) - 3]
        list(mux_movie(output, media, FrameRange(0, 60), frames, movie_path(output)))
        results.add(movie_path(output).read_bytes())
    assert len(results) == 1
