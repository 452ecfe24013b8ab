"""Files that are dragged in."""

from PySide6.QtCore import QMimeData


def dropped_files(data: QMimeData) -> list[str]:
    """Paths of local files, in their order."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
