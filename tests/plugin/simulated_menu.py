"""The simulator behind the Lua path: the shipped script runs in Lua 5.1 as the Scripts menu of Resolve 21.1 free does.

`package`, `require`, `ffi`, `os.execute`, `io.popen` and whatever else is doubtful there are absent.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

from lupa import lua51

from tests.plugin.resolve_simulator import Object, World

SCRIPT = Path(__file__).resolve().parents[2] / "plugin" / "resolve_scripts" / "Likeness.lua"

# A table that answers to every name, as Resolve's objects do.
WRAP = """
function(number, call)
    local object = { number = number }
    return setmetatable(object, { __index = function(_, name)
        return function(self, ...) return call(self.number, name, select('#', ...), ...) end
    end })
end
"""


class _EndedError(Exception):
    """Resolve was closed under the script."""


class SimulatedMenu:
    """Runs `Likeness.lua` in a thread, until it ends or is stopped."""

    def __init__(self, world: World, mailbox: Path, started: bool = True) -> None:
        self.printed: list[str] = []
        self.opened: list[str] = []
        self.folder = mailbox
        self._objects: list[Object] = [world.resolve]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if started:
            self.start()

    def start(self) -> None:
        """Run, and come back once the script answers or has ended."""
        self._thread.start()
        deadline = time.monotonic() + 10
        while self._thread.is_alive() and not any("connected to" in line for line in self.printed):
            if time.monotonic() > deadline:
                raise TimeoutError("the script says nothing")
            time.sleep(0.005)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        lua = lua51.LuaRuntime(unpack_returned_tuples=True, register_eval=False)
        self._lua = lua
        strip(lua, self._wait, {"LIKENESS_MAILBOX": str(self.folder), "HOME": str(self.folder / "nowhere")})
        names = lua.globals()
        names["print"] = lambda *parts: self.printed.append(" ".join(map(str, parts)))
        names["bmd"]["openfileexternal"] = lambda action, path: self.opened.append(path)
        wrap = lua.eval(WRAP)
        self._wrap = lambda number: wrap(number, self._call)
        names["resolve"] = self._wrap(0)
        lua.execute(SCRIPT.read_text(encoding="utf-8"))

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(min(seconds, 0.002)):
            raise _EndedError

    def _call(self, number: float, name: str, count: float, *arguments: Any) -> Any:
        given = [self._from_lua(value) for value in arguments[: int(count)]]
        return self._to_lua(getattr(self._objects[int(number)], name)(*given))

    def _to_lua(self, value: Any) -> Any:
        if isinstance(value, Object):
            self._objects.append(value)
            return self._wrap(len(self._objects) - 1)
        if isinstance(value, (list, tuple)):
            return self._lua.table_from([self._to_lua(part) for part in value])
        if isinstance(value, dict):
            return self._lua.table_from({key: self._to_lua(part) for key, part in value.items()})
        return value

    def _from_lua(self, value: Any) -> Any:
        if lua51.lua_type(value) != "table":
            return value
        keys = list(value.keys())
        if "number" in keys and len(keys) == 1:
            return self._objects[int(value["number"])]
        if keys and all(isinstance(key, (int, float)) for key in keys):
            return [self._from_lua(value[key]) for key in sorted(keys)]
        return {key: self._from_lua(value[key]) for key in keys}


def strip(lua: Any, wait: Any, environment: dict[str, str]) -> None:
    """Take away what the Scripts menu of Resolve 21.1 free may lack, and what reaches Python."""
    names = lua.globals()
    for name in (
        "package",
        "require",
        "module",
        "ffi",
        "jit",
        "debug",
        "dofile",
        "loadfile",
        "load",
        "loadstring",
        "python",
    ):
        names[name] = None
    names["io"] = lua.table_from({"open": names["io"]["open"]})
    real = names["os"]
    kept = {name: real[name] for name in ("rename", "remove", "time", "date", "clock")}
    names["os"] = lua.table_from(kept | {"getenv": environment.get})
    names["bmd"] = lua.table_from({"wait": wait})


def environment_of(mailbox: Path) -> dict[str, str]:
    """What a process of its own needs to find a mailbox."""
    return os.environ | {"LIKENESS_MAILBOX": str(mailbox)}
