"""Photographs as the panel shows them: each with its quality, its side, and what speaks against it."""

import hashlib
from pathlib import Path

from likeness_core.api import ReferencePhoto
from likeness_core.errors import LikenessError, ReferencePhotoError
from likeness_core.faces import FaceAnalyser
from likeness_core.jobs import cache_folder
from likeness_core.media.write import make_folder
from likeness_core.protocol import CheckReferencesResult, PhotoReport, data_of
from likeness_core.references import check_photo, doubts_together, read_photo
from likeness_core.service.analyses import side_of, write_portrait
from likeness_core.service.submission import absolute

_MOST_AT_ONCE = 100


def check_references(paths: tuple[str, ...], analyser: FaceAnalyser) -> CheckReferencesResult:
    """A report on each photograph, also on one that cannot serve. Raises ReferencePhotoError `reference.count`."""
    if len(paths) > _MOST_AT_ONCE:
        message = f"{len(paths)} photographs were given"
        raise ReferencePhotoError("reference.count", message, f"Check at most {_MOST_AT_ONCE} at once.")
    photos: list[ReferencePhoto] = []
    reports = []
    for text in paths:
        try:
            path = absolute(text, "references")
            photo, doubts = check_photo(path, analyser)
            reports.append(PhotoReport(text, photo.quality, side_of(photo.face), _picture(path, photo), doubts, None))
            photos.append(photo)
        except LikenessError as error:
            reports.append(PhotoReport(text, 0.0, "", "", (), data_of(error)))
    return CheckReferencesResult(tuple(reports), doubts_together(tuple(photos)))


def _picture(path: Path, photo: ReferencePhoto) -> str:
    """The photograph's thumbnail; written once for each content."""
    folder = cache_folder() / "photographs"
    name = hashlib.sha256(f"{photo.sha256} {photo.face.box}".encode()).hexdigest()[:16]
    thumbnail = folder / f"{name}.png"
    if not thumbnail.is_file():
        make_folder(folder)
        write_portrait(read_photo(path), photo.face, thumbnail)
    return str(thumbnail)
