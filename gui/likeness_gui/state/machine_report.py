"""What the core says of this machine: device, packs, what is missing."""

from likeness_core.errors import LikenessError
from likeness_core.protocol import DoctorResult, Nothing, PacksResult
from PySide6.QtCore import QObject, Signal

from likeness_gui.state.core import Core


class MachineReport(QObject):
    """The core's `doctor` and `packs`, asked once the core is there and whenever somebody asks again."""

    changed = Signal()
    failed = Signal(object)  # a LikenessError

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.doctor: DoctorResult | None = None
        self.packs: PacksResult | None = None

    def refresh(self) -> None:
        """Ask again."""
        self._core.call("doctor", Nothing(), self._take_doctor, self._quietly)
        self._core.call("packs", Nothing(), self._take_packs, self._quietly)

    def _take_doctor(self, result: DoctorResult) -> None:
        self.doctor = result
        self.changed.emit()

    def _take_packs(self, result: PacksResult) -> None:
        self.packs = result
        self.changed.emit()

    def _quietly(self, error: LikenessError) -> None:
        self.failed.emit(error)
