"""What is set once: what computes, the language, and what this machine has."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.parts import button, column, empty, icon, label, name_it, number_field, row, rule, scrolled

MOST_THREADS = 256
LANGUAGES = {"": "System", "en": "English", "de": "Deutsch"}


class SettingsPage(QWidget):
    """Binds the preferences, and shows the doctor's report."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._showing = False
        layout = column(self, margin=0, spacing=0)
        inner = QWidget()
        page = column(inner, margin=24, spacing=12)
        page.addWidget(label(self.tr("Settings"), "title"))
        page.addLayout(self._form())
        page.addWidget(rule())
        again = button(self.tr("Look again"), "refresh")
        again.clicked.connect(workspace.machine.refresh)
        page.addLayout(row(label(self.tr("This machine"), "heading"), 1, again))
        self._checks = QVBoxLayout()
        self._checks.setSpacing(6)
        page.addLayout(self._checks)
        page.addWidget(rule())
        page.addWidget(label(self.tr("Model packs"), "heading"))
        self._packs = QVBoxLayout()
        self._packs.setSpacing(6)
        page.addLayout(self._packs)
        page.addStretch(1)
        layout.addWidget(scrolled(inner))
        workspace.machine.changed.connect(self.refresh)
        workspace.preferences.changed.connect(self.refresh)
        self.refresh()

    def _form(self) -> QGridLayout:
        preferences = self._workspace.preferences
        form = QGridLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(8)
        self._device, self._threads, self._language = QComboBox(), number_field(MOST_THREADS), QComboBox()
        self._pack = QComboBox()
        self._threads.setSpecialValueText(self.tr("All"))
        for code, name in LANGUAGES.items():
            self._language.addItem(name if code else self.tr("As the system"), code)
        rows = (
            (self.tr("Compute on"), self._device, self.tr("Automatic takes the fastest there is.")),
            (self.tr("CPU threads"), self._threads, self.tr("Fewer leave room for other work on this machine.")),
            (self.tr("Model pack"), self._pack, self.tr("The weights that restore. Takes effect at once.")),
            (self.tr("Language"), self._language, self.tr("Takes effect at the next start.")),
        )
        for i, (name, widget, hint) in enumerate(rows):
            name_it(widget, name)
            widget.setFixedWidth(220)
            form.addWidget(label(name), i, 0)
            form.addWidget(widget, i, 1)
            form.addWidget(label(hint, "caption"), i, 2)
        form.setColumnStretch(3, 1)
        self._device.activated.connect(lambda _: preferences.set("device", self._device.currentData()))
        self._pack.activated.connect(lambda _: preferences.set("pack", self._pack.currentData()))
        self._threads.valueChanged.connect(self._set_threads)
        self._language.activated.connect(lambda _: preferences.set("language", self._language.currentData()))
        return form

    def _set_threads(self, count: int) -> None:
        if not self._showing:
            self._workspace.preferences.set("threads", count)

    def refresh(self) -> None:
        """Show what is set and what was found."""
        self._showing = True
        preferences, machine = self._workspace.preferences, self._workspace.machine
        names = {"auto": self.tr("Automatic"), "cpu": "CPU", "cuda": "NVIDIA CUDA", "mps": "Apple GPU"}
        devices = ("auto", *(machine.doctor.devices if machine.doctor else ()))
        self._device.clear()
        for device in devices:
            self._device.addItem(names.get(device, device), device)
        self._device.setCurrentIndex(max(0, self._device.findData(preferences.text("device", "auto"))))
        self._show_packs()
        self._threads.setValue(preferences.number("threads"))
        self._language.setCurrentIndex(max(0, self._language.findData(preferences.text("language"))))
        _refill(self._checks, self._check_lines())
        _refill(self._packs, self._pack_lines())
        self._showing = False

    def _show_packs(self) -> None:
        """The default first, as "" so that a moved installation finds its own."""
        packs = self._workspace.machine.packs
        usable = [report for report in packs.packs if report.pack is not None] if packs else []
        self._pack.clear()
        for i, report in enumerate(usable):
            self._pack.addItem(report.name, report.folder if i else "")
        self._pack.setCurrentIndex(max(0, self._pack.findData(self._workspace.preferences.text("pack"))))

    def _check_lines(self) -> list[tuple[bool, str, str]]:
        doctor = self._workspace.machine.doctor
        if doctor is None:
            return []
        return [
            (check.passed, check.name, f"{check.text}. {check.hint}" if check.hint else check.text)
            for check in doctor.checks
        ]

    def _pack_lines(self) -> list[tuple[bool, str, str]]:
        packs = self._workspace.machine.packs
        lines = []
        for report in packs.packs if packs else ():
            if report.pack is not None:
                sides = ", ".join(str(side) for side in report.sides_px)
                text = self.tr("{0}, faces at {1} px, {2}").format(report.pack.version, sides, report.pack.licence)
                lines.append((True, report.name, text))
            elif report.error is not None:
                lines.append((False, report.name, f"{report.error.message}. {report.error.hint}"))
        return lines


def _refill(layout: QVBoxLayout, lines: list[tuple[bool, str, str]]) -> None:
    empty(layout)
    for passed, name, text in lines:
        line = QWidget()
        inside = QHBoxLayout(line)
        inside.setContentsMargins(0, 0, 0, 0)
        mark = label()
        shape, color = ("check", theme.ACCENT) if passed else ("alert-circle-outline", theme.ERROR)
        mark.setPixmap(icon(shape, color).pixmap(16, 16))
        title = label(name)
        title.setFixedWidth(250)
        inside.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        inside.addWidget(title, 0, Qt.AlignmentFlag.AlignTop)
        inside.addWidget(label(text, "muted" if passed else "error", wrap=True), 1)
        layout.addWidget(line)
