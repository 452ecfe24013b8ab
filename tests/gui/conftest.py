"""What the window's tests share: no screen, a cache of their own, and the real core on the sample."""

import os

# Before Qt is loaded. A run that wants a real screen sets the platform itself.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from likeness_gui import theme
from likeness_gui.state.core import Core, core_command
from likeness_gui.state.preferences import Preferences
from likeness_gui.state.project_files import ProjectFiles
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.driving import Editor

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    if not qapp.styleSheet():
        theme.apply(qapp)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """The sample, in a folder of its own: results go beside it."""
    for name in ("footage.mp4", "portrait.jpg", "smiling.jpg"):
        shutil.copy2(SAMPLE / name, tmp_path / name)
    return tmp_path / "footage.mp4"


def make_workspace(folder: Path) -> Workspace:
    """All state, with the real core not started yet."""
    data = folder / "data"
    environment = {"LIKENESS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    store = QSettings(str(data / "settings.ini"), QSettings.Format.IniFormat)
    return Workspace(Core(core_command(), environment), ProjectFiles(data), Preferences(store))


def show(window: MainWindow) -> None:
    """Put a window on the screen, and wait until it has the keyboard."""
    window.resize(1440, 900)
    window.show()
    window.activateWindow()  # a screen without a window manager gives nobody the keyboard unasked
    QTest.qWaitForWindowActive(window)


@pytest.fixture
def workspace(tmp_path: Path, qtbot: QtBot) -> Iterator[Workspace]:
    """All state, for one test."""
    made = make_workspace(tmp_path)
    yield made
    made.close()


@pytest.fixture
def window(workspace: Workspace, qtbot: QtBot) -> MainWindow:
    """The whole window, shown."""
    made = MainWindow(workspace)
    qtbot.addWidget(made)
    show(made)
    return made


@pytest.fixture(scope="module")
def lasting_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One window and one core for the tests of a module: a core takes seconds to load its networks."""
    theme.apply(qapp)
    made = MainWindow(make_workspace(tmp_path_factory.mktemp("window")))
    show(made)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def lasting(lasting_window: MainWindow, qtbot: QtBot) -> Editor:
    """Somebody before it, with an empty project and nothing left to read."""
    workspace = lasting_window.workspace
    workspace.project.begin()
    for notice in list(workspace.notices.shown):
        workspace.notices.dismiss(notice.key)
    lasting_window.show_page(0)
    lasting_window.viewer.set_mode("wipe")
    return Editor(lasting_window, qtbot)
