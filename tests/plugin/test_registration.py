"""Installing, mending and removing on all three systems, in folders with names that are not ASCII."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from likeness_core.errors import HostError
from likeness_plugin import registration
from likeness_plugin.places import SANDBOX, Machine, mailboxes, ofx_caches, ofx_folder, script_places
from likeness_plugin.registration import BUNDLE, Report, Sources, install, remove, repair, script_of, status

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = ("linux", "darwin", "win32")
SCRIPT = Path(registration.__file__).parents[1] / "resolve_scripts" / "Likeness.lua"

USER_SCRIPT = {
    "linux": ".local/share/DaVinciResolve/Fusion/Scripts/Utility/Likeness.lua",
    "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility/Likeness.lua",
    "win32": "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts/Utility/Likeness.lua",
}
MACHINE_SCRIPT = {
    "linux": "opt/resolve/Fusion/Scripts/Utility/Likeness.lua",
    "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility/Likeness.lua",
    "win32": "ProgramData/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility/Likeness.lua",
}
MAILBOX = {
    "linux": ".local/share/Likeness/mailbox", "darwin": "Library/Application Support/Likeness/mailbox",
    "win32": "AppData/Local/Likeness/mailbox",
}  # fmt: skip
MACHINE_OFX = {
    "linux": "usr/OFX/Plugins", "darwin": "Library/OFX/Plugins", "win32": "Program Files/Common Files/OFX/Plugins",
}  # fmt: skip
CACHE = {
    "linux": ".local/share/DaVinciResolve/OFXPluginCacheV2.xml",
    "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/OFXPluginCacheV2.xml",
    "win32": "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/OFXPluginCacheV2.xml",
}

MachineMaker = Callable[[str], Machine]


@pytest.fixture
def machine_of(tmp_path: Path) -> MachineMaker:
    def make(platform: str) -> Machine:
        home = tmp_path / "Users" / "Zoë ☆ Müller"
        home.mkdir(parents=True, exist_ok=True)
        return Machine(platform, home, tmp_path / "root", {})

    return make


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    bundle = tmp_path / "built" / BUNDLE
    (bundle / "Contents" / "Linux-x86-64").mkdir(parents=True)
    (bundle / "Contents" / "Linux-x86-64" / "Likeness.ofx").write_bytes(b"\x7fELF one")
    (bundle / "Contents" / "Info.plist").write_text("<plist/>")
    return Sources(SCRIPT, bundle, tmp_path / "Likeness.app")


def states(report: Report) -> dict[str, str]:
    return {entry.what: entry.state for entry in report.entries}


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("for_everyone", [False, True])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_install_status_and_remove(
    platform: str, for_everyone: bool, machine_of: MachineMaker, sources: Sources, tmp_path: Path
) -> None:
    machine = machine_of(platform)
    (tmp_path / "root").mkdir()
    (machine.home / "mine.txt").write_text("mine")
    before = tree(machine.home) | tree(machine.root)
    report = install(machine, sources, for_everyone, resolve_runs=False)
    script = machine.root / MACHINE_SCRIPT[platform] if for_everyone else machine.home / USER_SCRIPT[platform]
    assert script.read_bytes() == SCRIPT.read_bytes()
    other = machine.home / USER_SCRIPT[platform] if for_everyone else machine.root / MACHINE_SCRIPT[platform]
    assert not other.exists()  # one menu entry, not two
    assert mailboxes(machine) == (machine.home / MAILBOX[platform],)
    assert (machine.home / MAILBOX[platform] / "panel.txt").read_text(
        encoding="utf-8"
    ) == f"{tmp_path / 'Likeness.app'}\n"
    bundle = machine.root / MACHINE_OFX[platform] if for_everyone else ofx_folder(machine, False)
    note = bundle / BUNDLE / "Contents" / "Resources" / "panel.txt"
    assert note.read_text(encoding="utf-8") == f"{sources.panel}\n"
    note.unlink()
    note.parent.rmdir()
    assert tree(bundle / BUNDLE) == tree(sources.bundle)
    assert sorted(states(report).values()) == ["absent", "absent", "current", "current"]
    assert any("OFX_PLUGIN_PATH" in note for note in report.notes) is not for_everyone
    again = install(machine, sources, for_everyone, resolve_runs=True)  # nothing to change: Resolve may run
    assert states(again) == states(report)
    gone = remove(machine, sources, resolve_runs=False)
    assert set(states(gone).values()) == {"absent"}
    assert tree(machine.home) | tree(machine.root) == before


def test_the_variables_of_windows_are_followed(machine_of: MachineMaker, tmp_path: Path) -> None:
    given = {
        "APPDATA": str(tmp_path / "Roaming"),
        "PROGRAMDATA": str(tmp_path / "Data"),
        "LOCALAPPDATA": str(tmp_path / "L"),
    }
    plain = machine_of("win32")
    machine = Machine("win32", plain.home, plain.root, given)
    user, everyone = script_places(machine)
    assert script_of(user).is_relative_to(tmp_path / "Roaming") and script_of(everyone).is_relative_to(
        tmp_path / "Data"
    )
    assert user.mailbox == tmp_path / "L" / "Likeness" / "mailbox"


def test_the_edition_of_the_app_store_gets_a_copy_and_a_mailbox_of_its_own(
    machine_of: MachineMaker, sources: Sources
) -> None:
    machine = machine_of("darwin")
    data = machine.home / "Library" / "Containers" / SANDBOX / "Data"
    data.mkdir(parents=True)
    install(machine, sources, False, resolve_runs=False)
    inside = data / "Library" / "Application Support"
    scripts = list(inside.rglob("Likeness.lua"))
    assert [path.parent.name for path in scripts] == ["Utility"] and not scripts[0].is_symlink()
    assert (inside / "Likeness" / "mailbox" / "token").is_file()
    assert len(mailboxes(machine)) == 2
    install(machine, sources, True, resolve_runs=False)
    assert scripts[0].exists()  # it sees nothing of what is installed for everyone
    remove(machine, sources, resolve_runs=False)
    assert not scripts[0].exists() and mailboxes(machine) == ()


def test_a_second_user_of_the_machine_gets_a_mailbox(
    machine_of: MachineMaker, sources: Sources, tmp_path: Path
) -> None:
    machine = machine_of("linux")
    install(machine, sources, True, False)
    other = Machine("linux", tmp_path / "other", machine.root, {})
    assert mailboxes(other) == (tmp_path / "other" / MAILBOX["linux"],)
    assert mailboxes(Machine("linux", tmp_path / "third", tmp_path / "no script", {})) == ()


def test_two_copies_are_told_and_mended(machine_of: MachineMaker, sources: Sources) -> None:
    machine = machine_of("linux")
    install(machine, sources, False, False)
    second = machine.root / MACHINE_SCRIPT["linux"]
    second.parent.mkdir(parents=True)
    shutil.copy(SCRIPT, second)
    assert any("twice" in note for note in status(machine, sources).notes)
    repair(machine, sources, False)
    copies = [script_of(place).exists() for place in script_places(machine)]
    assert sum(copies) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_repair_mends_what_is_old_broken_or_open_to_others(
    platform: str, machine_of: MachineMaker, sources: Sources
) -> None:
    machine = machine_of(platform)
    install(machine, sources, False, False)
    script = machine.home / USER_SCRIPT[platform]
    mailbox = machine.home / MAILBOX[platform]
    token = (mailbox / "token").read_text()
    script.write_text("-- Likeness: of an older version\n")
    (ofx_folder(machine, False) / BUNDLE / "Contents" / "Info.plist").unlink()
    mailbox.chmod(0o777)
    assert list(states(status(machine, sources)).values()).count("older") == 2
    report = repair(machine, sources, False)
    assert list(states(report).values()).count("current") == 2
    assert (mailbox / "token").read_text() != token
    if os.name != "nt":
        assert mailbox.stat().st_mode & 0o077 == 0


def test_a_script_of_somebody_else_is_neither_replaced_nor_removed(machine_of: MachineMaker, sources: Sources) -> None:
    machine = machine_of("linux")
    script = machine.home / USER_SCRIPT["linux"]
    script.parent.mkdir(parents=True)
    script.write_text("-- somebody's own Likeness.lua\n")
    with pytest.raises(HostError) as foreign:
        install(machine, sources, False, False)
    assert foreign.value.code == "host.not_ours"
    remove(machine, sources, False)
    assert script.read_text() == "-- somebody's own Likeness.lua\n"
    assert "foreign" in states(status(machine, sources)).values()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_resolve_forgets_that_the_plug_in_once_failed(
    platform: str, machine_of: MachineMaker, sources: Sources
) -> None:
    machine = machine_of(platform)
    cache = machine.home / CACHE[platform]
    cache.parent.mkdir(parents=True)
    cache.write_text("<cache/>")
    assert ofx_caches(machine) == (cache,)
    with pytest.raises(HostError) as running:
        install(machine, sources, False, resolve_runs=True)
    assert running.value.code == "host.resolve_runs" and cache.exists()
    assert set(states(status(machine, sources)).values()) == {"absent"}  # refused before anything was put anywhere
    install(machine, sources, False, resolve_runs=False)
    assert not cache.exists()
    cache.write_text("<cache/>")
    install(machine, Sources(SCRIPT, None), False, resolve_runs=True)  # the script alone may be installed at any time
    assert cache.exists()


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="an administrator may write anywhere")
def test_a_place_that_is_not_writable_is_said(machine_of: MachineMaker, sources: Sources) -> None:
    machine = machine_of("linux")
    (machine.root / "opt" / "resolve").mkdir(parents=True)
    (machine.root / "opt" / "resolve").chmod(0o500)
    with pytest.raises(HostError) as refused:
        install(machine, sources, True, False)
    assert refused.value.code == "host.not_writable"


def test_a_file_in_the_way_is_said(machine_of: MachineMaker, sources: Sources) -> None:
    machine = machine_of("linux")
    (machine.home / ".local").write_text("a file where a folder should be")
    with pytest.raises(HostError) as refused:
        install(machine, sources, False, False)
    assert refused.value.code == "host.not_writable"


@pytest.mark.parametrize(
    ("program", "panel"),
    [
        ("Apps/Likeness.app/Contents/MacOS/likeness", "Apps/Likeness.app"),
        ("Likeness/likeness.exe", "Likeness/likeness-panel.exe"),
        ("opt/likeness/likeness", "opt/likeness/likeness-panel"),
    ],
)
def test_the_menu_entry_opens_the_installed_panel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, panel: str
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / program))
    assert registration.panel_program() == tmp_path / panel


def test_the_command_runs_as_a_process(tmp_path: Path) -> None:
    environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "LIKENESS_MAILBOX": str(tmp_path / "box")}
    for action, state in (
        ("install", "installed"),
        ("status", "installed"),
        ("repair", "installed"),
        ("remove", "absent"),
    ):
        options = [] if action == "status" else ["--no-ofx"]
        command = [sys.executable, "-m", "likeness_core", "hosts", action, *options]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        line = next(
            line for line in done.stdout.splitlines() if line.startswith("DaVinci Resolve, script for this user")
        )
        assert state in line
        assert (tmp_path / USER_SCRIPT["linux"]).exists() == (state == "installed")


@pytest.mark.long
def test_a_wheel_carries_the_script(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert zipfile.ZipFile(wheel).read("likeness_plugin/resolve_scripts/Likeness.lua") == SCRIPT.read_bytes()
