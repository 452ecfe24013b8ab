import hashlib
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from likeness_core.api import MOST_CARRIED
from likeness_core.errors import ReferencePhotoError
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.references import (
    SMALLEST_FACE_PX,
    LoadedReferences,
    load_references,
    read_photo,
    usable_references,
)
from likeness_core.steps import carry_out

from tests.core.openpeople_footage import Picture, portrait, put, room, selfie


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return open_face_analyser(device="cpu")


def save(path: Path, rgb: np.ndarray) -> Path:
    bgr = np.ascontiguousarray(rgb[:, :, ::-1]) if rgb.ndim == 3 else rgb
    assert cv2.imwrite(str(path), bgr)
    return path


def error_of(path: Path, analyser: FaceAnalyser) -> ReferencePhotoError:
    with pytest.raises(ReferencePhotoError) as caught:
        load_references((path,), analyser)
    assert path.name in caught.value.message and "\n" not in caught.value.message and caught.value.hint
    return caught.value


def test_good_photographs(analyser: FaceAnalyser, tmp_path: Path) -> None:
    paths = (save(tmp_path / "front.png", portrait(1)), save(tmp_path / "selfie.jpg", selfie(1)))
    loaded = load_references(paths, analyser)
    assert loaded.warnings == ()
    assert loaded.set.name == "front"
    assert [photo.path for photo in loaded.set.photos] == [str(path) for path in paths]
    first = loaded.set.photos[0]
    assert first.sha256 == hashlib.sha256(paths[0].read_bytes()).hexdigest()
    np.testing.assert_allclose(np.linalg.norm(first.embedding), 1, atol=1e-5)
    assert np.dot(first.embedding, loaded.set.photos[1].embedding) > 0.5
    assert 0.5 < first.quality <= 1


@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "webp"])
def test_formats(extension: str, tmp_path: Path) -> None:
    picture = portrait(2)
    read = read_photo(save(tmp_path / f"photo.{extension}", picture))
    assert read.shape == picture.shape and read.dtype == np.uint8
    assert np.abs(read.astype(int) - picture).mean() < 4


def test_sixteen_bits_and_grey(analyser: FaceAnalyser, tmp_path: Path) -> None:
    deep = read_photo(save(tmp_path / "deep.tif", portrait(2).astype(np.uint16) * 257))
    assert np.abs(deep.astype(int) - portrait(2)).max() <= 1
    grey = cv2.cvtColor(portrait(2), cv2.COLOR_RGB2GRAY)
    path = save(tmp_path / "grey.png", grey)
    np.testing.assert_array_equal(read_photo(path), np.repeat(grey[..., None], 3, axis=2))
    assert load_references((path,), analyser).warnings == ()


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    """A camera held upright stores the picture lying down, and says so."""
    upright = portrait(3)[:, :400]
    path = save(tmp_path / "phone.jpg", np.rot90(upright))
    content = path.read_bytes()
    # A TIFF header with one entry: tag 0x0112 (orientation), type short, value 6 (turn right to display).
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    segment = b"Exif\0\0" + tiff
    path.write_bytes(content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:])
    assert read_photo(path).shape == upright.shape
    assert np.abs(read_photo(path).astype(int) - upright).mean() < 4


@pytest.mark.parametrize("content", [None, b"", b"this is no picture", b"\xff\xd8\xff\xe0\0\x10JFIF"])
def test_unreadable(content: bytes | None, analyser: FaceAnalyser, tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    if content is not None:
        path.write_bytes(content)
    assert error_of(path, analyser).code == "reference.unreadable"


def test_a_folder_is_unreadable(analyser: FaceAnalyser, tmp_path: Path) -> None:
    assert error_of(tmp_path, analyser).code == "reference.unreadable"


def test_no_face(analyser: FaceAnalyser, tmp_path: Path) -> None:
    assert error_of(save(tmp_path / "wall.png", room(320, 240)), analyser).code == "reference.no_face"


def group(*people: tuple[int, int]) -> Picture:
    """People side by side, with the side of their picture in px."""
    frame, left = room(1200, 400), 0
    for person, side in people:
        frame = put(frame, portrait(person), left, 0, side)
        left += side
    return frame


def test_several_faces_are_counted(analyser: FaceAnalyser, tmp_path: Path) -> None:
    error = error_of(save(tmp_path / "group.png", group((1, 400), (2, 300), (3, 400))), analyser)
    assert error.code == "reference.several_faces" and "3 faces" in error.message and "Crop" in error.hint


def test_somebody_small_in_the_background_is_overlooked(analyser: FaceAnalyser, tmp_path: Path) -> None:
    photo = load_references((save(tmp_path / "street.png", group((1, 400), (2, 90))),), analyser).set.photos[0]
    assert photo.face.box[0] < 400


def test_too_small(analyser: FaceAnalyser, tmp_path: Path) -> None:
    error = error_of(save(tmp_path / "stamp.png", portrait(1, 110)), analyser)
    assert error.code == "reference.too_small" and str(SMALLEST_FACE_PX) in error.hint


@pytest.mark.parametrize("count", [0, 6])
def test_count(count: int, analyser: FaceAnalyser, tmp_path: Path) -> None:
    with pytest.raises(ReferencePhotoError) as caught:
        load_references((save(tmp_path / "one.png", portrait(1)),) * count, analyser)
    assert caught.value.code == "reference.count"


def usable(paths: list[Path], analyser: FaceAnalyser) -> LoadedReferences:
    return carry_out(usable_references(tuple(paths), analyser), lambda _: None)


def test_of_many_photographs_those_that_cannot_serve_are_left_out(analyser: FaceAnalyser, tmp_path: Path) -> None:
    good = [save(tmp_path / f"{i}.png", np.roll(portrait(1), i, axis=1)) for i in range(7)]  # more than a job takes
    empty = save(tmp_path / "empty.png", room(200, 200))
    again = tmp_path / "again.png"
    again.write_bytes(good[2].read_bytes())
    missing = tmp_path / "missing.png"
    loaded = usable([*good[:3], empty, again, missing, *good[3:]], analyser)
    assert [photo.path for photo in loaded.set.photos] == [str(path) for path in good]
    for name, why in (("empty.png", "no face"), ("again.png", "the same photograph as 2.png"), ("missing.png", "read")):
        assert any(name in warning and why in warning for warning in loaded.warnings)


def test_where_none_can_serve_it_is_the_first_that_is_named(analyser: FaceAnalyser, tmp_path: Path) -> None:
    empty = save(tmp_path / "empty.png", room(200, 200))
    with pytest.raises(ReferencePhotoError) as caught:
        usable([empty, tmp_path / "missing.png"], analyser)
    assert caught.value.code == "reference.no_face"
    with pytest.raises(ReferencePhotoError) as caught:
        usable([empty] * (MOST_CARRIED + 1), analyser)
    assert caught.value.code == "reference.count"


def test_warnings(analyser: FaceAnalyser, tmp_path: Path) -> None:
    one = save(tmp_path / "one.png", portrait(1))
    other = save(tmp_path / "other.png", portrait(2))
    (different,) = load_references((one, other), analyser).warnings
    assert "one.png and other.png" in different and "different people" in different
    (repeated,) = load_references((one, one), analyser).warnings
    assert "same photograph" in repeated
    blurred = save(tmp_path / "blurred.png", cv2.GaussianBlur(portrait(1), (0, 0), 9))
    assert "blurred" in load_references((blurred,), analyser).warnings[0]


def test_quality_falls_with_size_and_blur(analyser: FaceAnalyser, tmp_path: Path) -> None:
    def quality(picture: np.ndarray) -> float:
        return load_references((save(tmp_path / "photo.png", picture),), analyser).set.photos[0].quality

    large, small = quality(portrait(1, 900)), quality(portrait(1, 250))
    blurred = quality(cv2.GaussianBlur(portrait(1, 900), (0, 0), 12))
    assert large > small + 0.1 and large > blurred + 0.1
