"""Putting the script and the OpenFX bundle where editing applications look for them, and taking them away.

Only what is ours is ever replaced or removed: a script that begins with our line, a bundle of our name.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from likeness_core.errors import HostError

from likeness_plugin.places import (
    MENU_FOLDER,
    SCRIPT,
    Machine,
    ScriptPlace,
    data_folder,
    ofx_caches,
    ofx_folder,
    script_places,
)
from likeness_plugin.resolve_mailbox import is_alive, make_mailbox

FIRST_LINE = "-- Likeness: "
BUNDLE = "Likeness.ofx.bundle"
BUNDLE_NOTE = Path("Contents", "Resources", "panel.txt")  # names the program that the plug-in's button opens


@dataclass(frozen=True, slots=True)
class Sources:
    """What is put in place."""

    script: Path
    bundle: Path | None  # None where it is not built
    panel: Path | None = None  # the program that the menu entry opens, where it is known

    @classmethod
    def of_this_install(cls) -> "Sources":
        """What lies beside the package: in a checkout or in a wheel."""
        package = Path(__file__).resolve().parent
        inside, outside = package / "resolve_scripts", package.parent / "resolve_scripts"
        bundles = (package / "ofx" / BUNDLE, package.parents[1] / "dist" / "ofx" / BUNDLE)
        script = (inside if inside.is_dir() else outside) / SCRIPT
        return cls(script, next((path for path in bundles if path.is_dir()), None), panel_program())


def panel_program() -> Path | None:
    """What a double click would open to start the panel; None where there is no such thing."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable)
        application = next((folder for folder in program.parents if folder.suffix == ".app"), None)
        return application or program.with_name("likeness-panel" + program.suffix)
    # Beside the Python that runs this before the search path: an environment need not be on it.
    found = shutil.which("likeness-panel", path=str(Path(sys.executable).parent)) or shutil.which("likeness-panel")
    return Path(found) if found else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in one place."""

    what: str  # for people
    path: Path
    state: str  # "absent", "current", "older", "foreign"


@dataclass(frozen=True, slots=True)
class Report:
    """How things stand, or what was done."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...]  # what the editor should know or do
    connected: tuple[Path, ...] = ()  # mailboxes in which a script answers


def status(machine: Machine, sources: Sources) -> Report:
    """What is where."""
    places = script_places(machine)
    entries = [Entry(_name(place), script_of(place), _state(script_of(place), sources.script)) for place in places]
    for everyone in (False, True):
        path = ofx_folder(machine, everyone) / BUNDLE
        whose = "for every user" if everyone else "for this user"
        entries.append(Entry(f"OpenFX plug-in {whose}", path, _bundle_state(path, sources.bundle)))
    notes = _advice(machine, places, tuple(entries), sources)
    alive = dict.fromkeys(place.mailbox for place in places if is_alive(place.mailbox))
    return Report(tuple(entries), tuple(notes), tuple(alive))


def install(machine: Machine, sources: Sources, for_everyone: bool, resolve_runs: bool) -> Report:
    """Put the script (one copy for each Resolve) and, where it is built, the OpenFX bundle in place; twice is no harm.

    Raises HostError `host.not_ours`, `host.not_writable`, `host.mailbox_unsafe`, `host.resolve_runs`.
    """
    _refuse_while_it_runs(machine, sources, for_everyone, resolve_runs)
    places = script_places(machine)
    for place in places:
        wanted = place.for_everyone == for_everyone or place.edition != places[0].edition
        if wanted:
            _copy_script(sources.script, script_of(place))
            _make_mailbox(place, sources)
        else:
            _remove_script(script_of(place))  # two copies would be two menu entries
    if sources.bundle is not None:
        _copy_bundle(sources.bundle, sources.panel, ofx_folder(machine, for_everyone) / BUNDLE)
        _forget_plugins(machine)
    return status(machine, sources)


def repair(machine: Machine, sources: Sources, resolve_runs: bool) -> Report:
    """Put right what is out of date, where it is installed; with nothing installed, install for this user."""
    places = script_places(machine)
    usual = [place for place in places if place.edition == places[0].edition]
    for_everyone = any(place.for_everyone and _is_ours(script_of(place)) for place in usual)
    for place in places:
        if place.mailbox.exists() and not place.mailbox.is_symlink():
            with suppress(OSError):
                place.mailbox.chmod(0o700)
                (place.mailbox / "token").unlink(missing_ok=True)  # others may have read it
        elif place.mailbox.is_symlink():
            place.mailbox.unlink()
    return install(machine, sources, for_everyone, resolve_runs)


def remove(machine: Machine, sources: Sources, resolve_runs: bool) -> Report:
    """Take away everything that `install` put in place, for this user and for everyone. Raises as `install` does."""
    installed = [ofx_folder(machine, everyone) / BUNDLE for everyone in (False, True)]
    if any(path.exists() for path in installed) and resolve_runs:
        raise _resolve_runs()
    for place in script_places(machine):
        _remove_script(script_of(place))
        if not place.mailbox.is_symlink():
            shutil.rmtree(place.mailbox, ignore_errors=True)
    for path in installed:
        if path.exists():
            with _permitted(path):
                shutil.rmtree(path)
            _forget_plugins(machine)
    for folder in (ofx_folder(machine, False), data_folder(machine)):
        with suppress(OSError):
            folder.rmdir()  # only where nothing else is in it
    return status(machine, sources)


def script_of(place: ScriptPlace) -> Path:
    """The script's file in a place."""
    return place.scripts / MENU_FOLDER / SCRIPT


def _name(place: ScriptPlace) -> str:
    return f"{place.edition}, script {'for every user' if place.for_everyone else 'for this user'}"


def _advice(
    machine: Machine, places: tuple[ScriptPlace, ...], entries: tuple[Entry, ...], sources: Sources
) -> list[str]:
    notes = []
    scripts = [entry for entry in entries if entry.path.name == SCRIPT]
    if not any(place.is_there for place in places):
        notes.append("DaVinci Resolve was not found where it is usually installed; the script serves it elsewhere too")
    usual = [entry for place, entry in zip(places, scripts, strict=False) if place.edition == places[0].edition]
    if sum(entry.state in ("current", "older") for entry in usual) > 1:
        notes.append("the script is installed twice and listed twice: run `likeness hosts repair`")
    if any(entry.state == "older" for entry in entries):
        notes.append("something is out of date: run `likeness hosts repair`")
    user_bundle = ofx_folder(machine, False)
    if (user_bundle / BUNDLE).is_dir() and str(user_bundle) not in machine.environment.get("OFX_PLUGIN_PATH", ""):
        notes.append(f"for the OpenFX plug-in set OFX_PLUGIN_PATH to {user_bundle} and log in again")
    if sources.bundle is None:
        notes.append("the OpenFX plug-in is not built; the script works without it")
    if any(entry.state == "current" for entry in scripts):
        notes.append("in Resolve choose Workspace > Scripts > Likeness")
    return notes


def _state(installed: Path, wanted: Path) -> str:
    if not installed.exists():
        return "absent"
    if not _is_ours(installed):
        return "foreign"
    return "current" if installed.read_bytes() == wanted.read_bytes() else "older"


def _bundle_state(installed: Path, wanted: Path | None) -> str:
    if not installed.exists():
        return "absent"
    if wanted is None:
        return "current"
    files = {path.relative_to(wanted) for path in wanted.rglob("*") if path.is_file()}
    there = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()} - {BUNDLE_NOTE}
    same = files == there and all((wanted / name).read_bytes() == (installed / name).read_bytes() for name in files)
    return "current" if same else "older"


def _is_ours(script: Path) -> bool:
    try:
        with script.open("rb") as handle:
            return handle.read(len(FIRST_LINE)).decode("utf-8", errors="replace") == FIRST_LINE
    except OSError:
        return False


def _copy_script(source: Path, target: Path) -> None:
    if target.exists() and not _is_ours(target):
        hint = "Rename it, then run `likeness hosts install` again."
        raise HostError("host.not_ours", f"{target} is somebody else's script", hint)
    with _permitted(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f"{SCRIPT}.part")
        shutil.copyfile(source, temporary)
        temporary.replace(target)


def _remove_script(target: Path) -> None:
    if _is_ours(target):
        with _permitted(target):
            target.unlink()


def _make_mailbox(place: ScriptPlace, sources: Sources) -> None:
    make_mailbox(place.mailbox)
    if sources.panel is not None:
        (place.mailbox / "panel.txt").write_text(f"{sources.panel}\n", encoding="utf-8")


def _copy_bundle(source: Path, panel: Path | None, target: Path) -> None:
    """Copy beside, then swap: a host never sees half a bundle."""
    with _permitted(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh, old = target.with_name(f"{BUNDLE}.new"), target.with_name(f"{BUNDLE}.old")
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        shutil.copytree(source, fresh)
        if panel is not None:
            (fresh / BUNDLE_NOTE).parent.mkdir(exist_ok=True)
            (fresh / BUNDLE_NOTE).write_text(f"{panel}\n", encoding="utf-8")
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)


def _refuse_while_it_runs(machine: Machine, sources: Sources, for_everyone: bool, resolve_runs: bool) -> None:
    if sources.bundle is None or not resolve_runs:
        return
    if _bundle_state(ofx_folder(machine, for_everyone) / BUNDLE, sources.bundle) != "current":
        raise _resolve_runs()


def _resolve_runs() -> HostError:
    message = "Resolve is running: it holds the plug-in open, and writes its list of plug-ins when it ends"
    return HostError("host.resolve_runs", message, "Close Resolve and run this again; --no-ofx leaves the plug-in out.")


def _forget_plugins(machine: Machine) -> None:
    """Delete Resolve's list of plug-ins, which it makes anew: what once failed to load is not tried again else."""
    for cache in ofx_caches(machine):
        with _permitted(cache):
            cache.unlink()


@contextmanager
def _permitted(path: Path) -> Iterator[None]:
    """Say in our words that a place is not writable."""
    try:
        yield
    except OSError as error:
        hint = "Leave --machine out, or run this as administrator."
        raise HostError("host.not_writable", f"{path} cannot be written ({error.strerror})", hint) from error
