"""The identity pack of a person: made of photographs, as many as there are, then used in their place."""

from pathlib import PurePath

from likeness_core.api import MOST_CARRIED
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from likeness_gui.state.identities import PACK_SUFFIX
from likeness_gui.state.project import Person
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.parts import Elided, button, column, label, row


class IdentityBox(QWidget):
    """Make one, choose one, go back to the photographs."""

    make_wanted = Signal()  # of photographs that are to be asked for
    browse_wanted = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._person: Person | None = None
        layout = column(self, margin=0, spacing=4)
        self._name = Elided("", "muted")
        self._score = label("", "caption", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._make = button(self.tr("Make one …"), role="link")
        self._choose = button(self.tr("Choose …"), role="link")
        self._choose.setAccessibleName(self.tr("Choose an identity pack"))
        self._stop = button(self.tr("Stop"), role="link")
        self._drop = button(self.tr("Use the photographs"), role="link")
        self._make.clicked.connect(self.make_wanted)
        self._choose.clicked.connect(self.browse_wanted)
        self._stop.clicked.connect(workspace.identities.cancel)
        self._drop.clicked.connect(lambda _=False: workspace.use_identity(""))
        title = label(self.tr("Identity pack"), "section")
        title.setToolTip(
            self.tr(
                "For somebody you restore often: carries up to {0} photographs, and takes the nearest for each face."
            ).format(MOST_CARRIED)
        )
        layout.addLayout(row(title, 1, self._make, self._choose, self._stop, self._drop))
        for widget in (self._name, self._bar, self._score):
            layout.addWidget(widget)
        workspace.identities.changed.connect(self._show)

    def show_person(self, person: Person) -> None:
        """As the project has it."""
        self._person = person
        self._show()

    def _show(self) -> None:
        person, clip = self._person, self._workspace.clip
        if person is None or clip is None:
            return
        practice = self._workspace.identities.practice
        own = practice is not None and (practice.clip, practice.person) == (clip.key, person.number)
        self._make.setVisible(not own and not person.identity)
        self._make.setEnabled(practice is None)
        self._make.setToolTip(self.tr("Choose photographs to add to these: the more, the better; takes minutes"))
        self._choose.setVisible(not own and not person.identity)
        self._stop.setVisible(own)
        self._drop.setVisible(bool(person.identity) and not own)
        self._bar.setVisible(own)
        progress = practice.progress if practice is not None and own else None
        self._bar.setRange(0, max(1, progress.total) if progress else 0)
        self._bar.setValue(progress.done if progress else 0)
        self._name.put(PurePath(person.identity).name.removesuffix(PACK_SUFFIX))
        self._name.setVisible(bool(person.identity))
        score = self._workspace.identities.score(person.identity)
        self._score.setVisible(score is not None)
        if score is not None:
            text = self.tr("Likeness {0:.2f} without it, {1:.2f} with it")
            self._score.setText(text.format(score.before, score.after))
