"""Bad input: each kind gets our own error with a stable code and a hint, and nothing is lost."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from likeness_core.api import FrameRange
from likeness_core.errors import MediaError
from likeness_core.media import MediaReader, probe, to_float

from tests.core.footage import Recipe, make_movie, read_bar_code

LONG = Recipe(frames=200, options={"g": "12"})
FAST_START = Recipe(frames=200, options={"g": "12"}, container_options={"movflags": "faststart"})


def picture(path: Path, width: int = 32, height: int = 16) -> Path:
    writer = oiio.ImageOutput.create(str(path))
    writer.open(str(path), oiio.ImageSpec(width, height, 3, oiio.UINT8))
    writer.write_image(np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8))
    writer.close()
    return path


def empty(folder: Path) -> Path:
    (folder / "empty.mov").touch()
    return folder / "empty.mov"


def empty_picture(folder: Path) -> Path:
    (folder / "empty.0001.exr").touch()
    return folder / "empty.0001.exr"


def text(folder: Path) -> Path:
    path = folder / "notes.mov"
    path.write_text("Not a movie.\n" * 100)
    return path


def text_picture(folder: Path) -> Path:
    path = folder / "notes.0001.exr"
    path.write_text("Not a picture.\n" * 100)
    return path


def playlist(folder: Path) -> Path:
    path = folder / "list.mov"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://example.com/x.ts\n#EXT-X-ENDLIST\n")
    return path


def cut_off(folder: Path) -> Path:
    path = make_movie(folder / "cut.mp4", LONG)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def sound_only(folder: Path) -> Path:
    path = folder / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
    return path


def unknown_codec(folder: Path) -> Path:
    path = make_movie(folder / "unknown.mov", Recipe("prores_ks", "yuv422p10le", frames=2))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"apch", b"zzzz").replace(b"apcn", b"zzzz"))
    return path


def gap(folder: Path) -> Path:
    for number in (1, 2, 3, 5, 6):
        picture(folder / f"shot.{number:04d}.png")
    return folder / "shot.0002.png"


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda folder: folder / "missing.mov", "media.not_found", "missing.mov"),
        (lambda folder: folder / "missing.####.exr", "media.not_found", "missing"),
        (lambda folder: folder / "nowhere" / "a.0001.exr", "media.not_found", "nowhere"),
        (lambda folder: folder, "media.is_directory", "folder"),
        (empty, "media.empty", "empty.mov"),
        (empty_picture, "media.empty", "empty.0001.exr"),
        (text, "media.not_media", "notes.mov"),
        (text_picture, "media.not_media", "notes.0001.exr"),
        (playlist, "media.not_media", "list.mov"),
        (cut_off, "media.truncated", "moov"),
        (sound_only, "media.no_video", "sound.wav"),
        (unknown_codec, "media.unsupported_codec", "unknown.mov"),
        (gap, "media.gap", "shot.0004.png"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, make: Callable[[Path], Path], code: str, says: str) -> None:
    with pytest.raises(MediaError) as caught:
        probe(make(tmp_path))
    assert caught.value.code == code
    assert says in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint.endswith(".")


@pytest.mark.parametrize("share", [0.4, 0.55, 0.7, 0.9])
def test_of_a_truncated_movie_the_frames_before_the_end_are_counted_and_read(tmp_path: Path, share: float) -> None:
    path = make_movie(tmp_path / "cut.mp4", FAST_START)
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])
    media = probe(path)
    assert 10 < media.frame_count < 200
    # One packet may be cut in two: it is neither a frame nor lost without a trace.
    assert media.frame_count + media.lost_frames == 200
    with MediaReader(media) as reader:
        for frame in reader.frames(FrameRange(0, media.frame_count)):
            assert read_bar_code(to_float(frame.pixels)) == frame.index


def test_a_whole_movie_has_lost_nothing(tmp_path: Path) -> None:
    assert probe(make_movie(tmp_path / "whole.mp4", FAST_START)).lost_frames == 0


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("intra.mov", Recipe("prores_ks", "yuv422p10le", frames=20)),
        ("mpeg2.mkv", Recipe("mpeg2video", rate=Fraction(25), frames=20, options={"g": "1"})),
        ("long.mp4", Recipe(rate=Fraction(25), frames=20, options={"bf": "0", "g": "5"})),
    ],
)
def test_a_damaged_frame_is_named_and_the_others_are_read(tmp_path: Path, name: str, recipe: Recipe) -> None:
    path = make_movie(tmp_path / name, recipe)
    with av.open(str(path)) as container:
        victim = [packet for packet in container.demux(video=0) if packet.size][12]
        position, size = victim.pos, victim.size
    data = bytearray(path.read_bytes())
    middle = data.index(bytes(victim), position) + size // 2
    data[middle : middle + size // 4] = bytes(value ^ 0xFF for value in data[middle : middle + size // 4])
    path.write_bytes(data)
    media = probe(path)
    assert media.frame_count == 20
    with MediaReader(media) as reader:
        seen = []
        with pytest.raises(MediaError) as caught:
            for frame in reader.frames(FrameRange(8, 20)):
                seen.append(frame.index)
        assert caught.value.code == "media.damaged"
        assert "frame 12" in caught.value.message
        assert "12" in caught.value.hint
        assert seen == [8, 9, 10, 11]
        after = next(reader.frames(FrameRange(16, 17)))
        assert read_bar_code(to_float(after.pixels)) == 16


@pytest.mark.parametrize("suffix", ["png", "exr", "dpx", "tif"])
def test_a_truncated_picture_is_named(tmp_path: Path, suffix: str) -> None:
    for number in range(3):
        picture(tmp_path / f"shot.{number:04d}.{suffix}", 96, 64)
    broken = tmp_path / f"shot.0001.{suffix}"
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size * 2 // 3])
    media = probe(tmp_path / f"shot.%04d.{suffix}")
    with MediaReader(media) as reader:
        with pytest.raises(MediaError) as caught:
            list(reader.frames(FrameRange(0, 3)))
        assert caught.value.code == "media.damaged"
        assert broken.name in caught.value.message
        assert len(list(reader.frames(FrameRange(2, 3)))) == 1


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    picture(tmp_path / "shot.0001.png")
    picture(tmp_path / "shot.0002.png", 48, 16)
    media = probe(tmp_path / "shot.0001.png")
    with MediaReader(media) as reader, pytest.raises(MediaError) as caught:
        list(reader.frames(FrameRange(0, 2)))
    assert caught.value.code == "media.changes"
    assert "shot.0002.png" in caught.value.message


def test_a_picture_that_disappears_is_named(tmp_path: Path) -> None:
    for number in (1, 2):
        picture(tmp_path / f"shot.{number}.png")
    media = probe(tmp_path / "shot.1.png")
    (tmp_path / "shot.2.png").unlink()
    with MediaReader(media) as reader, pytest.raises(MediaError) as caught:
        list(reader.frames(FrameRange(0, 2)))
    assert caught.value.code == "media.not_found"
