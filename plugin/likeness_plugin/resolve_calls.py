"""Calls to Resolve's scripting objects as plain values, whichever way they reach it.

A call names an object by a handle that an earlier answer gave, a method and its arguments. Many calls travel as one
message: a timeline of a thousand clips is read in a few. What may be called stands in `resolve_worker.ALLOWED`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from likeness_core.errors import (
    HostCallFailedError,
    HostError,
    HostNotRunningError,
    ProtocolError,
    ScriptingDisabledError,
)

QUICK_S = 20.0  # a getter answers in milliseconds; a Resolve that saves or loads can take seconds
SLOW_S = 180.0  # importing and appending touch the disk
CALLS_A_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class Ref:
    """An object of Resolve's, held on the other side."""

    handle: str  # "resolve", what an answer gave, or "#N": the object that call N of the same message gives
    kind: str = ""


RESOLVE = Ref("resolve", "Resolve")


def answer(index: int) -> Ref:
    """What call `index` of the same message will give."""
    return Ref(f"#{index}")


@dataclass(frozen=True, slots=True)
class Call:
    """One call."""

    on: Ref
    method: str
    arguments: tuple[object, ...] = ()

    @classmethod
    def of(cls, on: Ref, method: str, *arguments: object) -> "Call":
        """A call as one would write it."""
        return cls(on, method, arguments)


class Connection(Protocol):
    """A way to Resolve: the mailbox or the library's process."""

    name: str

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        """Send calls as they travel, return the answers as they travel. Raises errors of the HostError family."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Caller:
    """Calls methods over a connection and turns failures into errors, once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._forget = False

    @property
    def connection(self) -> str:
        """The name of the way."""
        return self._connection.name

    def forget(self) -> None:
        """Objects that were handed out so far are not needed any more; they are let go with the next message."""
        self._forget = True

    def all(self, calls: Iterable[Call], timeout_s: float = QUICK_S) -> list[Any]:
        """Carry calls out in order: values, `Ref`s or lists of them. Raises HostCallFailedError where one failed."""
        waiting = list(calls)
        values: list[Any] = []
        for start in range(0, len(waiting), CALLS_A_MESSAGE):
            part = waiting[start : start + CALLS_A_MESSAGE]
            wire = [{"on": {"$": call.on.handle}, "call": call.method, "with": _wire(call.arguments)} for call in part]
            answers = self._connection.exchange(wire, self._forget, timeout_s)
            self._forget = False
            if len(answers) != len(part):
                raise ProtocolError("host.protocol", "the bridge left calls unanswered", "Start the script again.")
            values += [_value(call, given) for call, given in zip(part, answers, strict=True)]
        return values

    def one(self, on: Ref, method: str, *arguments: object, timeout_s: float = QUICK_S) -> Any:
        """One call's value; None and False are values here."""
        return self.all([Call(on, method, arguments)], timeout_s)[0]

    def must(self, on: Ref, method: str, *arguments: object, timeout_s: float = QUICK_S) -> Any:
        """One call's value. Raises HostCallFailedError where Resolve says None or False, its ways to say no."""
        value = self.one(on, method, *arguments, timeout_s=timeout_s)
        if value is None or value is False or value == []:
            raise failed(method)
        return value

    def try_one(self, on: Ref, method: str, *arguments: object) -> Any:
        """One call's value, None where the call failed: for what is good to have."""
        try:
            return self.one(on, method, *arguments)
        except HostCallFailedError:
            return None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def failed(method: str, why: str = "it gave no reason") -> HostCallFailedError:
    """Resolve refused a call."""
    hint = "Close any window that Resolve shows, open the Edit page, and try again."
    return HostCallFailedError("host.call_failed", f"Resolve refused {method} ({why})", hint)


def connection_error(code: str, message: str) -> HostError | ProtocolError:
    """The error for what the other side said instead of answers."""
    if code == "not_running":
        hint = (
            "Start Resolve. In Studio set Preferences > System > General > External scripting using to Local; in any "
            "edition choose Workspace > Scripts > Likeness."
        )
        return HostNotRunningError("host.not_running", message, hint)
    if code in ("no_library", "library_refused"):
        hint = "Choose Workspace > Scripts > Likeness in Resolve: that way works in every edition."
        return ScriptingDisabledError(f"host.{code}", message, hint)
    if code in ("epoch", "protocol"):
        hint = "Choose Workspace > Scripts > Likeness in Resolve again; if that fails, `likeness hosts repair`."
        return HostNotRunningError(f"host.other_{code}", message, hint)
    return ProtocolError("host.protocol", f"{message} ({code})", "Run `likeness hosts repair`, then restart Resolve.")


def _value(call: Call, given: dict[str, Any]) -> Any:
    code = given.get("error")
    if code is None:
        return _from_wire(given.get("value"))
    message = str(given.get("message", ""))
    if code in ("not_allowed", "malformed"):
        raise connection_error(code, message)
    if code == "stale":
        hint = "Try again: Resolve or the script was restarted in between."
        raise HostCallFailedError("host.stale", message, hint)
    if code == "not_ours":
        raise HostCallFailedError(
            "host.not_ours", message, "Nothing was changed. Remove it by hand if you want it gone."
        )
    raise failed(call.method, message)


def _wire(value: object) -> Any:
    if isinstance(value, Ref):
        return {"$": value.handle}
    if isinstance(value, (list, tuple)):
        return [_wire(part) for part in value]
    if isinstance(value, dict):
        return {key: _wire(part) for key, part in value.items()}
    return value


def _from_wire(value: Any) -> Any:
    if isinstance(value, dict):
        if "$" in value:
            return Ref(value["$"], value.get("kind", ""))
        return {key: _from_wire(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_from_wire(part) for part in value]
    return value
