"""An OpenFX host, small but strict: loads a real plug-in by ctypes, hands out suites and images, notes what is wrong.

Pictures are numpy arrays (H, W, C) with the top row first, as everywhere in Likeness; `Picture` lays them out as a host
would: origin at the lower left, rows in either order, room between rows that nobody may touch.

A property that the specification does not give to that kind of object is refused and noted in `Host.complaints`. An
exception in a callback reaches pytest as an unraisable one, so tests turn that warning into an error.
"""

import _ctypes
import ctypes
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int, c_uint, c_void_p
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.plugin.ofx_objects import COMPONENTS, DEPTHS, Array, Clip, Effect, Picture, Properties
from tests.plugin.ofx_suites import (
    ALL_SUITES,
    BAD_HANDLE,
    MISSING_HOST_FEATURE,
    OK,
    REPLY_DEFAULT,
    Host,
    HostStruct,
)

__all__ = [
    "ALL_SUITES", "BAD_HANDLE", "COMPONENTS", "DEPTHS", "MISSING_HOST_FEATURE", "OK", "REPLY_DEFAULT", "Array", "Host",
    "Instance", "Picture", "Plugin", "Properties", "View",
]  # fmt: skip


class PluginStruct(ctypes.Structure):
    _fields_ = (
        ("api", c_char_p), ("api_version", c_int), ("identifier", c_char_p), ("major", c_uint), ("minor", c_uint),
        ("set_host", ctypes.CFUNCTYPE(None, POINTER(HostStruct))),
        ("main_entry", ctypes.CFUNCTYPE(c_int, c_char_p, c_void_p, c_void_p, c_void_p)),
    )  # fmt: skip


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
