"""The clips of the project, and the people of the clip on screen as cards."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from likeness_gui.state.project import Person
from likeness_gui.state.timecodes import describe
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.drops import FileDrops
from likeness_gui.views.parts import Elided, column, label, name_it, restyle, row, rule, scrolled, set_role, tool
from likeness_gui.views.thumbnail import Thumbnail


class PeoplePanel(QFrame):
    """The left side of the window."""

    open_wanted = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._cards: dict[int, PersonCard] = {}
        self.setObjectName("panelLeft")
        layout = column(self, margin=0, spacing=0)
        layout.addWidget(self._clips())
        layout.addWidget(rule())
        inner = QWidget()
        self._people = column(inner, margin=12, spacing=8)
        self._heading = label(self.tr("People"), "section")
        self._hint = label("", "muted", wrap=True)
        self._people.addWidget(self._heading)
        self._people.addWidget(self._hint)
        self._people.addStretch(1)
        layout.addWidget(scrolled(inner), 1)
        workspace.project.changed.connect(self.refresh)
        workspace.analyses.changed.connect(self.refresh)
        workspace.photographs.changed.connect(self.refresh)
        self.refresh()

    def _clips(self) -> QWidget:
        box = QWidget()
        layout = column(box, margin=12, spacing=4)
        self._chooser = QComboBox()
        name_it(self._chooser, self.tr("Clip on screen"))
        self._chooser.setMinimumContentsLength(8)
        self._chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._chooser.activated.connect(self._workspace.project.show_clip)
        add = tool("plus", self.tr("Add footage"), "Ctrl+O")
        add.clicked.connect(self.open_wanted)
        self._remove = tool("close", self.tr("Take this clip out of the project"))
        project = self._workspace.project
        self._remove.clicked.connect(lambda: project.remove_clip(project.project.current))
        layout.addWidget(label(self.tr("Clip"), "section"))
        line = row(self._chooser, add, self._remove, spacing=4)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self._about = Elided("", "caption")
        layout.addWidget(self._about)
        return box

    def refresh(self, *_: object) -> None:
        """Show the project as it is."""
        project, clip = self._workspace.project.project, self._workspace.clip
        names = [one.name for one in project.clips]
        if [self._chooser.itemText(i) for i in range(self._chooser.count())] != names:
            self._chooser.clear()
            self._chooser.addItems(names)
        self._chooser.setCurrentIndex(project.current if project.clips else -1)
        self._chooser.setEnabled(bool(names))
        self._remove.setEnabled(bool(names))
        self._about.put(describe(clip.media) if clip else self.tr("No footage yet"))
        self._show_people(clip.people if clip else ())
        self._hint.setText(self._advice())
        self._hint.setVisible(bool(self._hint.text()))

    def _advice(self) -> str:
        clip = self._workspace.clip
        if clip is None:
            return self.tr("Open footage to begin.")
        if self._workspace.analyses.running(clip.key) and not clip.people:
            return self.tr("Looking for faces …")
        if clip.analysed is None:
            return self.tr("Nobody is known yet. The analysis finds who appears, and where.")
        if not clip.people:
            return self.tr("No faces were found in this range.")
        if not any(person.restore for person in clip.people):
            return self.tr("Tick who is to be restored. Everybody else stays as they are.")
        return ""

    def _show_people(self, people: tuple[Person, ...]) -> None:
        numbers = [person.number for person in people]
        for number in [number for number in self._cards if number not in numbers]:
            card = self._cards.pop(number)
            card.hide()
            card.deleteLater()
        for person in people:
            if person.number not in self._cards:
                self._cards[person.number] = PersonCard(self._workspace, person.number)
                self._people.insertWidget(self._people.count() - 1, self._cards[person.number])
            self._cards[person.number].show_person(person)


class PersonCard(QFrame):
    """One person: face, name, where seen, whether to be restored. Photographs can be dropped on it."""

    def __init__(self, workspace: Workspace, number: int) -> None:
        super().__init__()
        self._workspace, self._number = workspace, number
        self.setObjectName("card")
        FileDrops(self, self._dropped, self._show_over)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(10)
        self._face = Thumbnail(workspace.pictures, 60, self.tr("Face of person {0}").format(number))
        self._face.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout.addWidget(self._face, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        self._name = QLineEdit()
        self._name.setProperty("role", "plain")
        self._name.setMaxLength(60)
        name_it(self._name, self.tr("Name"))
        self._name.editingFinished.connect(self._renamed)
        self._name.installEventFilter(self)
        self._seen = Elided("", "caption")
        self._photographs = Elided("", "caption")
        self._restore = QCheckBox(self.tr("Restore"))
        self._restore.clicked.connect(self._ticked)
        words.addWidget(self._name)
        indented = QVBoxLayout()
        indented.setContentsMargins(5, 0, 0, 0)
        indented.setSpacing(2)
        for widget in (self._seen, self._photographs, self._restore):
            indented.addWidget(widget)
        words.addLayout(indented)
        layout.addLayout(words, 1)

    def show_person(self, person: Person) -> None:
        """As the project has it."""
        clip, findings = self._workspace.clip, self._workspace.findings
        found = findings.person(person.number) if findings else None
        selected = clip is not None and clip.selected == person.number
        if self.property("selected") != selected:
            self.setProperty("selected", selected)
            restyle(self)
        self.setAccessibleName(person.name)
        if not self._name.hasFocus():
            self._name.setText(person.name)
        self._restore.setChecked(person.restore)
        self._restore.setAccessibleName(self.tr("Restore {0}").format(person.name))
        if found is not None:
            self._face.put(found.thumbnail)
            shots = self.tr("%n shot(s)", "", len(found.shots))
            self._seen.put(self.tr("%n frame(s)", "", found.frames) + "  ·  " + shots)
        self._show_photographs(person)

    def _show_photographs(self, person: Person) -> None:
        photographs = self._workspace.photographs
        bad = len(person.references) - len(photographs.usable(person.references))
        warned = photographs.warnings(person.references)
        count = self.tr("%n photograph(s)", "", len(person.references))
        if bad:
            text, role = self.tr("{0} of {1} cannot serve").format(bad, len(person.references)), "error"
        elif warned:
            text, role = self.tr("{0}, please check").format(count), "warning"
        elif person.references:
            text, role = count, "good"
        else:
            text, role = self.tr("No photograph yet"), "caption"
        self._photographs.put(text)
        set_role(self._photographs, role)

    def _person(self) -> Person | None:
        return self._workspace.clip.person(self._number) if self._workspace.clip else None

    def _renamed(self) -> None:
        person, name = self._person(), self._name.text().strip()
        if person is not None and name and name != person.name:
            self._workspace.project.edit_person(self.tr("Rename {0}").format(person.name), replace(person, name=name))

    def _ticked(self, restore: bool) -> None:
        person = self._person()
        if person is not None:
            self._workspace.project.select_person(self._number)
            self._workspace.choose(person, restore)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._workspace.project.select_person(self._number)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._workspace.project.select_person(self._number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._workspace.project.select_person(self._number)
        else:
            super().keyPressEvent(event)

    def _show_over(self, over: bool) -> None:
        person = self._person()
        if over:
            self.setProperty("selected", True)
            restyle(self)
        elif person is not None:
            self.show_person(person)

    def _dropped(self, paths: list[str]) -> None:
        self._workspace.project.select_person(self._number)
        self._workspace.add_photographs(tuple(paths), self._number)
