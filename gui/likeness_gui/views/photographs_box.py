"""The reference photographs of the person whose card is open: what each is worth, and where to get more."""

from likeness_core.protocol import PhotoReport
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.notices import sentence
from likeness_gui.state.project import MOST_REFERENCES, Person
from likeness_gui.state.words import said
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.drops import FileDrops, mark_over
from likeness_gui.views.parts import button, column, empty, label, row
from likeness_gui.views.thumbnail import Thumbnail

SIDE_PX = 50
GOOD = 0.5  # quality from which a photograph needs no remark


class PhotographsBox(QWidget):
    """Part of the inspector."""

    browse_wanted = Signal()
    grab_wanted = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._person: Person | None = None
        layout = column(self, margin=0, spacing=8)
        layout.addWidget(label(self.tr("Photographs"), "section"))
        self._drop = QFrame()
        self._drop.setObjectName("drop")
        inside = QVBoxLayout(self._drop)
        inside.setContentsMargins(8, 8, 8, 8)
        self._grid = QHBoxLayout()
        self._grid.setSpacing(6)
        self._places = [self._place(i) for i in range(MOST_REFERENCES)]
        for place in self._places:
            self._grid.addWidget(place)
        self._grid.addStretch(1)
        inside.addLayout(self._grid)
        self._empty = label(
            self.tr("Drop one to five photographs here: sharp, one face, seen like the footage."), "muted", True
        )
        inside.addWidget(self._empty)
        layout.addWidget(self._drop)
        FileDrops(self, self._dropped, lambda over: mark_over(self._drop, over))
        self._remarks = QVBoxLayout()
        self._remarks.setSpacing(2)
        layout.addLayout(self._remarks)
        add = button(self.tr("Choose …"), "image-plus-outline")
        add.clicked.connect(self.browse_wanted)
        grab = button(self.tr("Use this frame"), "camera-outline")
        grab.setToolTip(self.tr("Take the face on screen as a photograph"))
        grab.clicked.connect(self.grab_wanted)
        layout.addLayout(row(add, grab, 1))
        self._suggested = self._suggestions()
        layout.addWidget(self._suggested)

    def _place(self, index: int) -> Thumbnail:
        place = Thumbnail(
            self._workspace.pictures, SIDE_PX, self.tr("Photograph {0}").format(index + 1), clickable=True
        )
        place.clicked.connect(lambda: self._menu(index))
        return place

    def _suggestions(self) -> QWidget:
        box = QWidget()
        layout = column(box, margin=0, spacing=4)
        layout.addWidget(label(self.tr("Best frames of the footage; click to add"), "caption"))
        grid = QGridLayout()
        grid.setSpacing(6)
        self._stills = []
        for i in range(MOST_REFERENCES):
            still = Thumbnail(
                self._workspace.pictures, SIDE_PX, self.tr("Suggested frame {0}").format(i + 1), clickable=True
            )
            still.clicked.connect(lambda i=i: self._add_still(i))
            self._stills.append(still)
            grid.addWidget(still, 0, i)
        grid.setColumnStretch(MOST_REFERENCES, 1)
        layout.addLayout(grid)
        return box

    # ---- what is shown

    def show_person(self, person: Person) -> None:
        """The photographs of one person."""
        self._person = person
        references = person.references
        for i, place in enumerate(self._places):
            place.setVisible(i < len(references))
            if i < len(references):
                self._show_photograph(place, references[i])
        self._empty.setVisible(not references)
        self._show_remarks(references)
        stills = self._still_paths()
        for i, still in enumerate(self._stills):
            still.setVisible(i < len(stills))
            still.put(stills[i] if i < len(stills) else "")
        self._suggested.setVisible(bool(stills) and len(references) < MOST_REFERENCES)

    def _show_photograph(self, place: Thumbnail, path: str) -> None:
        report = self._workspace.photographs.report(path)
        place.put((report.thumbnail if report else "") or path)
        place.set_ring(QColor(_color(report)))
        place.setToolTip(self._about(path, report))

    def _about(self, path: str, report: PhotoReport | None) -> str:
        lines = [path]
        if report is None:
            lines.append(self.tr("Being checked …"))
        elif report.error is not None:
            lines += [report.error.message, report.error.hint]
        else:
            lines.append(self.tr("Quality {0:.0%}").format(report.quality))
            lines += [f"{self.tr('Seen')}: {said(report.side)}"] if report.side else []
            lines += report.warnings
        return "\n".join([*lines, self.tr("Click to remove it")])

    def _show_remarks(self, references: tuple[str, ...]) -> None:
        empty(self._remarks)
        photographs = self._workspace.photographs
        for path in references:
            report = photographs.report(path)
            if report is not None and report.error is not None:
                self._remark(f"{sentence(report.error.message)}. {report.error.hint}", "error")
            for warning in report.warnings if report is not None else ():
                self._remark(sentence(warning), "warning")
        for warning in photographs.warnings(references):
            self._remark(sentence(warning), "warning")

    def _remark(self, text: str, role: str) -> None:
        self._remarks.addWidget(label(text, role, wrap=True))

    def _still_paths(self) -> list[str]:
        clip, person = self._workspace.clip, self._person
        if clip is None or person is None:
            return []
        stills = self._workspace.stills.of(clip.key, person.number)
        return [still.path for still in stills if still.path not in person.references][:MOST_REFERENCES]

    # ---- what is done

    def _add_still(self, index: int) -> None:
        paths = self._still_paths()
        if index < len(paths):
            self._workspace.add_photographs((paths[index],))

    def _menu(self, index: int) -> None:
        person, place = self._person, self._places[index]
        if person is None or index >= len(person.references):
            return
        path = person.references[index]
        menu = QMenu(self)
        menu.addAction(self.tr("Remove"), lambda: self._workspace.project.remove_reference(person.number, path))
        menu.popup(place.mapToGlobal(place.rect().bottomLeft()))

    def _dropped(self, paths: list[str]) -> None:
        self._workspace.add_photographs(tuple(paths))


def _color(report: PhotoReport | None) -> str:
    if report is None:
        return theme.EDGE
    if report.error is not None:
        return theme.ERROR
    return theme.WARNING if report.warnings or report.quality < GOOD else theme.ACCENT
