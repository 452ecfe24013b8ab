"""How much room a result takes, before it is made. Rules of thumb: what an encoder makes of a picture varies."""

from likeness_core.api import Media

# Bytes per pixel and frame. EXR: three halves, and ZIP saves a third of film; DPX: 10 bits three times in 4 bytes;
# ProRes: the vendor's 220 Mb/s (422 HQ) and 330 Mb/s (4444) at 1920 x 1080 and 29.97; H.264: at its quality, 20 Mb/s.
BYTES_PER_PIXEL = {
    "exr": 4.0, "tiff16": 6.0, "dpx10": 4.0, "png16": 4.5, "prores": 0.44, "prores4444": 0.66, "h264": 0.04,
}  # fmt: skip


def result_bytes(media: Media, frames: int, file_format: str, scale: int) -> int:
    """About how many bytes a result takes."""
    return round(media.width * media.height * scale**2 * frames * BYTES_PER_PIXEL[file_format])


def readable(size: int) -> str:
    """Bytes as an editor reads them."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("no unit left")
