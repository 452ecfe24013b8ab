"""What can be written, as an editor calls it."""

from PySide6.QtCore import QCoreApplication


def format_names() -> dict[str, str]:
    """A name for each of api.FORMATS, what is wanted most often first."""
    translate = QCoreApplication.translate
    return {
        "prores": "ProRes 422 HQ",
        "prores4444": "ProRes 4444",
        "exr": translate("Formats", "EXR frames"),
        "tiff16": translate("Formats", "TIFF frames, 16 bit"),
        "dpx10": translate("Formats", "DPX frames, 10 bit"),
        "png16": translate("Formats", "PNG frames, 16 bit"),
        "h264": translate("Formats", "H.264, to look at"),
    }
