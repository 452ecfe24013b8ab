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
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

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


@pytest.fixture
def workspace(tmp_path: Path, qtbot: QtBot) -> Iterator[Workspace]:
    """All state, with the real core not started yet."""
    data = tmp_path / "data"
    environment = {"LIKENESS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    store = QSettings(str(data / "settings.ini"), QSettings.Format.IniFormat)
    made = Workspace(Core(core_command(), environment), ProjectFiles(data), Preferences(store))
    yield made
    made.close()


@pytest.fixture
def window(workspace: Workspace, qtbot: QtBot) -> MainWindow:
    """The whole window, shown."""
    made = MainWindow(workspace)
    qtbot.addWidget(made)
    made.resize(1440, 900)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()  # a screen without a window manager gives nobody the keyboard unasked
    qtbot.waitUntil(made.isActiveWindow)
    return made
