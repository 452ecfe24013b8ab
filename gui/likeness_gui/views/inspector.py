"""The right side: how the person whose card is open is restored, what is written, and the next step."""

from dataclasses import replace

from likeness_core.api import FORMATS, RestorationSettings
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget
from superqt import QCollapsible, QLabeledDoubleSlider

from likeness_gui.state.estimates import readable, result_bytes
from likeness_gui.state.project import Person
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.attributes_box import AttributesBox
from likeness_gui.views.identity_box import IdentityBox
from likeness_gui.views.parts import Elided, Segments, button, column, icon, label, name_it, row, rule, scrolled
from likeness_gui.views.photographs_box import PhotographsBox

STEPS = {"fast": 1, "quality": 2}  # denoising steps, as the command line's presets


class Inspector(QFrame):
    """Binds the person's settings; `foot` is where the next step goes."""

    browse_photographs = Signal()
    browse_identity = Signal()
    grab_photograph = Signal()
    choose_folder = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._showing = False  # widgets are being set from the project: their signals are no edits
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
        self._photographs = PhotographsBox(workspace)
        self._photographs.browse_wanted.connect(self.browse_photographs)
        self._photographs.grab_wanted.connect(self.grab_photograph)
        person.addWidget(self._photographs)
        person.addWidget(rule())
        person.addWidget(self._look())
        self._attributes = AttributesBox(workspace)
        person.addWidget(self._attributes)
        self._identity = IdentityBox(workspace)
        self._identity.browse_wanted.connect(self.browse_identity)
        person.addWidget(self._identity)
        person.addWidget(self._more())
        self._column.addWidget(self._of_person)
        self._below = QWidget()
        below = column(self._below, margin=0, spacing=12)
        below.addWidget(rule())
        below.addWidget(self._delivery())
        self._column.addWidget(self._below)
        self._column.addStretch(1)
        layout.addWidget(scrolled(inner), 1)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(16, 12, 16, 16)
        layout.addWidget(rule())
        layout.addLayout(self.foot)
        workspace.project.changed.connect(self.refresh)
        workspace.photographs.changed.connect(self.refresh)
        workspace.stills.changed.connect(self.refresh)
        workspace.analyses.changed.connect(self.refresh)
        self.refresh()

    # ---- how it looks

    def _look(self) -> QWidget:
        box = QWidget()
        layout = column(box, margin=0, spacing=6)
        self._preset = Segments({"fast": (self.tr("Fast"), ""), "quality": (self.tr("Quality"), "")})
        self._preset.chosen.connect(lambda key: self._set("steps", STEPS[key]))
        layout.addLayout(row(label(self.tr("Look"), "section"), 1, self._preset))
        self._sliders = {
            "strength": self._slider(layout, "strength", self.tr("Strength"),
                                     self.tr("How much of the result replaces the source; 0 leaves it untouched")),
            "fidelity": self._slider(layout, "fidelity", self.tr("Fidelity"),
                                     self.tr("How closely to follow the footage; 1 lets only fine detail change")),
            "likeness": self._slider(layout, "likeness", self.tr("Likeness"),
                                     self.tr("How closely to follow the photographs; 0 ignores them")),
            "grain": self._slider(layout, "grain", self.tr("Grain"),
                                  self.tr("Share of the footage's own grain that is put back")),
        }  # fmt: skip
        return box

    def _slider(self, layout: QVBoxLayout, field: str, name: str, tip: str) -> QLabeledDoubleSlider:
        slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        slider.setRange(0.0, 1.0)
        slider.setSingleStep(0.05)  # type: ignore[arg-type]  # its annotation is the integer slider's
        slider.setDecimals(2)
        for part in (slider, *slider.findChildren(QWidget)):
            part.setAccessibleName(name)
        slider.setToolTip(tip)
        slider.valueChanged.connect(lambda value: self._set(field, round(float(value), 2)))
        line = QHBoxLayout()
        line.setSpacing(8)
        text = label(name)
        text.setToolTip(tip)
        text.setFixedWidth(64)
        text.setBuddy(slider)
        line.addWidget(text)
        line.addWidget(slider, 1)
        layout.addLayout(line)
        return slider

    def _more(self) -> QWidget:
        # With icons at once: those it draws itself need a font that is measured in points.
        more = QCollapsible(self.tr("More"), None, icon("chevron-down"), icon("chevron-right"))
        box = QWidget()
        layout = column(box, margin=0, spacing=6)
        self._scale = QComboBox()
        for scale in (1, 2, 4):
            self._scale.addItem(
                self.tr("Frame as it is") if scale == 1 else self.tr("Enlarged × {0}").format(scale), scale
            )
        name_it(self._scale, self.tr("Size of the result"))
        self._scale.activated.connect(lambda _: self._set("scale", self._scale.currentData()))
        self._seed = QSpinBox()
        self._seed.setRange(0, 2**31 - 1)
        name_it(self._seed, self.tr("Seed of the noise: the same seed gives the same result"))
        self._seed.valueChanged.connect(lambda value: self._set("seed", value))
        self._fading = QCheckBox(self.tr("Fade to the source where in doubt"))
        self._fading.clicked.connect(lambda on: self._set("confidence_fading", on))
        layout.addLayout(row(label(self.tr("Size")), 1, self._scale))
        layout.addLayout(row(label(self.tr("Seed")), 1, self._seed))
        layout.addWidget(self._fading)
        more.addWidget(box)
        for inside in (more.layout(), more.content().layout()):
            if inside is not None:
                inside.setContentsMargins(0, 0, 0, 0)
        return more

    # ---- what is written

    def _delivery(self) -> QWidget:
        box = QWidget()
        layout = column(box, margin=0, spacing=6)
        layout.addWidget(label(self.tr("Delivery"), "section"))
        names = {
            "prores": "ProRes 422 HQ", "prores4444": "ProRes 4444", "exr": self.tr("EXR frames"),
            "tiff16": self.tr("TIFF frames, 16 bit"), "dpx10": self.tr("DPX frames, 10 bit"),
            "png16": self.tr("PNG frames, 16 bit"), "h264": self.tr("H.264, to look at"),
        }  # fmt: skip
        self._format = QComboBox()
        for key in sorted(FORMATS, key=list(names).index):
            self._format.addItem(names[key], key)
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
        return box

    def _deliver(self, **changes: object) -> None:
        if not self._showing:
            delivery = self._workspace.project.project.delivery
            self._workspace.project.set_delivery(replace(delivery, **changes))  # type: ignore[arg-type]

    # ---- binding

    def _set(self, field: str, value: object) -> None:
        person = self._workspace.project.person
        if person is None or self._showing or getattr(person.settings, field) == value:
            return
        settings = replace(person.settings, **{field: value})  # type: ignore[arg-type]
        name = self.tr("Change {0}").format(field.replace("_", " "))
        self._workspace.project.edit_person(name, replace(person, settings=settings), merge=field)

    def refresh(self, *_: object) -> None:
        """Show the project as it is."""
        person = self._workspace.project.person
        self._showing = True
        self._of_person.setVisible(person is not None)
        self._below.setVisible(person is not None)
        self._who.setVisible(person is not None)
        self._nobody.setVisible(person is None)
        self._nobody.setText(self._advice())
        if person is not None:
            self._who.setText(person.name)
            self._photographs.show_person(person)
            self._attributes.show_person(person)
            self._identity.show_person(person)
            self._show_settings(person.settings)
        self._show_delivery(person)
        self._showing = False

    def _advice(self) -> str:
        clip = self._workspace.clip
        if clip is None or not clip.people:
            return self.tr("Photographs and settings of a person appear here once people are found.")
        return self.tr("Click a person to see photographs and settings.")

    def _show_settings(self, settings: RestorationSettings) -> None:
        for field, slider in self._sliders.items():
            value = float(getattr(settings, field))
            if abs(slider.value() - value) > 1e-6:
                slider.setValue(value)
        self._preset.show_choice("fast" if settings.steps <= 1 else "quality")
        self._scale.setCurrentIndex(self._scale.findData(settings.scale))
        self._seed.setValue(settings.seed)
        self._fading.setChecked(settings.confidence_fading)

    def _show_delivery(self, person: Person | None) -> None:
        delivery, clip = self._workspace.project.project.delivery, self._workspace.clip
        self._format.setCurrentIndex(self._format.findData(delivery.format))
        self._matte.setChecked(delivery.matte)
        self._folder.put(delivery.folder or self.tr("Beside the footage"))
        if clip is None:
            self._room.setText("")
            return
        scale = person.settings.scale if person else 1
        size = readable(result_bytes(clip.media, len(clip.range), delivery.format, scale))
        self._room.setText(self.tr("About {0} for {1} frames").format(size, len(clip.range)))
