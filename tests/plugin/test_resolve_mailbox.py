"""The mailbox in bad hands and in pieces: nothing is carried out, the log says so, and the script goes on."""

import json
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from likeness_core.errors import HostCallFailedError, HostError, HostNotRunningError, ProtocolError
from likeness_plugin import resolve_mailbox
from likeness_plugin.resolve_calls import RESOLVE, Call, Caller, Ref
from likeness_plugin.resolve_mailbox import MailboxConnection, is_alive, make_mailbox, read_heartbeat

from tests.plugin.resolve_simulator import Timeline, World
from tests.plugin.simulated_menu import SCRIPT, SimulatedMenu


class Desk:
    """A script that runs, its folder, and a pen to write anything into it."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self.world.project.open(Timeline(self.world))
        self.folder = make_mailbox(folder)
        self.script = SimulatedMenu(self.world, self.folder)
        self.world.calls.clear()

    def request(self, **changes: Any) -> bytes:
        """A good request that asks for the version, but for `changes`."""
        beat = read_heartbeat(self.folder)
        whole = {
            "protocol": 1, "token": (self.folder / "token").read_text(), "epoch": beat.epoch, "number": beat.last + 1,
            "calls": [{"on": {"$": "resolve"}, "call": "GetVersion", "with": []}],
        }  # fmt: skip
        return json.dumps(whole | changes).encode()

    def post(self, content: bytes) -> None:
        """Put a request in and wait until the script took it."""
        temporary = self.folder / "posted"
        temporary.write_bytes(content)
        temporary.replace(self.folder / "request.json")
        deadline = time.monotonic() + 10
        while (self.folder / "request.json").exists() or list(self.folder.glob("request-*.json")):
            assert time.monotonic() < deadline and self.script.running, self.log()
            time.sleep(0.005)
        time.sleep(0.02)

    @property
    def calls(self) -> list[str]:
        """What was called, without the script's own look whether Resolve is there."""
        return [call for call in self.world.calls if call != "Resolve.GetProductName"]

    def log(self) -> str:
        path = self.folder / "bridge.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def answers(self) -> bool:
        """Whether the script still does what it should."""
        connection = MailboxConnection(self.folder)
        try:
            return Caller(connection).one(RESOLVE, "GetVersion")[0] == 21
        finally:
            connection.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "mailbox")
    yield made
    made.script.close()


def test_a_good_request_is_answered_once(desk: Desk) -> None:
    desk.post(desk.request())
    reply = json.loads((desk.folder / "response.json").read_text())
    assert reply["answers"] == [{"value": [21, 0, 4, 12, ""]}]
    assert desk.calls == ["Resolve.GetVersion"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"token": "0" * 64}, "right token"),
        ({"token": ""}, "right token"),
        ({"token": None}, "right token"),
        ({"protocol": 2}, "another protocol"),
        ({"epoch": "yesterday"}, "earlier run"),
        ({"number": 0}, "seen before"),
        ({"number": "1"}, "seen before"),
        ({"calls": {}}, "without calls"),
    ],
)
def test_a_request_of_somebody_else_or_of_another_time_is_ignored(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    desk.post(desk.request(**changes))
    assert desk.calls == []
    assert said in desk.log()
    assert desk.answers()


def test_a_replayed_request_is_carried_out_once(desk: Desk) -> None:
    content = desk.request()
    desk.post(content)
    (desk.folder / "response.json").unlink()
    desk.post(content)
    assert desk.calls == ["Resolve.GetVersion"]
    assert not (desk.folder / "response.json").exists()
    assert "seen before" in desk.log()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"protocol": 1, "tok', b"[]", b"null", b"\xff\xfe\0\0", b"[" * 100_000, b'{"a":' * 5000, b'"\\ud800"',
     b"1e999999", b'{"protocol": 1} trailing'],
    ids=range(11),
)  # fmt: skip
def test_a_broken_request_is_ignored(desk: Desk, content: bytes) -> None:
    desk.post(content)
    assert desk.calls == []
    assert "ignored" in desk.log()
    assert desk.answers()


def test_a_request_of_a_gigabyte_is_not_read(desk: Desk) -> None:
    with (desk.folder / "posted").open("wb") as file:
        file.truncate(2**30)
    (desk.folder / "posted").replace(desk.folder / "request.json")
    started = time.monotonic()
    while (desk.folder / "request.json").exists() or list(desk.folder.glob("request-*.json")):
        assert time.monotonic() - started < 5
        time.sleep(0.005)
    assert desk.answers()
    assert "too large" in desk.log() and desk.calls == ["Resolve.GetVersion"]


@given(some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(
        some.sampled_from(["on", "call", "with", "$", "number"]), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_call_of_any_shape_stops_the_script(desk: Desk, call: Any) -> None:
    desk.post(desk.request(calls=[call]))
    assert desk.calls == []
    assert desk.script.running


@pytest.mark.parametrize("method", ["Quit", "CreateMagicMask", "__index", "GetFusion", "", "LoadLayoutPreset"])
def test_an_operation_that_is_not_on_the_list_is_refused(desk: Desk, method: str) -> None:
    connection = MailboxConnection(desk.folder)
    with pytest.raises(ProtocolError, match="not among the calls"):
        Caller(connection).one(RESOLVE, method)
    connection.close()
    assert desk.calls == []
    assert "refused" in desk.log()


def test_an_object_that_was_never_handed_out_is_refused(desk: Desk) -> None:
    connection = MailboxConnection(desk.folder)
    with pytest.raises(HostCallFailedError) as stale:
        Caller(connection).one(Ref("h99"), "GetName")
    connection.close()
    assert stale.value.code == "host.stale"


def test_a_second_script_ends_at_once(desk: Desk) -> None:
    second = SimulatedMenu(desk.world, desk.folder)
    assert not second.running and "connected already" in second.printed[-1]
    assert desk.script.running and desk.answers()


def test_of_two_scripts_that_start_together_one_stays(tmp_path: Path) -> None:
    world = World()
    world.project.open(Timeline(world))
    folder = make_mailbox(tmp_path / "mailbox")
    scripts = [SimulatedMenu(world, folder, started=False) for _ in range(2)]
    threads = [threading.Thread(target=script.start) for script in scripts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 10
    while sum(script.running for script in scripts) != 1:
        assert time.monotonic() < deadline, [script.printed for script in scripts]
        time.sleep(0.01)
    connection = MailboxConnection(folder)
    world.calls.clear()
    assert Caller(connection).one(RESOLVE, "GetVersion")[0] == 21
    assert [call for call in world.calls if call != "Resolve.GetProductName"] == ["Resolve.GetVersion"]
    connection.close()
    for script in scripts:
        script.close()


def test_one_panel_at_a_time(desk: Desk) -> None:
    first = MailboxConnection(desk.folder)
    with pytest.raises(HostError) as busy:
        MailboxConnection(desk.folder)
    assert busy.value.code == "host.busy"
    first.close()
    assert desk.answers()


def test_a_script_that_ended_is_noticed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = MailboxConnection(desk.folder)
    desk.script.close()
    assert not is_alive(desk.folder)
    with pytest.raises(HostNotRunningError):
        Caller(connection).one(RESOLVE, "GetProductName")
    connection.close()


def test_a_script_that_died_without_a_word_takes_no_request(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve_mailbox, "UNTAKEN_S", 0.2)
    connection = MailboxConnection(desk.folder)
    beat = (desk.folder / "heartbeat.json").read_bytes()
    desk.script.close()
    (desk.folder / "heartbeat.json").write_bytes(beat)  # as after a kill: the last beat is still there
    with pytest.raises(HostNotRunningError):
        Caller(connection).one(RESOLVE, "GetProductName")
    assert not (desk.folder / "request.json").exists()  # nobody finds it later
    connection.close()


def test_an_answer_that_is_late_is_not_taken_for_the_next(desk: Desk) -> None:
    connection = MailboxConnection(desk.folder)
    caller = Caller(connection)
    caller.one(RESOLVE, "GetProductName")
    (desk.folder / "response.json").write_text(json.dumps({"number": 1, "answers": [{"value": "forged"}]}))
    assert caller.one(RESOLVE, "GetProductName") == "DaVinci Resolve Studio"
    connection.close()


def test_the_panel_can_end_the_script(desk: Desk) -> None:
    connection = MailboxConnection(desk.folder)
    connection.stop_script()
    connection.close()
    desk.script.close()
    assert "disconnected by the panel" in desk.log()
    assert read_heartbeat(desk.folder) is None


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = make_mailbox(tmp_path / "mailbox")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "token").stat().st_mode) == 0o600
    folder.chmod(0o770)
    with pytest.raises(HostError) as unsafe:
        make_mailbox(folder)
    assert unsafe.value.code == "host.mailbox_unsafe"
    with pytest.raises(HostError):
        MailboxConnection(folder)
    folder.chmod(0o700)
    (folder / "token").chmod(0o644)
    with pytest.raises(HostError):
        MailboxConnection(folder)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="needs a second user")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = make_mailbox(tmp_path / "mailbox")
    os.chown(folder, 12345, -1)
    with pytest.raises(HostError) as unsafe:
        MailboxConnection(folder)
    assert unsafe.value.code == "host.mailbox_unsafe"


@pytest.mark.skipif(os.name == "nt", reason="POSIX links")
def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    make_mailbox(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(HostError) as unsafe:
        MailboxConnection(tmp_path / "link")
    assert unsafe.value.code == "host.mailbox_unsafe"


def test_text_of_any_kind_comes_through(desk: Desk) -> None:
    name = 'Réel "3" \\ \n\t\x01\x7f ☆ 😀 \u2028'
    desk.world.project.timeline.name = name
    connection = MailboxConnection(desk.folder)
    caller = Caller(connection)
    _, _, timeline = caller.all([
        Call.of(RESOLVE, "GetProjectManager"), Call.of(Ref("#0"), "GetCurrentProject"),
        Call.of(Ref("#1"), "GetCurrentTimeline"),
    ])  # fmt: skip
    assert caller.one(timeline, "GetName") == name
    assert caller.one(timeline, "AddMarker", 5, "Cyan", name, name, 1, "likeness:x")
    assert caller.one(timeline, "GetMarkers")["5"]["note"] == name
    connection.close()


def test_the_script_ends_when_resolve_is_gone(desk: Desk) -> None:
    desk.world.quirks.failing.add("GetProductName")
    deadline = time.monotonic() + 20
    while desk.script.running:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "does not answer any more" in desk.log() and read_heartbeat(desk.folder) is None


def test_the_log_does_not_grow_without_end(desk: Desk) -> None:
    (desk.folder / "bridge.log").write_bytes(b"x" * (1024 * 1024 + 1))
    desk.post(b"{")
    assert (desk.folder / "bridge.log").stat().st_size < 1000
    assert (desk.folder / "bridge.log.1").exists()


def test_without_a_mailbox_the_script_says_what_to_do(tmp_path: Path) -> None:
    script = SimulatedMenu(World(), tmp_path / "nowhere")
    assert not script.running and "Install" in script.printed[0]


def test_the_script_opens_the_panel_that_was_installed(tmp_path: Path) -> None:
    folder = make_mailbox(tmp_path / "mailbox")
    (folder / "panel.txt").write_text("/Applications/Likeness.app\n", encoding="utf-8")
    world = World()
    script = SimulatedMenu(world, folder)
    script.close()
    assert script.opened == ["/Applications/Likeness.app"]


def test_the_script_names_nothing_that_a_restricted_lua_lacks() -> None:
    text = re.sub(r"--[^\n]*", "", SCRIPT.read_text(encoding="utf-8"))
    for word in (
        "require",
        "package",
        "ffi",
        "socket",
        "popen",
        "execute",
        "loadstring",
        "dofile",
        "loadfile",
        "debug",
    ):
        assert not re.search(rf"\b{word}\b", text), word
