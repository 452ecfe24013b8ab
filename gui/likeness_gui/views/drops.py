"""Files that are dragged onto a widget."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from likeness_gui.views.parts import restyle


class FileDrops(QObject):
    """Lets files be dropped on a widget; lives as long as it does."""

    def __init__(self, target: QWidget, dropped: Callable[[list[str]], object], over: Callable[[bool], object]) -> None:
        """`dropped`: takes the paths; `over`: whether files are held over the widget."""
        super().__init__(target)
        self._dropped, self._over = dropped, over
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragLeave:
            self._over(False)
            return True
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.Drop) or not isinstance(event, QDropEvent):
            return False
        paths = dropped_files(event.mimeData())
        self._over(kind == QEvent.Type.DragEnter and bool(paths))
        if paths:
            event.acceptProposedAction()
        if paths and kind == QEvent.Type.Drop:
            self._dropped(paths)
        return True


def mark_over(widget: QWidget, over: bool) -> None:
    """Have the style sheet show that files are held over a widget."""
    widget.setProperty("over", over)
    restyle(widget)


def dropped_files(data: QMimeData) -> list[str]:
    """Paths of local files, in their order."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
