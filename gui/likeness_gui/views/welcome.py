"""What is in the viewer's place before any footage: where to drop it, what was open before, and whether all is well."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.core import CoreState
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.drops import FileDrops, mark_over
from likeness_gui.views.parts import button, empty, icon, label


class Welcome(QWidget):
    """First run, and whenever a project is empty."""

    open_wanted = Signal()
    sample_wanted = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self.setObjectName("viewer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        FileDrops(self, workspace.open_paths, lambda over: mark_over(self._drop, over))
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(self._content(), 4)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        workspace.machine.changed.connect(self.refresh)
        workspace.core.state_changed.connect(self.refresh)
        workspace.preferences.changed.connect(self.refresh)
        self.refresh()

    def _content(self) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Restore the faces in archival footage"), "title", wrap=True))
        text = self.tr("Guided by photographs of the person. Nothing leaves this machine; the source is never touched.")
        layout.addWidget(label(text, "muted", wrap=True))
        self._drop = QFrame()
        self._drop.setObjectName("drop")
        self._drop.setMinimumHeight(150)
        inside = QVBoxLayout(self._drop)
        inside.setSpacing(10)
        mark = label()
        mark.setPixmap(icon("filmstrip", theme.FAINT).pixmap(36, 36))
        inside.addStretch(1)
        inside.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        drop = label(self.tr("Drop a movie, an image sequence or a timeline here"), "muted", wrap=True)
        drop.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(drop)
        buttons = QHBoxLayout()
        open_footage, sample = button(self.tr("Open footage …"), role="primary"), button(self.tr("Try the sample"))
        open_footage.clicked.connect(self.open_wanted)
        sample.clicked.connect(self.sample_wanted)
        sample.setToolTip(self.tr("Four seconds of a synthetic person, with two photographs"))
        buttons.addStretch(1)
        buttons.addWidget(open_footage)
        buttons.addWidget(sample)
        buttons.addStretch(1)
        inside.addLayout(buttons)
        inside.addStretch(1)
        layout.addWidget(self._drop)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        layout.addLayout(self._recent)
        self._machine = QVBoxLayout()
        self._machine.setSpacing(2)
        layout.addSpacing(4)
        layout.addLayout(self._machine)
        return layout

    def refresh(self) -> None:
        """Recent projects, and what the core says of the machine."""
        empty(self._recent)
        recent = self._workspace.preferences.recent[:4]
        if recent:
            self._recent.addWidget(label(self.tr("Recent projects"), "section"))
        for path in recent:
            made = button(Path(path).stem, role="link")
            made.setToolTip(path)
            made.clicked.connect(lambda _=False, path=path: self._workspace.open_project(Path(path)))
            self._recent.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        empty(self._machine)
        for text, role in self._lines():
            self._machine.addWidget(label(text, role, wrap=True))

    def _lines(self) -> list[tuple[str, str]]:
        """What is fine in one line; what is not, each in its own."""
        machine, core = self._workspace.machine, self._workspace.core
        if core.state != CoreState.READY or machine.doctor is None:
            starting = core.state == CoreState.STARTING or machine.doctor is None
            return [
                (self.tr("Looking at this machine …") if starting else self.tr("The engine is not running"), "caption")
            ]
        wrong = [
            (f"{check.name}: {check.text}. {check.hint}", "error")
            for check in machine.doctor.checks
            if not check.passed
        ]
        if wrong:
            return wrong
        names = {"cpu": self.tr("the CPU"), "cuda": self.tr("the NVIDIA GPU"), "mps": self.tr("the Apple GPU")}
        best = next((device for device in ("cuda", "mps", "cpu") if device in machine.doctor.devices), "cpu")
        packs = len(machine.packs.packs) if machine.packs else 0
        ready = self.tr("Ready. Computes on {0}.").format(names[best])
        return [(ready, "good"), (self.tr("%n model pack(s) found and checked", "", packs), "caption")]
