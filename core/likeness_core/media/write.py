"""Image sequences out: one file a frame, whole or not at all, the same bytes for the same frame on any day.

A frame is written under a temporary name in its own folder, flushed to disk and renamed; whatever interrupts, no
half-written frame has a frame's name. No date and no library version goes into a file.

Errors: MediaError with media.no_space, media.not_writable, media.write_failed, media.source_in_the_way,
media.unknown_format.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio  # noqa: N813  the library's own documentation calls it so

from likeness_core import color
from likeness_core.api import ColorTags, Media, OutputSpec
from likeness_core.errors import InputError, MediaError
from likeness_core.media.frames import to_integers
from likeness_core.media.pixels import HALF_FLOAT_BITS
from likeness_core.media.sequence import DPX_NAMES, packed_timecode, path_of
from likeness_core.timing import start_of

PARTIAL_SUFFIX: Final = ".part"

_PNG_END: Final = b"\0\0\0\0IEND\xaeB`\x82"  # the last chunk: length 0, name, checksum


@dataclass(frozen=True, slots=True)
class SequenceFormat:
    """One kind of picture file. What each can say about a frame is in docs/media.md, measured."""

    suffix: str
    plugin: str  # OpenImageIO's name
    bits: int | None  # integers of so many bits; None for float
    compression: str | None


SEQUENCE_FORMATS: Final = {
    "exr": SequenceFormat(".exr", "openexr", None, "zip:1"),  # ZIP: every host reads it; level 1: 25 % faster than 4
    "tiff16": SequenceFormat(".tif", "tiff", 16, "none"),
    "dpx10": SequenceFormat(".dpx", "dpx", 10, None),
    "png16": SequenceFormat(".png", "png", 16, None),
}

_DPX_FILE_NAME_AT: Final = 36  # bytes into the header, 100 long
_DPX_FILE_NAME_SIZE: Final = 100


class SequenceWriter:
    """Writes the frames of one result as OUT/frames/NAME.000123.exr, numbered like the source.

    `size` is (width, height). `attributes` (text by name) go into every file that can hold them: EXR and PNG as such,
    TIFF in its image description, DPX not at all. Several threads may write different frames at once.
    """

    def __init__(
        self, output: OutputSpec, media: Media, size: tuple[int, int], attributes: Mapping[str, str] | None = None
    ) -> None:
        if output.format not in SEQUENCE_FORMATS:
            names = ", ".join(SEQUENCE_FORMATS)
            raise InputError(
                "media.unknown_format", f"'{output.format}' is not a sequence format.", f"Choose from {names}."
            )
        self._format = SEQUENCE_FORMATS[output.format]
        self._pattern = str(Path(output.folder) / "frames" / f"{output.name}.%06d{self._format.suffix}")
        self._media = media
        self._size = size
        self._attributes = {**tag_attributes(media), **(attributes or {})}
        make_folder(Path(self._pattern).parent)

    def path(self, index: int) -> Path:
        """The file that frame `index` (source frame, from 0) is or will be."""
        return path_of(self._pattern, self._media.first_number + index)

    @property
    def takes_halves(self) -> bool:
        """Whether the file's numbers are half floats, so that `write` takes such as they are."""
        return bool(self._pixel_type() == oiio.HALF)

    def write(
        self,
        index: int,
        rgb: npt.NDArray[np.float32] | npt.NDArray[np.float16],
        alpha: npt.NDArray[np.float32] | None = None,
    ) -> Path:
        """Write source frame `index`: RGB float32 (H, W, 3), 0 = black, 1 = white, and alpha float32 (H, W).

        Where `takes_halves`, also half floats (H, W, 3), or (H, W, 4) with alpha in them.
        EXR keeps values beyond 0 and 1, and is half float unless the source has more than 10 bits; the others clip.
        """
        path = self.path(index)
        if self._is_source(path, index):
            raise MediaError("media.source_in_the_way", f"{path} is the source itself.", "Choose another folder.")
        picture = rgb if alpha is None else np.dstack([rgb, alpha]).astype(np.float32, copy=False)
        if picture.shape[:2] != self._size[::-1]:
            raise ValueError(f"a picture of {picture.shape} is not {self._size} wide and high")
        with replacing(path) as temporary:
            _write_picture(temporary, picture, self._format, self._spec(index, picture.shape[2]))
            if self._format.plugin == "dpx":
                _name_dpx(temporary, path.name)
        return path

    def _is_source(self, path: Path, index: int) -> bool:
        """Whether the file of frame `index` is the source's own: never overwritten, whatever was asked for."""
        media = self._media
        source = path_of(media.path, media.first_number + index)
        return media.kind == "sequence" and source.exists() and path.exists() and path.samefile(source)

    def _spec(self, index: int, channels: int) -> oiio.ImageSpec:
        width, height = self._size
        spec = oiio.ImageSpec(width, height, channels, self._pixel_type())
        media = self._media
        spec["DateTime"] = ""  # else the writers stamp the time of day
        spec["Software"] = "Likeness"
        spec["PixelAspectRatio"] = float(media.pixel_aspect)
        if self._format.compression:
            spec["compression"] = self._format.compression
        if self._format.bits and self._format.bits < 16:
            spec["oiio:BitsPerSample"] = self._format.bits
        timecode = start_of(media) + index if media.start_timecode else None
        spec.attribute("framesPerSecond", "rational", (media.rate.numerator, media.rate.denominator))
        if timecode is not None:
            spec.attribute("smpte:TimeCode", "timecode", (packed_timecode(timecode), 0))
        _describe_colour(spec, self._format, media.color)
        if self._format.plugin == "dpx":
            spec["dpx:FrameRate"] = float(media.rate)
        if self._format.plugin == "png":
            spec["png:compressionLevel"] = 1
        if self._format.plugin in ("png", "tiff"):
            spec["oiio:UnassociatedAlpha"] = 1  # else colour would be divided by alpha
        attributes = {**self._attributes, **({"likeness:timecode": str(timecode)} if timecode is not None else {})}
        if self._format.plugin == "tiff":
            spec["ImageDescription"] = "\n".join(f"{name}={value}" for name, value in attributes.items())
        elif self._format.plugin != "dpx":
            for name, value in attributes.items():
                spec[name] = value
        return spec

    def _pixel_type(self) -> oiio.BASETYPE:
        if self._format.bits:
            return oiio.UINT16
        deep = self._media.bit_depth > (16 if self._media.is_float else HALF_FLOAT_BITS)
        return oiio.FLOAT if deep else oiio.HALF


class MatteWriter:
    """Writes mattes, one 16-bit grey PNG a frame, as OUT/matte/NAME.000123.png, numbered like the source."""

    def __init__(self, output: OutputSpec, media: Media) -> None:
        self._pattern = str(Path(output.folder) / "matte" / f"{output.name}.%06d.png")
        self._first = media.first_number
        make_folder(Path(self._pattern).parent)

    def write(self, index: int, matte: npt.NDArray[np.float32]) -> Path:
        """Write the matte of source frame `index`: float32 (H, W), 0 = source, 1 = restored."""
        path = path_of(self._pattern, self._first + index)
        height, width = matte.shape
        spec = oiio.ImageSpec(width, height, 1, oiio.UINT16)
        spec["DateTime"] = ""
        spec["png:compressionLevel"] = 1
        with replacing(path) as temporary:
            _write_picture(temporary, matte[..., None], SEQUENCE_FORMATS["png16"], spec)
        return path


def tag_attributes(media: Media) -> dict[str, str]:
    """What the source says of itself, as text by name: for formats and readers that have no field for it."""
    tags = media.color
    return {
        "likeness:rate": f"{media.rate.numerator}/{media.rate.denominator}",
        "likeness:primaries": color.PRIMARIES.get(tags.primaries, "unspecified"),
        "likeness:transfer": color.TRANSFERS.get(tags.transfer, "unspecified"),
        "likeness:matrix": color.MATRICES.get(tags.matrix, "unspecified"),
        "likeness:range": "full" if tags.full_range else "limited",
        "likeness:fields": media.field_order,
        "likeness:alpha": "premultiplied" if media.codec == "exr" else "straight",
    }


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and is removed when it does not."""
    temporary = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise _write_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make an output folder with its parents. Raises MediaError where that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _write_error(folder, error) from error


def _write_picture(
    path: Path, picture: npt.NDArray[np.float32] | npt.NDArray[np.float16], kind: SequenceFormat, spec: oiio.ImageSpec
) -> None:
    numbers = picture if kind.bits is None else _numbers_for(picture.astype(np.float32, copy=False), kind.bits)
    writer = oiio.ImageOutput.create(kind.plugin)
    if writer is None:
        raise OSError(errno.ENOTSUP, f"this OpenImageIO has no {kind.plugin} writer")
    opened = writer.open(str(path), spec)
    written = opened and writer.write_image(np.ascontiguousarray(numbers))
    # Closing flushes: a full disk may show only here.
    closed = writer.close() if opened else False
    if not (written and closed and _is_whole(path, kind)):
        reason = writer.geterror() or oiio.geterror()
        raise OSError(_error_number(path, spec), reason.strip() or "the picture could not be written")


def _is_whole(path: Path, kind: SequenceFormat) -> bool:
    """Whether a picture was written to its end. OpenImageIO's PNG writer (3.2.2) calls a full disk a success."""
    if kind.plugin != "png":
        return True
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(_PNG_END)))
        return file.read() == _PNG_END


def _numbers_for(picture: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.uint16]:
    """16-bit numbers that OpenImageIO shortens to exactly our `bits`: it keeps the high ones."""
    numbers = to_integers(picture, bits)
    if bits == 16:
        return numbers
    return (numbers << (16 - bits) | numbers >> (2 * bits - 16)).astype(np.uint16)


def _error_number(path: Path, spec: oiio.ImageSpec) -> int:
    """What the writing library does not tell: whether the disk is full or closed to us."""
    if shutil.disk_usage(path.parent).free < spec.image_bytes():
        return errno.ENOSPC
    return errno.EIO if os.access(path.parent, os.W_OK) else errno.EACCES


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _name_dpx(path: Path, name: str) -> None:
    """Put the frame's own name into a DPX header, where OpenImageIO put the temporary path with its folders."""
    with path.open("rb+") as file:
        file.seek(_DPX_FILE_NAME_AT)
        file.write(name.encode("ascii", "replace")[: _DPX_FILE_NAME_SIZE - 1].ljust(_DPX_FILE_NAME_SIZE, b"\0"))


def _describe_colour(spec: oiio.ImageSpec, kind: SequenceFormat, tags: ColorTags) -> None:
    chromaticities = color.chromaticities_of(tags.primaries)
    if kind.plugin == "openexr" and chromaticities is not None:
        spec.attribute("chromaticities", "float[8]", chromaticities)
    if kind.plugin == "dpx":
        spec["dpx:Transfer"] = DPX_NAMES.get(tags.transfer, "Undefined")
        spec["dpx:Colorimetric"] = DPX_NAMES.get(tags.primaries, "Undefined")
    known = (tags.primaries, tags.transfer) != (color.UNSPECIFIED, color.UNSPECIFIED)
    if kind.plugin == "png" and known:
        spec.attribute("CICP", "int[4]", (tags.primaries, tags.transfer, 0, 1))


def _write_error(path: Path, error: OSError) -> MediaError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        message = f"There is no space left to write {path.name}."
        return MediaError("media.no_space", message, "Free some space and run again with --resume.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
        message = f"{path} cannot be written ({os.strerror(error.errno)})."
        return MediaError("media.not_writable", message, "Choose another folder, or change its permissions.")
    return MediaError("media.write_failed", f"{path.name} could not be written ({error}).", "Check the disk.")
