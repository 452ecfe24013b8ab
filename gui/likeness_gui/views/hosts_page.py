"""The editing application: whether it is connected, what to do where it is not, and which clips to take from it."""

from likeness_plugin.bridge import HostClip, Route, Selection
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.host import Host
from likeness_gui.state.notices import sentence
from likeness_gui.views.parts import button, column, empty, icon, label, row, rule, scrolled, set_role

STATES = {
    "current": ("check", theme.ACCENT),
    "older": ("update", theme.WARNING),
    "foreign": ("alert-outline", theme.WARNING),
    "absent": ("minus", theme.FAINT),
}


class HostsPage(QWidget):
    """Shows what `Host` knows."""

    diagnostics_wanted = Signal()
    taken = Signal()

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        layout = column(self, margin=0, spacing=0)
        inner = QWidget()
        page = column(inner, margin=24, spacing=12)
        page.addWidget(label(self.tr("Editing applications"), "title"))
        page.addWidget(self._connection())
        page.addWidget(self._offer())
        page.addSpacing(4)
        page.addWidget(rule())
        self._install = button(self.tr("Install"), "download-outline")
        self._repair = button(self.tr("Repair"), "wrench-outline")
        self._remove = button(self.tr("Remove"), "trash-can-outline")
        diagnostics = button(self.tr("Save diagnostics …"), "archive-outline")
        for made, act in ((self._install, host.install), (self._repair, host.repair), (self._remove, host.remove)):
            made.clicked.connect(act)
        diagnostics.clicked.connect(self.diagnostics_wanted)
        page.addLayout(row(label(self.tr("What is installed where"), "heading"), 1, self._install, self._repair,
                           self._remove, diagnostics))  # fmt: skip
        self._entries = QVBoxLayout()
        self._entries.setSpacing(4)
        page.addLayout(self._entries)
        self._notes = QVBoxLayout()
        page.addLayout(self._notes)
        page.addStretch(1)
        layout.addWidget(scrolled(inner))
        host.changed.connect(self.refresh)
        self.refresh()

    def _connection(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        layout = QHBoxLayout(card)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(12)
        self._mark = label()
        words = QVBoxLayout()
        words.setSpacing(2)
        self._who = label("", "heading")
        self._what = label("", "muted", wrap=True)
        words.addWidget(self._who)
        words.addWidget(self._what)
        self._connect = button(self.tr("Connect"), "connection")
        self._connect.clicked.connect(self._host.look)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(self._connect, 0, Qt.AlignmentFlag.AlignVCenter)
        return card

    def _offer(self) -> QWidget:
        self._taking = QWidget()
        layout = column(self._taking, margin=0, spacing=8)
        choices = (
            (self.tr("Between in and out"), Selection.IN_OUT),
            (self.tr("Selected clips"), Selection.SELECTED),
            (self.tr("Clip at the playhead"), Selection.CURRENT),
            (self.tr("Whole timeline"), Selection.WHOLE),
        )
        made = []
        for text, selection in choices:
            choose = button(text)
            choose.clicked.connect(lambda _=False, selection=selection: self._host.ask(selection))
            made.append(choose)
        layout.addWidget(label(self.tr("Take from the timeline"), "heading"))
        layout.addLayout(row(*made, 1))
        self._clips = QVBoxLayout()
        self._clips.setSpacing(4)
        layout.addLayout(self._clips)
        self._take = button("", role="primary")
        self._take.clicked.connect(self._host.take)
        self._take.clicked.connect(self.taken)
        layout.addLayout(row(self._take, 1))
        return self._taking

    # ---- what is shown

    def refresh(self) -> None:
        """As the host state has it."""
        host = self._host
        connected = host.info is not None
        shape, color = ("lan-connect", theme.ACCENT) if connected else ("lan-disconnect", theme.FAINT)
        self._mark.setPixmap(icon(shape, color).pixmap(24, 24))
        self._who.setText(self._headline())
        self._what.setText(self._detail())
        self._connect.setEnabled(not host.busy)
        self._connect.setText(self.tr("Look again") if host.report or host.trouble else self.tr("Connect"))
        self._taking.setVisible(connected)
        self._show_offer()
        self._show_entries()

    def _headline(self) -> str:
        info = self._host.info
        if info is not None:
            return f"{info.product} {info.version}"
        return self.tr("Looking …") if self._host.busy else self.tr("Not connected")

    def _detail(self) -> str:
        info, trouble = self._host.info, self._host.trouble
        if info is not None:
            ways = {"mailbox": self.tr("through its Scripts menu"), "library": self.tr("through its scripting library")}
            way = ways.get(info.connection, info.connection)
            return self.tr("Connected {0}. Project: {1}").format(way, info.project)
        if trouble is not None:
            return f"{trouble.message[:1].upper()}{trouble.message[1:]}. {trouble.hint}"
        return self.tr(
            "Likeness works without one, too: open footage or a timeline file, and import the result yourself."
        )

    def _show_offer(self) -> None:
        empty(self._clips)
        offer = self._host.offer
        usable = len(offer.usable) if offer else 0
        self._take.setVisible(bool(usable))
        self._take.setText(self.tr("Add %n clip(s) to the project", "", usable))
        for clip in offer.clips if offer else ():
            self._clips.addWidget(self._clip_line(clip))

    def _clip_line(self, clip: HostClip) -> QWidget:
        """A clip that can be taken, or why not and what to do about it."""
        fine = clip.route is Route.DECODE and clip.source is not None
        shape, color = ("check", theme.ACCENT) if fine else ("alert-outline", theme.WARNING)
        text = f"{clip.record_in} – {clip.record_out}   V{clip.track}   {clip.name}"
        doubts = sentence("; ".join((*((clip.reason,) if clip.reason else ()), *clip.warnings)))
        if clip.route is Route.REFUSED:
            doubts += ". " + self.tr("Left out: make a plain clip of it there, and take it again.")
        line = _line(shape, color, text, doubts)
        if clip.route is Route.RENDER:
            line.layout().addWidget(self._render_button(clip))  # type: ignore[union-attr]  # it has one
        return line

    def _render_button(self, clip: HostClip) -> QPushButton:
        """The application makes pictures of the clip as it shows it; those are then restored."""
        rendering = self._host.rendering
        if rendering is not None and rendering[0] == clip.id:
            progress = rendering[1]
            made = button(
                self.tr("Rendering {0} of {1} …").format(
                    *(progress.done, progress.total) if progress else (0, len(clip.record))
                ),
                role="link",
            )
        else:
            made = button(self.tr("Render and add"), role="link")
            made.setToolTip(
                self.tr("The editing application renders this clip to EXR frames, grade included; they are restored")
            )
        made.setEnabled(rendering is None and not self._host.busy)
        made.clicked.connect(lambda _=False: self._host.render(clip))
        return made

    def _show_entries(self) -> None:
        empty(self._entries)
        empty(self._notes)
        report, busy = self._host.report, self._host.busy
        installed = report is not None and any(entry.state != "absent" for entry in report.entries)
        self._install.setEnabled(not busy)
        self._repair.setEnabled(not busy and installed)
        self._remove.setEnabled(not busy and installed)
        texts = {
            "current": self.tr("installed"), "older": self.tr("out of date: repair it"),
            "foreign": self.tr("something that is not ours is in its place"), "absent": self.tr("not installed"),
        }  # fmt: skip
        for entry in report.entries if report else ():
            shape, color = STATES.get(entry.state, STATES["absent"])
            detail = f"{texts.get(entry.state, entry.state)}  ·  {entry.path}"
            self._entries.addWidget(_line(shape, color, entry.what, detail))
        if report is None:
            self._entries.addWidget(label(self.tr("Press Connect to look."), "muted"))
        for note in report.notes if report else ():
            self._notes.addWidget(label(note, "warning", wrap=True))


def _line(shape: str, color: str, text: str, detail: str) -> QWidget:
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    mark = label()
    mark.setPixmap(icon(shape, color).pixmap(16, 16))
    layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignVCenter)
    title = label(text)
    title.setFont(theme.numbers_font(13))
    set_role(title, "")
    layout.addWidget(title, 0, Qt.AlignmentFlag.AlignVCenter)
    layout.addWidget(label(detail, "caption", wrap=True), 1)
    return line
