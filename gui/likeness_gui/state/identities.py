"""Identity packs: what the network practised of one person, made of the photographs, used in their place."""

from dataclasses import dataclass
from pathlib import Path

from likeness_core.api import Progress
from likeness_core.errors import LikenessError
from likeness_core.protocol import CreateIdentityParams, CreateIdentityResult, Machine
from PySide6.QtCore import QObject, Signal

from likeness_gui.state.core import Core
from likeness_gui.state.project import Person

PACK_SUFFIX = ".identity.safetensors"
STEPS = 120  # of practice, as the command line's


@dataclass(frozen=True, slots=True)
class Practice:
    """A pack that is being made."""

    clip: str  # key
    person: int
    request: int
    progress: Progress | None = None


class Identities(QObject):
    """Makes one pack at a time."""

    changed = Signal()
    made = Signal(str, int, object)  # clip, person, CreateIdentityResult
    failed = Signal(object)  # a LikenessError

    def __init__(self, core: Core, folder: Path, parent: QObject | None = None) -> None:
        """`folder`: where packs are kept."""
        super().__init__(parent)
        self._core, self.folder = core, folder
        self.practice: Practice | None = None
        self.steps = STEPS
        self._results: dict[str, CreateIdentityResult] = {}

    def score(self, path: str) -> CreateIdentityResult | None:
        """What making a pack told of it; None for one from elsewhere or from another day."""
        return self._results.get(path)

    def create(self, clip: str, person: Person, photographs: tuple[str, ...], machine: Machine) -> None:
        """Practise on the photographs; minutes. The same request goes on where it was stopped."""
        if self.practice is not None:
            return

        def done(result: CreateIdentityResult) -> None:
            self._end()
            self._results[result.path] = result
            self.made.emit(clip, person.number, result)

        def failed(error: LikenessError) -> None:
            self._end()
            self.failed.emit(error)

        def moved(progress: Progress) -> None:
            if self.practice is not None:
                self.practice = Practice(clip, person.number, self.practice.request, progress)
                self.changed.emit()

        target = str(self._target(person.name))
        params = CreateIdentityParams(person.name, photographs, target, steps=self.steps, machine=machine)
        request = self._core.call("identity/create", params, done, failed, moved)
        if request:
            self.practice = Practice(clip, person.number, request)
            self.changed.emit()

    def cancel(self) -> None:
        """Stop; what was practised is kept for another time."""
        if self.practice is not None:
            request = self.practice.request
            self._end()
            self._core.cancel(request)

    def forget_requests(self) -> None:
        """The core ended."""
        self._end()

    def _end(self) -> None:
        self.practice = None
        self.changed.emit()

    def _target(self, name: str) -> Path:
        """A path that is free; `folder` is our own, so looking is quick."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in name).strip() or "person"
        names = [stem, *(f"{stem} {number}" for number in range(2, 1000))]
        paths = (self.folder / f"{one}{PACK_SUFFIX}" for one in names)
        return next(path for path in paths if not path.exists())
