"""The protocol's messages as lines of JSON, and back: for the panel and for the core. What they hold: `protocol`."""

from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import msgspec

from likeness_core.errors import ProtocolError
from likeness_core.jobs import fraction_to_text, text_to_fraction
from likeness_core.protocol import (
    CANCELLED,
    METHODS,
    NOTIFICATIONS,
    ErrorData,
    RequestCancelledError,
    RequestId,
    raise_error,
)  # fmt: skip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """What the core reads."""

    id: RequestId
    method: str
    params: dict[str, Any]  # as JSON has them; `decode_params` makes them what METHODS names


@dataclass(frozen=True, slots=True)
class Failure:
    """A JSON-RPC error object."""

    code: int
    message: str
    data: ErrorData | None = None

    def throw(self) -> NoReturn:
        """Raise it as what it is: RequestCancelledError or a LikenessError."""
        if self.code == CANCELLED:
            raise RequestCancelledError
        if self.data is None:
            hint = "Start Likeness again; if it stays, install it again."
            raise ProtocolError("protocol.refused", f"the core refused a message ({self.message})", hint)
        raise_error(self.data)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request: a `result` for `decode_result`, or an `error` that says why there is none."""

    id: RequestId | None  # None where the core could not read the id
    result: dict[str, Any] | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What the core says unasked."""

    method: str
    params: Any  # of the class that NOTIFICATIONS names


def encode_request(identifier: RequestId, method: str, params: object) -> bytes:
    """A request as one line."""
    return _line({"id": identifier, "method": method, "params": params})


def encode_result(identifier: RequestId, result: object) -> bytes:
    """An answer as one line."""
    return _line({"id": identifier, "result": result})


def encode_failure(identifier: RequestId | None, failure: Failure) -> bytes:
    """An answer that says why there is no result, as one line."""
    error: dict[str, object] = {"code": failure.code, "message": failure.message}
    if failure.data is not None:
        error["data"] = failure.data
    return _line({"id": identifier, "error": error})


def encode_notification(method: str, params: object) -> bytes:
    """A notification as one line."""
    return _line({"method": method, "params": params})


def read_request(line: bytes) -> Request:
    """What the panel said, for the core.

    Raises ProtocolError: `protocol.json` where it is no JSON, `protocol.request` where it is no request.
    """
    hint = "docs/protocol.md says what a request is."
    try:
        message = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ProtocolError("protocol.json", f"a message is not JSON ({error})", hint) from error
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise ProtocolError("protocol.request", "a message is no request of JSON-RPC 2.0", hint)
    unknown = message.keys() - {"jsonrpc", "id", "method", "params"}
    if unknown:
        raise ProtocolError("protocol.request", f"a request has no '{min(unknown)[:80]}'", hint)
    try:
        return _convert({"params": {}, **message}, Request)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ProtocolError("protocol.request", f"a message is no request ({error})", hint) from error


def read_from_core(line: bytes) -> Response | Notification:
    """What the core said, for the panel. Raises ProtocolError `protocol.malformed`."""
    try:
        message = msgspec.json.decode(line, type=dict[str, Any])
        if "method" in message:
            return Notification(message["method"], _convert(message["params"], NOTIFICATIONS[message["method"]]))
        return _convert(message, Response)
    except (msgspec.MsgspecError, KeyError, RecursionError) as error:
        raise _malformed(error) from error


def decode_result(method: str, result: dict[str, Any]) -> Any:
    """A result as the class that METHODS names for `method`. Raises ProtocolError `protocol.malformed`."""
    try:
        return _convert(result, METHODS[method].result)
    except msgspec.MsgspecError as error:
        raise _malformed(error) from error


def decode_params(method: str, params: dict[str, Any]) -> Any:
    """Parameters as the class that METHODS names for `method`; names that are not known are refused.

    Raises ProtocolError `protocol.params`.
    """
    hint = "docs/protocol.md lists what each request takes."
    try:
        understood = _convert(params, METHODS[method].params)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ProtocolError("protocol.params", f"{method} was asked for wrongly ({error})", hint) from error
    unknown = _unknown(params, msgspec.to_builtins(understood, enc_hook=fraction_to_text))
    if unknown is not None:
        raise ProtocolError("protocol.params", f"{method} takes no '{unknown}'", hint)
    return understood


def _line(message: dict[str, object]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", **message}, enc_hook=fraction_to_text) + b"\n"


def _convert(value: Any, kind: type[T]) -> T:
    return msgspec.convert(value, kind, dec_hook=text_to_fraction)


def _unknown(given: Any, understood: Any) -> str | None:
    """The first name in `given` that was passed over when it was understood; None where there is none."""
    if isinstance(given, dict) and isinstance(understood, dict):
        for name, value in given.items():
            if name not in understood:
                return str(name)[:80]
            if (deeper := _unknown(value, understood[name])) is not None:
                return f"{name}.{deeper}"
    if isinstance(given, list):
        inside = (_unknown(one, other) for one, other in zip(given, understood, strict=True))
        return next((deeper for deeper in inside if deeper is not None), None)
    return None


def _malformed(error: Exception) -> ProtocolError:
    hint = "Panel and core are of different versions; install Likeness again."
    return ProtocolError("protocol.malformed", f"the core said something malformed ({error})", hint)
