"""Make an evaluation's footage: still pictures as a sequence, low quality by the recipe, all of the truth's size."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.api import ColorTags, FrameRange, Media, OutputSpec
from likeness_core.errors import InputError
from likeness_core.evaluation.recipe import degraded, draw
from likeness_core.evaluation.subjects import Subject
from likeness_core.media import MediaReader, probe, to_float
from likeness_core.media.write import SequenceWriter
from likeness_core.references import read_photo

Array = npt.NDArray[np.float32]


def truth_media(subject: Subject, folder: Path, longest: int | None = None) -> Media:
    """The truth as footage; still pictures are written below `folder`, each in the middle of a grey canvas.

    `longest`: only the first so many frames of it are written or used.
    """
    if not subject.stills:
        return probe(subject.truth[0])
    pictures = [read_photo(path) for path in subject.truth[:longest]]
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    height, width = height + height % 2, width + width % 2
    return _written((_centred(picture, width, height) for picture in pictures), folder, (width, height))


def degraded_media(subject: Subject, truth: Media, factor: int, folder: Path, longest: int | None = None) -> Media:
    """The low quality to restore, of the truth's size: the folder's own where it has one, else the recipe's.

    Raises InputError `evaluate.mismatch` where a ready-made one does not belong to the truth.
    """
    frames = FrameRange(0, min(truth.frame_count, longest or truth.frame_count))
    ready = dict(subject.degraded).get(factor)
    if ready is None:
        with MediaReader(truth) as reader:
            pictures = (to_float(frame.pixels) for frame in reader.frames(frames))
            return _written(degraded(pictures, draw(subject.name, factor)), folder, (truth.width, truth.height))
    media = probe(ready)
    if media.frame_count < len(frames) or media.width * truth.height != media.height * truth.width:
        hint = "Both need the same frames and the same proportions."
        raise InputError("evaluate.mismatch", f"{ready} does not belong to {truth.path}", hint)
    if (media.width, media.height) == (truth.width, truth.height):
        return media
    with MediaReader(media) as reader:
        pictures = (_enlarged(to_float(frame.pixels), truth) for frame in reader.frames(frames))
        return _written(pictures, folder, (truth.width, truth.height))


def _enlarged(picture: Array, truth: Media) -> Array:
    size = (truth.width, truth.height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.float32).clip(0, 1)


def _centred(picture: npt.NDArray[np.uint8], width: int, height: int) -> Array:
    canvas = np.full((height, width, 3), 0.5, np.float32)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    place = canvas[top : top + picture.shape[0], left : left + picture.shape[1]]
    place[:] = np.asarray(picture, np.float32) / np.float32(255)
    return canvas


def _written(pictures: Iterable[Array], folder: Path, size: tuple[int, int]) -> Media:
    """Pictures as a 16-bit PNG sequence below `folder`."""
    made_from_nothing = Media(
        path=str(folder / "none.%06d.png"), kind="sequence", width=size[0], height=size[1], rate=Fraction(24),
        frame_count=0, codec="png", pixel_format="uint16", bit_depth=16, is_float=False, has_alpha=False,
        color=ColorTags(), start_timecode=None,
    )  # fmt: skip
    writer = SequenceWriter(OutputSpec(str(folder), "clip", "png16"), made_from_nothing, size)
    paths = [writer.write(index, picture) for index, picture in enumerate(pictures)]
    return probe(paths[0])
