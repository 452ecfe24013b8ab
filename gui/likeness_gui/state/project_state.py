"""The project that is open: every edit can be undone, and is saved by itself a moment later."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from likeness_core.api import FrameRange, RestorationSettings
from likeness_core.errors import LikenessError
from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from likeness_gui.state.project import MOST_REFERENCES, Clip, Delivery, Person, Project
from likeness_gui.state.project_files import ProjectFiles

SAVE_AFTER_MS = 800  # a slider that is being dragged is saved once
MERGE_WITHIN_S = 1.0  # two moves of one slider within it are one step of undo


class ProjectState(QObject):
    """Holds the project; whatever changes it goes through `edit`."""

    changed = Signal()
    failed = Signal(object)  # a LikenessError: the project could not be saved

    def __init__(self, files: ProjectFiles, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._project = Project()
        self.path = files.unnamed
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(200)
        self._save_soon = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_soon.timeout.connect(self._save_aside)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)  # saves keep their order

    @property
    def project(self) -> Project:
        """As it is now."""
        return self._project

    @property
    def clip(self) -> Clip | None:
        """The clip on screen."""
        return self._project.clip

    @property
    def person(self) -> Person | None:
        """The person whose card is open."""
        return self.clip.person(self.clip.selected) if self.clip else None

    @property
    def has_name(self) -> bool:
        """Whether the editor has given it a file of its own."""
        return self.path != self._files.unnamed

    # ---- files

    def open(self, path: Path) -> bool:
        """Open a project; True where it had to be mended from its copy. Raises InputError."""
        opened = self._files.open(path)
        self.save()
        self.path = path
        self.undo_stack.clear()
        self._put(opened.project)
        return opened.recovered

    def open_last(self, path: Path | None) -> bool:
        """Open what was open when the application was left; nothing to open is no error."""
        path = path or self._files.unnamed
        return self.open(path) if path.exists() or self._files.copy_of(path).exists() else False

    def begin(self) -> None:
        """Begin an empty project without a name."""
        self.save()
        self.path = self._files.unnamed
        self.undo_stack.clear()
        self._put(Project())

    def save_as(self, path: Path) -> None:
        """Give the project a file; it is saved there from now on."""
        self.path = path
        self.save()
        self.changed.emit()

    def save(self) -> None:
        """Save now, and wait until it is done."""
        self._save_soon.stop()
        self._pool.waitForDone()
        self._write(self._project, self.path)

    def _save_aside(self) -> None:
        """Save without keeping the window waiting for the disk."""
        project, path = self._project, self.path
        self._pool.start(lambda: self._write(project, path))

    def _write(self, project: Project, path: Path) -> None:
        try:
            self._files.save(project, path)
        except LikenessError as error:
            self.failed.emit(error)
        except OSError as error:
            hint = "Choose another place with Save as."
            self.failed.emit(LikenessError("project.unsaved", f"the project cannot be saved ({error})", hint))

    # ---- edits

    def edit(self, text: str, project: Project, merge: str = "") -> None:
        """Replace the project, as one step of undo called `text`; steps of one `merge` key become one."""
        if project != self._project:
            self.undo_stack.push(_Edit(text, self._project, project, merge, self._put))

    def put_silently(self, project: Project) -> None:
        """Replace what is no edit of the editor's: which clip and which card is on screen."""
        self._put(project)

    def add_clip(self, clip: Clip) -> None:
        """Add footage and show it."""
        self.edit(self.tr("Add {0}").format(clip.name), self._project.adding(clip))

    def add_clips(self, clips: list[Clip]) -> None:
        """Add the clips of an edit in one step, and show the first."""
        project = self._project
        for clip in clips:
            project = project.adding(clip)
        if clips:
            first = [one.key for one in project.clips].index(clips[0].key)
            self.edit(self.tr("Add an edit"), replace(project, current=first))

    def remove_clip(self, index: int) -> None:
        """Take a clip out of the project; the footage itself stays where it is."""
        name = self._project.clips[index].name
        self.edit(self.tr("Remove {0}").format(name), self._project.removing(index))

    def show_clip(self, index: int) -> None:
        """Put another clip on screen."""
        if 0 <= index < len(self._project.clips) and index != self._project.current:
            self.put_silently(replace(self._project, current=index))

    def select_person(self, number: int) -> None:
        """Open a person's card."""
        if self.clip is not None and self.clip.selected != number:
            self.put_silently(self._project.with_clip(replace(self.clip, selected=number)))

    def set_range(self, frames: FrameRange | None) -> None:
        """Set the marks of the clip on screen; None takes them away."""
        if self.clip is not None:
            clip = replace(self.clip, frames=frames)
            self.edit(self.tr("Set marks"), self._project.with_clip(clip), "marks")

    def set_found(self, key: str, frames: FrameRange, numbers: tuple[int, ...]) -> None:
        """Take in who an analysis found; what the editor said of those people before is kept."""
        clips = []
        for clip in self._project.clips:
            if clip.key != key:
                clips.append(clip)
                continue
            people = tuple(
                clip.person(number) or Person(number, self.tr("Person {0}").format(number)) for number in numbers
            )
            selected = clip.selected if clip.selected in numbers else (numbers[0] if len(numbers) == 1 else 0)
            clips.append(replace(clip, people=people, selected=selected, analysed=frames))
        self.edit(self.tr("Analyse"), replace(self._project, clips=tuple(clips)))

    def edit_person(self, text: str, person: Person, merge: str = "") -> None:
        """Replace a person of the clip on screen."""
        if self.clip is not None:
            key = f"{merge}-{self._project.current}-{person.number}" if merge else ""
            self.edit(text, self._project.with_clip(self.clip.with_person(person)), key)

    def change_settings(self, text: str, settings: RestorationSettings, merge: str = "") -> None:
        """Change how the person whose card is open is restored."""
        if self.person is not None:
            self.edit_person(text, replace(self.person, settings=settings), merge)

    def add_references(self, number: int, paths: tuple[str, ...]) -> int:
        """Give a person photographs, each once and five at most; returns how many did not fit."""
        person = self.clip.person(number) if self.clip else None
        if person is None:
            return 0
        new = tuple(path for path in dict.fromkeys(paths) if path not in person.references)
        references = (*person.references, *new)
        kept = references[:MOST_REFERENCES]
        text = self.tr("Add photographs of {0}").format(person.name)
        self.edit_person(text, replace(person, references=kept, restore=True))
        return len(references) - len(kept)

    def remove_reference(self, number: int, path: str) -> None:
        """Take a photograph away from a person."""
        person = self.clip.person(number) if self.clip else None
        if person is not None:
            kept = tuple(one for one in person.references if one != path)
            self.edit_person(
                self.tr("Remove a photograph of {0}").format(person.name), replace(person, references=kept)
            )

    def set_delivery(self, delivery: Delivery) -> None:
        """Say what is written, and where."""
        self.edit(self.tr("Change delivery"), replace(self._project, delivery=delivery), "delivery")

    def _put(self, project: Project) -> None:
        self._project = project
        self._save_soon.start()
        self.changed.emit()


class _Edit(QUndoCommand):
    """One step: the project before and after it."""

    def __init__(self, text: str, before: Project, after: Project, merge: str, put: Callable[[Project], None]) -> None:
        super().__init__(text)
        self._before, self._after, self._merge, self._put = before, after, merge, put
        self._time = time.monotonic()

    def id(self) -> int:
        return hash(self._merge) & 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, _Edit) or other._merge != self._merge or other._time - self._time > MERGE_WITHIN_S:
            return False
        self._after, self._time = other._after, other._time
        return True

    def redo(self) -> None:
        self._put(self._after)

    def undo(self) -> None:
        self._put(self._before)
