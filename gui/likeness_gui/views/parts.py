"""Small parts that several views are made of: labels with a role, icons, sections, segmented buttons."""

import qtawesome
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from likeness_gui import theme


def icon(name: str, color: str = theme.TEXT) -> QIcon:
    """One of the Material Design icons that come with QtAwesome."""
    made: QIcon = qtawesome.icon(f"mdi6.{name}", color=color, color_disabled=theme.DISABLED)
    return made


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A label as the style sheet knows it: title, heading, section, muted, caption, warning, error, good."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Change what the style sheet takes a widget for."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        restyle(widget)


def restyle(widget: QWidget) -> None:
    """Have the style sheet look again at a widget whose property has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def button(text: str, icon_name: str = "", role: str = "") -> QPushButton:
    """A button; role: primary or link."""
    made = QPushButton(text)
    if icon_name:
        color = {"primary": theme.ON_ACCENT, "link": theme.ACCENT}.get(role, theme.TEXT)
        made.setIcon(icon(icon_name, color))
        made.setIconSize(QSize(16, 16))
    if role:
        made.setProperty("role", role)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def tool(icon_name: str, name: str, shortcut: str = "", checkable: bool = False) -> QToolButton:
    """A button that is only a picture: its name is read aloud, and shown with its shortcut as its tooltip."""
    made = QToolButton()
    made.setIcon(icon(icon_name, theme.MUTED))
    made.setIconSize(QSize(18, 18))
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    name_it(made, name, shortcut)
    return made


def number_field(most: int) -> QSpinBox:
    """A field for a whole number from 0, its figures as far from the edge as the text of other fields."""
    made = QSpinBox()
    made.setRange(0, most)
    made.lineEdit().setTextMargins(theme.SPACE - 1, 0, 0, 0)  # the style sheet does not reach it
    return made


def name_it(widget: QWidget, name: str, shortcut: str = "") -> None:
    """Give a widget its accessible name, and a tooltip with the shortcut."""
    widget.setAccessibleName(name)
    keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) if shortcut else ""
    widget.setToolTip(f"{name}  ({keys})" if keys else name)


def rule() -> QFrame:
    """A thin line across."""
    made = QFrame()
    made.setObjectName("rule")
    return made


def row(*widgets: QWidget | int, spacing: int = theme.SPACE) -> QHBoxLayout:
    """Widgets side by side; a number is a stretch."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if isinstance(widget, int):
            layout.addStretch(widget)
        else:
            layout.addWidget(widget)
    return layout


def column(parent: QWidget, margin: int = theme.SPACE * 2, spacing: int = theme.SPACE) -> QVBoxLayout:
    """A column in a widget, its gaps even."""
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return layout


def empty(layout: QLayout) -> None:
    """Take everything out of a layout, at once for the eye."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def scrolled(content: QWidget) -> QScrollArea:
    """A widget that scrolls up and down only."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    content.setObjectName("panel")
    area.viewport().setAutoFillBackground(False)
    return area


class Segments(QFrame):
    """A few buttons of which one is down."""

    chosen = Signal(str)

    def __init__(self, choices: dict[str, tuple[str, str]]) -> None:
        """`choices`: key -> (text, shortcut or empty)."""
        super().__init__()
        self.setObjectName("segments")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(1)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for key, (text, shortcut) in choices.items():
            made = QToolButton()
            made.setText(text)
            made.setCheckable(True)
            made.setProperty("role", "segment")
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            name_it(made, text, shortcut)
            made.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(made)
            self._buttons[key] = made
            layout.addWidget(made)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_choice(self, key: str) -> None:
        """Press a button without telling anybody; none for a key that has none."""
        self._group.setExclusive(key in self._buttons)
        for name, made in self._buttons.items():
            made.setChecked(name == key)

    def enable(self, key: str, enabled: bool) -> None:
        """Let a button be used, or not."""
        self._buttons[key].setEnabled(enabled)


class Elided(QLabel):
    """One line that ends in dots where there is no room; the whole of it is the tooltip."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._whole, self._mode = "", mode
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.put(text)

    def put(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(text)
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, self._mode, max(0, self.width())))
