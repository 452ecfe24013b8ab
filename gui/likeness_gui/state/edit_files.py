"""Timeline files: what they use of which footage becomes clips of the project. Read in a thread of the pool."""

from dataclasses import dataclass
from pathlib import Path

from likeness_core.api import FrameRange
from likeness_core.errors import LikenessError
from PySide6.QtCore import QObject, QThreadPool, Signal

from likeness_gui.state.project import Clip

SUFFIXES = (".otio", ".otioz", ".xml", ".fcpxml", ".edl", ".aaf")


@dataclass(frozen=True, slots=True)
class OpenedEdit:
    """What a timeline file holds for us."""

    clips: tuple[Clip, ...]
    skipped: tuple[str, ...]  # "name: reason" of what cannot be restored


def is_edit(path: str) -> bool:
    """Whether a file is a timeline by its name."""
    return path.lower().endswith(SUFFIXES)


class Edits(QObject):
    """Opens timeline files."""

    opened = Signal(str, object)  # path, OpenedEdit
    failed = Signal(object)  # a LikenessError
    _read = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read.connect(self._take)

    def open(self, path: str) -> None:
        """Read one; `opened` or `failed` tells."""
        QThreadPool.globalInstance().start(lambda: self._read.emit(path, _outcome(path)))

    def _take(self, path: str, outcome: object) -> None:
        if isinstance(outcome, OpenedEdit):
            self.opened.emit(path, outcome)
        else:
            self.failed.emit(outcome)


def _outcome(path: str) -> OpenedEdit | LikenessError:
    try:
        return read(Path(path))
    except LikenessError as error:
        return error


def read(path: Path) -> OpenedEdit:
    """The clips of a timeline file, each part of each piece of footage once. Raises InputError, MediaError."""
    from likeness_plugin.timeline_media import MediaFinder, place_all
    from likeness_plugin.timeline_plan import Choice, plan
    from likeness_plugin.timeline_read import read_edit

    edit = read_edit(path).edit
    placed, skipped = place_all(edit, MediaFinder(path.parent, None))
    tasks = plan(edit, placed, Choice(FrameRange(0, edit.length))).tasks
    clips = tuple(
        Clip(
            task.range.media, label=task.name, bounds=task.range.frames, cuts=task.range.cuts,
            through_edits=task.range.through_edits, dissolves=task.range.dissolves,
        )
        for task in tasks
    )  # fmt: skip
    return OpenedEdit(clips, tuple(f"{item.name}: {item.reason}" for item in skipped))
