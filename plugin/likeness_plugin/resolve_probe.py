"""Recording a real Resolve: a tester runs `likeness hosts probe` once, the tests replay what it answered.

Only reading calls are made. Names and paths are replaced by hashes unless the tester keeps them; suffixes, numbers of
sequences and everything that counts stay. What is asked is what the bridge asks, and what no manual says.
"""

import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from likeness_core.errors import HostError, ProtocolError
from likeness_core.jobs import writing

from likeness_plugin.bridge import Selection
from likeness_plugin.resolve import ResolveBridge
from likeness_plugin.resolve_calls import Call, Caller, Connection
from likeness_plugin.resolve_state import open_scene

FORMAT = 1

# Calls and properties whose answers tell about the user and his material.
_NAMES = ("GetName", "GetTrackName")
_KEPT_PROPERTIES = (
    "Type", "FPS", "Frames", "Start", "End", "Start TC", "End TC", "Duration", "Resolution", "PAR", "Video Codec",
    "Bit Depth", "Data Level", "Input Color Space", "IDT", "Alpha mode", "Field Dominance", "Drop frame",
    "Online Status", "Usage", "Audio Ch",
)  # fmt: skip
_NUMBERS = re.compile(r"\[\d+-\d+\]")


class RecordingConnection:
    """Passes everything on, and keeps it."""

    def __init__(self, connection: Connection) -> None:
        self.name = connection.name
        self.exchanges: list[dict[str, Any]] = []
        self._connection = connection

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        """See `Connection`."""
        answers = self._connection.exchange(calls, forget, timeout_s)
        self.exchanges.append({"calls": calls, "answers": answers})
        return answers

    def close(self) -> None:
        """See `Connection`."""
        self._connection.close()


class ReplayConnection:
    """Answers as a recording says, to the same calls in the same order."""

    def __init__(self, recording: Path) -> None:
        """Raises ProtocolError `host.recording` for a file of another format."""
        content = json.loads(recording.read_text(encoding="utf-8"))
        if content.get("format") != FORMAT:
            raise ProtocolError("host.recording", f"{recording} is no recording of format {FORMAT}", "Record it again.")
        self.name = str(content["connection"])
        self._exchanges: list[dict[str, Any]] = list(content["exchanges"])

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        """See `Connection`. Raises ProtocolError `host.recording` where other calls were recorded."""
        recorded: dict[str, Any] = self._exchanges.pop(0) if self._exchanges else {}
        if recorded.get("calls") != calls:
            raise ProtocolError("host.recording", "the recording holds other calls", "Record it again.")
        answers: list[dict[str, Any]] = recorded["answers"]
        return answers

    def close(self) -> None:
        """See `Connection`."""


def questions(bridge: ResolveBridge) -> None:
    """What is asked, in this order, when recording and when replaying."""
    bridge.info()
    for ask in (bridge.timeline, bridge.playhead):
        with suppress(HostError):
            ask()
    for selection in Selection:
        with suppress(HostError):
            bridge.clips(selection)


def probe(connection: Connection, output: Path, keep_names: bool) -> Path:
    """Record a running Resolve into a new file, and return that. Raises HostError `host.file_exists`, MediaError."""
    if output.exists():
        connection.close()
        raise HostError("host.file_exists", f"{output} is there already", "Give the name of a new file.")
    recording = RecordingConnection(connection)
    bridge = ResolveBridge(recording)
    try:
        questions(bridge)
        with suppress(HostError):
            _beyond_the_bridge(Caller(recording))
    finally:
        bridge.close()
    exchanges = recording.exchanges if keep_names else [_without_names(one) for one in recording.exchanges]
    content = {"format": FORMAT, "connection": recording.name, "exchanges": exchanges}
    with writing(output):
        output.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return output


def _beyond_the_bridge(caller: Caller) -> None:
    """What tells versions and editions apart, and is nowhere written."""
    scene = open_scene(caller)
    formats = caller.one(scene.project, "GetRenderFormats") or {}
    caller.all(Call.of(scene.project, "GetRenderCodecs", container) for container in formats.values())
    caller.all(Call.of(scene.timeline, method) for method in ("GetMarkInOut", "GetMarkers", "GetStartTimecode"))


def _without_names(exchange: dict[str, Any]) -> dict[str, Any]:
    answers = [
        _clean(call["call"], answer) for call, answer in zip(exchange["calls"], exchange["answers"], strict=True)
    ]
    return {"calls": exchange["calls"], "answers": answers}


def _clean(method: str, answer: dict[str, Any]) -> dict[str, Any]:
    value = answer.get("value")
    if method in _NAMES and isinstance(value, str):
        return {"value": _hashed(value)}
    if method == "GetClipProperty" and isinstance(value, dict):
        return {"value": {key: text if key in _KEPT_PROPERTIES else _hashed(text) for key, text in value.items()}}
    if method == "GetMarkers" and isinstance(value, dict):
        hidden = {"name", "note", "customData"}
        return {
            "value": {
                frame: {key: _hashed(part) if key in hidden else part for key, part in mark.items()}
                for frame, mark in value.items()
            }
        }
    return answer


def _hashed(text: object) -> object:
    """A text that is as long a secret as the hash; a track of ours, a suffix and a range of numbers stay readable."""
    if not isinstance(text, str) or not text or text.startswith("Likeness"):
        return text
    numbers = _NUMBERS.search(text)
    suffix = Path(text).suffix if len(Path(text).suffix) <= 5 else ""
    return hashlib.sha256(text.encode()).hexdigest()[:12] + (f".{numbers[0]}" if numbers else "") + suffix
