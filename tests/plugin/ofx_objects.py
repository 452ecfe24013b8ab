"""What an OpenFX host holds: property sets, clips, parameters, effects, pictures, and handles that stand for them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

DEPTHS: dict[str, Any] = {
    "OfxBitDepthByte": np.uint8,
    "OfxBitDepthShort": np.uint16,
    "OfxBitDepthHalf": np.float16,
    "OfxBitDepthFloat": np.float32,
}
COMPONENTS = {"OfxImageComponentRGBA": 4, "OfxImageComponentRGB": 3, "OfxImageComponentAlpha": 1}

Array = npt.NDArray[Any]

# --- what the specification lets a plug-in set, by kind of object

LABELS = {"OfxPropLabel", "OfxPropShortLabel", "OfxPropLongLabel"}
SETTABLE: dict[str, set[str]] = {
    "effect": LABELS | {
        "OfxPropPluginDescription", "OfxImageEffectPluginPropGrouping", "OfxImageEffectPropSupportedContexts",
        "OfxImageEffectPropSupportedPixelDepths", "OfxImageEffectPluginPropSingleInstance",
        "OfxImageEffectPluginRenderThreadSafety", "OfxImageEffectPluginPropHostFrameThreading",
        "OfxImageEffectPropSupportsTiles", "OfxImageEffectPropSupportsMultiResolution",
        "OfxImageEffectPropMultipleClipDepths", "OfxImageEffectPropTemporalClipAccess",
        "OfxImageEffectPluginPropFieldRenderTwiceAlways",
    },
    "clip": LABELS | {
        "OfxImageEffectPropSupportedComponents", "OfxImageEffectPropTemporalClipAccess", "OfxImageClipPropOptional",
        "OfxImageClipPropIsMask", "OfxImageEffectPropSupportsTiles", "OfxImageClipPropFieldExtraction",
    },
    "OfxParamTypePushButton": LABELS | {"OfxParamPropHint", "OfxParamPropSecret", "OfxParamPropEnabled"},
    "identity": {"OfxPropName", "OfxPropTime"},
    "preferences": {"OfxImageEffectFrameVarying", "OfxImageEffectPropPreMultiplication",
                    "OfxImageClipPropContinuousSamples"},
}  # fmt: skip
VALUE_PARAM = SETTABLE["OfxParamTypePushButton"] | {
    "OfxParamPropDefault", "OfxParamPropAnimates", "OfxParamPropPersistant", "OfxParamPropEvaluateOnChange",
}  # fmt: skip
RANGES = {"OfxParamPropMin", "OfxParamPropMax", "OfxParamPropDisplayMin", "OfxParamPropDisplayMax"}
SETTABLE["OfxParamTypeDouble"] = VALUE_PARAM | RANGES | {"OfxParamPropDoubleType"}
SETTABLE["OfxParamTypeInteger"] = VALUE_PARAM | RANGES
SETTABLE["OfxParamTypeChoice"] = VALUE_PARAM | {"OfxParamPropChoiceOption"}
SETTABLE["OfxParamTypeString"] = VALUE_PARAM | {"OfxParamPropStringMode", "OfxParamPropStringFilePathExists"}


class Properties:
    """A property set; values are lists of int, float, str or addresses."""

    def __init__(self, kind: str, **values: object) -> None:
        self.kind = kind
        self.values: dict[str, list[Any]] = {}
        for name, value in values.items():
            self.values[name] = list(value) if isinstance(value, list | tuple) else [value]
        self._texts: dict[tuple[str, int], bytes] = {}  # kept as long as the plug-in may look at them

    def text(self, name: str, index: int) -> bytes:
        return self._texts.setdefault((name, index), str(self.values[name][index]).encode())

    def forget_text(self, name: str) -> None:
        self._texts = {key: text for key, text in self._texts.items() if key[0] != name}


@dataclass
class Clip:
    properties: Properties
    fetch: Callable[[float], Properties | None] | None = None


@dataclass
class Param:
    kind: str
    name: str
    properties: Properties
    value: Any = None  # or a function of the time
    buffer: bytes = b""  # what was last handed out


@dataclass
class Effect:
    """A descriptor or an instance."""

    properties: Properties
    params: dict[str, Param] = field(default_factory=dict)
    clips: dict[str, Clip] = field(default_factory=dict)


class Picture:
    """An image in a host's memory."""

    GUARD = 64  # bytes before, after and between rows

    def __init__(self, pixels: Array, depth: str, upside_down: bool = False, origin: tuple[int, int] = (0, 0)) -> None:
        """`pixels` (H, W, C), top row first, of the depth's type; `upside_down`: negative row bytes."""
        height, width, components = pixels.shape
        assert pixels.dtype == DEPTHS[depth]
        self.depth, self.shape, self._dtype = depth, pixels.shape, pixels.dtype
        self.components = next(name for name, count in COMPONENTS.items() if count == components)
        self.bounds = (origin[0], origin[1], origin[0] + width, origin[1] + height)
        self._row = width * components * pixels.dtype.itemsize
        self._pitch = self._row + self.GUARD
        self._down = upside_down
        self.memory = np.full(self.GUARD + height * self._pitch + self.GUARD, 0xA5, np.uint8)
        self._rows()[:] = self._order(np.ascontiguousarray(pixels).view(np.uint8).reshape(height, self._row))
        bottom = height - 1 if upside_down else 0
        self.address = self.memory.ctypes.data + self.GUARD + bottom * self._pitch
        self.row_bytes = -self._pitch if upside_down else self._pitch

    def _rows(self) -> Array:
        held = self.memory[self.GUARD : self.GUARD + self.shape[0] * self._pitch]
        return held.reshape(self.shape[0], self._pitch)[:, : self._row]

    def _order(self, rows: Array) -> Array:
        return rows if self._down else rows[::-1]

    def pixels(self) -> Array:
        """(H, W, C), top row first."""
        return np.ascontiguousarray(self._order(self._rows())).view(self._dtype).reshape(self.shape)

    def guards_are_whole(self) -> bool:
        held = self.memory[self.GUARD : self.GUARD + self.shape[0] * self._pitch].reshape(self.shape[0], self._pitch)
        ends = (self.memory[: self.GUARD], self.memory[-self.GUARD :], held[:, self._row :])
        return all(bool((part == 0xA5).all()) for part in ends)

    def properties(
        self, whole: tuple[int, int, int, int] | None, alpha: str, field_kind: str = "OfxFieldNone"
    ) -> Properties:
        values = {
            "OfxPropType": "OfxTypeImage", "OfxImagePropData": self.address, "OfxImagePropRowBytes": self.row_bytes,
            "OfxImagePropBounds": self.bounds, "OfxImageEffectPropPixelDepth": self.depth,
            "OfxImageEffectPropComponents": self.components, "OfxImageEffectPropPreMultiplication": alpha,
            "OfxImagePropField": field_kind, "OfxImageEffectPropRenderScale": (1.0, 1.0),
            "OfxImagePropPixelAspectRatio": 1.0, "OfxImagePropUniqueIdentifier": "picture",
        }  # fmt: skip
        if whole is not None:
            values["OfxImagePropRegionOfDefinition"] = whole
        return Properties("image", **values)


class Handles:
    """Objects by the opaque handles that the plug-in holds."""

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers = itertools.count(0x1000)
        self._of: dict[int, int] = {}

    def of(self, thing: Any) -> int:
        if id(thing) not in self._of:
            number = next(self._numbers)
            self._of[id(thing)], self._objects[number] = number, thing
        return self._of[id(thing)]

    def thing(self, handle: int | None, kind: type) -> Any:
        found = self._objects.get(handle or 0)
        return found if isinstance(found, kind) else None

    def drop(self, thing: Any) -> None:
        self._objects.pop(self._of.pop(id(thing), 0), None)
