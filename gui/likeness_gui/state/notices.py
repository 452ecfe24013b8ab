"""What the editor has to know: one line of what happened, one of what to do, and often a button that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from likeness_core.errors import LikenessError
from PySide6.QtCore import QObject, Signal


class Gravity(Enum):
    """How bad it is."""

    NEWS = "news"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """One banner."""

    key: str  # a later notice of the same key takes its place
    gravity: Gravity
    text: str
    hint: str = ""
    action: str = ""  # what the button says; empty: no button
    act: Callable[[], None] | None = None


def sentence(message: str) -> str:
    """A message with a capital, unless it begins with the name of a file."""
    first = message.partition(" ")[0]
    return message[:1].upper() + message[1:] if first.isalpha() else message


class Notices(QObject):
    """Those that are shown, the latest first."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: list[Notice] = []

    def show(self, notice: Notice) -> None:
        """Show one, in place of an earlier one of its key."""
        self.shown = [notice, *(one for one in self.shown if one.key != notice.key)]
        self.changed.emit()

    def error(
        self, error: LikenessError, key: str = "", action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Show an error as it says itself."""
        text = sentence(error.message)
        self.show(Notice(key or error.code, Gravity.ERROR, text, error.hint, action, act))

    def dismiss(self, key: str) -> None:
        """Take one away; one that is not there is no error."""
        left = [one for one in self.shown if one.key != key]
        if len(left) != len(self.shown):
            self.shown = left
            self.changed.emit()
