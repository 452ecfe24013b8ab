"""Image sequences in: EXR, DPX, TIFF and PNG, named by a pattern or by any one of their files.

The only errors that leave here are MediaError, with these codes: media.not_found, media.gap, media.not_media,
media.not_readable, media.empty, media.damaged, media.changes, media.unsupported_channels.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio  # noqa: N813  the library's own documentation calls it so

from likeness_core import color
from likeness_core.api import ColorTags, Media
from likeness_core.errors import InputError, MediaError
from likeness_core.media.frames import Pixels
from likeness_core.timing import Timecode, nominal_fps, parse_rate

SUFFIXES: Final = (".exr", ".dpx", ".tif", ".tiff", ".png")

DEFAULT_RATE: Final = Fraction(24)
_LONGEST_SIDE_PX: Final = 1 << 16  # no camera or scanner makes more; a damaged header may say anything

_PLACE: Final = re.compile(r"%(?:0(\d+))?d")
_HASHES: Final = re.compile(r"#+")
_NUMBER: Final = re.compile(r"(\d+)(?=\D*$)")

# Transfer and colorimetric names of SMPTE ST 268-1, as OpenImageIO spells them, by H.273 code.
DPX_NAMES: Final = {1: "ITU-R 709-4", 5: "ITU-R 601-5 system B or G", 6: "ITU-R 601-5 system M", 8: "Linear"}

_KEEP_STRAIGHT: Final = "oiio:UnassociatedAlpha"  # else OpenImageIO multiplies colour by alpha


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the files of a sequence are named."""

    pattern: str  # the path with %0Nd for the number, or a plain path where there is none
    first: int
    count: int


def is_picture(path: Path) -> bool:
    """Whether the name is that of a picture or of a sequence of pictures."""
    return path.suffix.lower() in SUFFIXES


def path_of(pattern: str, number: int) -> Path:
    """The file with a number, of a pattern whose name has the number's place (`%04d` or `%d`) last, or has none."""
    path = Path(pattern)
    places = list(_PLACE.finditer(path.name))
    if not places:
        return path
    start, end = places[-1].span()
    return path.with_name(f"{path.name[:start]}{number:0{int(places[-1][1] or 1)}d}{path.name[end:]}")


def find_numbering(path: Path) -> Numbering:
    """The sequence that a pattern or one of its files names. A gap is an error that names the first missing frame."""
    if not path.parent.is_dir():
        raise MediaError("media.not_found", f"{path.parent} does not exist.", "Check the path.")
    places = [*_HASHES.finditer(path.name), *_PLACE.finditer(path.name)]
    if path.exists():
        digits = _NUMBER.search(path.stem)
        if digits is None:
            return Numbering(str(path), 0, 1)
        prefix, suffix = path.stem[: digits.start()], path.stem[digits.end() :] + path.suffix
        width = _width(path.parent, prefix, suffix, digits[1])
    elif places:
        place = places[-1]
        prefix, suffix = path.name[: place.start()], path.name[place.end() :]
        width = len(place[0]) if place[0].startswith("#") else int(place[1] or 1)
    else:
        raise MediaError("media.not_found", f"{path} does not exist.", "Check the path.")
    return _numbering(path, prefix, suffix, width)


def probe_sequence(path: Path, rate: Fraction | None) -> Media:
    """What a sequence is, by the header of its first file. `rate` overrides the header's; 24 where neither says."""
    numbering = find_numbering(path)
    try:
        return _described(path, numbering, rate)
    except UnicodeDecodeError as error:  # OpenImageIO gives a header's texts, and its own errors about them, unchecked
        raise _damaged(path, 0, "its header holds no text where it should") from error


def _described(path: Path, numbering: Numbering, rate: Fraction | None) -> Media:
    spec = _spec(path_of(numbering.pattern, numbering.first))
    channels = _channels(spec, path)
    rate = rate or _rate(spec) or DEFAULT_RATE
    kind = spec.format.basetype
    is_float = kind in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE)
    return Media(
        path=numbering.pattern,
        kind="sequence",
        width=spec.full_width,
        height=spec.full_height,
        rate=rate,
        frame_count=numbering.count,
        codec=path.suffix.lower().lstrip(".").replace("tiff", "tif"),
        pixel_format=str(spec.format),
        bit_depth=(16 if kind == oiio.HALF else 32)
        if is_float
        else spec.get_int_attribute("oiio:BitsPerSample", 8 * spec.format.size()),
        is_float=is_float,
        has_alpha=len(channels) == 4,
        color=_tags(spec),
        start_timecode=_timecode(spec, rate),
        first_number=numbering.first,
        pixel_aspect=Fraction(spec.get_float_attribute("PixelAspectRatio", 1.0)).limit_denominator(1000) or Fraction(1),
    )


def read_picture(media: Media, index: int) -> Pixels:
    """Frame `index` of a sequence as RGB(A), in the file's own numbers, on its display window.

    What lies outside an EXR's data window is 0. Alpha stays as stored (EXR: colour multiplied by it; else not).
    """
    path = path_of(media.path, media.first_number + index)
    picture = _opened(path)
    try:
        spec = picture.spec()
        if (spec.full_width, spec.full_height) != (media.width, media.height):
            size = f"{spec.full_width}x{spec.full_height}"
            message = f"{path.name} measures {size}, the first file {media.width}x{media.height}."
            raise MediaError("media.changes", message, "All files of a sequence must have one size.")
        numbers = _channels(spec, path)
        stored = picture.read_image(0, 0, 0, spec.nchannels, spec.format)
        if stored is None:
            raise _damaged(path, index, picture.geterror())
    except UnicodeDecodeError as error:
        raise _damaged(path, index, "its header holds no text where it should") from error
    finally:
        picture.close()
    if spec.format.basetype == oiio.DOUBLE:
        stored = stored.astype(np.float32)
    return _on_display_window(stored[:, :, numbers], spec)


def _numbering(path: Path, prefix: str, suffix: str, width: int) -> Numbering:
    labels = _labels(path.parent, prefix, suffix)
    numbers = sorted(int(label) for label in labels if label == f"{int(label):0{width}d}")
    if not numbers:
        raise MediaError("media.not_found", f"No file is named {path.name}.", "Check the pattern and the folder.")
    pattern = str(path.parent / f"{prefix}%0{width}d{suffix}")
    for expected, number in enumerate(numbers, numbers[0]):
        if number != expected:
            message = f"Frame {expected} of {path.name} is missing ({path_of(pattern, expected).name})."
            raise MediaError("media.gap", message, "Copy the missing files, or part the sequence into folders.")
    return Numbering(pattern, numbers[0], len(numbers))


def _width(folder: Path, prefix: str, suffix: str, digits: str) -> int:
    """How many digits numbers are padded to: as many as here, unless a shorter sibling shows there is no padding."""
    if digits.startswith("0"):
        return len(digits)
    shorter = [name for name in _labels(folder, prefix, suffix) if len(name) < len(digits) and not name.startswith("0")]
    return 1 if shorter else len(digits)


def _labels(folder: Path, prefix: str, suffix: str) -> list[str]:
    """The numbers, as written, of the files in a folder that are named alike."""
    end = -len(suffix) if suffix else None
    names = (entry.name for entry in folder.iterdir())
    matching = (name[len(prefix) : end] for name in names if name.startswith(prefix) and name.endswith(suffix))
    return [label for label in matching if label.isascii() and label.isdigit()]


def _opened(path: Path) -> oiio.ImageInput:
    if not path.exists():
        raise MediaError("media.not_found", f"{path} does not exist.", "Was it moved while the job ran?")
    if not path.is_file():  # a folder, a device or a pipe, which may never end
        raise MediaError("media.not_a_file", f"{path} is no file.", "Name one picture of an image sequence.")
    if path.stat().st_size == 0:
        raise MediaError("media.empty", f"{path.name} is empty (0 bytes).", "Copy the file again from its source.")
    config = oiio.ImageSpec()
    config[_KEEP_STRAIGHT] = 1
    picture = oiio.ImageInput.open(str(path), config)
    if picture is None:
        reason = _first_line(oiio.geterror())
        raise MediaError(
            "media.not_media", f"{path.name} is not a picture that can be read ({reason}).", "Check the file."
        )
    return picture


def _spec(path: Path) -> oiio.ImageSpec:
    picture = _opened(path)
    try:
        spec = picture.spec()
    finally:
        picture.close()
    if max(spec.width, spec.height, spec.full_width, spec.full_height) > _LONGEST_SIDE_PX:
        raise _damaged(path, 0, f"its header says {spec.full_width}x{spec.full_height}")
    return spec


def _channels(spec: oiio.ImageSpec, path: Path) -> list[int]:
    """Which stored channels are R, G, B (and A); a single one stands for all three."""
    names = [name.rsplit(".", 1)[-1].upper() for name in spec.channelnames]
    alpha = [names.index("A")] if "A" in names else []
    if all(name in names for name in "RGB"):
        return [names.index(name) for name in "RGB"] + alpha
    if "BY" not in names and "RY" not in names and len(names) - len(alpha) == 1:
        grey = next(number for number, name in enumerate(names) if name != "A")
        return [grey, grey, grey, *alpha]
    found = ", ".join(spec.channelnames)
    raise MediaError(
        "media.unsupported_channels", f"{path.name} has the channels {found}.", "Write it with R, G, B or with Y alone."
    )


def _on_display_window(stored: npt.NDArray[Any], spec: oiio.ImageSpec) -> Pixels:
    top, left = spec.y - spec.full_y, spec.x - spec.full_x
    if (top, left, spec.width, spec.height) == (0, 0, spec.full_width, spec.full_height):
        return np.ascontiguousarray(stored)
    shown = np.zeros((spec.full_height, spec.full_width, stored.shape[2]), stored.dtype)
    rows = slice(max(0, top), min(spec.full_height, top + spec.height))
    columns = slice(max(0, left), min(spec.full_width, left + spec.width))
    if rows.start < rows.stop and columns.start < columns.stop:
        shown[rows, columns] = stored[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return shown


def _rate(spec: oiio.ImageSpec) -> Fraction | None:
    stated = spec.getattribute("FramesPerSecond")
    if isinstance(stated, tuple) and stated[1]:
        return Fraction(int(stated[0]), int(stated[1]))
    for name in ("dpx:FrameRate", "dpx:TemporalFrameRate"):
        rate = spec.get_float_attribute(name, 0.0)
        if 0 < rate < 1000:
            return nearest_rate(rate)
    own = _own_text(spec, "likeness:rate")
    try:
        return parse_rate(own) if own else None
    except InputError:
        return None


def _own_text(spec: oiio.ImageSpec, name: str) -> str:
    """What one of our results says of itself; TIFF keeps it in lines of the image description. Empty where absent."""
    stated: str = spec.get_string_attribute(name)
    lines = spec.get_string_attribute("ImageDescription").splitlines()
    return stated or next((line[len(name) + 1 :] for line in lines if line.startswith(f"{name}=")), "")


def nearest_rate(rate: float) -> Fraction:
    """The exact rate that a 32-bit float in a header stands for."""
    for denominator in (1, 1001):
        numerator = round(rate * denominator / (1000 if denominator == 1001 else 1)) * (
            1000 if denominator == 1001 else 1
        )
        if numerator and abs(numerator / denominator - rate) < 5e-4:
            return Fraction(numerator, denominator)
    return Fraction(rate).limit_denominator(1001)


def _timecode(spec: oiio.ImageSpec, rate: Fraction) -> str | None:
    words = spec.getattribute("smpte:TimeCode")
    own = _own_text(spec, "likeness:timecode")
    try:
        if isinstance(words, tuple):
            return str(unpacked_timecode(int(words[0]), rate))
        return str(Timecode.parse(own, rate)) if own else None
    except InputError:
        return None


def unpacked_timecode(word: int, rate: Fraction) -> Timecode:
    """A timecode from its SMPTE ST 12-1 word: binary-coded digits, frames in the lowest byte, bit 6 = drop-frame.

    The word has room for frames up to 39: above 30 a second it counts pairs, and bit 15 says which of the two.
    """
    hours, minutes, seconds, frames = (_digits(word >> shift & mask) for shift, mask in _FIELDS)
    if _counts_pairs(rate) and 2 * frames < nominal_fps(rate):
        frames = 2 * frames + bool(word & _SECOND_OF_PAIR_BIT)
    separator = ";" if word & _DROP_BIT else ":"
    return Timecode.parse(f"{hours:02d}:{minutes:02d}:{seconds:02d}{separator}{frames:02d}", rate)


def packed_timecode(timecode: Timecode) -> int:
    """The SMPTE ST 12-1 word of a timecode; see `unpacked_timecode`."""
    hours, minutes, seconds, frames = (int(part) for part in re.split("[:;]", str(timecode)))
    word = _DROP_BIT if timecode.drop else 0
    if _counts_pairs(timecode.rate):
        word |= _SECOND_OF_PAIR_BIT if frames % 2 else 0
        frames //= 2
    for value, (shift, _) in zip((hours, minutes, seconds, frames), _FIELDS, strict=True):
        word |= (value // 10 << 4 | value % 10) << shift
    return word


def _counts_pairs(rate: Fraction) -> bool:
    return nominal_fps(rate) > 30


_FIELDS: Final = ((24, 0x3F), (16, 0x7F), (8, 0x7F), (0, 0x3F))
_DROP_BIT: Final = 0x40
_SECOND_OF_PAIR_BIT: Final = 0x8000


def _digits(coded: int) -> int:
    return (coded >> 4) * 10 + (coded & 0xF)


def _tags(spec: oiio.ImageSpec) -> ColorTags:
    """What the file says of its colour: our own attributes before the format's."""
    primaries, transfer = color.UNSPECIFIED, color.UNSPECIFIED
    chromaticities = spec.getattribute("chromaticities")
    if isinstance(chromaticities, tuple) and len(chromaticities) == 8:
        primaries = color.primaries_of(tuple(float(value) for value in chromaticities))
    dpx = spec.get_string_attribute("dpx:Transfer")
    if dpx:
        transfer = _code(DPX_NAMES, dpx, color.UNSPECIFIED)
        primaries = _code(DPX_NAMES, spec.get_string_attribute("dpx:Colorimetric"), color.UNSPECIFIED)
    cicp = spec.getattribute("CICP")
    if isinstance(cicp, tuple) and len(cicp) >= 2:
        primaries, transfer = int(cicp[0]), int(cicp[1])
    primaries = _code(color.PRIMARIES, _own_text(spec, "likeness:primaries"), primaries)
    transfer = _code(color.TRANSFERS, _own_text(spec, "likeness:transfer"), transfer)
    return ColorTags(primaries, transfer, matrix=0, full_range=True)


def _code(names: dict[int, str], name: str, otherwise: int) -> int:
    return next((code for code, known in names.items() if known == name), otherwise)


def _damaged(path: Path, index: int, reason: str) -> MediaError:
    message = f"{path.name} (frame {index}) is damaged: {_first_line(reason)}."
    return MediaError(
        "media.damaged", message, f"Copy the file again, or restore a range that leaves frame {index} out."
    )


def _first_line(reason: str) -> str:
    return reason.strip().splitlines()[0].rstrip(".") if reason.strip() else "no reason given"
