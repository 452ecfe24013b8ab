"""The core dies, or is not there: it is shown, mended by one click, and work goes on."""

import os
import signal
import sys
from pathlib import Path

import pytest
from likeness_core.api import FrameRange, JobState
from likeness_gui.state.core import Core, CoreState
from likeness_gui.state.notices import Gravity
from likeness_gui.state.preferences import Preferences
from likeness_gui.state.project_files import ProjectFiles
from likeness_gui.state.steps import Step
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.banner import Banners
from likeness_gui.views.main_window import MainWindow
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.driving import Editor

pytestmark = pytest.mark.timeout(900)  # a loaded machine


@pytest.fixture
def editor(window: MainWindow, qtbot: QtBot) -> Editor:
    return Editor(window, qtbot)


def kill(pid: int) -> None:
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def restart_button(window: MainWindow) -> QPushButton:
    buttons = window.findChild(Banners).findChildren(QPushButton)
    return next(button for button in buttons if button.text() == "Restart and go on")


def test_a_job_goes_on_after_the_core_was_killed(editor: Editor, footage: Path) -> None:
    workspace = editor.workspace
    editor.open(footage, FrameRange(0, 8))
    editor.next(Step.ANALYSE)
    editor.choose([footage.with_name("portrait.jpg")])
    editor.click(editor.window.next_step._second)
    editor.wait(lambda: editor.jobs() and editor.job().state == JobState.RUNNING, "the job is on its way")
    first = workspace.core.pid
    kill(first)
    editor.wait(lambda: workspace.core.state == CoreState.ENDED, "the end is noticed")
    assert workspace.notices.shown[0].gravity == Gravity.ERROR
    editor.click(restart_button(editor.window))
    editor.wait_for_job(JobState.DONE)
    assert workspace.core.pid not in (0, first)
    assert not [notice for notice in workspace.notices.shown if notice.key == "core"]
    result = editor.job().result
    assert result is not None
    assert result.restored_frames == 8


def test_an_analysis_can_be_asked_for_again_after_a_death(editor: Editor, footage: Path) -> None:
    workspace = editor.workspace
    editor.open(footage, FrameRange(0, 4))
    editor.next(Step.ANALYSE)
    kill(workspace.core.pid)
    editor.wait(lambda: workspace.core.state == CoreState.ENDED, "the end is noticed")
    assert workspace.step == Step.ANALYSE
    editor.click(restart_button(editor.window))
    editor.wait(lambda: workspace.core.state == CoreState.READY, "the core is back")
    editor.next(Step.ANALYSE)
    editor.until(Step.CHOOSE)


def test_a_core_that_cannot_start_is_said(tmp_path: Path, qtbot: QtBot) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    workspace = Workspace(Core([str(tmp_path / "nothing")], {}), ProjectFiles(tmp_path), Preferences(store))
    with qtbot.waitSignal(workspace.core.ended, timeout=10_000):
        workspace.begin([])
    assert workspace.notices.shown[0].action == "Restart and go on"


def test_what_a_core_says_wrongly_is_an_error_not_a_crash(tmp_path: Path, qtbot: QtBot) -> None:
    talk = "import sys; print('{nonsense'); print('[]'); print('{\"method\": \"no/such\"}'); sys.stdin.read()"
    core = Core([sys.executable, "-u", "-c", talk], {})
    errors: list[object] = []
    core.refused.connect(errors.append)
    core.start()
    qtbot.waitUntil(lambda: len(errors) == 3, timeout=10_000)
    core.stop()


def test_the_core_ends_with_the_window(editor: Editor, qtbot: QtBot) -> None:
    editor.start()
    pid = editor.workspace.core.pid
    editor.window.close()
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_damaged_project_is_recovered_and_said(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "reel.likeness"
    workspace.project.save_as(path)
    path.write_bytes(b"{")
    workspace.open_project(path)
    notice = workspace.notices.shown[0]
    assert notice.gravity == Gravity.WARNING
    assert "reel.likeness" in notice.text
    workspace.project.save()
    workspace.notices.dismiss("project")
    workspace.open_project(path)
    assert not workspace.notices.shown
