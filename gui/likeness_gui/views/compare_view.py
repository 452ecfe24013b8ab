"""Source and result over each other or side by side, at any zoom, with the faces that were found.

Knows nothing of cores or projects: it is given two pictures of one frame and draws them. Both sides share one zoom and
one place, so that they are always in step.
"""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)  # fmt: skip
from PySide6.QtWidgets import QSizePolicy, QWidget

from likeness_gui import theme

FIT = 0.0  # zoom that shows the whole picture
ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0)  # screen pixels per pixel of the footage
HANDLE_PX = 12  # how near the wipe's line the pointer takes hold of it
GAIN_DOUBLINGS = 2  # of the difference: times four, so that what changed can be seen at all


class Mode(Enum):
    """How two pictures are compared."""

    WIPE = "wipe"
    SIDE_BY_SIDE = "side"
    TOGGLE = "toggle"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face to draw around."""

    person: int
    name: str
    box: tuple[float, float, float, float]  # pixels of the footage
    chosen: bool  # to be restored
    selected: bool


class CompareView(QWidget):
    """The viewer."""

    face_clicked = Signal(int)
    zoom_changed = Signal(float)
    mode_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("viewer")
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Viewer: source and result"))
        self.mode = Mode.WIPE
        self.wipe = 0.5  # of the picture's width
        self.showing_result = True  # where mode is TOGGLE
        self.faces_shown = True
        self._zoom = FIT
        self._centre = QPointF(0.5, 0.5)  # of the picture, at the middle of the view
        self._width, self._height = 0, 0  # of the footage, square pixels
        self._before: QImage | None = None
        self._after: QImage | None = None
        self._faces: tuple[FaceBox, ...] = ()
        self._message = ""
        self._drag: str = ""
        self._pressed = QPointF()
        self._last = QPointF()

    # ---- what is shown

    def set_size(self, width: int, height: int) -> None:
        """Of the footage; 0 shows nothing."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = width, height
            self.set_zoom(FIT)

    def set_pictures(self, before: QImage | None, after: QImage | None) -> None:
        """The two pictures of a frame, of any size; None where there is none."""
        self._before, self._after = before, after
        self.update()

    def set_faces(self, faces: tuple[FaceBox, ...]) -> None:
        """Faces of the frame."""
        if faces != self._faces:
            self._faces = faces
            self.update()

    def set_message(self, message: str) -> None:
        """A line in place of a picture that is not there."""
        if message != self._message:
            self._message = message
            self.update()

    def set_mode(self, mode: Mode) -> None:
        """Compare in another way."""
        self.mode = mode
        self.mode_changed.emit(mode)
        self.update()

    def flip(self) -> None:
        """Show the other picture; from another mode, change to flipping."""
        if self.mode == Mode.TOGGLE:
            self.showing_result = not self.showing_result
        else:
            self.showing_result = False
            self.set_mode(Mode.TOGGLE)
        self.update()

    # ---- zoom and place

    @property
    def zoom(self) -> float:
        """Screen pixels per pixel of the footage; FIT fits."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Zoom around the middle."""
        self._zoom = zoom
        if zoom == FIT:
            self._centre = QPointF(0.5, 0.5)
        self._keep_inside()
        self.zoom_changed.emit(zoom)
        self.update()

    def zoom_in_steps(self, steps: int, at: QPointF | None = None) -> None:
        """In (positive) or out, keeping the point under the pointer where it is."""
        now = self.scale_factor()
        larger = [zoom for zoom in ZOOMS if zoom > now * 1.01]
        smaller = [zoom for zoom in ZOOMS if zoom < now * 0.99]
        if steps > 0:
            zoom = larger[0] if larger else ZOOMS[-1]
        else:
            zoom = smaller[-1] if smaller else ZOOMS[0]
            if zoom <= self._fit():
                zoom = FIT
        pane = self._panes()[0]
        point = at or pane.center()
        under = self._to_picture(point)
        self._zoom = zoom
        if zoom != FIT:
            shift = (point - self._pane_at(point).center()) / self.scale_factor()
            self._centre = QPointF(under.x() - shift.x() / self._width, under.y() - shift.y() / self._height)
        self._keep_inside()
        self.zoom_changed.emit(zoom)
        self.update()

    def scale_factor(self) -> float:
        """Logical screen pixels per pixel of the footage, as drawn."""
        return self._fit() if self._zoom == FIT else self._zoom / self.devicePixelRatioF()

    def shown_px(self) -> float:
        """How many pixels of the screen the whole picture's longest side would cover."""
        return max(self._width, self._height) * self.scale_factor() * self.devicePixelRatioF()

    def _fit(self) -> float:
        if not self._width:
            return 1.0
        pane = self._panes()[0]
        return min(pane.width() / self._width, pane.height() / self._height)

    def _panes(self) -> list[QRectF]:
        whole = QRectF(self.rect())
        if self.mode != Mode.SIDE_BY_SIDE:
            return [whole]
        half = (whole.width() - 2) / 2
        return [QRectF(0, 0, half, whole.height()), QRectF(half + 2, 0, half, whole.height())]

    def _pane_at(self, point: QPointF) -> QRectF:
        return next((pane for pane in self._panes() if pane.contains(point)), self._panes()[0])

    def _place(self, pane: QRectF) -> QRectF:
        """Where the whole picture lies, in this widget, drawn into a pane."""
        scale = self.scale_factor()
        width, height = self._width * scale, self._height * scale
        middle = pane.center()
        return QRectF(middle.x() - self._centre.x() * width, middle.y() - self._centre.y() * height, width, height)

    def _to_picture(self, point: QPointF) -> QPointF:
        place = self._place(self._pane_at(point))
        if not place.width():
            return QPointF(0.5, 0.5)
        return QPointF((point.x() - place.x()) / place.width(), (point.y() - place.y()) / place.height())

    def _keep_inside(self) -> None:
        """No further than that the picture's edge meets the view's; what fits is centred."""
        if not self._width:
            return
        pane, scale = self._panes()[0], self.scale_factor()
        for size, room, setter, value in (
            (self._width * scale, pane.width(), self._centre.setX, self._centre.x()),
            (self._height * scale, pane.height(), self._centre.setY, self._centre.y()),
        ):
            half = room / 2 / size
            setter(0.5 if half >= 0.5 else max(half, min(1 - half, value)))

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.VIEWER))
        if not self._width or self._before is None:
            self._paint_message(painter)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale_factor() < 2)
        panes = self._panes()
        if self.mode == Mode.SIDE_BY_SIDE:
            self._paint_picture(painter, panes[0], self._before)
            self._paint_picture(painter, panes[1], self._after or self._before)
            painter.fillRect(QRectF(panes[0].right(), 0, 2, self.height()), QColor(theme.LINE))
        elif self._after is None:
            self._paint_picture(painter, panes[0], self._before)
        elif self.mode == Mode.TOGGLE:
            self._paint_picture(painter, panes[0], self._after if self.showing_result else self._before)
        elif self.mode == Mode.DIFFERENCE:
            self._paint_difference(painter, panes[0], self._before, self._after)
        else:
            self._paint_wipe(painter, panes[0], self._before, self._after)
        if self.faces_shown:
            for pane in panes:
                self._paint_faces(painter, pane)
        self._paint_captions(painter, panes)

    def _paint_message(self, painter: QPainter) -> None:
        painter.setPen(QColor(theme.FAINT))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._message)

    def _paint_picture(self, painter: QPainter, pane: QRectF, image: QImage) -> None:
        painter.save()
        painter.setClipRect(pane, Qt.ClipOperation.IntersectClip)
        painter.drawImage(self._place(pane), image)
        painter.restore()

    def _paint_wipe(self, painter: QPainter, pane: QRectF, before: QImage, after: QImage) -> None:
        x = self._wipe_x()
        self._paint_picture(painter, pane, before)
        painter.save()
        painter.setClipRect(QRectF(x, pane.top(), pane.right() - x, pane.height()))
        self._paint_picture(painter, pane, after)
        painter.restore()
        painter.setPen(QPen(QColor(theme.ACCENT), 1.5))
        place = self._place(pane).intersected(pane)
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(theme.ACCENT))
        painter.drawEllipse(QPointF(x, place.center().y()), 5, 5)

    def _paint_difference(self, painter: QPainter, pane: QRectF, before: QImage, after: QImage) -> None:
        """|result - source|, times four, of what is seen."""
        ratio = self.devicePixelRatioF()
        drawn = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(QColor("black"))
        inner = QPainter(drawn)
        inner.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = self._place(pane)
        inner.drawImage(place, before)
        inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
        inner.drawImage(place, after)
        inner.end()
        for _ in range(GAIN_DOUBLINGS):
            copy = drawn.copy()
            inner = QPainter(drawn)
            inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
            inner.drawImage(0, 0, copy)
            inner.end()
        painter.drawImage(0, 0, drawn)

    def _paint_faces(self, painter: QPainter, pane: QRectF) -> None:
        painter.save()
        painter.setClipRect(pane)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for face in self._faces:
            box = self._on_screen(face, pane)
            color = theme.person_color(face.person)
            pen = QPen(color, 2 if face.selected else 1.25)
            if not face.chosen and not face.selected:
                color.setAlpha(170)
                pen = QPen(color, 1.25, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if self._after is None:
                painter.drawRoundedRect(box, 3, 3)
            else:
                painter.drawPath(_corners(box))  # the face itself is what is looked at
            self._paint_tag(painter, box, face)
        painter.restore()

    def _paint_tag(self, painter: QPainter, box: QRectF, face: FaceBox) -> None:
        font = painter.font()
        font.setPixelSize(12)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(face.name) + 10
        tag = QRectF(box.left(), max(0.0, box.top() - 20), width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 175))
        painter.drawRoundedRect(tag, 3, 3)
        painter.setPen(theme.person_color(face.person))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, face.name)

    def _paint_captions(self, painter: QPainter, panes: list[QRectF]) -> None:
        if self._after is None and self.mode != Mode.SIDE_BY_SIDE:
            return
        source, result = self.tr("Source"), self.tr("Result")
        right = result if self._after is not None else self.tr("No result yet")
        if self.mode == Mode.SIDE_BY_SIDE:
            captions = [(panes[0], source, False), (panes[1], right, True)]
        elif self.mode == Mode.WIPE:
            captions = [(panes[0], source, False), (panes[0], result, True)]
        elif self.mode == Mode.TOGGLE:
            captions = [(panes[0], result if self.showing_result else source, False)]
        else:
            captions = [(panes[0], self.tr("Difference × 4"), False)]
        for pane, text, at_right in captions:
            width = painter.fontMetrics().horizontalAdvance(text) + 14
            x = pane.right() - width - 8 if at_right else pane.left() + 8
            ground = QRectF(x, pane.top() + 8, width, 20)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 165))
            painter.drawRoundedRect(ground, 3, 3)
            painter.setPen(QColor(theme.TEXT))
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)

    def _on_screen(self, face: FaceBox, pane: QRectF) -> QRectF:
        place, scale = self._place(pane), self.scale_factor()
        x, y, width, height = face.box
        return QRectF(place.x() + x * scale, place.y() + y * scale, width * scale, height * scale)

    def _wipe_x(self) -> float:
        place = self._place(self._panes()[0])
        return place.x() + self.wipe * place.width()

    # ---- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        self._pressed = self._last = point
        wiping = self.mode == Mode.WIPE and self._after is not None and abs(point.x() - self._wipe_x()) < HANDLE_PX
        self._drag = "wipe" if wiping else "pan"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._drag == "wipe":
            self.set_wipe(self._to_picture(point).x())
        elif self._drag == "pan" and self._zoom != FIT:
            moved, scale = point - self._last, self.scale_factor()
            shift = QPointF(moved.x() / scale / self._width, moved.y() / scale / self._height)
            self._centre -= shift
            self._keep_inside()
            self.update()
        else:
            near = self.mode == Mode.WIPE and self._after is not None and abs(point.x() - self._wipe_x()) < HANDLE_PX
            over = self.faces_shown and self._face_at(point) is not None
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.setCursor(Qt.CursorShape.SplitHCursor if near else shape)
        self._last = point

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = (event.position() - self._pressed).manhattanLength() < 4
        if clicked and self._drag == "pan" and self.faces_shown:
            face = self._face_at(event.position())
            if face is not None:
                self.face_clicked.emit(face.person)
            elif self.mode == Mode.TOGGLE:
                self.flip()
        self._drag = ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._width and event.angleDelta().y():
            self.zoom_in_steps(1 if event.angleDelta().y() > 0 else -1, event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        move = moves.get(Qt.Key(event.key()))
        if move is None or self._zoom == FIT:
            super().keyPressEvent(event)
            return
        self._centre += QPointF(move[0] * 0.05, move[1] * 0.05)
        self._keep_inside()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._keep_inside()
        super().resizeEvent(event)

    def set_wipe(self, share: float) -> None:
        """Put the wipe's line at a share of the picture's width."""
        self.wipe = max(0.0, min(1.0, share))
        self.update()

    def _face_at(self, point: QPointF) -> FaceBox | None:
        pane = self._pane_at(point)
        under = [face for face in self._faces if self._on_screen(face, pane).contains(point)]
        return min(under, key=lambda face: face.box[2], default=None)


def _corners(box: QRectF) -> QPainterPath:
    """The four corners of a box, each arm an eighth of its side."""
    path = QPainterPath()
    arm = min(box.width(), box.height()) / 8
    for corner, across, down in (
        (box.topLeft(), 1, 1), (box.topRight(), -1, 1), (box.bottomRight(), -1, -1), (box.bottomLeft(), 1, -1)
    ):  # fmt: skip
        path.moveTo(corner + QPointF(across * arm, 0))
        path.lineTo(corner)
        path.lineTo(corner + QPointF(0, down * arm))
    return path
