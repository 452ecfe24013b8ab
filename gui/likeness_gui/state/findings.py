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

    changed = Signal(str)  # source of the clip
    found = Signal(str, object)  # source, AnalyseResult: fresh from the core
    failed = Signal(object)  # a LikenessError
    _boxes_read = Signal(str, object)

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._findings: dict[str, Findings] = {}
        self._requests: dict[str, int] = {}
        self.progress: dict[str, Progress] = {}
        self._boxes_read.connect(self._take_boxes)

    def of(self, source: str) -> Findings | None:
        """What was found in a clip."""
        return self._findings.get(source)

    def running(self, source: str) -> bool:
        """Whether a clip is being analysed."""
        return source in self._requests

    def start(self, footage: Footage, machine: Machine) -> None:
        """Analyse; quick where the core has done it before."""
        source = footage.source
        if self.running(source):
            return

        def done(result: AnalyseResult) -> None:
            self._end(source)
            self._findings[source] = Findings(result)
            QThreadPool.globalInstance().start(lambda: self._boxes_read.emit(source, read_boxes(result.faces)))
            self.found.emit(source, result)
            self.changed.emit(source)

        def failed(error: LikenessError) -> None:
            self._end(source)
            self.changed.emit(source)
            self.failed.emit(error)

        def moved(progress: Progress) -> None:
            self.progress[source] = progress
            self.changed.emit(source)

        request = self._core.call("analyse", AnalyseParams(footage, machine), done, failed, moved)
        if request:
            self._requests[source] = request
            self.changed.emit(source)

    def cancel(self, source: str) -> None:
        """Stop analysing a clip."""
        request = self._requests.get(source)
        if request is not None:
            self._end(source)
            self._core.cancel(request)
            self.changed.emit(source)

    def forget_requests(self) -> None:
        """The core ended, and its work with it."""
        for source in list(self._requests):
            self._end(source)
            self.changed.emit(source)

    def _end(self, source: str) -> None:
        self._requests.pop(source, None)
        self.progress.pop(source, None)

    def _take_boxes(self, source: str, boxes: object) -> None:
        findings = self._findings.get(source)
        if findings is not None and isinstance(boxes, dict):
            findings.boxes = boxes
            self.changed.emit(source)


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
