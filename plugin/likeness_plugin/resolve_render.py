"""The render queue: pictures of clips that only Resolve can make (retimed, nested, camera raw).

Every other video track is switched off meanwhile, so that the clip alone is rendered, and on again afterwards. The
user's render settings are kept as a preset of ours and loaded again; their queue is left alone.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likeness_core.api import Progress
from likeness_core.errors import HostCallFailedError, HostError

from likeness_plugin.bridge import HostClip
from likeness_plugin.resolve_calls import SLOW_S, Call, Caller, failed
from likeness_plugin.resolve_state import Scene
from likeness_plugin.resolve_units import Clock, render_marks

NAME = "frame"
PRESET = "Likeness keeps your settings"
POLL_S = 0.25

# Container, then parts of the codec's name: what can carry the most comes first. Never by a fixed id: they differ
# between versions, and what is there depends on edition and system.
WANTED = (("exr", ("half",)), ("dpx", ("10",)), ("tif", ("16",)), ("tif", ()), ("png", ()))


@dataclass(frozen=True, slots=True)
class Kind:
    """What is rendered."""

    container: str
    codec: str


def render(caller: Caller, scene: Scene, clock: Clock, clip: HostClip, folder: Path) -> Generator[Progress, None, str]:
    """See `HostBridge.render`; the Deliver page must be open."""
    count = len(clip.record)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise HostError("host.folder_in_use", f"{folder} is not empty", "Give an empty folder.")
    if caller.one(scene.project, "IsRenderingInProgress"):
        raise HostError("host.rendering", "Resolve is rendering", "Wait until its render queue is done.")
    with _kept_settings(caller, scene), _alone(caller, scene, clip.track):
        kind = _kind(caller, scene)
        settings = {
            "SelectAllFrames": False, **render_marks(clock, clip.record), "TargetDir": str(folder), "CustomName": NAME,
            "ExportVideo": True, "ExportAudio": False,
        }  # fmt: skip
        caller.must(scene.project, "SetCurrentRenderFormatAndCodec", kind.container, kind.codec)
        caller.must(scene.project, "SetRenderSettings", settings)
        job = str(caller.must(scene.project, "AddRenderJob"))
        try:
            caller.must(scene.project, "StartRendering", [job], timeout_s=SLOW_S)
            yield from _follow(caller, scene, job, count)
        finally:
            # Closed half-way: our job must not go on.
            with suppress(HostError):
                if caller.one(scene.project, "IsRenderingInProgress"):
                    caller.one(scene.project, "StopRendering")
                caller.one(scene.project, "DeleteRenderJob", job)
    return _counted_from_zero(folder, kind, count)


def _follow(caller: Caller, scene: Scene, job: str, count: int) -> Iterator[Progress]:
    while True:
        status: dict[str, Any] = caller.must(scene.project, "GetRenderJobStatus", job)
        state = str(status.get("JobStatus", ""))
        if state in ("Failed", "Cancelled"):
            raise failed("the rendering", str(status.get("Error") or state.lower()))
        yield Progress("index", int(count * float(status.get("CompletionPercentage", 0)) / 100), count)
        if state == "Complete":
            return
        time.sleep(POLL_S)


def _kind(caller: Caller, scene: Scene) -> Kind:
    formats: dict[str, str] = caller.must(scene.project, "GetRenderFormats")
    for suffix, words in WANTED:
        for container in (value for value in formats.values() if value.lower() == suffix):
            codecs: dict[str, str] = caller.one(scene.project, "GetRenderCodecs", container) or {}
            for description, codec in codecs.items():
                if all(word in description.lower() for word in words):
                    return Kind(container, codec)
    hint = "Render the clip by hand as EXR or DPX, and restore that."
    raise HostError("host.no_format", "this Resolve can render no image sequence", hint)


@contextmanager
def _kept_settings(caller: Caller, scene: Scene) -> Iterator[None]:
    kind = caller.one(scene.project, "GetCurrentRenderFormatAndCodec") or {}
    saved = caller.try_one(scene.project, "SaveAsNewRenderPreset", PRESET)
    try:
        yield
    finally:
        with suppress(HostError):
            if saved:
                caller.one(scene.project, "LoadRenderPreset", PRESET)
                caller.one(scene.project, "DeleteRenderPreset", PRESET)
            if kind.get("format"):
                caller.one(scene.project, "SetCurrentRenderFormatAndCodec", kind["format"], kind.get("codec", ""))


@contextmanager
def _alone(caller: Caller, scene: Scene, track: int) -> Iterator[None]:
    """Switch every other video track off, and on again."""
    count = int(caller.must(scene.timeline, "GetTrackCount", "video"))
    numbers = range(1, count + 1)
    before = caller.all(Call.of(scene.timeline, "GetIsTrackEnabled", "video", number) for number in numbers)
    wanted = {number: number == track for number in numbers}
    changed = [number for number in numbers if bool(before[number - 1]) != wanted[number]]
    try:
        caller.all(Call.of(scene.timeline, "SetTrackEnable", "video", number, wanted[number]) for number in changed)
        yield
    finally:
        with suppress(HostError):
            caller.all(
                Call.of(scene.timeline, "SetTrackEnable", "video", number, bool(before[number - 1]))
                for number in changed
            )


def _counted_from_zero(folder: Path, kind: Kind, count: int) -> str:
    """Believe the files only: every frame is there. Renamed to frame.000000 and on; returns their pattern."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (f".{kind.container}", ".tiff"))
    if len(files) != count:
        raise HostCallFailedError(
            "host.render_incomplete", f"Resolve rendered {len(files)} of {count} frames",
            "Look at the Deliver page for what went wrong, and try again.",
        )  # fmt: skip
    suffix = files[0].suffix.lower()
    for number, path in enumerate(files):
        path.rename(folder / f"likeness.{number:06d}{suffix}")
    return str(folder / f"likeness.%06d{suffix}")
