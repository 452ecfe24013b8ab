"""What an installed program sets right about its environment before it does anything."""

import os
import sys
from pathlib import Path

import platformdirs
from likeness_core.jobs import cache_folder


def prepare() -> None:
    """Find extras that were added, and keep our libraries to ourselves."""
    _restore_library_path()
    # It would make a folder among the user's settings, which stays when this program is removed.
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    sys.path[:0] = [str(folder) for folder in _extras()]


def _restore_library_path() -> None:
    """The variable made this program find its libraries; programs of others that we start must not find them."""
    variable = "LD_LIBRARY_PATH"
    before = os.environ.pop(f"{variable}_ORIG", None)
    if before is not None:
        os.environ[variable] = before
    else:
        os.environ.pop(variable, None)


def _extras() -> list[Path]:
    """Folders of packages that `likeness packs add` unpacked: before our own, so that a GPU's torch comes first."""
    folder = Path(platformdirs.user_data_dir("likeness", appauthor=False)) / "runtimes"
    return sorted(path / "packages" for path in folder.glob("*") if (path / "extra.json").is_file())
