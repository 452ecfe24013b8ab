"""One frame restored in seconds, before anybody commits to a whole clip."""

from likeness_core.api import Progress
from likeness_core.errors import LikenessError
from likeness_core.protocol import PreviewParams, PreviewResult
from PySide6.QtCore import QObject, Signal

from likeness_gui.state.core import Core


class Preview(QObject):
    """The previews that were made, one a frame, and the one being made."""

    changed = Signal()
    made = Signal(str, int)  # source, frame
    failed = Signal(object)  # a LikenessError

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._request = 0
        self._made: dict[tuple[str, int], tuple[PreviewParams, PreviewResult]] = {}
        self.progress: Progress | None = None

    @property
    def running(self) -> bool:
        """Whether one is being made."""
        return bool(self._request)

    def of(self, source: str, frame: int) -> PreviewResult | None:
        """The latest preview of a frame."""
        made = self._made.get((source, frame))
        return made[1] if made else None

    def asked_as(self, source: str, frame: int) -> PreviewParams | None:
        """What the preview of a frame was made with, to tell whether it is out of date."""
        made = self._made.get((source, frame))
        return made[0] if made else None

    def start(self, params: PreviewParams) -> None:
        """Make one; an unfinished one is given up."""
        self.cancel()

        def done(result: PreviewResult) -> None:
            self._end()
            self._made[params.footage.source, result.frame] = (params, result)
            self.changed.emit()
            self.made.emit(params.footage.source, result.frame)

        def failed(error: LikenessError) -> None:
            self._end()
            self.changed.emit()
            self.failed.emit(error)

        def moved(progress: Progress) -> None:
            self.progress = progress
            self.changed.emit()

        self._request = self._core.call("preview", params, done, failed, moved)
        self.changed.emit()

    def cancel(self) -> None:
        """Give up the one being made."""
        if self._request:
            request = self._request
            self._end()
            self._core.cancel(request)
            self.changed.emit()

    def forget_requests(self) -> None:
        """The core ended."""
        self._end()
        self.changed.emit()

    def _end(self) -> None:
        self._request, self.progress = 0, None
