"""Frames of the footage that could serve as photographs of a person: what the core suggests."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from likeness_core.api import FrameRange
from likeness_core.errors import LikenessError
from likeness_core.protocol import (
    Footage,
    FramesParams,
    Machine,
    Still,
    SuggestReferencesParams,
    SuggestReferencesResult,
)
from PySide6.QtCore import QObject, QRect, QThreadPool, Signal

from likeness_gui.state.core import Core
from likeness_gui.state.findings import Box
from likeness_gui.state.pictures import read_picture


class Stills(QObject):
    """Suggestions by clip (its key) and person, each asked for once."""

    changed = Signal()
    failed = Signal(object)  # a LikenessError
    _grabbed = Signal(str)

    def __init__(self, core: Core, folder: Path, parent: QObject | None = None) -> None:
        """`folder`: where faces that were cut out are kept."""
        super().__init__(parent)
        self._core, self._folder = core, folder
        self._then: Callable[[str], None] = lambda _: None
        self._pool = QThreadPool.globalInstance()
        self._grabbed.connect(self._take)
        self._stills: dict[tuple[str, int], tuple[Still, ...]] = {}
        self._asked: set[tuple[str, int]] = set()

    def of(self, clip: str, person: int) -> tuple[Still, ...]:
        """The best first; none while they are being looked for."""
        return self._stills.get((clip, person), ())

    def suggest(self, clip: str, footage: Footage, person: int, machine: Machine) -> None:
        """Look for some. That there are none is no error: they are an offer."""
        key = (clip, person)
        if key in self._asked:
            return

        def done(result: SuggestReferencesResult) -> None:
            self._stills[key] = result.stills
            self.changed.emit()

        def failed(error: LikenessError) -> None:
            self._stills[key] = ()

        if self._core.call(
            "references/suggest", SuggestReferencesParams(footage, person, machine=machine), done, failed
        ):
            self._asked.add(key)

    def grab(self, footage: Footage, frame: int, box: Box, width: int, then: Callable[[str], None]) -> None:
        """Cut a face out of a frame, and write it as a photograph; `then` gets its path.

        `box`: pixels of a frame that is `width` pixels wide.
        """
        self._then = then
        span = FrameRange(frame, frame + 1)

        def came(_: int, path: str) -> None:
            self._pool.start(lambda: self._grabbed.emit(cut_face(path, box, width, self._folder, frame)))

        params = FramesParams(replace(footage, frames=span), longest_side_px=8192)
        self._core.call("frames", params, lambda _: None, self.failed.emit, picture=came)

    def _take(self, path: str) -> None:
        if path:
            self._then(path)

    def forget_requests(self) -> None:
        """The core ended: what it had not answered is asked again."""
        self._asked = set(self._stills)


def cut_face(path: str, box: Box, width: int, folder: Path, frame: int) -> str:
    """Cut twice the box out of a picture of the frame; returns the new file, named by its content; "" if it fails."""
    image = read_picture(path)
    if image.isNull():
        return ""
    scale = image.width() / width
    x, y, w, h = (value * scale for value in box)
    side = max(w, h) * 2
    around = QRect(round(x + w / 2 - side / 2), round(y + h / 2 - side / 2), round(side), round(side))
    face = image.copy(around.intersected(image.rect()))
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(bytes(face.constBits())).hexdigest()[:12]
    target = folder / f"frame-{frame}-{key}.png"
    return str(target) if face.save(str(target)) else ""
