"""Reachable by keyboard and by screen reader, and told by tooltips."""

from pathlib import Path

import pytest
from likeness_core.api import FrameRange
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.gui.clips import clip


@pytest.fixture
def full(window: MainWindow, workspace: Workspace, qtbot: QtBot) -> MainWindow:
    """A window with a clip and people in it."""
    workspace.project.add_clip(clip(people=2))
    workspace.project.select_person(1)
    workspace.choose(workspace.clip.people[0], True)  # type: ignore[union-attr]
    QApplication.processEvents()
    return window


def test_everything_that_can_be_used_has_a_name(full: MainWindow) -> None:
    nameless = []
    for widget in full.findChildren(QWidget):
        inner = widget.objectName().startswith("qt_") or isinstance(widget.parentWidget(), (QSpinBox, QComboBox))
        if inner or not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        if isinstance(widget, (QAbstractButton, QComboBox, QLineEdit, QSlider, QSpinBox)):
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            parent = widget.parentWidget()
            above = parent.accessibleName() if isinstance(widget, QSlider) and parent is not None else ""
            if not (widget.accessibleName() or text or above):
                nameless.append(f"{type(widget).__name__} in {type(parent).__name__}")
    assert nameless == []


def test_every_button_without_words_has_a_tooltip(full: MainWindow) -> None:
    tools = [one for one in full.findChildren(QToolButton) if not one.objectName().startswith("qt_")]
    assert len(tools) > 15
    assert [one.accessibleName() for one in tools if not one.toolTip()] == []


def test_the_tab_key_reaches_the_next_step(full: MainWindow, qtbot: QtBot) -> None:
    full.viewer.compare.setFocus()
    reached: set[QWidget] = set()
    for _ in range(120):
        qtbot.keyClick(QApplication.focusWidget() or full, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused)
    assert full.next_step._main in reached
    assert full.people._cards[2] in reached
    assert full.viewer.strip in reached


def test_no_two_commands_have_one_shortcut(full: MainWindow) -> None:
    keys = [action.shortcut().toString() for action in full.findChildren(QAction) if not action.shortcut().isEmpty()]
    keys += [shortcut.key().toString() for shortcut in full.findChildren(QShortcut)]
    assert len(keys) > 20
    assert len(keys) == len(set(keys)), sorted(keys)


def test_letters_typed_into_a_name_are_no_commands(full: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    name = full.people._cards[1]._name
    name.setFocus()
    name.selectAll()
    qtbot.keyClicks(name, "Jkl io")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert workspace.clip is not None
    assert workspace.clip.people[0].name == "Jkl io"
    assert workspace.clip.frames is None
    assert workspace.playhead.speed == 0


def test_marks_are_set_with_the_keys_and_undone(full: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    full.viewer.compare.setFocus()
    workspace.playhead.seek(10)
    qtbot.keyClick(full, Qt.Key.Key_I)
    workspace.playhead.seek(19)
    qtbot.keyClick(full, Qt.Key.Key_O)
    assert workspace.clip is not None
    assert workspace.clip.range == FrameRange(10, 20)
    qtbot.keyClick(full, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert workspace.clip.frames is None


def test_arrows_step_and_space_plays(full: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    compare = full.viewer.compare
    compare.setFocus()
    qtbot.keyClick(compare, Qt.Key.Key_Right)
    qtbot.keyClick(compare, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert workspace.playhead.frame == 11
    qtbot.keyClick(compare, Qt.Key.Key_Left)
    assert workspace.playhead.frame == 10
    qtbot.keyClick(compare, Qt.Key.Key_Space)
    assert workspace.playhead.speed == 1
    qtbot.keyClick(compare, Qt.Key.Key_Space)
    qtbot.keyClick(compare, Qt.Key.Key_End)
    assert workspace.playhead.frame == 95


def test_photographs_are_dropped_on_a_card(full: MainWindow, workspace: Workspace, footage: Path) -> None:
    from PySide6.QtCore import QMimeData, QPoint, QPointF, QUrl
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(footage.with_name("portrait.jpg")))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    card, copy = full.people._cards[2], Qt.DropAction.CopyAction
    QApplication.sendEvent(card, QDragEnterEvent(QPoint(5, 5), copy, data, left, none))
    assert card.property("selected")
    QApplication.sendEvent(card, QDropEvent(QPointF(5, 5), copy, data, left, none))
    assert workspace.clip is not None
    assert workspace.clip.people[1].references == (str(footage.with_name("portrait.jpg")),)
    assert workspace.clip.selected == 2


def test_who_is_alone_is_chosen_by_the_next_step(window: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.project.add_clip(clip(people=1))
    QApplication.processEvents()
    qtbot.mouseClick(window.next_step._main, Qt.MouseButton.LeftButton)
    assert [person.number for person in workspace.chosen()] == [1]


def test_enter_presses_the_button_that_has_the_keyboard(window: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.project.add_clip(clip(people=1))
    QApplication.processEvents()
    window.next_step._main.setFocus()
    qtbot.keyClick(window.next_step._main, Qt.Key.Key_Return)
    assert [person.number for person in workspace.chosen()] == [1]


def test_the_keyboard_stays_with_the_next_step_when_its_button_goes(
    window: MainWindow, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.project.add_clip(clip(people=1))
    workspace.choose(workspace.clip.people[0], True)  # type: ignore[union-attr]
    step = window.next_step
    assert step._second.isVisible()
    step._second.setFocus()
    workspace.project.undo_stack.undo()  # nobody is chosen: there is one button
    assert not step._second.isVisible()
    assert step._main.hasFocus()


def test_asking_too_early_says_what_is_missing(window: MainWindow, workspace: Workspace) -> None:
    workspace.start_preview()
    assert workspace.notices.shown[0].hint == "Analyse the clip first."
    workspace.project.add_clip(clip(people=2))
    workspace.start_preview()
    assert workspace.notices.shown[0].hint == "Tick who is to be restored."
    workspace.choose(workspace.clip.people[0], True)  # type: ignore[union-attr]
    assert not workspace.notices.shown
