"""The suites of an OpenFX host, as ctypes callbacks, and everything that a plug-in made through them."""

import ctypes
import threading
from collections.abc import Callable, Sequence
from ctypes import POINTER, c_char_p, c_double, c_int, c_uint, c_void_p
from typing import Any

from tests.plugin.ofx_objects import SETTABLE, Clip, Effect, Handles, Param, Properties

OK, FAILED, ERR_UNKNOWN, MISSING_HOST_FEATURE, BAD_HANDLE, BAD_INDEX, REPLY_DEFAULT = 0, 1, 3, 4, 9, 10, 14
ERR_VALUE, ERR_EXISTS = 11, 6

ALL_SUITES = ("OfxPropertySuite", "OfxImageEffectSuite", "OfxParameterSuite", "OfxMemorySuite", "OfxMultiThreadSuite",
              "OfxMessageSuite")  # fmt: skip


def _suite(members: Sequence[tuple[str, Any]]) -> type[ctypes.Structure]:
    return type("Suite", (ctypes.Structure,), {"_fields_": list(members)})


def _call(*arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(c_int, *arguments)


class HostStruct(ctypes.Structure):
    _fields_ = (("host", c_void_p), ("fetch_suite", ctypes.CFUNCTYPE(c_void_p, c_void_p, c_char_p, c_int)))


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
