"""Pictures of frames for the screen: written by the core, read by a thread, kept while there is room.

Whoever shows a frame asks `image`, and says with `want` where it is and how far it looks ahead. What is wanted now is
asked for before anything older; the core gets small requests, so that a jump of the playhead never waits long.
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from likeness_core.api import FrameRange
from likeness_core.errors import LikenessError
from likeness_core.protocol import Footage, FramesParams, FramesResult
from PySide6.QtCore import QObject, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

from likeness_gui.state.core import Core

CHUNK_FRAMES = 12  # asked for at once: half a second of film
KEPT_BYTES = 600 << 20  # of decoded pictures
SIDES_PX = (960, 1920, 4096)  # longest sides that are asked for; few, so that pictures are used again


@dataclass(slots=True)
class _Layer:
    """One source at one size."""

    footage: Footage
    count: int  # frames are numbered below this
    paths: dict[int, str] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)  # chunks
    wanted: list[int] = field(default_factory=list)  # chunks, the most urgent first
    busy: bool = False


class Pictures(QObject):
    """What the compare view, the strip and the cards draw."""

    ready = Signal(str, int)  # source, frame
    failed = Signal(object)  # a LikenessError of a source that cannot be shown
    _read = Signal(object, QImage)  # from a thread of the pool

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._layers: dict[tuple[str, int], _Layer] = {}
        self._images: OrderedDict[tuple[str, str, int], QImage] = OrderedDict()
        self._bytes = 0
        self._loading: set[tuple[str, str, int]] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._read.connect(self._keep)

    def want(self, footage: Footage, frame: int, count: int, ahead: int, side: int) -> None:
        """Get the pictures of a frame and of those after it (before it, where `ahead` is negative)."""
        key = (footage.source, side)
        layer = self._layers.setdefault(key, _Layer(replace(footage, frames=None), count))
        layer.count = count
        ends = sorted((frame, max(0, min(count - 1, frame + ahead))))
        chunks = list(range(ends[0] // CHUNK_FRAMES, ends[1] // CHUNK_FRAMES + 1))
        layer.wanted = [chunk for chunk in (chunks if ahead >= 0 else chunks[::-1]) if chunk not in layer.asked]
        self._ask(key)

    def image(self, source: str, frame: int, side: int) -> QImage | None:
        """The picture, the sharpest there is; None where it is not there yet (`ready` says when)."""
        for size in (side, *(one for one in SIDES_PX if one != side)):
            layer = self._layers.get((source, size))
            path = layer.paths.get(frame) if layer else None
            if path is None:
                continue
            image = self.file(path, source, frame)
            if image is not None:
                return image
        return None

    def file(self, path: str, source: str = "", frame: int = -1) -> QImage | None:
        """A picture file; None while it is being read, then `ready` tells (source, frame)."""
        key = (path, source, frame)
        image = self._images.get(key)
        if image is not None:
            self._images.move_to_end(key)
            return image
        if path and key not in self._loading:
            self._loading.add(key)
            self._pool.start(lambda: self._read.emit(key, read_picture(path)))
        return None

    def forget(self, source: str) -> None:
        """A source has changed (a job wrote more frames, or another file took its place)."""
        for (name, _), layer in self._layers.items():
            if name == source:
                layer.asked.clear()

    def forget_requests(self) -> None:
        """The core is another one now: what was asked for will not come."""
        for layer in self._layers.values():
            layer.asked.clear()
            layer.busy = False

    def _ask(self, key: tuple[str, int]) -> None:
        layer = self._layers[key]
        if layer.busy or not layer.wanted:
            return
        chunk = layer.wanted.pop(0)
        layer.asked.add(chunk)
        frames = FrameRange(chunk * CHUNK_FRAMES, min((chunk + 1) * CHUNK_FRAMES, layer.count))
        source = key[0]

        def came(frame: int, path: str) -> None:
            layer.paths[frame] = path
            self.file(path, source, frame)

        def done(result: FramesResult) -> None:
            layer.busy = False
            if len(result.frames) < len(frames):  # a result that is still being written
                layer.asked.discard(chunk)
            self._ask(key)

        def failed(error: LikenessError) -> None:
            layer.busy = False
            self.failed.emit(error)

        params = FramesParams(replace(layer.footage, frames=frames), key[1])
        layer.busy = bool(self._core.call("frames", params, done, failed, picture=came))

    def _keep(self, key: tuple[str, str, int], image: QImage) -> None:
        self._loading.discard(key)
        if image.isNull():
            return
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > KEPT_BYTES and len(self._images) > 1:
            _, oldest = self._images.popitem(last=False)
            self._bytes -= oldest.sizeInBytes()
        self.ready.emit(key[1], key[2])


def side_for(shown_px: float) -> int:
    """The longest side to ask for where so many pixels of the screen are covered."""
    return next((side for side in SIDES_PX if side >= shown_px * 0.9), SIDES_PX[-1])


def read_picture(path: str) -> QImage:
    """A picture file as the screen wants it, turned as its EXIF data says; a null image where it is none."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    image = reader.read()
    return image if image.isNull() else image.convertToFormat(QImage.Format.Format_RGB32)
