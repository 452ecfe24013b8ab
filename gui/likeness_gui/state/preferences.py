"""What the editor set once for all projects; kept by the platform (registry, plist, ini)."""

from likeness_core.protocol import Machine
from PySide6.QtCore import QObject, QSettings, Signal

MOST_RECENT = 8


class Preferences(QObject):
    """Read and written through Qt's settings; every one has a default."""

    changed = Signal()

    def __init__(self, store: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store

    def text(self, name: str, default: str = "") -> str:
        """A setting as text."""
        return str(self._store.value(name, default))

    def number(self, name: str, default: int = 0) -> int:
        """A setting as a whole number; the default where somebody wrote something else."""
        try:
            return int(str(self._store.value(name, default)))
        except ValueError:
            return default

    def flag(self, name: str, default: bool = False) -> bool:
        """A setting as yes or no."""
        return str(self._store.value(name, default)).lower() in ("true", "1")

    def set(self, name: str, value: str | int | bool) -> None:
        """Change one."""
        if str(self._store.value(name, "")) != str(value):
            self._store.setValue(name, value)
            self.changed.emit()

    def bytes_of(self, name: str) -> bytes:
        """A setting that Qt made, such as the window's geometry."""
        value = self._store.value(name)
        return bytes(value.data()) if hasattr(value, "data") else b""

    def set_bytes(self, name: str, value: bytes) -> None:
        """Keep something that Qt made."""
        self._store.setValue(name, value)

    @property
    def recent(self) -> list[str]:
        """Projects that were open, the latest first."""
        stored = self._store.value("recent", [])
        return [str(path) for path in stored] if isinstance(stored, list) else [str(stored)] if stored else []

    def add_recent(self, path: str) -> None:
        """Put a project at the top of the recent ones."""
        self._store.setValue("recent", [path, *(one for one in self.recent if one != path)][:MOST_RECENT])
        self.changed.emit()

    @property
    def machine(self) -> Machine:
        """What computes."""
        return Machine(self.text("device", "auto"), self.number("threads"), self.text("pack") or None)
