"""What the analysis of each clip found: shots, who is seen where, and where the faces are in each frame."""

from dataclasses import dataclass, field
from pathlib import Path

from likeness_core.api import Progress
from likeness_core.errors import LikenessError
from likeness_core.jobs import decode
from likeness_core.protocol import AnalyseParams, AnalyseResult, FacesFile, Footage, Machine
from likeness_core.protocol import Person as FoundPerson
from PySide6.QtCore import QObject, QThreadPool, Signal

from likeness_gui.state.core import Core

Box = tuple[float, float, float, float]  # x, y, width, height; pixels of the frame


@dataclass(slots=True)
class Findings:
    """One clip, analysed."""

    result: AnalyseResult
    boxes: dict[int, dict[int, Box]] = field(default_factory=dict)  # frame -> person -> box

    def person(self, number: int) -> FoundPerson | None:
        """What was found of a person."""
        return next((person for person in self.result.people if person.number == number), None)

    def at(self, frame: int) -> dict[int, Box]:
        """Whose face is where in a frame."""
        return self.boxes.get(frame, {})


class Analyses(QObject):
    """Findings by clip, and the analysis that is running."""

    changed = Signal(str)  # key of the clip
    found = Signal(str, object)  # key of the clip, AnalyseResult: fresh from the core
    failed = Signal(object)  # a LikenessError
    _boxes_read = Signal(str, object)

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._findings: dict[str, Findings] = {}
        self._requests: dict[str, int] = {}
        self.progress: dict[str, Progress] = {}
        self._boxes_read.connect(self._take_boxes)

    def of(self, clip: str) -> Findings | None:
        """What was found in a clip."""
        return self._findings.get(clip)

    def running(self, clip: str) -> bool:
        """Whether a clip is being analysed."""
        return clip in self._requests

    def start(self, clip: str, footage: Footage, machine: Machine) -> None:
        """Analyse a clip (`clip`: its key); quick where the core has done it before."""
        if self.running(clip):
            return

        def done(result: AnalyseResult) -> None:
            self._end(clip)
            self._findings[clip] = Findings(result)
            QThreadPool.globalInstance().start(lambda: self._boxes_read.emit(clip, read_boxes(result.faces)))
            self.found.emit(clip, result)
            self.changed.emit(clip)

        def failed(error: LikenessError) -> None:
            self._end(clip)
            self.changed.emit(clip)
            self.failed.emit(error)

        def moved(progress: Progress) -> None:
            self.progress[clip] = progress
            self.changed.emit(clip)

        request = self._core.call("analyse", AnalyseParams(footage, machine), done, failed, moved)
        if request:
            self._requests[clip] = request
            self.changed.emit(clip)

    def cancel(self, clip: str) -> None:
        """Stop analysing a clip."""
        request = self._requests.get(clip)
        if request is not None:
            self._end(clip)
            self._core.cancel(request)
            self.changed.emit(clip)

    def forget_requests(self) -> None:
        """The core ended, and its work with it."""
        for clip in list(self._requests):
            self._end(clip)
            self.changed.emit(clip)

    def _end(self, clip: str) -> None:
        self._requests.pop(clip, None)
        self.progress.pop(clip, None)

    def _take_boxes(self, clip: str, boxes: object) -> None:
        findings = self._findings.get(clip)
        if findings is not None and isinstance(boxes, dict):
            findings.boxes = boxes
            self.changed.emit(clip)


def read_boxes(path: str) -> dict[int, dict[int, Box]]:
    """Boxes by frame and person from a FacesFile; none where the file is gone."""
    boxes: dict[int, dict[int, Box]] = {}
    try:
        faces = decode(Path(path).read_bytes(), FacesFile)
    except (OSError, LikenessError):
        return boxes
    for person in faces.people:
        for frame, x, y, width, height in person.boxes:
            boxes.setdefault(frame, {})[person.person] = (x, y, width, height)
    return boxes
