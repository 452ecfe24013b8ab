"""The simulator behind the Studio path: the real worker process loads a `DaVinciResolveScript` that asks us."""

import tempfile
import threading
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from tests.plugin.resolve_simulator import Object, World

LIBRARY = Path(__file__).with_name("studio")


class SimulatedLibrary:
    """Answers the calls of one or more worker processes."""

    def __init__(self, world: World) -> None:
        self._objects: list[Object] = [world.resolve]
        self._listener = Listener(str(Path(tempfile.mkdtemp()) / "resolve"), authkey=b"simulated")
        self.address = str(self._listener.address)
        self.dies_at = ""  # a method at which the process ends, as a crash of the library does
        self.hangs_at = ""  # a method that is not answered
        self._runs = 1
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def restart(self) -> None:
        """Resolve is started again: what was handed out before answers None from now on, and raises nothing."""
        self._runs += 1

    def close(self) -> None:
        self._ended.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        run = self._runs
        while True:
            try:
                number, method, arguments = connection.recv()
            except (EOFError, OSError):
                return
            if run != self._runs:
                connection.send(("value", ("plain", None)))
                continue
            if method == self.hangs_at:
                self._ended.wait(60)
                return
            if method == self.dies_at:
                connection.send(("died", ""))
                continue
            try:
                value = getattr(self._objects[number], method)(*self._received(arguments))
                connection.send(("value", self._sent(value)))
            except Exception as error:  # noqa: BLE001  travels to the other side
                connection.send(("error", str(error)))

    def _sent(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, Object):
            self._objects.append(value)
            return "object", len(self._objects) - 1
        if isinstance(value, (list, tuple)):
            return "list", [self._sent(part) for part in value]
        if isinstance(value, dict):
            return "dict", [(key, self._sent(part)) for key, part in value.items()]
        return "plain", value

    def _received(self, sent: tuple[str, Any]) -> Any:
        kind, value = sent
        if kind == "object":
            return self._objects[value]
        if kind == "list":
            return [self._received(part) for part in value]
        if kind == "dict":
            return {key: self._received(part) for key, part in value}
        return value
