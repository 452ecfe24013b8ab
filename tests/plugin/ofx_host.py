"""An OpenFX host, small but strict: loads a real plug-in by ctypes, hands out suites and images, notes what is wrong.

Pictures are numpy arrays (H, W, C) with the top row first, as everywhere in Likeness; `Picture` lays them out as a host
would: origin at the lower left, rows in either order, room between rows that nobody may touch.

A property that the specification does not give to that kind of object is refused and noted in `Host.complaints`. An
exception in a callback reaches pytest as an unraisable one, so tests turn that warning into an error.
"""

import _ctypes
import ctypes
import itertools
import threading
from collections.abc import Callable, Sequence
from ctypes import POINTER, c_char_p, c_double, c_int, c_uint, c_void_p
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

OK, FAILED, ERR_UNKNOWN, MISSING_HOST_FEATURE, BAD_HANDLE, BAD_INDEX, REPLY_DEFAULT = 0, 1, 3, 4, 9, 10, 14
ERR_VALUE, ERR_EXISTS = 11, 6

DEPTHS: dict[str, Any] = {
    "OfxBitDepthByte": np.uint8,
    "OfxBitDepthShort": np.uint16,
    "OfxBitDepthHalf": np.float16,
    "OfxBitDepthFloat": np.float32,
}
COMPONENTS = {"OfxImageComponentRGBA": 4, "OfxImageComponentRGB": 3, "OfxImageComponentAlpha": 1}
ALL_SUITES = ("OfxPropertySuite", "OfxImageEffectSuite", "OfxParameterSuite", "OfxMemorySuite", "OfxMultiThreadSuite",
              "OfxMessageSuite")  # fmt: skip

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


def _suite(members: Sequence[tuple[str, Any]]) -> type[ctypes.Structure]:
    return type("Suite", (ctypes.Structure,), {"_fields_": list(members)})


def _call(*arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(c_int, *arguments)


class HostStruct(ctypes.Structure):
    _fields_ = (("host", c_void_p), ("fetch_suite", ctypes.CFUNCTYPE(c_void_p, c_void_p, c_char_p, c_int)))


class PluginStruct(ctypes.Structure):
    _fields_ = (
        ("api", c_char_p), ("api_version", c_int), ("identifier", c_char_p), ("major", c_uint), ("minor", c_uint),
        ("set_host", ctypes.CFUNCTYPE(None, POINTER(HostStruct))),
        ("main_entry", ctypes.CFUNCTYPE(c_int, c_char_p, c_void_p, c_void_p, c_void_p)),
    )  # fmt: skip


class Host:
    """The suites, and everything a plug-in made through them."""

    def __init__(self, suites: Sequence[str] = ALL_SUITES, cpus: int = 3) -> None:
        self.handles = Handles()
        self.complaints: list[str] = []
        self.messages: list[tuple[str, str]] = []
        self.held_images: list[Properties] = []  # fetched and not released
        self.fetched = 0
        self.abort_after: int | None = None  # how many questions until the answer is yes
        self.abort_questions = 0
        self.threads_started = 0
        self._cpus = cpus
        self._lock = threading.Lock()
        self.properties = Properties(
            "host", OfxPropName="org.likeness.tests", OfxPropAPIVersion=(1, 4), OfxPropType="OfxTypeImageEffectHost"
        )
        makers = {
            "OfxPropertySuite": self._property_suite, "OfxImageEffectSuite": self._effect_suite,
            "OfxParameterSuite": self._param_suite, "OfxMemorySuite": self._memory_suite,
            "OfxMultiThreadSuite": self._thread_suite, "OfxMessageSuite": self._message_suite,
        }  # fmt: skip
        self._suites = {name: makers[name]() for name in suites}
        self._fetch = HostStruct._fields_[1][1](self._fetch_suite)
        self.struct = HostStruct(self.handles.of(self.properties), self._fetch)

    def _fetch_suite(self, host: int, name: bytes, version: int) -> int | None:
        suite = self._suites.get(name.decode())
        return ctypes.addressof(suite) if suite is not None and version == 1 else None

    # --- properties

    def _property_suite(self) -> ctypes.Structure:
        def setter(convert: Callable[[Any], Any]) -> Callable[..., int]:
            def set_one(handle: int, name: bytes, index: int, value: Any) -> int:
                return self._set(handle, name.decode(), index, convert(value))

            return set_one

        def getter(kind: type) -> Callable[..., int]:
            def get_one(handle: int, name: bytes, index: int, out: Any) -> int:
                return self._get(handle, name.decode(), index, out, kind)

            return get_one

        def refuse(*_: Any) -> int:
            self.complaints.append("a property call that this host leaves out")
            return ERR_UNKNOWN

        one = (c_void_p, c_char_p, c_int)
        rest = _call(c_void_p, c_char_p, c_int, c_void_p)
        sets = [("set_pointer", c_void_p, int), ("set_string", c_char_p, bytes.decode), ("set_double", c_double, float),
                ("set_int", c_int, int)]  # fmt: skip
        gets = [("get_pointer", c_void_p, object), ("get_string", c_char_p, str), ("get_double", c_double, float),
                ("get_int", c_int, int)]  # fmt: skip
        members = [(name, _call(*one, kind), setter(convert)) for name, kind, convert in sets]
        members += [(f"{name}_n", rest, refuse) for name, _, _ in sets]
        members += [(name, _call(*one, POINTER(kind)), getter(type_)) for name, kind, type_ in gets]
        members += [(f"{name}_n", rest, refuse) for name, _, _ in gets]
        members += [("reset", _call(c_void_p, c_char_p), refuse), ("dimension", rest, refuse)]
        return _filled(members)

    def _set(self, handle: int, name: str, index: int, value: Any) -> int:
        found = self.handles.thing(handle, Properties)
        if found is None:
            self.complaints.append(f"{name} was set on no property set")
            return BAD_HANDLE
        if name not in SETTABLE.get(found.kind, set()):
            self.complaints.append(f"{name} cannot be set on {found.kind}")
            return ERR_UNKNOWN
        values = found.values.setdefault(name, [])
        if index > len(values):
            return BAD_INDEX
        values[index : index + 1] = [value]
        found.forget_text(name)
        return OK

    def _get(self, handle: int, name: str, index: int, out: Any, kind: type) -> int:
        found = self.handles.thing(handle, Properties)
        if found is None:
            self.complaints.append(f"{name} was read of no property set")
            return BAD_HANDLE
        if name not in found.values:
            return ERR_UNKNOWN
        if not 0 <= index < len(found.values[name]):
            return BAD_INDEX
        value = found.values[name][index]
        if kind is str:
            if not isinstance(value, str):
                self.complaints.append(f"{name} is no text")
                return ERR_VALUE
            out[0] = found.text(name, index)
        else:
            if kind is not object and type(value) is not kind:
                self.complaints.append(f"{name} is no {kind.__name__}")
                return ERR_VALUE
            out[0] = value
        return OK

    # --- effects and clips

    def _effect_suite(self) -> ctypes.Structure:
        def get_property_set(effect: int, out: Any) -> int:
            return self._answer(effect, Effect, out, lambda found: found.properties)

        def get_param_set(effect: int, out: Any) -> int:
            return self._answer(effect, Effect, out, lambda found: found)

        def clip_define(effect: int, name: bytes, out: Any) -> int:
            def make(found: Effect) -> Properties:
                found.clips[name.decode()] = Clip(Properties("clip", OfxPropName=name.decode()))
                return found.clips[name.decode()].properties

            return self._answer(effect, Effect, out, make)

        def clip_get_handle(effect: int, name: bytes, out: Any, properties: Any) -> int:
            found = self.handles.thing(effect, Effect)
            if found is None or name.decode() not in found.clips:
                return BAD_HANDLE
            clip = found.clips[name.decode()]
            out[0] = self.handles.of(clip)
            if properties:
                properties[0] = self.handles.of(clip.properties)
            return OK

        def clip_get_property_set(clip: int, out: Any) -> int:
            return self._answer(clip, Clip, out, lambda found: found.properties)

        def unused(*_: Any) -> int:
            self.complaints.append("an effect call that this host leaves out")
            return FAILED

        handle_out = _call(c_void_p, POINTER(c_void_p))
        return _filled(
            [
                ("get_property_set", handle_out, get_property_set), ("get_param_set", handle_out, get_param_set),
                ("clip_define", _call(c_void_p, c_char_p, POINTER(c_void_p)), clip_define),
                ("clip_get_handle", _call(c_void_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)), clip_get_handle),
                ("clip_get_property_set", handle_out, clip_get_property_set),
                ("clip_get_image", _call(c_void_p, c_double, c_void_p, POINTER(c_void_p)), self._get_image),
                ("clip_release_image", _call(c_void_p), self._release_image),
                ("clip_region", _call(c_void_p, c_double, c_void_p), unused),
                ("abort", _call(c_void_p), self._abort),
                *((name, _call(c_void_p), unused) for name in ("alloc", "free", "lock", "unlock")),
            ]
        )  # fmt: skip

    def _answer(self, handle: int, kind: type, out: Any, part: Callable[[Any], Any]) -> int:
        found = self.handles.thing(handle, kind)
        if found is None:
            self.complaints.append(f"a handle that is no {kind.__name__}")
            return BAD_HANDLE
        out[0] = self.handles.of(part(found))
        return OK

    def _get_image(self, handle: int, time: float, region: int, out: Any) -> int:
        clip = self.handles.thing(handle, Clip)
        if clip is None or clip.fetch is None:
            return BAD_HANDLE
        image = clip.fetch(time)
        if image is None:
            return FAILED
        with self._lock:
            self.held_images.append(image)
            self.fetched += 1
            out[0] = self.handles.of(image)
        return OK

    def _release_image(self, handle: int) -> int:
        image = self.handles.thing(handle, Properties)
        with self._lock:
            if image is None or not any(image is held for held in self.held_images):
                self.complaints.append("an image was released that was not fetched")
                return BAD_HANDLE
            self.held_images = [held for held in self.held_images if held is not image]
            self.handles.drop(image)
        return OK

    def _abort(self, effect: int) -> int:
        self.abort_questions += 1
        return int(self.abort_after is not None and self.abort_questions > self.abort_after)

    # --- parameters

    def _param_suite(self) -> ctypes.Structure:
        def define(handle: int, kind: bytes, name: bytes, out: Any) -> int:
            effect, text = self.handles.thing(handle, Effect), name.decode()
            if effect is None or text in effect.params:
                self.complaints.append(f"parameter {text} cannot be defined")
                return ERR_EXISTS
            if kind.decode() not in SETTABLE:
                self.complaints.append(f"no parameters of type {kind.decode()}")
                return ERR_UNKNOWN
            effect.params[text] = Param(kind.decode(), text, Properties(kind.decode(), OfxPropName=text))
            if out:
                out[0] = self.handles.of(effect.params[text].properties)
            return OK

        def get_handle(handle: int, name: bytes, out: Any, properties: Any) -> int:
            effect = self.handles.thing(handle, Effect)
            if effect is None or name.decode() not in effect.params:
                return ERR_UNKNOWN
            out[0] = self.handles.of(effect.params[name.decode()])
            return OK

        def get_value(handle: int, out: int) -> int:
            return self._put_value(handle, None, out)

        def get_value_at_time(handle: int, time: float, out: int) -> int:
            return self._put_value(handle, time, out)

        def set_value(handle: int, word: int | None, number: float) -> int:
            param = self.handles.thing(handle, Param)
            if param is None:
                return BAD_HANDLE
            if param.kind == "OfxParamTypeString":
                param.value = ctypes.cast(word, c_char_p).value.decode()  # type: ignore[union-attr]
            elif param.kind == "OfxParamTypeDouble":
                param.value = number
            else:
                param.value = ctypes.c_int(word or 0).value
            return OK

        def unused(*_: Any) -> int:
            self.complaints.append("a parameter call that this host leaves out")
            return FAILED

        nothing = _call(c_void_p)
        # The three that take any arguments are called with fixed ones: alike on x86-64, not on arm64 macOS.
        return _filled(
            [
                ("define", _call(c_void_p, c_char_p, c_char_p, POINTER(c_void_p)), define),
                ("get_handle", _call(c_void_p, c_char_p, POINTER(c_void_p), POINTER(c_void_p)), get_handle),
                ("set_properties", nothing, unused), ("properties", nothing, unused),
                ("get_value", _call(c_void_p, c_void_p), get_value),
                ("get_value_at_time", _call(c_void_p, c_double, c_void_p), get_value_at_time),
                ("derivative", nothing, unused), ("integral", nothing, unused),
                ("set_value", _call(c_void_p, c_void_p, c_double), set_value),
                *((f"unused_{number}", nothing, unused) for number in range(9)),
            ]
        )  # fmt: skip

    def _put_value(self, handle: int, time: float | None, out: int) -> int:
        param = self.handles.thing(handle, Param)
        if param is None:
            return BAD_HANDLE
        value = param.value(0.0 if time is None else time) if callable(param.value) else param.value
        if param.kind == "OfxParamTypeString":
            if param.buffer != value.encode():  # else another thread may be reading it
                param.buffer = value.encode()
            ctypes.cast(out, POINTER(c_char_p))[0] = param.buffer
        elif param.kind == "OfxParamTypeDouble":
            ctypes.cast(out, POINTER(c_double))[0] = value
        elif param.kind in ("OfxParamTypeInteger", "OfxParamTypeChoice"):
            ctypes.cast(out, POINTER(c_int))[0] = value
        else:
            self.complaints.append(f"{param.name} has no value")
            return FAILED
        return OK

    # --- memory, threads, messages

    def _memory_suite(self) -> ctypes.Structure:
        def refuse(*_: Any) -> int:
            return FAILED

        return _filled(
            [("alloc", _call(c_void_p, ctypes.c_size_t, c_void_p), refuse), ("free", _call(c_void_p), refuse)]
        )

    def _thread_suite(self) -> ctypes.Structure:
        work_type = ctypes.CFUNCTYPE(None, c_uint, c_uint, c_void_p)

        def multi_thread(work: Any, count: int, argument: int) -> int:
            workers = [threading.Thread(target=work, args=(index, count, argument)) for index in range(count)]
            self.threads_started += count
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            return OK

        def num_cpus(out: Any) -> int:
            out[0] = self._cpus
            return OK

        def unused(*_: Any) -> int:
            self.complaints.append("a thread call that this host leaves out")
            return FAILED

        return _filled(
            [
                ("multi_thread", _call(work_type, c_uint, c_void_p), multi_thread),
                ("num_cpus", _call(POINTER(c_uint)), num_cpus),
                *((f"unused_{number}", _call(c_void_p), unused) for number in range(7)),
            ]
        )

    def _message_suite(self) -> ctypes.Structure:
        def message(handle: int, kind: bytes, name: bytes, form: bytes, text: bytes) -> int:
            assert form == b"%s"
            self.messages.append((kind.decode(), text.decode()))
            return OK

        return _filled([("message", _call(c_void_p, c_char_p, c_char_p, c_char_p, c_char_p), message)])


def _filled(members: Sequence[tuple[str, Any, Callable[..., Any]]]) -> ctypes.Structure:
    """A suite; its functions live as long as it does."""
    made = [(name, kind, kind(function)) for name, kind, function in members]
    suite = _suite([(name, kind) for name, kind, _ in made])()
    for name, _, function in made:
        setattr(suite, name, function)
    return suite


class Plugin:
    """A loaded plug-in. A context manager, which unloads it."""

    def __init__(self, host: Host, library: Path) -> None:
        self.host = host
        self._library = ctypes.CDLL(str(library), mode=0)  # lazily and locally, as hosts do
        get_plugin = self._library.OfxGetPlugin
        get_plugin.restype, get_plugin.argtypes = POINTER(PluginStruct), [c_int]
        self.count = self._library.OfxGetNumberOfPlugins()
        self.get_plugin = get_plugin
        self.struct = get_plugin(0).contents
        self.struct.set_host(ctypes.byref(host.struct))
        self.load_status = self.call("OfxActionLoad")
        bundle = str(library.parents[2])
        self.descriptor = Effect(Properties("effect", OfxPropType="OfxTypeImageEffect", OfxPluginPropFilePath=bundle))
        if self.load_status == OK:
            assert self.call("OfxActionDescribe", self.descriptor) == OK

    def __enter__(self) -> "Plugin":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unload, and let the library go."""
        self.call("OfxActionUnload")
        handle = self._library._handle
        del self.struct, self.get_plugin, self._library
        _ctypes.dlclose(handle)

    def call(
        self, action: str, effect: Effect | None = None, given: Properties | None = None, out: Properties | None = None
    ) -> int:
        handles = [self.host.handles.of(thing) if thing is not None else None for thing in (effect, given, out)]
        status: int = self.struct.main_entry(action.encode(), *handles)
        for thing in (given, out):
            if thing is not None:
                self.host.handles.drop(thing)
        return status

    def instance(self, context: str = "OfxImageEffectContextFilter", **values: object) -> "Instance":
        """An instance with parameters at their defaults, or as given."""
        described = Effect(self.descriptor.properties)
        given = Properties("context", OfxImageEffectPropContext=context)
        assert self.call("OfxImageEffectActionDescribeInContext", described, given) == OK
        properties = replace_kind(self.descriptor.properties, "instance")
        effect = Effect(properties, clips={name: Clip(clip.properties) for name, clip in described.clips.items()})
        for name, param in described.params.items():
            default = param.properties.values.get("OfxParamPropDefault", [None])[0]
            effect.params[name] = replace(param, value=values.pop(name, default))
        assert not values, f"no such parameters: {values}"
        assert self.call("OfxActionCreateInstance", effect) == OK
        return Instance(self, effect, described)


def replace_kind(properties: Properties, kind: str) -> Properties:
    copied = Properties(kind)
    copied.values = {name: list(values) for name, values in properties.values.items()}
    return copied


@dataclass(frozen=True)
class View:
    """How a render is asked for."""

    time: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    window: tuple[int, int, int, int] | None = None  # default: the output's bounds
    whole: tuple[int, int, int, int] | None = None  # default: the source's bounds
    upside_down: bool = False
    alpha: str = "OfxImageOpaque"
    field_kind: str = "OfxFieldNone"
    tell_whole: bool = True  # whether images say their region of definition


class Instance:
    """An instance of the effect. A context manager, which destroys it."""

    def __init__(self, plugin: Plugin, effect: Effect, described: Effect) -> None:
        self.plugin, self.effect, self.described = plugin, effect, described
        effect.clips["Source"].properties.values["OfxImageEffectPropFrameRange"] = [0.0, 100.0]

    def __enter__(self) -> "Instance":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.plugin.call("OfxActionDestroyInstance", self.effect) == OK

    def __setitem__(self, name: str, value: object) -> None:
        self.effect.params[name].value = value

    def __getitem__(self, name: str) -> Any:
        return self.effect.params[name].value

    def arguments(self, view: View, window: tuple[int, int, int, int]) -> Properties:
        return Properties(
            "arguments", OfxPropTime=float(view.time), OfxImageEffectPropRenderWindow=window,
            OfxImageEffectPropRenderScale=view.scale, OfxImageEffectPropFieldToRender=view.field_kind,
        )  # fmt: skip

    def render(self, source: Picture | None, output: Picture, view: View = View()) -> int:
        """Render into `output`; the status."""
        whole = view.whole or (source or output).bounds

        def fetch(picture: Picture | None) -> Callable[[float], Properties | None]:
            told = whole if view.tell_whole else None
            return lambda time: picture.properties(told, view.alpha, view.field_kind) if picture is not None else None

        self.effect.clips["Source"].fetch = fetch(source)
        self.effect.clips["Output"].fetch = fetch(output)
        arguments = self.arguments(view, view.window or output.bounds)
        return self.plugin.call("OfxImageEffectActionRender", self.effect, arguments)

    def shown(self, pixels: Array, depth: str, view: View = View()) -> Array:
        """What the effect makes of a source (H, W, C); fails where it does anything improper."""
        source = Picture(pixels, depth, view.upside_down)
        output = Picture(np.full_like(pixels, 77), depth, view.upside_down)
        before = source.memory.copy()
        assert self.render(source, output, view) == OK
        assert np.array_equal(source.memory, before), "the source was written to"
        assert output.guards_are_whole(), "something was written between or beyond the rows"
        host = self.plugin.host
        assert host.held_images == [] and host.complaints == []
        return output.pixels()

    def is_identity(self, view: View = View()) -> str | None:
        """The clip that stands for the effect, or None where it must render."""
        out = Properties("identity", OfxPropName="", OfxPropTime=float(view.time))
        given = self.arguments(view, (0, 0, 1, 1))
        status = self.plugin.call("OfxImageEffectActionIsIdentity", self.effect, given, out)
        assert status in (OK, REPLY_DEFAULT)
        assert out.values["OfxPropTime"] == [view.time]
        return out.values["OfxPropName"][0] if status == OK else None

    def press(self, name: str, reason: str = "OfxChangeUserEdited") -> int:
        """Tell the instance that the editor changed a parameter, or pressed a button."""
        given = Properties("change", OfxPropType="OfxTypeParameter", OfxPropName=name, OfxPropChangeReason=reason,
                           OfxPropTime=0.0, OfxImageEffectPropRenderScale=(1.0, 1.0))  # fmt: skip
        return self.plugin.call("OfxActionInstanceChanged", self.effect, given)
