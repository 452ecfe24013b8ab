"""Notices, one under the other above everything: what happened, what to do, and a button that does it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.notices import Gravity, Notice, Notices
from likeness_gui.views.parts import button, empty, icon, label, tool

ICONS = {
    Gravity.NEWS: ("check-circle-outline", theme.ACCENT),
    Gravity.WARNING: ("alert-outline", theme.WARNING),
    Gravity.ERROR: ("alert-circle-outline", theme.ERROR),
}
MOST_SHOWN = 3  # older ones wait until a newer one is dismissed


class Banners(QWidget):
    """Shows the latest notices."""

    def __init__(self, notices: Notices) -> None:
        super().__init__()
        self._notices = notices
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        notices.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        empty(self._layout)
        for notice in self._notices.shown[:MOST_SHOWN]:
            self._layout.addWidget(self._banner(notice))
        self.setVisible(bool(self._notices.shown))

    def _banner(self, notice: Notice) -> QWidget:
        banner = QFrame()
        banner.setObjectName("banner")
        banner.setProperty("gravity", notice.gravity.value)
        banner.setAccessibleName(f"{notice.text} {notice.hint}")
        layout = QHBoxLayout(banner)
        layout.setContentsMargins(12, 7, 8, 7)
        layout.setSpacing(10)
        name, color = ICONS[notice.gravity]
        mark = label()
        mark.setPixmap(icon(name, color).pixmap(18, 18))
        layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(notice.text, wrap=True))
        if notice.hint:
            words.addWidget(label(notice.hint, "muted", wrap=True))
        layout.addLayout(words, 1)
        if notice.action and notice.act is not None:
            act = notice.act
            doing = button(notice.action)
            doing.clicked.connect(lambda _=False: act())
            layout.addWidget(doing, 0, Qt.AlignmentFlag.AlignVCenter)
        close = tool("close", self.tr("Dismiss"))
        close.clicked.connect(lambda: self._notices.dismiss(notice.key))
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        banner.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return banner
