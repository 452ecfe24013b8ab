"""What few jobs need: the frame's size, steps and seed, and what the result is steered away from."""

from dataclasses import replace

from likeness_core.api import Negatives
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget
from superqt import QCollapsible

from likeness_gui.state.project import Person
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.parts import column, icon, label, name_it, number_field, row
from likeness_gui.views.share_slider import ShareSlider

SCALES = (1, 2, 4)
STEPS = (1, 2, 4, 8)
NEGATIVE_NAME_PX = 84
FIELD_PX = 140


class AdvancedBox(QWidget):
    """Part of the inspector, closed until it is wanted."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._showing = False
        # With icons at once: those it draws itself need a font that is measured in points.
        self.section = QCollapsible(self.tr("Advanced"), None, icon("chevron-down"), icon("chevron-right"))
        box = QWidget()
        layout = column(box, margin=0, spacing=6)
        self._frame(layout)
        self.negatives = self._steering(layout)
        self.section.addWidget(box)
        for inside in (self.section.layout(), self.section.content().layout()):
            if inside is not None:
                inside.setContentsMargins(0, 0, 0, 0)
        column(self, margin=0).addWidget(self.section)

    def _frame(self, layout: QVBoxLayout) -> None:
        self._scale = QComboBox()
        for scale in SCALES:
            name = self.tr("Frame as it is") if scale == 1 else self.tr("Enlarged × {0}").format(scale)
            self._scale.addItem(name, scale)
        name_it(self._scale, self.tr("Size of the result"))
        self._scale.activated.connect(lambda _: self._set(self.tr("Size"), "scale", self._scale.currentData()))
        self._steps = QComboBox()
        for steps in STEPS:
            self._steps.addItem(str(steps), steps)
        name_it(self._steps, self.tr("Times that each face is worked on; more is slower, and not always better"))
        self._steps.activated.connect(lambda _: self._set(self.tr("Steps"), "steps", self._steps.currentData()))
        self._seed = number_field(2**31 - 1)
        name_it(self._seed, self.tr("Seed of the noise: the same seed gives the same result"))
        self._seed.valueChanged.connect(lambda value: self._set(self.tr("Seed"), "seed", value))
        for field in (self._scale, self._steps, self._seed):
            field.setFixedWidth(FIELD_PX)
        self._fading = QCheckBox(self.tr("Fade to the source where in doubt"))
        self._fading.clicked.connect(lambda on: self._set(self.tr("Fading"), "confidence_fading", on))
        layout.addLayout(row(label(self.tr("Size")), 1, self._scale))
        layout.addLayout(row(label(self.tr("Steps")), 1, self._steps))
        layout.addLayout(row(label(self.tr("Seed")), 1, self._seed))
        layout.addWidget(self._fading)

    def _steering(self, layout: QVBoxLayout) -> dict[str, ShareSlider]:
        texts = {
            "quality": (self.tr("Defects"), self.tr("Away from blur, noise and blocks")),
            "attributes": (self.tr("Opposites"), self.tr("Away from the opposite of what the face shows")),
            "identity": (self.tr("Anybody"), self.tr("Away from the face that comes out without photographs")),
        }
        layout.addSpacing(4)
        layout.addWidget(label(self.tr("Steer away from"), "section"))
        sliders = {field: ShareSlider(*text, NEGATIVE_NAME_PX) for field, text in texts.items()}
        for field, slider in sliders.items():
            slider.moved.connect(lambda value, field=field: self._steer(field, value))
            layout.addWidget(slider)
        layout.addWidget(label(self.tr("0 is off. Each one that is on takes as long again."), "caption", wrap=True))
        return sliders

    # ---- binding

    def _steer(self, field: str, value: float) -> None:
        person = self._workspace.project.person
        if person is not None:
            changed: Negatives = replace(person.settings.negatives, **{field: value})
            self._set(self.negatives[field].name, "negatives", changed)

    def _set(self, name: str, field: str, value: object) -> None:
        person = self._workspace.project.person
        if person is not None and not self._showing:
            changed = replace(person.settings, **{field: value})  # type: ignore[arg-type]
            text = self.tr("Change {0}").format(name)
            self._workspace.project.change_settings(text, changed, f"{field}-{name}")

    def show_person(self, person: Person) -> None:
        """The settings of one person."""
        settings = person.settings
        self._showing = True
        self._scale.setCurrentIndex(self._scale.findData(settings.scale))
        self._steps.setCurrentIndex(self._steps.findData(settings.steps))
        self._seed.setValue(settings.seed)
        self._fading.setChecked(settings.confidence_fading)
        for field, slider in self.negatives.items():
            slider.put(float(getattr(settings.negatives, field)))
        self._showing = False
