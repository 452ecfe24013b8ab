"""Drives the window as an editor does: by clicks, waiting for what is on screen."""

from collections.abc import Callable
from pathlib import Path

from likeness_core.api import FrameRange, JobState
from likeness_core.protocol import JobStatus
from likeness_gui.state.core import CoreState
from likeness_gui.state.steps import Step
from likeness_gui.views.main_window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

LONG_MS = 120_000  # a loaded machine


class Editor:
    """Whoever sits before the window."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.workspace, self._qtbot = window, window.workspace, qtbot

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Until something is so."""
        try:
            self._qtbot.waitUntil(lambda: bool(condition()), timeout=LONG_MS)
        except Exception as error:
            said = [(notice.text, notice.hint) for notice in self.workspace.notices.shown]
            raise AssertionError(f"waited in vain until {what}; notices: {said}; {self.workspace.core.log}") from error

    def click(self, button: QAbstractButton) -> None:
        """A click, on what can be seen and used."""
        assert button.isVisible(), button.text()
        assert button.isEnabled(), button.text()
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def start(self, *paths: Path) -> None:
        """Open the window with files; one that is open already takes them too."""
        names = [str(path) for path in paths]
        if self.workspace.core.state == CoreState.READY:
            self.workspace.open_paths(names)
        else:
            self.workspace.begin(names)
        self.wait(lambda: self.workspace.core.state == CoreState.READY, "the core is ready")

    def open(self, footage: Path, frames: FrameRange) -> None:
        """Open footage, and mark a part of it with the keys."""
        self.start(footage)
        self.wait(lambda: self.workspace.clip, "the clip is open")
        viewer = self.window.viewer
        viewer.setFocus()
        self.workspace.playhead.seek(frames.start)
        self._qtbot.keyClick(self.window, Qt.Key.Key_I)
        self.workspace.playhead.seek(frames.stop - 1)
        self._qtbot.keyClick(self.window, Qt.Key.Key_O)
        assert self.workspace.clip is not None
        assert self.workspace.clip.frames == frames

    def next(self, expected: Step) -> None:
        """Click the one button that is always right."""
        self.wait(lambda: self.workspace.step == expected, f"{expected} is next, not {self.workspace.step}")
        self.click(self.window.next_step._main)

    def until(self, step: Step) -> None:
        """Wait for a step."""
        self.wait(lambda: self.workspace.step == step, f"{step} is next")

    def choose(self, photographs: list[Path]) -> None:
        """Tick the first person, and give photographs."""
        self.wait(
            lambda: self.window.people._cards and self.window.people._cards[1]._restore.isVisible(), "people are there"
        )
        self.click(self.window.people._cards[1]._restore)
        self.workspace.add_photographs(tuple(str(path) for path in photographs))

    def job(self) -> JobStatus:
        """The latest job of the clip on screen."""
        return self.jobs()[0]

    def jobs(self) -> list[JobStatus]:
        """The jobs of the clip on screen, the latest first."""
        clip = self.workspace.clip
        return self.workspace.queue.of(clip) if clip else []

    def wait_for_job(self, state: JobState) -> None:
        """Until the latest job is so far."""
        self.wait(lambda: self.jobs() and self.job().state == state, f"the job is {state.value}")
