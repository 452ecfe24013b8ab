"""What `likeness --self-test` asks of the bridge: the script that ships, run by a real Lua, answers through a mailbox.

The host behind it is three lines of Lua: Resolve itself is not needed.
"""

import tempfile
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from likeness_core.errors import HostError, HostNotRunningError

from likeness_plugin.registration import Sources
from likeness_plugin.resolve_mailbox import MailboxConnection, is_alive, make_mailbox

PRODUCT = "Likeness self-test"
START_S, ANSWER_S = 10.0, 10.0

# Resolve as far as the loop needs it, and nothing that reaches Python.
HOST = """
function(product)
    return { GetProductName = function() return product end, GetVersion = function() return { 21, 1, 0, 0, "" } end }
end
"""


def check() -> str:
    """Ask the script for the host's name, then end it. Raises HostError."""
    if find_spec("lupa") is None:
        return "left out: there is no Lua here to run the script with"
    with tempfile.TemporaryDirectory(prefix="likeness-mailbox-", ignore_cleanup_errors=True) as folder:
        mailbox = make_mailbox(Path(folder) / "mailbox")
        ended = threading.Event()
        script = threading.Thread(target=_run_script, args=(mailbox, ended), daemon=True)
        script.start()
        try:
            return _ask(mailbox, script)
        finally:
            ended.set()
            script.join(ANSWER_S)


def _ask(mailbox: Path, script: threading.Thread) -> str:
    deadline = time.monotonic() + START_S
    while not is_alive(mailbox):
        if time.monotonic() > deadline or not script.is_alive():
            hint = "Install Likeness again."
            raise HostNotRunningError("host.no_script", "the script for Resolve does not run", hint)
        time.sleep(0.02)
    connection = MailboxConnection(mailbox)
    try:
        started = time.monotonic()
        [answer] = connection.exchange([{"on": {"$": "resolve"}, "call": "GetProductName", "with": []}], True, ANSWER_S)
        taken_ms = (time.monotonic() - started) * 1000
        if answer.get("value") != PRODUCT:
            raise HostError("host.wrong_answer", f"the script answered {answer}", "Install Likeness again.")
        connection.stop_script()
    finally:
        connection.close()
    return f"the script for Resolve answers through a mailbox, in {taken_ms:.0f} ms"


def _run_script(mailbox: Path, ended: threading.Event) -> None:
    from lupa import lua51

    lua: Any = lua51.LuaRuntime(unpack_returned_tuples=True, register_eval=False)
    names = lua.globals()
    real = names["os"]
    variables = {"LIKENESS_MAILBOX": str(mailbox)}
    kept = {name: real[name] for name in ("rename", "remove", "time", "date", "clock")}
    names["os"] = lua.table_from(kept | {"getenv": variables.get})

    def wait(seconds: float) -> None:
        if ended.wait(seconds):
            raise SystemExit

    names["bmd"] = lua.table_from({"wait": wait})
    names["print"] = lambda *parts: None
    names["resolve"] = lua.eval(HOST)(PRODUCT)
    with suppress(lua51.LuaError):  # then it does not answer, and that is what is said
        lua.execute(Sources.of_this_install().script.read_text(encoding="utf-8"))
