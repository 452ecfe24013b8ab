"""The same timeline in every implementation: a bridge to test, and the strings behind it."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from likeness_core.api import FrameRange
from likeness_core.timing import parse_rate
from likeness_plugin import resolve_worker
from likeness_plugin.bridge import HostBridge, HostClip, Route
from likeness_plugin.resolve import ResolveBridge
from likeness_plugin.resolve_library import LibraryConnection
from likeness_plugin.resolve_mailbox import MailboxConnection, make_mailbox

from tests.plugin import recipes
from tests.plugin.fake_host import FakeClip, FakeHost
from tests.plugin.recipes import DISSOLVE, IMPORTED, PARTS, SUBCLIP, Footage
from tests.plugin.resolve_simulator import Media, Quirks, Timeline, World, snapshot
from tests.plugin.simulated_library import LIBRARY, SimulatedLibrary
from tests.plugin.simulated_menu import SimulatedMenu

IMPLEMENTATIONS = ("fake", "mailbox", "library")


@dataclass
class Stage:
    """A bridge, and what a test may turn and look at behind it."""

    bridge: HostBridge
    world: World | None = None
    fake: FakeHost | None = None

    def shown(self, record: int, track: int | None = None) -> npt.NDArray[np.float32]:
        """The picture at a record frame."""
        host = self.fake or self.world.project.timeline
        return host.shown(record, track)

    def snapshot(self) -> dict[str, Any]:
        """Everything of the user's."""
        return self.fake.snapshot() if self.fake else snapshot(self.world)

    def set_marks(self, record: FrameRange) -> None:
        if self.fake:
            self.fake.marks = record
        else:
            self.world.project.timeline.SetMarkInOut(record.start, record.stop - 1)

    def select(self, name: str) -> None:
        if self.fake:
            self.fake.selected = {
                clip.host.id for clips in self.fake.tracks.values() for clip in clips if clip.host.name == name
            }
        else:
            items = self.world.project.items()
            self.world.project.timeline.selected = [item for item in items if item.name == name]


def build(world: World, rate: str, label: str, footage: Footage) -> Timeline:
    """The recipe as a timeline of the simulator, with a little of the user's own state around."""
    timeline = Timeline(world, rate, label)
    pool = world.project.pool
    media = {
        "movie": Media(world, footage.movie, recipes.MOVIE_FRAMES, timeline.rate),
        "sequence": Media(world, footage.sequence, len(IMPORTED), timeline.rate, IMPORTED.start),
        "subclip": Media(world, footage.movie, len(SUBCLIP), timeline.rate, SUBCLIP.start),
        "compound": Media(world, footage.movie, recipes.MOVIE_FRAMES, timeline.rate, 0, "Compound"),
        "offline": Media(world, footage.movie, recipes.MOVIE_FRAMES, timeline.rate),
    }
    media["offline"].online = False
    pool.root.media += media.values()
    pool.current = pool.AddSubFolder(pool.root, "the user's bin")
    for part in PARTS:
        if part.footage == "transition":
            item = timeline.transition(part.track, part.record.start, len(part.record))
        else:
            item = timeline.place(part.track, media.get(part.footage), part.record.start, len(part.record), part.first)
            item.speed = item.speed * part.speed
            item.grade = f"grade of {part.name}"
            item.properties["ZoomX"] = 1.5
        item.name = part.name
    timeline.playhead = timeline.start + 12
    timeline.markers[33] = {"name": "the user's", "customData": ""}
    return world.project.open(timeline)


def fake_host(rate: str, label: str, footage: Footage) -> FakeHost:
    """The recipe as a FakeHost."""
    clips = []
    exact = parse_rate(rate.removesuffix(" DF"))
    host = FakeHost(rate, label, [])
    for number, part in enumerate(recipes.CLIPS):
        ends = [one for one in PARTS if one.footage == "transition" and one.track == part.track]
        head = DISSOLVE if any(part.record.start in one.record for one in ends) else (0, 0)
        tail = DISSOLVE if any(part.record.stop in one.record for one in ends) else (0, 0)
        path = footage.sequence if part.footage == "sequence" else footage.movie
        first = part.first + {"sequence": IMPORTED.start, "subclip": SUBCLIP.start}.get(part.footage, 0)
        gone = part.footage in ("offline", "title")
        known = part.route is Route.DECODE
        available = {
            "sequence": FrameRange(IMPORTED.start - 1001, IMPORTED.stop - 1001), "subclip": SUBCLIP,
        }.get(part.footage, FrameRange(0, recipes.MOVIE_FRAMES))  # fmt: skip
        last = part.record.stop - 1
        clip = HostClip(
            f"clip {number}", part.name, part.track, part.record, host.label(part.record.start), host.label(last),
            True, part.route, dissolve_in=head, dissolve_out=tail, source=part.source,
        )  # fmt: skip
        if known:
            clip = replace(clip, media=path, available=available, media_rate=exact)
        else:
            clip = replace(clip, reason="because")
        clips.append(FakeClip(clip, "" if gone else path, first, part.speed))
    return FakeHost(rate, label, clips)


@contextmanager
def in_mailbox(world: World, folder: Path) -> Iterator[ResolveBridge]:
    """The bridge through the shipped Lua file."""
    box = make_mailbox(folder / "mailbox")
    script = SimulatedMenu(world, box)
    bridge = ResolveBridge(MailboxConnection(box))
    try:
        yield bridge
    finally:
        bridge.close()
        script.close()


@contextmanager
def in_library(world: World) -> Iterator[ResolveBridge]:
    """The bridge through the real worker process."""
    served = SimulatedLibrary(world)
    before = {name: os.environ.get(name) for name in ("LIKENESS_SIMULATED", "RESOLVE_SCRIPT_API")}
    os.environ.update(LIKENESS_SIMULATED=served.address, RESOLVE_SCRIPT_API=str(LIBRARY))
    try:
        bridge = ResolveBridge(LibraryConnection([sys.executable, "-I", resolve_worker.__file__]))
        yield bridge
        bridge.close()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        served.close()
        shutil.rmtree(Path(served.address).parent, ignore_errors=True)


@contextmanager
def open_stage(
    kind: str, rate: str, label: str, footage: Footage, folder: Path, quirks: Quirks | None = None
) -> Iterator[Stage]:
    """One of IMPLEMENTATIONS with the recipe in it."""
    if kind == "fake":
        fake = fake_host(rate, label, footage)
        yield Stage(fake, fake=fake)
        return
    world = World(quirks)
    build(world, rate, label, footage)
    with in_mailbox(world, folder) if kind == "mailbox" else in_library(world) as bridge:
        yield Stage(bridge, world)
