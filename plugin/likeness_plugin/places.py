"""Where each editing application looks for scripts and plug-ins, per system, per user and per machine.

Everything hangs off a `Machine`, so that the tests lay out any system in a folder of their own.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from likeness_core.errors import HostError

from likeness_plugin.resolve_mailbox import make_mailbox

SCRIPT = "Likeness.lua"
VENDOR = "Blackmagic Design"
PRODUCT = "DaVinci Resolve"
SANDBOX = "com.blackmagic-design.DaVinciResolveLite"  # the edition of the Mac App Store

# "Utility" is listed on every page of Resolve.
MENU_FOLDER = "Utility"


@dataclass(frozen=True, slots=True)
class Machine:
    """A system, whose it is, and what its environment says."""

    platform: str  # sys.platform: "linux", "darwin", "win32"
    home: Path
    root: Path  # what absolute places hang off: "/", or the drive of Windows
    environment: Mapping[str, str]

    @classmethod
    def this(cls) -> "Machine":
        """The one that we run on, for the user that we run as."""
        platform = sys.platform if sys.platform in ("darwin", "win32") else "linux"
        root = Path(os.environ.get("SYSTEMDRIVE", "C:") + "\\") if platform == "win32" else Path("/")
        return cls(platform, Path.home(), root, dict(os.environ))

    def folder(self, variable: str, otherwise: Path) -> Path:
        """The folder that a variable of the environment names."""
        named = self.environment.get(variable)
        return Path(named) if named else otherwise


@dataclass(frozen=True, slots=True)
class ScriptPlace:
    """A folder in which a Resolve looks for scripts."""

    edition: str  # for people
    scripts: Path  # holds Utility, Edit ...
    for_everyone: bool
    mailbox: Path  # of this user, in reach of that Resolve
    is_there: bool  # whether that Resolve seems to be installed


def data_folder(machine: Machine) -> Path:
    """Where Likeness keeps what is this user's."""
    if machine.platform == "win32":
        return machine.folder("LOCALAPPDATA", machine.home / "AppData" / "Local") / "Likeness"
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support" / "Likeness"
    return machine.folder("XDG_DATA_HOME", machine.home / ".local" / "share") / "Likeness"


def script_places(machine: Machine) -> tuple[ScriptPlace, ...]:
    """Every folder of scripts on this machine, the user's own first."""
    mailbox = machine.environment.get("LIKENESS_MAILBOX")
    own = Path(mailbox) if mailbox else data_folder(machine) / "mailbox"
    there = any(path.exists() for path in _applications(machine))
    if machine.platform == "win32":
        user = _roaming(machine) / VENDOR / PRODUCT / "Support" / "Fusion" / "Scripts"
        everyone = _program_data(machine) / VENDOR / PRODUCT / "Fusion" / "Scripts"
    elif machine.platform == "darwin":
        library = Path("Library") / "Application Support" / VENDOR / PRODUCT / "Fusion" / "Scripts"
        user, everyone = machine.home / library, machine.root / library
    else:
        user = machine.home / ".local" / "share" / "DaVinciResolve" / "Fusion" / "Scripts"
        everyone = _linux_install(machine) / "Fusion" / "Scripts"
    places = [
        ScriptPlace("DaVinci Resolve", user, False, own, there),
        ScriptPlace("DaVinci Resolve", everyone, True, own, there),
    ]
    container = machine.home / "Library" / "Containers" / SANDBOX / "Data"
    if machine.platform == "darwin" and container.is_dir():
        # That Resolve sees nothing outside its container, and follows no link out of it.
        inside = container / "Library" / "Application Support"
        scripts = inside / VENDOR / PRODUCT / "Fusion" / "Scripts"
        places.append(
            ScriptPlace("DaVinci Resolve of the App Store", scripts, False, inside / "Likeness" / "mailbox", True)
        )
    return tuple(places)


def mailboxes(machine: Machine) -> tuple[Path, ...]:
    """The mailboxes of this user. One is made where the script is installed for everyone and this user has none yet."""
    for place in script_places(machine):
        if (place.scripts / MENU_FOLDER / SCRIPT).is_file() and not (place.mailbox / "token").exists():
            with suppress(HostError, OSError):  # then there is none, and connecting says so
                make_mailbox(place.mailbox)
    found = dict.fromkeys(place.mailbox for place in script_places(machine))
    return tuple(folder for folder in found if (folder / "token").is_file())


def ofx_folder(machine: Machine, for_everyone: bool) -> Path:
    """Where OpenFX bundles go. The user's own folder is read by hosts through `OFX_PLUGIN_PATH` only."""
    if not for_everyone:
        return data_folder(machine) / "OFX"
    if machine.platform == "win32":
        common = machine.root / "Program Files" / "Common Files"
        return machine.folder("COMMONPROGRAMFILES", common) / "OFX" / "Plugins"
    if machine.platform == "darwin":
        return machine.root / "Library" / "OFX" / "Plugins"
    return machine.root / "usr" / "OFX" / "Plugins"


def ofx_caches(machine: Machine) -> tuple[Path, ...]:
    """The files in which Resolve remembers its plug-ins, those that once failed to load included."""
    if machine.platform == "win32":
        folders = [_roaming(machine) / VENDOR / PRODUCT / "Support"]
    elif machine.platform == "darwin":
        library = Path("Library") / "Application Support" / VENDOR / PRODUCT
        folders = [machine.home / library, machine.home / "Library" / "Containers" / SANDBOX / "Data" / library]
    else:
        folders = [machine.home / ".local" / "share" / "DaVinciResolve", _linux_install(machine)]
    return tuple(path for folder in folders for path in sorted(folder.glob("OFXPluginCache*.xml")))


def _applications(machine: Machine) -> list[Path]:
    if machine.platform == "win32":
        files = machine.folder("PROGRAMFILES", machine.root / "Program Files")
        return [files / VENDOR / PRODUCT / "Resolve.exe"]
    if machine.platform == "darwin":
        folder = machine.root / "Applications"
        return [folder / PRODUCT / f"{PRODUCT}.app", folder / f"{PRODUCT}.app"]
    return [_linux_install(machine) / "bin" / "resolve"]


def _linux_install(machine: Machine) -> Path:
    """/opt/resolve, or where an ISO install puts it."""
    other = machine.root / "home" / "resolve"
    usual = machine.root / "opt" / "resolve"
    return other if not usual.exists() and (other / "bin" / "resolve").exists() else usual


def _roaming(machine: Machine) -> Path:
    return machine.folder("APPDATA", machine.home / "AppData" / "Roaming")


def _program_data(machine: Machine) -> Path:
    return machine.folder("PROGRAMDATA", machine.root / "ProgramData")
