"""What the core thinks of each reference photograph: usable or not, how good, seen from which side."""

from likeness_core.errors import LikenessError
from likeness_core.protocol import CheckReferencesParams, CheckReferencesResult, Machine, PhotoReport
from PySide6.QtCore import QObject, Signal

from likeness_gui.state.core import Core


class Photographs(QObject):
    """Reports by photograph, and what is said of each set of them."""

    changed = Signal()
    failed = Signal(object)  # a LikenessError

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._reports: dict[str, PhotoReport] = {}
        self._warnings: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._asked: set[tuple[str, ...]] = set()

    def report(self, path: str) -> PhotoReport | None:
        """The report on a photograph; None while it is being checked."""
        return self._reports.get(path)

    def warnings(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """What is odd about these photographs together: different people, the same picture twice."""
        return self._warnings.get(paths, ())

    def usable(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those that were not refused."""
        reports = {path: self._reports.get(path) for path in paths}
        return tuple(path for path, report in reports.items() if report is None or report.error is None)

    def check(self, paths: tuple[str, ...], machine: Machine) -> None:
        """Have a set checked, once."""
        if not paths or paths in self._asked:
            return

        def done(result: CheckReferencesResult) -> None:
            self._reports |= {report.path: report for report in result.photos}
            self._warnings[paths] = result.warnings
            self.changed.emit()

        def failed(error: LikenessError) -> None:
            self._asked.discard(paths)
            self.failed.emit(error)

        if self._core.call("references/check", CheckReferencesParams(paths, machine), done, failed):
            self._asked.add(paths)

    def forget_requests(self) -> None:
        """The core ended: what it had not answered is asked again."""
        self._asked = {paths for paths in self._asked if paths in self._warnings}
