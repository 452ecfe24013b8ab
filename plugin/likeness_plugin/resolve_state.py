"""What the user had set in Resolve, and setting it again after our work: page, folder, playhead, marks, tracks."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from likeness_core.errors import HostError

from likeness_plugin.resolve_calls import RESOLVE, Call, Caller, Ref, answer


@dataclass(frozen=True, slots=True)
class Scene:
    """The objects that every piece of work starts from."""

    project: Ref
    pool: Ref
    timeline: Ref
    project_id: str
    timeline_id: str


def open_scene(caller: Caller) -> Scene:
    """The current project and timeline. Raises HostError `host.no_project`, `host.no_timeline`."""
    _, project = caller.all(
        [Call.of(RESOLVE, "GetProjectManager"), Call.of(answer(0), "GetCurrentProject")]
    )  # fmt: skip
    if project is None:
        raise HostError("host.no_project", "no project is open in Resolve", "Open a project.")
    project_id, pool, timeline = caller.all(
        Call.of(project, method) for method in ("GetUniqueId", "GetMediaPool", "GetCurrentTimeline")
    )
    if timeline is None or pool is None:
        raise HostError("host.no_timeline", "no timeline is open in Resolve", "Open the timeline on the Edit page.")
    return Scene(project, pool, timeline, str(project_id), str(caller.must(timeline, "GetUniqueId")))


@contextmanager
def on_timeline(caller: Caller, scene: Scene, wanted: str) -> Iterator[Scene]:
    """Work on a timeline of the project by its id, then on the current one again. Raises `host.timeline_gone`."""
    if scene.timeline_id == wanted:
        yield scene
        return
    count = int(caller.one(scene.project, "GetTimelineCount") or 0)
    timelines = caller.all(Call.of(scene.project, "GetTimelineByIndex", n) for n in range(1, count + 1))
    ids = caller.all(Call.of(timeline, "GetUniqueId") for timeline in timelines)
    if wanted not in ids:
        hint = "There is nothing to remove there; delete what is left in the bin by hand."
        raise HostError("host.timeline_gone", "the timeline is no longer in the project", hint)
    caller.must(scene.project, "SetCurrentTimeline", timelines[ids.index(wanted)])
    try:
        yield open_scene(caller)
    finally:
        caller.one(scene.project, "SetCurrentTimeline", scene.timeline)


@contextmanager
def kept(caller: Caller, scene: Scene, page: str) -> Iterator[None]:
    """Work on a page, and leave the user where they were, whatever happens.

    Deleting clips needs the Edit page, rendering the Deliver page, which changes the marks.
    """
    before, folder, label, marks = caller.all([
        Call.of(RESOLVE, "GetCurrentPage"),
        Call.of(scene.pool, "GetCurrentFolder"),
        Call.of(scene.timeline, "GetCurrentTimecode"),
        Call.of(scene.timeline, "GetMarkInOut"),
    ])  # fmt: skip
    try:
        if before != page:
            caller.must(RESOLVE, "OpenPage", page)
        yield
    finally:
        # Where Resolve has gone away, the error of the work itself is the one to tell.
        with suppress(HostError):
            _restore(caller, scene, folder, label, marks or {})
        with suppress(HostError):
            if before and before != caller.one(RESOLVE, "GetCurrentPage"):
                caller.one(RESOLVE, "OpenPage", before)


def _restore(caller: Caller, scene: Scene, folder: Ref | None, label: str | None, marks: dict[str, Any]) -> None:
    if caller.one(scene.timeline, "GetMarkInOut") != marks:
        caller.one(scene.timeline, "ClearMarkInOut")
        for kind, found in marks.items():
            if "in" in found or "out" in found:
                last = int(caller.one(scene.timeline, "GetEndFrame")) - int(caller.one(scene.timeline, "GetStartFrame"))
                caller.one(
                    scene.timeline, "SetMarkInOut", int(found.get("in", 0)), int(found.get("out", last - 1)), kind
                )
    if folder is not None:
        caller.one(scene.pool, "SetCurrentFolder", folder)
    if label and caller.one(scene.timeline, "GetCurrentTimecode") != label:
        caller.one(scene.timeline, "SetCurrentTimecode", label)
