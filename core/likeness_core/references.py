"""Reference photographs: read, checked, and measured before anything is restored with them."""

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from likeness_core.api import MOST_CARRIED, ReferencePhoto, ReferenceSet
from likeness_core.errors import ReferencePhotoError
from likeness_core.face_quality import FaceQuality, face_quality
from likeness_core.faces import SURE_SCORE, FaceAnalyser, FoundFace, Picture
from likeness_core.people import SAME_PERSON

MOST_PHOTOS = 5
# The smallest crop that is restored, 128 px, shows a face 69 px wide: a smaller photograph has nothing to add to it.
SMALLEST_FACE_PX = 64
_BYSTANDER_SHARE = 0.25  # a face of less than this share of the largest one's width is somebody in the background
_BLURRED = 0.4  # sharpness of a face 34 px wide that was enlarged is 0.53
_TURNED_AWAY = 0.25  # frontality; nearly a profile


@dataclass(frozen=True, slots=True)
class LoadedReferences:
    """Photographs that can serve, and what the editor should know of them."""

    set: ReferenceSet
    warnings: tuple[str, ...]  # one line each


def load_references(paths: tuple[Path, ...], analyser: FaceAnalyser) -> LoadedReferences:
    """Read and check one to five photographs of one person; the set is named after the first.

    Raises ReferencePhotoError: `reference.count`, `.unreadable`, `.no_face`, `.several_faces`, `.too_small`.
    Photographs that seem to show different people, that repeat each other, are blurred or nearly in profile are
    warnings: the editor may know better.
    """
    if not 1 <= len(paths) <= MOST_PHOTOS:
        message = f"{len(paths)} reference photographs were given"
        hint = f"Give 1 to {MOST_PHOTOS}, the best ones; an identity pack takes up to {MOST_CARRIED}."
        raise ReferencePhotoError("reference.count", message, hint)
    checked = [check_photo(path, analyser) for path in paths]
    photos = tuple(photo for photo, _ in checked)
    warnings = tuple(doubt for _, doubts in checked for doubt in doubts)
    return LoadedReferences(ReferenceSet(paths[0].stem, photos), warnings + doubts_together(photos))


def usable_references(paths: tuple[Path, ...], analyser: FaceAnalyser) -> Generator[int, None, LoadedReferences]:
    """The same of up to MOST_CARRIED photographs, but those that cannot serve, and repeats, are left out and said.

    Yields how many were looked at. Raises ReferencePhotoError: `reference.count`, or what is wrong with the first
    where none can serve.
    """
    if not 1 <= len(paths) <= MOST_CARRIED:
        message = f"{len(paths)} photographs were given"
        raise ReferencePhotoError("reference.count", message, f"An identity pack carries 1 to {MOST_CARRIED}.")
    photos: dict[str, ReferencePhoto] = {}
    warnings: list[str] = []
    failures: list[ReferencePhotoError] = []
    for number, path in enumerate(paths):
        yield number
        try:
            photo, doubts = check_photo(path, analyser)
        except ReferencePhotoError as error:
            failures.append(error)
            warnings.append(f"left out: {error.message}")
            continue
        if photo.sha256 in photos:
            warnings.append(f"left out: {path.name} is the same photograph as {Path(photos[photo.sha256].path).name}")
            continue
        photos[photo.sha256] = photo
        warnings.extend(doubts)
    if not photos:
        raise failures[0]
    kept = tuple(photos.values())
    return LoadedReferences(ReferenceSet(Path(kept[0].path).stem, kept), (*warnings, *doubts_together(kept)))


def check_photo(path: Path, analyser: FaceAnalyser) -> tuple[ReferencePhoto, tuple[str, ...]]:
    """One photograph, and what speaks against it, one line each. Raises ReferencePhotoError as `load_references`."""
    photo, quality = _load(path, analyser)
    return photo, tuple(_doubts(path.name, quality))


def doubts_together(photos: tuple[ReferencePhoto, ...]) -> tuple[str, ...]:
    """What speaks against photographs as those of one person, one line each."""
    warnings = []
    for one, other in combinations(photos, 2):
        names = f"{Path(one.path).name} and {Path(other.path).name}"
        likeness = float(np.dot(one.embedding, other.embedding))
        if one.sha256 == other.sha256:
            warnings.append(f"{names} are the same photograph")
        elif likeness < SAME_PERSON:
            warnings.append(f"{names} seem to show different people (likeness {likeness:.2f})")
    return tuple(warnings)


def read_photo(path: Path) -> Picture:
    """A photograph as uint8 RGB (H, W, 3), turned as its EXIF data says; 16 bits are reduced to 8, grey is repeated.

    JPEG, PNG, TIFF, WebP, AVIF and whatever else OpenCV reads. Colour profiles are not applied, transparency is
    dropped. Raises ReferencePhotoError `reference.unreadable`.
    """
    return _decoded(path, _content(path))


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a device or a pipe may never end
        message = f"the reference {path.name} is no file"
        raise ReferencePhotoError("reference.unreadable", message, "Name a picture file.")
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"the reference {path.name} cannot be read: {(error.strerror or 'unknown reason').lower()}"
        raise ReferencePhotoError("reference.unreadable", message, f"Check the path {path}.") from error


def _decoded(path: Path, content: bytes) -> Picture:
    bgr = None
    if content:
        try:
            bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:  # an absurd size, say
            bgr = None
    if bgr is None:
        message = f"the reference {path.name} is no picture that can be read"
        raise ReferencePhotoError(
            "reference.unreadable", message, "Save it as JPEG, PNG, TIFF or WebP (HEIC is not read)."
        )
    return np.ascontiguousarray(bgr[:, :, ::-1], np.uint8)


def _load(path: Path, analyser: FaceAnalyser) -> tuple[ReferencePhoto, FaceQuality]:
    content = _content(path)
    rgb = _decoded(path, content)
    found = _only_face(path, analyser.find(rgb))
    quality = face_quality(rgb, found.face)
    embedding = tuple(float(value) for value in analyser.embed(rgb, found.face))
    sha256 = hashlib.sha256(content).hexdigest()
    return ReferencePhoto(str(path), sha256, found.face, embedding, quality.overall), quality


def _only_face(path: Path, found: list[FoundFace]) -> FoundFace:
    """The one face of a photograph, whoever is small in its background aside."""
    sure = sorted((one for one in found if one.face.score >= SURE_SCORE), key=lambda one: -one.face.box[2])
    if not sure:
        message = f"no face was found in the reference {path.name}"
        hint = "Use a photograph that shows the face from the front or half turned, upright and uncovered."
        raise ReferencePhotoError("reference.no_face", message, hint)
    largest = sure[0]
    faces = [one for one in sure if one.face.box[2] >= _BYSTANDER_SHARE * largest.face.box[2]]
    if len(faces) > 1:
        message = f"the reference {path.name} shows {len(faces)} faces"
        raise ReferencePhotoError("reference.several_faces", message, "Crop it to the person that you mean.")
    width = largest.face.box[2]
    if width < SMALLEST_FACE_PX:
        message = f"the face in the reference {path.name} is {width:.0f} px wide"
        hint = f"It must be at least {SMALLEST_FACE_PX} px wide; use a larger photograph, not an enlarged one."
        raise ReferencePhotoError("reference.too_small", message, hint)
    return largest


def _doubts(name: str, quality: FaceQuality) -> list[str]:
    doubts = []
    if quality.sharpness < _BLURRED:
        doubts.append(f"{name} is blurred: it can say little about the face's detail")
    if quality.frontality < _TURNED_AWAY:
        doubts.append(f"{name} shows the face nearly in profile: a frontal photograph helps more")
    return doubts
