"""A share from 0 to 1 with its name: how most settings of a restoration are set."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget
from superqt import QLabeledDoubleSlider

from likeness_gui.views.parts import label

NAME_PX = 64


class ShareSlider(QWidget):
    """Name, slider, and the value as a number that can be typed."""

    moved = Signal(float)  # by the editor, not by `put`

    def __init__(self, name: str, tip: str, name_px: int = NAME_PX) -> None:
        super().__init__()
        self.name = name
        self._putting = False
        self.slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0.0, 1.0)
        self.slider.setSingleStep(0.05)  # type: ignore[arg-type]  # its annotation is the integer slider's
        self.slider.setDecimals(2)
        for part in (self.slider, *self.slider.findChildren(QWidget)):
            part.setAccessibleName(name)
        self.slider.setToolTip(tip)
        self.slider.valueChanged.connect(self._moved)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        text = label(name)
        text.setToolTip(tip)
        text.setFixedWidth(name_px)
        text.setBuddy(self.slider)
        line.addWidget(text)
        line.addWidget(self.slider, 1)

    def put(self, value: float) -> None:
        """Show a value without telling anybody."""
        if abs(self.slider.value() - value) > 1e-6:
            self._putting = True
            self.slider.setValue(value)
            self._putting = False

    def _moved(self, value: float) -> None:
        if not self._putting:
            self.moved.emit(round(float(value), 2))
