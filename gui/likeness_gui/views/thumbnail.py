"""A small picture of a file, read off the window's thread, with a ring that says how good it is."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from likeness_gui import theme
from likeness_gui.state.pictures import Pictures


class Thumbnail(QWidget):
    """A square picture with round corners."""

    clicked = Signal()

    def __init__(self, pictures: Pictures, side: int, name: str, clickable: bool = False) -> None:
        super().__init__()
        self._pictures, self._path, self._image = pictures, "", QImage()
        self._ring: QColor | None = None
        self._clickable = clickable
        self.setFixedSize(QSize(side, side))
        self.setAccessibleName(name)
        if clickable:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        pictures.ready.connect(self._came)

    def put(self, path: str) -> None:
        """Show a file; an empty path shows nothing."""
        if path != self._path:
            self._path, self._image = path, QImage()
            self._came()

    def set_ring(self, color: QColor | None) -> None:
        """A coloured edge, or none."""
        self._ring = color
        self.update()

    def _came(self, *_: object) -> None:
        if self._path and self._image.isNull():
            image = self._pictures.file(self._path)
            if image is not None:
                side = round(self.width() * self.devicePixelRatioF())
                how = Qt.AspectRatioMode.KeepAspectRatioByExpanding
                self._image = image.scaled(side, side, how, Qt.TransformationMode.SmoothTransformation)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        path = QPainterPath()
        path.addRoundedRect(whole, 4, 4)
        painter.fillPath(path, QColor(theme.FIELD))
        if not self._image.isNull():
            side = min(self._image.width(), self._image.height())
            part = QRectF((self._image.width() - side) / 2, (self._image.height() - side) / 2, side, side)
            painter.save()
            painter.setClipPath(path)
            painter.drawImage(whole, self._image, part)
            painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.TEXT), 2))
            painter.drawPath(path)
        elif self._ring is not None:
            painter.setPen(QPen(self._ring, 2))
            painter.drawPath(path)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._clickable and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._clickable and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)
