"""What is written, and where."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from likeness_gui.state.estimates import readable, result_bytes
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.formats import format_names
from likeness_gui.views.parts import Elided, button, column, label, name_it, row


class DeliveryBox(QWidget):
    """Part of the inspector."""

    choose_folder = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        layout = column(self, margin=0, spacing=6)
        layout.addWidget(label(self.tr("Delivery"), "section"))
        self._format = QComboBox()
        for key, name in format_names().items():
            self._format.addItem(name, key)
        name_it(self._format, self.tr("What is written"))
        self._format.activated.connect(lambda _: self._deliver(format=self._format.currentData()))
        self._matte = QCheckBox(self.tr("Matte of what changed, beside it"))
        self._matte.clicked.connect(lambda on: self._deliver(matte=on))
        self._folder = Elided("", "muted", Qt.TextElideMode.ElideMiddle)
        choose = button(self.tr("Change …"), role="link")
        choose.setAccessibleName(self.tr("Choose the folder of the results"))
        choose.clicked.connect(self.choose_folder)
        line = row(self._folder, choose)
        line.setStretch(0, 1)
        self._room = label("", "caption")
        layout.addWidget(self._format)
        layout.addLayout(line)
        layout.addWidget(self._matte)
        layout.addWidget(self._room)

    def _deliver(self, **changes: object) -> None:
        delivery = self._workspace.project.project.delivery
        self._workspace.project.set_delivery(replace(delivery, **changes))  # type: ignore[arg-type]

    def refresh(self) -> None:
        """As the project has it."""
        delivery, clip = self._workspace.project.project.delivery, self._workspace.clip
        self._format.setCurrentIndex(self._format.findData(delivery.format))
        self._matte.setChecked(delivery.matte)
        self._folder.put(delivery.folder or self.tr("Beside the footage"))
        if clip is None:
            self._room.setText("")
            return
        person = self._workspace.project.person
        scale = person.settings.scale if person else 1
        size = readable(result_bytes(clip.media, len(clip.range), delivery.format, scale))
        self._room.setText(self.tr("About {0} for {1} frames").format(size, len(clip.range)))
