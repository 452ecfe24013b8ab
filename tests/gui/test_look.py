"""How a person is restored: keyframes of the strength, what to steer away from, and words in the window's language."""

import numpy as np
import pytest
from likeness_core.api import Negatives, RestorationSettings
from likeness_core.restorer.attributes import VOCABULARY
from likeness_gui.__main__ import translate
from likeness_gui.state.strength_keys import neighbour, with_key, without_key
from likeness_gui.state.words import WORDS, said
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow
from likeness_gui.views.strip import ROW_PX, RULER_PX, SHOTS_PX
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.clips import clip, ordered

LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def one(window: MainWindow, workspace: Workspace) -> MainWindow:
    """A window with the card of a chosen person open."""
    workspace.project.add_clip(clip(people=1))
    workspace.project.select_person(1)
    workspace.choose(workspace.clip.people[0], True)  # type: ignore[union-attr]
    QApplication.processEvents()
    return window


def settings(workspace: Workspace) -> RestorationSettings:
    person = workspace.project.person
    assert person is not None
    return person.settings


# ---- keyframes


@pytest.mark.parametrize(
    "keys", [(), ((10, 0.5),), ((10, 0.2), (20, 1.0)), ((0, 1.0), (7, 0.0), (8, 0.75), (30, 0.25))]
)
@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_the_panel_and_the_core_agree_on_the_strength_of_a_frame(
    keys: tuple[tuple[int, float], ...], strength: float
) -> None:
    values = RestorationSettings(strength=strength, strength_keys=keys)
    for frame in range(36):
        line = float(np.interp(frame, *zip(*keys, strict=True))) if keys else 1.0
        assert values.strength_at(frame) == strength * line


def test_a_key_says_what_the_slider_said() -> None:
    first = with_key(RestorationSettings(strength=0.8), 10, 0.8)
    assert (first.strength, first.strength_keys) == (1.0, ((10, 0.8),))
    second = with_key(first, 4, 0.25)
    assert [second.strength_at(frame) for frame in (0, 4, 7, 10, 50)] == pytest.approx([0.25, 0.25, 0.525, 0.8, 0.8])
    assert with_key(second, 4, 0.5).strength_keys == ((4, 0.5), (10, 0.8))
    assert (neighbour(second, 7, -1), neighbour(second, 7, 1), neighbour(second, 10, 1)) == (4, 10, None)
    assert without_key(without_key(second, 10), 4) == RestorationSettings(strength=0.25)


def test_keyframes_are_set_at_the_playhead_moved_and_undone(
    one: MainWindow, workspace: Workspace, qtbot: QtBot
) -> None:
    look, playhead = one.inspector.look, workspace.playhead
    playhead.seek(20)
    qtbot.mouseClick(look.key_here, LEFT)
    assert settings(workspace).strength_keys == ((20, 1.0),)
    playhead.seek(60)
    look.sliders["strength"].slider.setValue(0.4)
    assert settings(workspace).strength_keys == ((20, 1.0), (60, 0.4))
    playhead.seek(40)
    assert look.sliders["strength"].slider.value() == pytest.approx(0.7)
    qtbot.mouseClick(look.key_before, LEFT)
    assert playhead.frame == 20
    qtbot.keyClick(one, Qt.Key.Key_B)
    assert playhead.frame == 60
    assert not look.key_after.isEnabled()
    qtbot.keyClick(one, Qt.Key.Key_K, CONTROL)
    assert settings(workspace).strength_keys == ((20, 1.0),)
    undo = workspace.project.undo_stack
    undo.undo()
    assert settings(workspace).strength_keys == ((20, 1.0), (60, 0.4))
    undo.undo()
    undo.undo()
    assert settings(workspace) == RestorationSettings()
    assert look.sliders["strength"].slider.value() == 1.0


def test_the_strip_shows_keyframes_and_a_click_near_one_goes_to_it(
    one: MainWindow, workspace: Workspace, qtbot: QtBot
) -> None:
    strip, playhead = one.viewer.strip, workspace.playhead
    playhead.seek(48)
    y = RULER_PX + SHOTS_PX + 4 + ROW_PX // 2
    place = QPoint(round((strip._x(30) + strip._x(31)) / 2), y)
    before = strip.grab().toImage().pixelColor(place).lightness()
    playhead.seek(30)
    one.inspector.look.toggle_key()
    playhead.seek(48)
    assert strip.grab().toImage().pixelColor(place).lightness() > before + 100
    qtbot.mouseClick(strip, LEFT, pos=place + QPoint(5, 0))
    assert playhead.frame == 30


def test_keyframes_go_into_the_job_and_the_preview(one: MainWindow, workspace: Workspace) -> None:
    workspace.playhead.seek(12)
    one.inspector.look.toggle_key()
    one.inspector.look.sliders["strength"].slider.setValue(0.3)
    assert ordered(workspace).settings.strength_keys == ((12, 0.3),)
    params = workspace.preview_params()
    assert params is not None
    assert params.settings.strength_keys == ((12, 0.3),)


# ---- advanced


def test_what_to_steer_away_from_is_set_and_undone(one: MainWindow, workspace: Workspace) -> None:
    sliders = one.inspector.advanced.negatives
    assert set(sliders) == {"quality", "attributes", "identity"}
    for value, slider in zip((0.25, 0.5, 0.75), sliders.values(), strict=True):
        slider.slider.setValue(value)
    assert ordered(workspace).settings.negatives == Negatives(0.25, 0.5, 0.75)
    workspace.project.undo_stack.undo()
    assert settings(workspace).negatives == Negatives(0.25, 0.5, 0.0)
    assert sliders["identity"].slider.value() == 0.0


def test_steps_beyond_the_presets_show_as_none_of_them(one: MainWindow, workspace: Workspace) -> None:
    look, steps = one.inspector.look, one.inspector.advanced._steps
    steps.setCurrentIndex(steps.findData(4))
    steps.activated.emit(steps.currentIndex())
    assert settings(workspace).steps == 4
    assert not [made for made in look.preset._buttons.values() if made.isChecked()]
    look.preset._buttons["quality"].click()
    assert settings(workspace).steps == 2
    assert [key for key, made in look.preset._buttons.items() if made.isChecked()] == ["quality"]
    assert steps.currentData() == 2


# ---- words


def test_every_word_of_the_core_is_known_and_german(qapp: QApplication) -> None:
    assert set(VOCABULARY) <= WORDS
    assert said("smiling") == "smiling"
    translators = translate(qapp, "de")
    try:
        assert [word for word in VOCABULARY if said(word) == word] == []
        assert said("half left") == "halb links"
        assert said("a word of tomorrow") == "a word of tomorrow"
    finally:
        for translator in translators:
            qapp.removeTranslator(translator)
