"""The `likeness-panel` command: the standalone window, or with `--panel` the narrow one beside an editor's."""

import argparse
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs
from likeness_core import __version__
from PySide6.QtCore import QLibraryInfo, QLocale, QLockFile, QSettings, QTimer, QTranslator
from PySide6.QtWidgets import QApplication, QMessageBox

from likeness_gui import theme
from likeness_gui.state.core import Core, CoreState, core_command
from likeness_gui.state.preferences import Preferences
from likeness_gui.state.project_files import ProjectFiles
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow

ALREADY_OPEN = 4  # exit status
SELF_TEST_MS = 60_000
TRANSLATIONS = Path(__file__).parent / "translations"


def main(arguments: list[str] | None = None) -> int:
    """Show the window until it is closed."""
    given = _parser().parse_args(arguments)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Likeness")
    application.setApplicationVersion(__version__)
    application.setOrganizationName("Likeness")
    data = Path(platformdirs.user_data_dir("likeness", appauthor=False))
    if given.self_test:
        data = Path(tempfile.mkdtemp(prefix="likeness-window-"))
    lock = _only_one(data)
    if lock is None:
        return ALREADY_OPEN
    store = QSettings(str(data / "settings.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(store)
    translators = translate(application, preferences.text("language"))
    theme.apply(application)
    workspace = Workspace(Core(core_command(), {}), ProjectFiles(data), preferences)
    window = MainWindow(workspace, given.panel)
    window.show()
    if given.self_test:
        return _self_test(application, workspace, window, data)
    workspace.begin([str(path.absolute()) for path in given.files])
    status = application.exec()
    del translators
    lock.unlock()
    return status


def _only_one(data: Path) -> QLockFile | None:
    """Hold the data folder: two windows would write over each other's unnamed project. None where one is open."""
    with suppress(OSError):  # where nothing can be written there is nothing to hold
        data.mkdir(parents=True, exist_ok=True)
    lock = QLockFile(str(data / "window.lock"))
    lock.setStaleLockTime(0)  # a window may be open for days; the lock of a dead one is known by its process
    if lock.tryLock(0) or lock.error() != QLockFile.LockError.LockFailedError:
        return lock
    text = "Likeness is open already. Use its window, or close it first."
    print(f"likeness-panel: {text}", file=sys.stderr)
    if QApplication.platformName() != "offscreen":
        QMessageBox.information(None, "Likeness", text)
    return None


def _self_test(application: QApplication, workspace: Workspace, window: MainWindow, data: Path) -> int:
    """Open nothing; end well once the window is painted and its core has answered."""
    workspace.core.state_changed.connect(
        lambda: application.exit(0) if workspace.core.state == CoreState.READY else None
    )
    workspace.core.ended.connect(lambda log: application.exit(1))
    QTimer.singleShot(SELF_TEST_MS, lambda: application.exit(2))
    workspace.core.start()
    status = application.exec()
    picture = window.grab().toImage()
    colours = {picture.pixelColor(x, y).rgb() for x in range(0, picture.width(), 7) for y in range(picture.height())}
    workspace.close()
    shutil.rmtree(data, ignore_errors=True)
    if status == 0 and len(colours) > 2:
        print(f"painted, {picture.width()} x {picture.height()}; the core answers ({workspace.core.version})")
        return 0
    print(f"{len(colours)} colours were painted; the core said: {workspace.core.log[-5:]}", file=sys.stderr)
    return status or 3


def translate(application: QApplication, language: str) -> list[QTranslator]:
    """Speak a language, the system's where none is named; keep the result as long as the application."""
    locale = QLocale(language) if language else QLocale.system()
    installed = []
    for name, folder in (("likeness", str(TRANSLATIONS)), ("qtbase", _qt_translations())):
        translator = QTranslator(application)
        # English is a translation too: the one that knows plurals.
        if translator.load(locale, name, "_", folder) or translator.load(QLocale("en"), name, "_", folder):
            application.installTranslator(translator)
            installed.append(translator)
    return installed


def _qt_translations() -> str:
    return QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "likeness-panel", description="Restore faces, guided by photographs of the person."
    )
    parser.add_argument("files", nargs="*", type=Path, help="footage, photographs or a project to open")
    parser.add_argument(
        "--panel", action="store_true", help="the narrow window that stands beside an editing application"
    )
    parser.add_argument("--self-test", action="store_true", help=argparse.SUPPRESS)  # for `likeness --self-test`
    parser.add_argument("--version", action="version", version=f"likeness {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
