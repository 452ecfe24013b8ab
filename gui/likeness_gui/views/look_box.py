"""How a person is restored: the preset, the four shares, and strength over the clip by keyframes."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.project import Person
from likeness_gui.state.strength_keys import neighbour, with_key, without_key
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.parts import Segments, column, icon, label, name_it, row, tool
from likeness_gui.views.share_slider import ShareSlider

STEPS = {"fast": 1, "quality": 2}  # denoising steps, as the command line's presets


class LookBox(QWidget):
    """Part of the inspector."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        layout = column(self, margin=0, spacing=6)
        self.preset = Segments({"fast": (self.tr("Fast"), ""), "quality": (self.tr("Quality"), "")})
        self.preset.setToolTip(self.tr("Quality works on each face twice as long"))
        self.preset.chosen.connect(lambda key: self._change(self.tr("Look"), "steps", STEPS[key]))
        layout.addLayout(row(label(self.tr("Look"), "section"), 1, self.preset))
        self.sliders: dict[str, ShareSlider] = {}
        tip = self.tr("How much of the result replaces the source; 0 leaves it untouched")
        self._add(layout, "strength", self.tr("Strength"), tip, self._set_strength)
        layout.addLayout(self._key_row())
        self._add(layout, "fidelity", self.tr("Fidelity"),
                  self.tr("How closely to follow the footage; 1 lets only fine detail change"))  # fmt: skip
        self._add(layout, "likeness", self.tr("Likeness"),
                  self.tr("How closely to follow the photographs; 0 ignores them"))  # fmt: skip
        self._add(layout, "grain", self.tr("Grain"),
                  self.tr("Share of the footage's own grain that is put back"))  # fmt: skip
        workspace.playhead.moved.connect(self._show_keys)

    def _add(
        self, layout: QVBoxLayout, field: str, name: str, tip: str, change: Callable[[float], None] | None = None
    ) -> None:
        slider = ShareSlider(name, tip)
        slider.moved.connect(change or (lambda value: self._change(name, field, value)))
        self.sliders[field] = slider
        layout.addWidget(slider)

    def _key_row(self) -> QVBoxLayout:
        self.key_before = tool("chevron-left", self.tr("Go to the keyframe before"), "Shift+B")
        self.key_here = tool("rhombus-outline", "")
        self.key_after = tool("chevron-right", self.tr("Go to the next keyframe"), "B")
        self._keys_text = label("", "caption")
        self.key_before.clicked.connect(lambda: self.go_to_key(-1))
        self.key_here.clicked.connect(self.toggle_key)
        self.key_after.clicked.connect(lambda: self.go_to_key(1))
        outer = QVBoxLayout()
        outer.setContentsMargins(72, 0, 0, 4)
        outer.addLayout(row(self._keys_text, 1, self.key_before, self.key_here, self.key_after, spacing=0))
        return outer

    # ---- what is done

    def toggle_key(self) -> None:
        """Set a keyframe of the strength at the playhead, or take the one that is there away."""
        person, frame = self._workspace.project.person, self._workspace.playhead.frame
        if person is None:
            return
        settings = person.settings
        if self._has_key():
            self._workspace.project.change_settings(self.tr("Remove a keyframe"), without_key(settings, frame))
        else:
            changed = with_key(settings, frame, round(settings.strength_at(frame), 4))
            self._workspace.project.change_settings(self.tr("Set a keyframe"), changed)

    def go_to_key(self, direction: int) -> None:
        """Put the playhead on the next keyframe, or on the one before."""
        person, playhead = self._workspace.project.person, self._workspace.playhead
        frame = neighbour(person.settings, playhead.frame, direction) if person else None
        if frame is not None:
            playhead.step(frame - playhead.frame)

    def _set_strength(self, value: float) -> None:
        """All through; where there are keyframes, at the playhead."""
        person, frame = self._workspace.project.person, self._workspace.playhead.frame
        if person is None:
            return
        if person.settings.strength_keys:
            changed = with_key(person.settings, frame, value)
            text = self.tr("Set a keyframe")
            self._workspace.project.change_settings(text, changed, f"strength-{frame}")
        else:
            self._change(self.sliders["strength"].name, "strength", value)

    def _change(self, name: str, field: str, value: object) -> None:
        person = self._workspace.project.person
        if person is not None:
            changed = replace(person.settings, **{field: value})  # type: ignore[arg-type]
            self._workspace.project.change_settings(self.tr("Change {0}").format(name), changed, field)

    # ---- what is shown

    def show_person(self, person: Person) -> None:
        """The settings of one person."""
        for field, slider in self.sliders.items():
            if field != "strength":
                slider.put(float(getattr(person.settings, field)))
        chosen = next((key for key, steps in STEPS.items() if steps == person.settings.steps), "")
        self.preset.show_choice(chosen)
        self._show_keys()

    def _has_key(self) -> bool:
        person, frame = self._workspace.project.person, self._workspace.playhead.frame
        return person is not None and any(place == frame for place, _ in person.settings.strength_keys)

    def _show_keys(self, *_: object) -> None:
        person, frame = self._workspace.project.person, self._workspace.playhead.frame
        if person is None:
            return
        settings, here = person.settings, self._has_key()
        self.sliders["strength"].put(round(settings.strength_at(frame), 2))
        count = len(settings.strength_keys)
        text = self.tr("%n keyframe(s)", "", count) if count else self.tr("The same all through")
        self._keys_text.setText(text)
        if self.key_here.property("set") != here or not self.key_here.toolTip():
            self.key_here.setProperty("set", here)
            name = self.tr("Remove this keyframe") if here else self.tr("Set a keyframe of the strength here")
            name_it(self.key_here, name, "Ctrl+K")
            self.key_here.setIcon(icon("rhombus" if here else "rhombus-outline", theme.ACCENT if here else theme.MUTED))
        for made, direction in ((self.key_before, -1), (self.key_after, 1)):
            made.setVisible(bool(count))
            made.setEnabled(neighbour(settings, frame, direction) is not None)
