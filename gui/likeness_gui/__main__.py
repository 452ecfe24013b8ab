"""The `likeness-panel` command: the standalone window, or with `--panel` the narrow one beside an editor's."""

import argparse
import sys
from pathlib import Path

import platformdirs
from likeness_core import __version__
from PySide6.QtCore import QLibraryInfo, QLocale, QSettings, QTranslator
from PySide6.QtWidgets import QApplication

from likeness_gui import theme
from likeness_gui.state.core import Core, core_command
from likeness_gui.state.preferences import Preferences
from likeness_gui.state.project_files import ProjectFiles
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow

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
    store = QSettings(str(data / "settings.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(store)
    translators = translate(application, preferences.text("language"))
    theme.apply(application)
    workspace = Workspace(Core(core_command(), {}), ProjectFiles(data), preferences)
    window = MainWindow(workspace, given.panel)
    window.show()
    workspace.begin([str(path.absolute()) for path in given.files])
    status = application.exec()
    del translators
    return status


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
    parser.add_argument("--version", action="version", version=f"likeness {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
