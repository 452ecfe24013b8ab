"""DaVinci Resolve as a `HostBridge`, over the mailbox (every edition) or the scripting library (Studio)."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psutil
from likeness_core.api import FrameRange, Progress
from likeness_core.errors import HostError, HostNotRunningError, InputError, ScriptingDisabledError

from likeness_plugin import resolve_render
from likeness_plugin.bridge import HostClip, HostInfo, Mark, Placement, Selection, TimelineInfo, Written
from likeness_plugin.resolve_calls import RESOLVE, SLOW_S, Call, Caller, Connection, Ref
from likeness_plugin.resolve_items import OUR_TRACK, clips_of, cut_to, read_items
from likeness_plugin.resolve_library import open_library
from likeness_plugin.resolve_mailbox import MailboxConnection, is_alive
from likeness_plugin.resolve_state import Scene, kept, on_timeline, open_scene
from likeness_plugin.resolve_undo import find, remove
from likeness_plugin.resolve_units import Clock, rate_of
from likeness_plugin.resolve_write import Writer, add_marks

OLDEST = (19, 1)  # marks can be read from 19.1 on
WITH_SELECTION = (21, 0, 4)

PROCESS_NAMES = ("resolve", "davinci resolve")


def resolve_is_running() -> bool:
    """Whether a process of this machine looks like Resolve."""
    names = (str(process.info["name"] or "") for process in psutil.process_iter(["name"]))
    return any(name.lower().removesuffix(".exe") in PROCESS_NAMES for name in names)


def connect(mailboxes: tuple[Path, ...], library: Callable[[], Connection] = open_library) -> Connection:
    """The first way that answers: a mailbox, then the library.

    Raises HostNotRunningError, ScriptingDisabledError, HostError `host.busy`, `host.mailbox_unsafe`.
    """
    for folder in mailboxes:
        if is_alive(folder):
            return MailboxConnection(folder)
    try:
        return library()
    except (HostNotRunningError, ScriptingDisabledError) as error:
        if not resolve_is_running():
            hint = "Start it, then choose Workspace > Scripts > Likeness."
            raise HostNotRunningError("host.not_running", "DaVinci Resolve is not running", hint) from error
        if isinstance(error, ScriptingDisabledError):
            raise
        hint = "In Resolve choose Workspace > Scripts > Likeness."
        raise HostNotRunningError("host.not_connected", "Resolve runs, but is not connected", hint) from error


def open_resolve(mailboxes: tuple[Path, ...], library: Callable[[], Connection] = open_library) -> "ResolveBridge":
    """A bridge over the first way that answers. Raises as `connect` and `ResolveBridge` do."""
    return ResolveBridge(connect(mailboxes, library))


def _file_exists(path: str) -> bool:
    return Path(path).exists()


class ResolveBridge:
    """See `HostBridge`. One thread at a time."""

    def __init__(self, connection: Connection, exists: Callable[[str], bool] = _file_exists) -> None:
        """Asks product and version before anything else. `exists`: is media there. Raises HostError `host.too_old`."""
        self._exists = exists
        self._caller = Caller(connection)
        try:
            product, version = self._caller.all([Call.of(RESOLVE, "GetProductName"), Call.of(RESOLVE, "GetVersion")])
            self._product = str(product)
            self._version = tuple(int(part) for part in (version or [])[:3] if str(part).isdigit())
            if self._version < OLDEST:
                hint = "Update Resolve to 19.1 or newer, or export the timeline and use `likeness timeline`."
                raise HostError("host.too_old", f"{product} {self._dotted()} is older than 19.1", hint)
        except BaseException:
            connection.close()
            raise

    def info(self) -> HostInfo:
        """See `HostBridge`."""
        self._caller.forget()
        _, project = self._caller.all([
            Call.of(RESOLVE, "GetProjectManager"),
            Call.of(Ref("#0"), "GetCurrentProject"),
        ])  # fmt: skip
        name = str(self._caller.one(project, "GetName")) if project is not None else ""
        studio = "Studio" in self._product
        return HostInfo(self._product, self._dotted(), studio, self._caller.connection, name)

    def timeline(self) -> TimelineInfo:
        """See `HostBridge`."""
        scene, clock = self._scene()
        name, width, height = self._caller.all([
            Call.of(scene.timeline, "GetName"),
            Call.of(scene.timeline, "GetSetting", "timelineResolutionWidth"),
            Call.of(scene.timeline, "GetSetting", "timelineResolutionHeight"),
        ])  # fmt: skip
        return TimelineInfo(
            scene.timeline_id, str(name), clock.rate, clock.drop, clock.label(0), clock.stop - clock.start,
            int(width or 0), int(height or 0),
        )  # fmt: skip

    def clips(self, selection: Selection) -> tuple[HostClip, ...]:
        """See `HostBridge`."""
        scene, clock = self._scene()
        span, chosen = self._span(scene, clock, selection), self._chosen(scene, selection)
        items = read_items(self._caller, scene.timeline, self._tracks(scene))
        clips = [
            part
            for clip in clips_of(items, clock, self._exists)
            if (chosen is None or clip.id in chosen) and (part := cut_to(clip, span, clock)) is not None
        ]
        if not clips:
            hint = "Open the Edit page and choose clips of a video track."
            raise HostError("host.no_clip", "there is no clip in what is selected", hint)
        return tuple(clips)

    def playhead(self) -> int:
        """See `HostBridge`."""
        scene, clock = self._scene()
        return clock.record_of(str(self._caller.must(scene.timeline, "GetCurrentTimecode")))

    def show(self, record_frame: int) -> None:
        """See `HostBridge`."""
        scene, clock = self._scene()
        if not 0 <= record_frame < clock.stop - clock.start:
            raise HostError("host.no_such_frame", f"the timeline has no frame {record_frame}", "Read the clips again.")
        self._caller.must(scene.timeline, "SetCurrentTimecode", clock.label(record_frame))

    def grab_still(self, target: Path) -> Path:
        """See `HostBridge`. Raises HostError `host.file_exists`."""
        if target.suffix != ".png" or target.exists():
            raise HostError("host.file_exists", f"{target} cannot be a new PNG file", "Give another name.")
        scene, _ = self._scene()
        self._caller.must(scene.project, "ExportCurrentFrameAsStill", str(target), timeout_s=SLOW_S)
        if not target.is_file():
            raise HostError(
                "host.no_still", "Resolve wrote no picture", "Open the Color or the Edit page and try again."
            )
        return target

    def write_back(self, job: str, placements: tuple[Placement, ...]) -> Written:
        """See `HostBridge`. Raises HostCallFailedError, HostError `host.clip_gone`, `host.clip_moved`."""
        scene, clock = self._scene()
        with kept(self._caller, scene, "edit"):
            return Writer(self._caller, scene, clock, job).write(placements)

    def mark(self, job: str, marks: tuple[Mark, ...]) -> Written:
        """See `HostBridge`."""
        scene, _ = self._scene()
        return add_marks(self._caller, scene, job, marks)

    def find(self, job: str) -> Written:
        """See `HostBridge`."""
        scene, clock = self._scene()
        return find(self._caller, scene, clock, job)

    def undo(self, written: Written) -> tuple[str, ...]:
        """See `HostBridge`. Raises HostError `host.other_project`, `host.timeline_gone`."""
        self._caller.forget()
        scene = open_scene(self._caller)
        if scene.project_id != written.project:
            hint = "Open the project that the clips were added to."
            raise HostError("host.other_project", "another project is open in Resolve", hint)
        with on_timeline(self._caller, scene, written.timeline) as there, kept(self._caller, there, "edit"):
            return remove(self._caller, there, written)

    def render(self, clip: HostClip, folder: Path) -> Generator[Progress, None, str]:
        """See `HostBridge`. Raises HostError `host.rendering`, `host.no_format`, `host.render_incomplete`."""
        scene, clock = self._scene()
        with kept(self._caller, scene, "deliver"):
            return (yield from resolve_render.render(self._caller, scene, clock, clip, folder))

    def close(self) -> None:
        """See `HostBridge`."""
        self._caller.close()

    def _dotted(self) -> str:
        return ".".join(map(str, self._version))

    def _scene(self) -> tuple[Scene, Clock]:
        self._caller.forget()
        scene = open_scene(self._caller)
        rate, setting, start, stop, label = self._caller.all([
            Call.of(scene.timeline, "GetSetting", "timelineFrameRate"),
            Call.of(scene.project, "GetSetting", "timelineFrameRate"),
            Call.of(scene.timeline, "GetStartFrame"),
            Call.of(scene.timeline, "GetEndFrame"),
            Call.of(scene.timeline, "GetStartTimecode"),
        ])  # fmt: skip
        try:
            exact, drop = rate_of(rate or setting)
        except InputError as error:
            hint = "Set the timeline's frame rate in its settings."
            raise HostError("host.no_rate", "Resolve does not say the timeline's frame rate", hint) from error
        return scene, Clock(exact, drop or ";" in str(label), int(start), int(stop))

    def _tracks(self, scene: Scene) -> list[int]:
        """The video tracks that are switched on and are not ours."""
        count = int(self._caller.one(scene.timeline, "GetTrackCount", "video") or 0)
        facts: list[Any] = self._caller.all(
            Call.of(scene.timeline, method, "video", number)
            for number in range(1, count + 1)
            for method in ("GetIsTrackEnabled", "GetTrackName")
        )
        return [
            number
            for number, (enabled, name) in enumerate(zip(facts[::2], facts[1::2], strict=True), 1)
            if enabled is not False and not str(name).startswith(OUR_TRACK)
        ]

    def _span(self, scene: Scene, clock: Clock, selection: Selection) -> FrameRange:
        whole = FrameRange(0, clock.stop - clock.start)
        if selection is not Selection.IN_OUT:
            return whole
        found: dict[str, Any] = self._caller.one(scene.timeline, "GetMarkInOut") or {}
        span = clock.marks(found.get("video") or {})
        if span is None:
            hint = "Set them with I and O, or choose the whole timeline."
            raise HostError("host.no_range", "the timeline has no in and out marks", hint)
        return span

    def _chosen(self, scene: Scene, selection: Selection) -> set[str] | None:
        """The ids of the items that are meant; None where all are."""
        refs: list[Ref] = []
        if selection is Selection.CURRENT:
            current = self._caller.one(scene.timeline, "GetCurrentVideoItem")
            refs = [current] if current is not None else []
        elif selection is Selection.SELECTED:
            if self._version < WITH_SELECTION:
                hint = "Update Resolve, or use in and out marks or the current clip."
                raise HostError("host.too_old", f"Resolve {self._dotted()} does not say what is selected", hint)
            refs = self._caller.one(scene.timeline, "GetSelectedClips") or []
        else:
            return None
        if not refs:
            hint = "Select clips on the Edit page, or move the playhead over one."
            raise HostError("host.no_selection", "no clip is selected", hint)
        return {str(unique) for unique in self._caller.all(Call.of(ref, "GetUniqueId") for ref in refs)}
