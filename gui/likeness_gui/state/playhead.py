"""Where the editor is in the clip: the frame on screen, and how it moves."""

from fractions import Fraction

from likeness_core.api import FrameRange
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

SPEEDS = (1, 2, 4, 8)  # times the footage's own; each further L or J takes the next
TICK_MS = 8  # twice the quickest usual display, so that no frame waits a whole one


class Playhead(QObject):
    """Moves within the whole clip; playing loops between the marks."""

    moved = Signal(int)
    speed_changed = Signal(int)  # 0 stands, negative goes back

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frame = 0
        self.speed = 0
        self.count = 0  # frames of the clip
        self.loop = FrameRange(0, 0)
        self.rate = Fraction(24)
        self._clock = QElapsedTimer()
        self._started_at = 0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)

    def load(self, count: int, rate: Fraction, loop: FrameRange) -> None:
        """Another clip."""
        self.pause()
        self.count, self.rate, self.loop = count, rate, loop
        self.frame = loop.start
        self.moved.emit(self.frame)

    def seek(self, frame: int) -> None:
        """Show a frame; past an end is the end. Playing goes on from there."""
        frame = max(0, min(self.count - 1, frame))
        if self.speed:
            self._restart(frame)
        if frame != self.frame:
            self.frame = frame
            self.moved.emit(frame)

    def step(self, frames: int) -> None:
        """Stand, and move by so many frames."""
        self.pause()
        self.seek(self.frame + frames)

    def toggle(self) -> None:
        """Play or stand."""
        if self.speed:
            self.pause()
        else:
            self._set_speed(1)

    def faster(self, direction: int) -> None:
        """L (1) and J (-1): play that way, and faster at each further press."""
        if self.speed * direction <= 0:
            self._set_speed(direction)
        else:
            place = SPEEDS.index(abs(self.speed))
            self._set_speed(direction * SPEEDS[min(place + 1, len(SPEEDS) - 1)])

    def pause(self) -> None:
        """K: stand."""
        self._set_speed(0)

    def _set_speed(self, speed: int) -> None:
        if not self.count:
            speed = 0
        if speed == self.speed:
            return
        self.speed = speed
        if speed:
            self._restart(self.frame)
            self._timer.start()
        else:
            self._timer.stop()
        self.speed_changed.emit(speed)

    def _restart(self, frame: int) -> None:
        self._started_at = frame
        self._clock.start()

    def _tick(self) -> None:
        """Where the clock says; frames are dropped rather than time stretched."""
        passed = int(Fraction(self._clock.elapsed(), 1000) * self.rate * self.speed)
        loop = self.loop if len(self.loop) else FrameRange(0, self.count)
        frame = self._started_at + passed
        if frame not in loop:
            frame = loop.start if self.speed > 0 else loop.stop - 1
            self._restart(frame)
        if frame != self.frame:
            self.frame = frame
            self.moved.emit(frame)
