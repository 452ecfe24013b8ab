"""The process of Resolve's scripting library: what happens when the library hangs, crashes, prints or refuses."""

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from likeness_core.errors import HostCallFailedError, HostNotRunningError, ScriptingDisabledError
from likeness_plugin import resolve, resolve_library, resolve_worker
from likeness_plugin.resolve import ResolveBridge, open_resolve
from likeness_plugin.resolve_calls import RESOLVE, Caller
from likeness_plugin.resolve_library import LibraryConnection, open_library

from tests.plugin.resolve_simulator import Quirks, Timeline, World
from tests.plugin.simulated_library import LIBRARY, SimulatedLibrary

WORKER = [sys.executable, "-I", resolve_worker.__file__]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedLibrary]:
    world = World(Quirks())
    world.project.open(Timeline(world))
    library = SimulatedLibrary(world)
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(LIBRARY))
    monkeypatch.setenv("LIKENESS_SIMULATED", library.address)
    yield library
    library.close()


def test_what_the_library_prints_does_not_reach_the_answers(served: SimulatedLibrary) -> None:
    connection = LibraryConnection(WORKER)  # the module prints a line when it is imported
    assert Caller(connection).one(RESOLVE, "GetProductName") == "DaVinci Resolve Studio"
    connection.close()
    connection.close()  # twice is no harm


def test_an_import_that_hangs_is_ended(served: SimulatedLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_SIMULATED", "hangs")
    monkeypatch.setattr(resolve_library, "FIRST_ANSWER_S", 1.0)
    started = time.monotonic()
    with pytest.raises(HostCallFailedError) as late:
        open_library()
    assert late.value.code == "host.timeout" and time.monotonic() - started < 5


def test_a_call_that_hangs_ends_the_process_and_not_us(served: SimulatedLibrary) -> None:
    connection = LibraryConnection(WORKER)
    served.hangs_at = "GetProductName"
    with pytest.raises(HostCallFailedError) as late:
        connection.exchange([{"on": {"$": "resolve"}, "call": "GetProductName"}], False, 1.0)
    assert late.value.code == "host.timeout"
    assert connection._process.poll() is not None


def test_a_library_that_crashes_is_an_error(served: SimulatedLibrary) -> None:
    connection = LibraryConnection(WORKER)
    served.dies_at = "GetProductName"
    with pytest.raises(HostCallFailedError) as died:
        Caller(connection).one(RESOLVE, "GetProductName")
    assert died.value.code == "host.library_died"
    connection.close()


@pytest.mark.parametrize(("runs", "code"), [(False, "host.not_running"), (True, "host.not_connected")])
def test_resolve_that_does_not_answer_is_said(
    served: SimulatedLibrary, monkeypatch: pytest.MonkeyPatch, runs: bool, code: str
) -> None:
    monkeypatch.setenv("LIKENESS_SIMULATED", "none")  # scriptapp says None: not running, not Studio, or switched off
    monkeypatch.setattr(resolve, "resolve_is_running", lambda: runs)
    with pytest.raises(HostNotRunningError) as silent:
        open_resolve((), open_library)
    assert silent.value.code == code and "Scripts > Likeness" in silent.value.hint


def test_a_python_that_the_library_refuses_is_followed_by_the_next(
    served: SimulatedLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refused = tmp_path / "refused"
    refused.write_text(f'#!/bin/sh\nLIKENESS_SIMULATED=refuses exec "{sys.executable}" "$@"\n')
    refused.chmod(0o755)
    monkeypatch.setattr(resolve_library, "commands", lambda: [[str(refused), *WORKER[1:]], WORKER])
    connection = open_library()
    assert Caller(connection).one(RESOLVE, "GetProductName") == "DaVinci Resolve Studio"
    connection.close()
    monkeypatch.setattr(resolve_library, "commands", lambda: [[str(refused), *WORKER[1:]]])
    with pytest.raises(ScriptingDisabledError) as none:
        open_library()
    assert none.value.code == "host.library_refused"


def test_without_the_library_the_menu_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(tmp_path))
    monkeypatch.setattr(resolve_library, "commands", lambda: [WORKER])
    monkeypatch.setattr(resolve, "resolve_is_running", lambda: True)
    with pytest.raises(ScriptingDisabledError) as missing:
        open_resolve((), open_library)
    assert missing.value.code == "host.no_library" and "Scripts > Likeness" in missing.value.hint


def test_an_installed_program_runs_the_worker_as_a_command(
    served: SimulatedLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection = LibraryConnection([sys.executable, "-m", "likeness_core", "hosts", "worker"])
    assert Caller(connection).one(RESOLVE, "GetProductName") == "DaVinci Resolve Studio"
    connection.close()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "likeness-panel.exe"))
    assert resolve_library.commands()[0] == [str(tmp_path / "likeness.exe"), "hosts", "worker"]


def test_the_process_ends_with_its_parent(served: SimulatedLibrary) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-I", resolve_worker.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ,
    )
    worker.stdin.close()
    assert worker.wait(timeout=10) == 0


def test_the_worker_runs_on_an_old_python_with_nothing_installed() -> None:
    text = Path(resolve_worker.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    modules = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    modules |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("platform", "environment", "wanted"),
    [
        ("linux", {}, "/opt/resolve/Developer/Scripting/Modules"),
        ("darwin", {}, "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting/Modules"),
        ("win32", {"PROGRAMDATA": "D:\\Données"},
         "D:\\Données\\Blackmagic Design\\DaVinci Resolve\\Support\\Developer\\Scripting\\Modules"),
        ("linux", {"RESOLVE_SCRIPT_API": "/somewhere"}, os.path.join("/somewhere", "Modules")),
    ],
)  # fmt: skip
def test_the_library_is_looked_for_where_the_vendor_puts_it(
    platform: str, environment: dict[str, str], wanted: str
) -> None:
    assert wanted in resolve_worker.library_folders(platform, environment)


def test_a_resolve_that_was_restarted_is_found_again(served: SimulatedLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects of a Resolve that ended answer None, which is also what a project that is not open looks like."""
    bridge = ResolveBridge(LibraryConnection(WORKER))
    timeline = bridge.timeline()
    served.restart()
    assert bridge.timeline() == timeline and bridge.info().project == "Archive"
    served.restart()
    served.close()
    with pytest.raises(HostNotRunningError) as ended:
        bridge.timeline()
    assert ended.value.code == "host.not_running"
    bridge.close()
