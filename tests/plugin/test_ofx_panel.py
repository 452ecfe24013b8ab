"""The button of the OpenFX plug-in that opens the panel: a real program is started, never a shell."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from likeness_core.frame_store import NAME

from tests.plugin.ofx_host import ALL_SUITES, OK, Host, Plugin
from tests.plugin.ofx_stores import built_plugin

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")

# Says what it was started with, as the panel would see it.
STAND_IN = """#!{python} -I
import json, os, sys
descriptors = [number for number in range(3, 200) if os.path.exists(f"/proc/self/fd/{{number}}")]
said = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "session": os.getsid(0) == os.getpid(),
        "parent": os.getppid(), "pid": os.getpid(), "descriptors": len(descriptors),
        "input": os.readlink("/proc/self/fd/0")}}
with open({note!r} + ".partial", "w") as file:
    json.dump(said, file)
os.rename({note!r} + ".partial", {note!r})
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_plugin(tmp_path_factory.mktemp("Gebäude mit Leerzeichen"))


@pytest.fixture
def plugin(library: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Plugin]:
    """In an environment where no panel is to be found."""
    monkeypatch.delenv("LIKENESS_PANEL", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with Plugin(Host(), library) as loaded:
        yield loaded
        assert loaded.host.complaints == []


class Panel:
    """A program in the place of the panel."""

    def __init__(self, program: Path, note: Path) -> None:
        self.program, self._note = program, note
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(STAND_IN.format(python=sys.executable, note=str(note)), encoding="utf-8")
        program.chmod(0o755)

    def said(self) -> dict[str, object]:
        deadline = time.monotonic() + 20
        while not self._note.exists():
            assert time.monotonic() < deadline, "the panel was not started"
            time.sleep(0.01)
        found: dict[str, object] = json.loads(self._note.read_text(encoding="utf-8"))
        self._note.unlink()
        return found


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    return Panel(tmp_path / "programs of Zoë" / "likeness-panel", tmp_path / "note")


@pytest.mark.parametrize(
    ("result", "argument"),
    [("", None), ("/films/anna", "/films/anna"), (f"/films/anna/{NAME}", "/films/anna"), (NAME, None),
     ("/films/$(touch x); rm 'a' \"b\" `c` \\ %s %n ä人", "/films/$(touch x); rm 'a' \"b\" `c` \\ %s %n ä人"),
     ("-rf", None)],
)  # fmt: skip
def test_the_panel_opens_with_the_result(
    plugin: Plugin, panel: Panel, monkeypatch: pytest.MonkeyPatch, result: str, argument: str | None
) -> None:
    monkeypatch.setenv("LIKENESS_PANEL", str(panel.program))
    with plugin.instance(result=result) as effect:
        assert effect.press("openPanel") == OK
    assert panel.said()["arguments"] == ["--panel", *([argument] if argument else [])]
    assert plugin.host.messages == []


def test_the_panel_is_no_child_of_the_host_and_inherits_nothing_of_it(
    plugin: Plugin, panel: Panel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIKENESS_PANEL", str(panel.program))
    hosts = ("LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONHOME", "PYTHONPATH", "QT_PLUGIN_PATH", "DYLD_INSERT_LIBRARIES")
    for name in hosts:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LIKENESS_CACHE", "kept")
    leaked = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(leaked, True)
    before = psutil.Process().children(recursive=True)
    opened = len(os.listdir("/proc/self/fd"))
    with plugin.instance() as effect:
        effect.press("openPanel")
        said = panel.said()
    os.close(leaked)
    environment = said["environment"]
    assert isinstance(environment, dict)
    assert not set(hosts) & set(environment)
    assert environment["LIKENESS_CACHE"] == "kept"
    assert said["session"] and said["parent"] != os.getpid() and said["input"] == "/dev/null"
    assert said["descriptors"] == 0
    assert psutil.Process().children(recursive=True) == before, "a zombie, or a child that the host must wait for"
    assert len(os.listdir("/proc/self/fd")) == opened - 1


def test_the_panel_is_found_where_the_bundle_says(plugin: Plugin, panel: Panel, library: Path) -> None:
    note = library.parents[1] / "Resources" / "panel.txt"
    note.write_text(f"{panel.program}\n", encoding="utf-8")
    try:
        with plugin.instance() as effect:
            effect.press("openPanel")
        panel.said()
    finally:
        note.unlink()


def test_the_panel_is_found_on_the_path_but_never_in_the_working_folder(
    plugin: Plugin, panel: Panel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(panel.program.parent)
    with plugin.instance() as effect:
        monkeypatch.setenv("PATH", ":.:" + panel.program.parent.name)
        effect.press("openPanel")
        assert len(plugin.host.messages) == 1
        monkeypatch.setenv("PATH", f"/nowhere::{tmp_path}:{panel.program.parent}:/elsewhere")
        effect.press("openPanel")
    panel.said()


def test_the_panel_is_found_where_the_installer_put_it(plugin: Plugin, tmp_path: Path) -> None:
    installed = Panel(tmp_path / "home" / ".local" / "bin" / "likeness-panel", tmp_path / "note")
    with plugin.instance() as effect:
        effect.press("openPanel")
    installed.said()


@pytest.mark.parametrize("suites", [ALL_SUITES, ALL_SUITES[:5]])
def test_a_panel_that_is_not_there_or_does_not_start_is_said(
    library: Path, panel: Panel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suites: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    host = Host(suites)
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF no program")
    broken.chmod(0o755)
    programs = [str(tmp_path), str(tmp_path / "nothing"), "likeness-panel", str(broken)]
    with Plugin(host, library) as plugin, plugin.instance() as effect:
        for program in programs:
            monkeypatch.setenv("LIKENESS_PANEL", program)
            assert effect.press("openPanel") == OK
    assert len(host.messages) == (len(programs) if "OfxMessageSuite" in suites else 0)
    assert all(kind == "OfxMessageError" and "LIKENESS_PANEL" in text for kind, text in host.messages)
