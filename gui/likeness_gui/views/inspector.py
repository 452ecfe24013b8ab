"""The right side: how the person whose card is open is restored, what is written, and the next step."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from likeness_gui.state.workspace import Workspace
from likeness_gui.views.advanced_box import AdvancedBox
from likeness_gui.views.attributes_box import AttributesBox
from likeness_gui.views.delivery_box import DeliveryBox
from likeness_gui.views.identity_box import IdentityBox
from likeness_gui.views.look_box import LookBox
from likeness_gui.views.parts import column, label, rule, scrolled
from likeness_gui.views.photographs_box import PhotographsBox


class Inspector(QFrame):
    """Puts the boxes under each other; `foot` is where the next step goes."""

    browse_photographs = Signal()
    browse_identity = Signal()
    make_identity = Signal()
    grab_photograph = Signal()
    choose_folder = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self.setObjectName("panelRight")
        layout = column(self, margin=0, spacing=0)
        inner = QWidget()
        self._column = column(inner, margin=16, spacing=12)
        self._who = label("", "heading")
        self._nobody = label("", "muted", wrap=True)
        self._column.addWidget(self._who)
        self._column.addWidget(self._nobody)
        self._of_person = QWidget()
        person = column(self._of_person, margin=0, spacing=12)
        self.photographs, self.look = PhotographsBox(workspace), LookBox(workspace)
        self.attributes, self.identity = AttributesBox(workspace), IdentityBox(workspace)
        self.advanced, self.delivery = AdvancedBox(workspace), DeliveryBox(workspace)
        boxes = (
            self.photographs,
            rule(),
            self.look,
            self.attributes,
            self.identity,
            self.advanced,
            rule(),
            self.delivery,
        )
        for widget in boxes:
            person.addWidget(widget)
        self._column.addWidget(self._of_person)
        self._column.addStretch(1)
        layout.addWidget(scrolled(inner), 1)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(16, 12, 16, 16)
        layout.addWidget(rule())
        layout.addLayout(self.foot)
        self.photographs.browse_wanted.connect(self.browse_photographs)
        self.photographs.grab_wanted.connect(self.grab_photograph)
        self.identity.browse_wanted.connect(self.browse_identity)
        self.identity.make_wanted.connect(self.make_identity)
        self.delivery.choose_folder.connect(self.choose_folder)
        for part in (workspace.project, workspace.photographs, workspace.stills, workspace.analyses):
            part.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show the project as it is."""
        person = self._workspace.project.person
        self._of_person.setVisible(person is not None)
        self._who.setVisible(person is not None)
        self._nobody.setVisible(person is None)
        self._nobody.setText(self._advice())
        if person is not None:
            self._who.setText(person.name)
            for box in (self.photographs, self.look, self.attributes, self.identity, self.advanced):
                box.show_person(person)
            self.delivery.refresh()

    def _advice(self) -> str:
        clip = self._workspace.clip
        if clip is None or not clip.people:
            return self.tr("Photographs and settings of a person appear here once people are found.")
        return self.tr("Click a person to see photographs and settings.")
