"""What the face shows, in words: measured from the footage, and corrected by whoever knows better."""

from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QMenu, QToolButton, QWidget
from superqt import QFlowLayout

from likeness_gui.state.project import Person
from likeness_gui.state.words import said
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.parts import column, empty, label, set_role

SHOWN_FROM = 0.25  # a measured degree below it is not worth a chip
DEGREES = (1.0, 0.5, 0.0)


class AttributesBox(QWidget):
    """A chip a word; a click says it otherwise."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._person: Person | None = None
        self._shown: tuple[tuple[str, float, bool], ...] | None = None
        layout = column(self, margin=0, spacing=6)
        layout.addWidget(label(self.tr("What the face shows"), "section"))
        self._flow = QWidget()
        self._chips = QFlowLayout(self._flow)
        self._chips.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._flow)

    def show_person(self, person: Person) -> None:
        """The words of one person; nothing where none were measured."""
        self._person = person
        measured = self._measured(person)
        corrected = dict(person.settings.attributes)
        words = tuple(
            (word, corrected.get(word, degree), word in corrected)
            for word, degree in measured.items()
            if word in corrected or degree >= SHOWN_FROM
        )
        self.setVisible(bool(measured))
        if words != self._shown:
            self._shown = words
            self._fill(words)

    def _measured(self, person: Person) -> dict[str, float]:
        findings = self._workspace.findings
        found = findings.person(person.number) if findings else None
        return dict(found.attributes) if found else {}

    def _fill(self, words: tuple[tuple[str, float, bool], ...]) -> None:
        empty(self._chips)
        for word, degree, is_said in words:
            chip = self._chip(f"{said(word)}  {degree:.0%}", self._degrees(word))
            set_role(chip, "said" if is_said else "chip")
            self._chips.addWidget(chip)
        more = self._chip("+", self._more())
        more.setAccessibleName(self.tr("Say something else about the face"))
        more.setToolTip(more.accessibleName())
        self._chips.addWidget(more)

    def _chip(self, text: str, menu: QMenu) -> QToolButton:
        chip = QToolButton()
        chip.setText(text)
        chip.setProperty("role", "chip")
        chip.setAccessibleName(text)
        chip.setToolTip(self.tr("Click to say it otherwise"))
        chip.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        chip.setMenu(menu)
        return chip

    def _degrees(self, word: str) -> QMenu:
        menu = QMenu(self)
        names = {1.0: self.tr("Wholly"), 0.5: self.tr("Half"), 0.0: self.tr("Not at all")}
        menu.addAction(self.tr("As measured"), partial(self._say, word, None))
        for degree in DEGREES:
            menu.addAction(names[degree], partial(self._say, word, degree))
        return menu

    def _more(self) -> QMenu:
        """Words that are not shown yet; the measured ones are made when the menu is opened."""
        menu = QMenu(self)

        def fill() -> None:
            menu.clear()
            shown = {word for word, _, _ in self._shown or ()}
            for word in self._measured(self._person) if self._person else ():
                if word not in shown:
                    menu.addAction(said(word), partial(self._say, word, 1.0))

        menu.aboutToShow.connect(fill)
        return menu

    def _say(self, word: str, degree: float | None) -> None:
        person = self._person
        if person is None:
            return
        others = [pair for pair in person.settings.attributes if pair[0] != word]
        words = tuple(sorted([*others, *([(word, degree)] if degree is not None else [])]))
        changed = replace(person.settings, attributes=words)
        self._workspace.project.change_settings(self.tr("Describe the face"), changed)
