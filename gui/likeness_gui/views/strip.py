"""The clip from end to end: shots and cuts, who is seen where, the identity curve, the marks and the playhead."""

from dataclasses import dataclass

from likeness_core.api import FrameRange, Media, Shot
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from likeness_gui import theme
from likeness_gui.state.curve import Score
from likeness_gui.state.timecodes import timecode

GUTTER_PX = 96  # names of the rows
RULER_PX = 22
SHOTS_PX = 24
ROW_PX = 18
CURVE_PX = 64
LEAST_TICK_PX = 96  # between two timecodes
TICKS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
PROBLEM_REACH_PX = 7


@dataclass(frozen=True, slots=True)
class StripPerson:
    """A row: where somebody is seen."""

    number: int
    name: str
    spans: tuple[FrameRange, ...]
    chosen: bool
    keys: tuple[int, ...] = ()  # frames with a keyframe of the strength


class Strip(QWidget):
    """Draws once into a picture, and over it what moves."""

    sought = Signal(int)  # frame
    person_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Shots, people and identity over time"))
        self._media: Media | None = None
        self._shots: tuple[Shot, ...] = ()
        self._people: tuple[StripPerson, ...] = ()
        self._scores: tuple[Score, ...] = ()
        self._marks = FrameRange(0, 0)
        self._frame = 0
        self._done: int | None = None
        self._busy = False
        self._seen = FrameRange(0, 0)  # frames between the edges, where the strip is zoomed
        self._drawn: QPixmap | None = None

    # ---- what is shown

    def set_media(self, media: Media | None) -> None:
        """Another clip."""
        self._media = media
        self._seen = FrameRange(0, media.frame_count if media else 0)
        self._change()

    def set_busy(self, busy: bool) -> None:
        """Whether the clip is being analysed."""
        if busy != self._busy:
            self._busy = busy
            self._change()

    def set_found(self, shots: tuple[Shot, ...], people: tuple[StripPerson, ...]) -> None:
        """What the analysis found."""
        if (shots, people) != (self._shots, self._people):
            self._shots, self._people = shots, people
            self.updateGeometry()
            self._change()

    def set_scores(self, scores: tuple[Score, ...]) -> None:
        """The identity curve of a result; empty takes it away."""
        if scores != self._scores:
            self._scores = scores
            self.updateGeometry()
            self._change()

    def set_marks(self, marks: FrameRange) -> None:
        """The frames that will be worked on."""
        if marks != self._marks:
            self._marks = marks
            self._change()

    def set_frame(self, frame: int) -> None:
        """Where the playhead is; a zoomed strip follows it."""
        self._frame = frame
        if len(self._seen) and frame not in self._seen:
            self._look_at(frame - len(self._seen) // 10, len(self._seen))
        self.update()

    def set_done(self, frame: int | None) -> None:
        """Up to where a running job has come."""
        if frame != self._done:
            self._done = frame
            self.update()

    def problems(self) -> list[int]:
        """Frames that the editor should look at, ascending, one a run of them."""
        frames = sorted({score.frame for score in self._scores if score.is_problem})
        return [frame for i, frame in enumerate(frames) if i == 0 or frame != frames[i - 1] + 1]

    # ---- size and place

    def sizeHint(self) -> QSize:
        rows = max(1, len(self._people))
        return QSize(600, RULER_PX + SHOTS_PX + min(rows, 6) * ROW_PX + (CURVE_PX if self._scores else 0) + 10)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _change(self) -> None:
        self._drawn = None
        self.update()

    def _x(self, frame: float) -> float:
        room = max(1, self.width() - GUTTER_PX - 8)
        return GUTTER_PX + (frame - self._seen.start) / max(1, len(self._seen)) * room

    def _frame_at(self, x: float) -> int:
        room = max(1, self.width() - GUTTER_PX - 8)
        count = self._media.frame_count if self._media else 1
        frame = self._seen.start + int((x - GUTTER_PX) / room * len(self._seen))
        return max(0, min(count - 1, frame))

    def _look_at(self, start: int, length: int) -> None:
        count = self._media.frame_count if self._media else 0
        length = max(min(count, 12), min(count, length))
        start = max(0, min(count - length, start))
        self._seen = FrameRange(start, start + length)
        self._change()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != self.size() * ratio:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._draw(self._drawn)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        if self._media is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._done is not None:
            done = QRectF(self._x(self._marks.start), RULER_PX - 2, self._x(self._done) - self._x(self._marks.start), 2)
            painter.fillRect(done, QColor(theme.ACCENT))
        x = (self._x(self._frame) + self._x(self._frame + 1)) / 2
        painter.setPen(QPen(QColor(theme.TEXT), 1))
        painter.drawLine(QPointF(x, 6), QPointF(x, self.height()))
        head = QPainterPath(QPointF(x - 5, 2))
        head.lineTo(x + 5, 2)
        head.lineTo(x + 5, 8)
        head.lineTo(x, 14)
        head.lineTo(x - 5, 8)
        painter.fillPath(head, QColor(theme.TEXT))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.ACCENT), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _draw(self, target: QPixmap) -> None:
        target.fill(QColor(theme.WINDOW))
        painter = QPainter(target)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        if self._media is None:
            return
        self._draw_ruler(painter, self._media)
        self._draw_shots(painter)
        y = float(RULER_PX + SHOTS_PX + 4)
        for person in self._people[:6]:
            self._draw_person(painter, person, y)
            y += ROW_PX
        if not self._people:
            y += ROW_PX
        if self._scores:
            self._draw_curve(painter, QRectF(GUTTER_PX, y + 4, self.width() - GUTTER_PX - 8, CURVE_PX - 8))
        self._draw_outside(painter)

    def _draw_ruler(self, painter: QPainter, media: Media) -> None:
        painter.fillRect(QRectF(GUTTER_PX, 0, self.width(), RULER_PX), QColor(theme.PANEL))
        per_frame = (self.width() - GUTTER_PX - 8) / max(1, len(self._seen))
        step = next((tick for tick in _ticks(media) if tick * per_frame >= LEAST_TICK_PX), 10**6)
        painter.setFont(theme.numbers_font(11))
        for frame in range(-(-self._seen.start // step) * step, self._seen.stop, step):
            x = self._x(frame)
            painter.setPen(QColor(theme.EDGE))
            painter.drawLine(QPointF(x, RULER_PX - 6), QPointF(x, RULER_PX))
            painter.setPen(QColor(theme.FAINT))
            if x + 76 < self.width():
                painter.drawText(
                    QRectF(x + 4, 2, 90, RULER_PX - 4), Qt.AlignmentFlag.AlignVCenter, timecode(media, frame)
                )

    def _draw_shots(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(QColor(theme.FAINT))
        name = self.tr("Shots")
        painter.drawText(QRectF(12, RULER_PX, GUTTER_PX - 20, SHOTS_PX), Qt.AlignmentFlag.AlignVCenter, name)
        y, height = RULER_PX + 3.0, SHOTS_PX - 6.0
        if not self._shots:
            whole = QRectF(self._x(0), y, self._x(self._seen.stop) - self._x(0), height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.PANEL))
            painter.drawRoundedRect(whole, 2, 2)
            painter.setPen(QColor(theme.FAINT))
            text = self.tr("Looking for faces …") if self._busy else self.tr("Analyse to find shots and people")
            painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, text)
        for shot in self._shots:
            left, right = self._x(shot.frames.start), self._x(shot.frames.stop)
            if right < GUTTER_PX or left > self.width():
                continue
            box = QRectF(left + 0.5, y, max(1.0, right - left - 1), height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.HOVER if shot.number % 2 else theme.RAISED))
            painter.drawRoundedRect(box, 2, 2)
            if box.width() > 24:
                painter.setPen(QColor(theme.MUTED))
                painter.drawText(box.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(shot.number + 1))

    def _draw_person(self, painter: QPainter, person: StripPerson, y: float) -> None:
        color = theme.person_color(person.number)
        painter.setPen(color if person.chosen else QColor(theme.FAINT))
        name = painter.fontMetrics().elidedText(person.name, Qt.TextElideMode.ElideRight, GUTTER_PX - 24)
        painter.drawText(QRectF(12, y, GUTTER_PX - 20, ROW_PX), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.FIELD))
        painter.drawRoundedRect(QRectF(GUTTER_PX, y + 4, self.width() - GUTTER_PX - 8, ROW_PX - 8), 2, 2)
        if not person.chosen:
            color.setAlpha(110)
        painter.setBrush(color)
        for seen in person.spans:
            left, right = max(self._x(seen.start), GUTTER_PX), self._x(seen.stop)
            if right > GUTTER_PX:
                painter.drawRoundedRect(QRectF(left, y + 4, max(2.0, right - left), ROW_PX - 8), 2, 2)
        painter.setPen(QPen(QColor(theme.WINDOW), 1))
        painter.setBrush(QColor(theme.TEXT))
        for frame in person.keys:
            middle = QPointF((self._x(frame) + self._x(frame + 1)) / 2, y + ROW_PX / 2)
            if middle.x() >= GUTTER_PX:
                painter.drawPolygon([middle + QPointF(x, z) for x, z in ((0, -6), (5, 0), (0, 6), (-5, 0))])

    def _draw_curve(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QColor(theme.FAINT))
        names = QRectF(12, area.top(), GUTTER_PX - 20, area.height())
        painter.drawText(
            names, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, self.tr("Likeness to the photographs")
        )
        painter.fillRect(area, QColor(theme.FIELD))
        values = [value for score in self._scores for value in (score.source, score.result)]
        low, high = min(values) - 0.02, max(values) + 0.02

        def place(frame: int, value: float) -> QPointF:
            middle = (self._x(frame) + self._x(frame + 1)) / 2
            return QPointF(middle, area.bottom() - (value - low) / (high - low) * area.height())

        painter.setClipRect(area)
        for person in sorted({score.person for score in self._scores}):
            own = [score for score in self._scores if score.person == person]
            for result, pen in (
                (False, QPen(QColor(theme.EDGE), 1, Qt.PenStyle.DashLine)),
                (True, QPen(theme.person_color(person), 1.6)),
            ):
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPath(_line([(s.frame, place(s.frame, s.result if result else s.source)) for s in own]))
        painter.setPen(QPen(QColor(theme.FIELD), 1))
        painter.setBrush(QColor(theme.WARNING))
        problems = set(self.problems())
        for score in self._scores:
            if score.frame in problems and score.is_problem:
                painter.drawEllipse(place(score.frame, score.result), 4, 4)
        painter.setClipping(False)

    def _draw_outside(self, painter: QPainter) -> None:
        """What lies outside the marks is dimmed; the marks themselves are brackets in the ruler."""
        if not len(self._marks) or self._media is None:
            return
        left, right = self._x(self._marks.start), self._x(self._marks.stop)
        shade = QColor(theme.WINDOW)
        shade.setAlpha(165)
        for edge in (QRectF(GUTTER_PX, RULER_PX, left - GUTTER_PX, self.height()), QRectF(right, RULER_PX, 9999, 9999)):
            if edge.width() > 0.5:
                painter.fillRect(edge, shade)
        painter.fillRect(QRectF(left, RULER_PX - 2, right - left, 2), QColor(theme.EDGE))
        for x, direction in ((left, 1), (right, -1)):
            painter.fillRect(QRectF(min(x, x + direction * 2), 14, 2, RULER_PX - 14), QColor(theme.ACCENT))
            painter.fillRect(QRectF(min(x, x + direction * 6), RULER_PX - 3, 6, 2), QColor(theme.ACCENT))

    # ---- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if point.x() < GUTTER_PX:
            row = int((point.y() - RULER_PX - SHOTS_PX - 4) // ROW_PX)
            if 0 <= row < len(self._people):
                self.person_clicked.emit(self._people[row].number)
            return
        marked = self._marked_at(point)
        self.sought.emit(marked if marked is not None else self._frame_at(point.x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if event.buttons() & Qt.MouseButton.LeftButton and point.x() >= GUTTER_PX:
            self.sought.emit(self._frame_at(point.x()))
            return
        problem = self._problem_at(point)
        self.setCursor(Qt.CursorShape.PointingHandCursor if problem is not None else Qt.CursorShape.ArrowCursor)
        if problem is not None:
            score = next(score for score in self._scores if score.frame == problem and score.is_problem)
            if score.result < score.source:
                text = self.tr("Frame {0}: less like the person than the source. Click to look at it.")
            else:
                text = self.tr("Frame {0}: fades to the source. Click to look at it.")
            QToolTip.showText(event.globalPosition().toPoint(), text.format(problem), self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if self._media is None or not turned:
            return
        anchor, length = self._frame_at(event.position().x()), len(self._seen)
        new = round(length * (0.7 if turned > 0 else 1.43))
        share = (anchor - self._seen.start) / max(1, length)
        self._look_at(round(anchor - share * new), new)

    def _marked_at(self, point: QPointF) -> int | None:
        """The keyframe or the frame to look at that is under the mouse, or near it."""
        row = int((point.y() - RULER_PX - SHOTS_PX - 4) // ROW_PX)
        keys = self._people[row].keys if 0 <= row < min(6, len(self._people)) else ()
        near = [frame for frame in keys if abs(self._x(frame + 0.5) - point.x()) <= PROBLEM_REACH_PX]
        key = min(near, key=lambda frame: abs(self._x(frame + 0.5) - point.x()), default=None)
        return key if key is not None else self._problem_at(point)

    def _problem_at(self, point: QPointF) -> int | None:
        if not self._scores or point.y() < self.height() - CURVE_PX - 6:
            return None
        near = [frame for frame in self.problems() if abs(self._x(frame + 0.5) - point.x()) <= PROBLEM_REACH_PX]
        return min(near, key=lambda frame: abs(self._x(frame + 0.5) - point.x()), default=None)


def _ticks(media: Media) -> tuple[int, ...]:
    """Frames between two timecodes, ascending: a few frames, then whole seconds."""
    second = round(media.rate)
    return (*(step for step in (1, 2, 5, 10, 12) if step <= second // 2), *(second * ticks for ticks in TICKS_S))


def _line(points: list[tuple[int, QPointF]]) -> QPainterPath:
    """A path through points, broken where frames are missing."""
    path, last = QPainterPath(), -2
    for frame, point in points:
        if frame == last + 1:
            path.lineTo(point)
        else:
            path.moveTo(point)
        last = frame
    return path
