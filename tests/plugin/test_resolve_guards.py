"""What a call may touch, the same behind both ways: the user's own work never."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from likeness_core.errors import HostCallFailedError
from likeness_plugin.resolve import ResolveBridge
from likeness_plugin.resolve_calls import Caller, Ref
from likeness_plugin.resolve_state import Scene, open_scene
from likeness_plugin.resolve_worker import ALLOWED, GUARDS
from lupa import lua51

from tests.plugin.resolve_simulator import UPSELL, Media, Timeline, World, snapshot
from tests.plugin.simulated_menu import SCRIPT
from tests.plugin.stages import in_library, in_mailbox


class Work:
    """The user's project, and a caller that reaches it."""

    def __init__(self, bridge: ResolveBridge, world: World) -> None:
        self.world = world
        self.caller: Caller = bridge._caller
        self.scene: Scene = open_scene(self.caller)
        self.item: Ref = self.caller.one(self.scene.timeline, "GetItemListInTrack", "video", 1)[0]
        self.media: Ref = self.caller.one(self.item, "GetMediaPoolItem")


@pytest.fixture(params=["mailbox", "library"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    world = World()
    timeline = Timeline(world)
    media = Media(world, str(tmp_path / "reel.mov"), 50, Fraction(24))
    world.project.root.media.append(media)
    world.project.open(timeline)
    timeline.place(1, media, 0, 20)
    timeline.markers[3] = {"name": "the user's", "customData": "theirs"}
    with in_mailbox(world, tmp_path) if request.param == "mailbox" else in_library(world) as bridge:
        yield Work(bridge, world)


CHANGES = [
    ("timeline", "DeleteClips", lambda work: ([work.item], False)),
    ("timeline", "DeleteClips", lambda work: ([], False)),
    ("timeline", "DeleteTrack", lambda work: ("video", 1)),
    ("timeline", "SetTrackName", lambda work: ("video", 1, "Likeness")),  # it holds clips
    ("timeline", "AddMarker", lambda work: (9, "Red", "a", "b", 1, "theirs")),
    ("timeline", "AddMarker", lambda work: (9, "Red", "a", "b", 1)),
    ("timeline", "DeleteMarkerByCustomData", lambda work: ("theirs",)),
    ("timeline", "DeleteMarkerByCustomData", lambda work: ("",)),
    ("item", "SetProperty", lambda work: ("ZoomX", 3.0)),
    ("item", "AddMarker", lambda work: (0, "Red", "a", "b", 1, "likeness:1")),
    ("item", "CopyGrades", lambda work: ([work.item],)),
    ("media", "SetClipProperty", lambda work: ("FPS", "25")),
    ("media", "SetThirdPartyMetadata", lambda work: ("likeness", "1")),
    ("pool", "DeleteClips", lambda work: ([work.media],)),
    ("pool", "DeleteFolders", lambda work: ([work.caller.one(work.scene.pool, "GetRootFolder")],)),
    ("pool", "AppendToTimeline", lambda work: ([{"mediaPoolItem": work.media, "mediaType": 1, "startFrame": 0,
     "endFrame": 5, "trackIndex": 1, "recordFrame": 40}],)),
    ("pool", "AppendToTimeline", lambda work: ([work.media],)),
    ("project", "StartRendering", lambda work: (["users-job"],)),
    ("project", "StartRendering", lambda work: ()),  # without ids Resolve renders the whole queue
    ("project", "DeleteRenderJob", lambda work: ("users-job",)),
    ("project", "SetRenderSettings", lambda work: ({"ReplaceExistingFilesInPlace": True},)),
    ("project", "SaveAsNewRenderPreset", lambda work: ("the user's",)),
    ("project", "DeleteRenderPreset", lambda work: ("the user's",)),
]  # fmt: skip


@pytest.mark.parametrize(("on", "method", "arguments"), CHANGES)
def test_what_is_not_ours_is_not_changed(work: Work, on: str, method: str, arguments: Any) -> None:
    before = snapshot(work.world)
    target = getattr(work.scene, on, None) or getattr(work, on)
    with pytest.raises(HostCallFailedError) as refused:
        work.caller.one(target, method, *arguments(work))
    assert refused.value.code == "host.not_ours"
    assert snapshot(work.world) == before


def test_a_still_overwrites_nothing_and_is_a_picture(work: Work, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_text("mine")
    for path in (tmp_path / "mine.png", tmp_path / "reel.mov", tmp_path / ".profile"):
        with pytest.raises(HostCallFailedError) as refused:
            work.caller.one(work.scene.project, "ExportCurrentFrameAsStill", str(path))
        assert refused.value.code == "host.not_ours"
    assert (tmp_path / "mine.png").read_text() == "mine"


def test_every_guard_is_tried() -> None:
    names = {
        "timeline": "Timeline",
        "item": "TimelineItem",
        "media": "MediaPoolItem",
        "pool": "MediaPool",
        "project": "Project",
    }
    tried = {(names[on], method) for on, method, _ in CHANGES}
    assert set(GUARDS) - tried == {("Project", "ExportCurrentFrameAsStill"), ("Project", "GetRenderJobStatus")}


def test_both_ways_allow_the_same_calls_and_guard_the_same() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    lua = lua51.LuaRuntime(unpack_returned_tuples=True)
    start = text.index("local ALLOWED = {")
    allowed = lua.execute(text[start : text.index("\n}\n", start) + 3] + "return ALLOWED")
    assert {kind: dict(allowed[kind].items()) for kind in allowed} == ALLOWED
    start = text.index("local GUARDS = {")
    names = "local function append() end local our_item, our_media, our_jobs, empty_folder, all, empty, starts\n"
    guards = lua.execute(names + text[start : text.index("\n}\n", start) + 3] + "return GUARDS")
    assert {(kind, method) for kind in guards for method in guards[kind]} == set(GUARDS)


def test_no_call_that_is_allowed_raises_the_upsell() -> None:
    assert not UPSELL & {method for methods in ALLOWED.values() for method in methods}


def test_everything_that_changes_is_guarded_or_harmless() -> None:
    reading = ("Get", "Is")
    harmless = {
        "OpenPage", "SetCurrentTimeline", "SetCurrentTimecode", "SetMarkInOut", "ClearMarkInOut", "SetTrackEnable",
        "SetCurrentFolder", "SetCurrentRenderFormatAndCodec", "LoadRenderPreset", "StopRendering",  # put back
        "AddTrack", "AddSubFolder", "ImportMedia", "AddRenderJob",  # add, and change nothing
    }  # fmt: skip
    for kind, methods in ALLOWED.items():
        for method in methods:
            assert method.startswith(reading) or method in harmless or (kind, method) in GUARDS, (kind, method)
    assert json.dumps(ALLOWED)
