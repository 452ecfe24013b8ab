"""The editing application, reached through a bridge: its calls may take seconds, so they run in a thread of their own.

Clips of its timeline become clips of the project; a finished job goes back onto a new track, and what was added is
kept on disk, so that it can be taken away again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from likeness_core.api import FrameRange, Media, Progress
from likeness_core.errors import HostError, LikenessError
from likeness_core.jobs import decode, encode, write_whole
from likeness_core.protocol import JobStatus, ProbeParams, ProbeResult
from likeness_core.steps import carry_out
from likeness_plugin.bridge import HostBridge, HostClip, HostInfo, Route, Selection, TimelineInfo, Written
from likeness_plugin.registration import Report
from PySide6.QtCore import QObject, QThreadPool, Signal

from likeness_gui.state.core import Core
from likeness_gui.state.project import Clip


@dataclass(frozen=True, slots=True)
class Offer:
    """What a selection in the host means: shown before anything is taken."""

    timeline: TimelineInfo
    clips: tuple[HostClip, ...]

    @property
    def usable(self) -> tuple[HostClip, ...]:
        """Clips whose media hold the pictures as they are."""
        return tuple(clip for clip in self.clips if clip.route is Route.DECODE and clip.source is not None)


class Registration:
    """What is installed where, on this machine."""

    def status(self) -> Report:
        """What is where."""
        return self._run("status")

    def install(self) -> Report:
        """For this user."""
        return self._run("install")

    def repair(self) -> Report:
        """Put right what is out of date."""
        return self._run("repair")

    def remove(self) -> Report:
        """Take it away again."""
        return self._run("remove")

    def connect(self) -> HostBridge:
        """Reach the host that runs. Raises HostError."""
        from likeness_plugin.places import Machine, mailboxes
        from likeness_plugin.resolve import open_resolve

        return open_resolve(mailboxes(Machine.this()))

    def _run(self, action: str) -> Report:
        from likeness_plugin import registration
        from likeness_plugin.places import Machine
        from likeness_plugin.resolve import resolve_is_running

        machine, sources = Machine.this(), registration.Sources.of_this_install()
        if action == "status":
            return registration.status(machine, sources)
        runs = resolve_is_running()
        if action == "install":
            return registration.install(machine, sources, False, runs)
        return (registration.repair if action == "repair" else registration.remove)(machine, sources, runs)


class Host(QObject):
    """One host at a time."""

    changed = Signal()
    imported = Signal(object)  # list of Clip
    placed = Signal(object)  # Written
    removed = Signal(object)  # notes
    failed = Signal(object)  # a LikenessError
    _finished = Signal(object, object)  # what to do with it, outcome
    _render_moved = Signal(object)  # Progress

    def __init__(self, core: Core, folder: Path, registration: Registration, parent: QObject | None = None) -> None:
        """`folder`: where what was placed is remembered."""
        super().__init__(parent)
        self._core, self._folder, self._registration = core, folder, registration
        self._bridge: HostBridge | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)  # a bridge takes one call at a time
        self._finished.connect(self._take)
        self._clips: dict[str, tuple[HostClip, Media]] = {}  # by the key of the project's clip
        self.report: Report | None = None
        self.info: HostInfo | None = None
        self.offer: Offer | None = None
        self.trouble: LikenessError | None = None  # why there is no connection
        self.busy = False
        self.rendering: tuple[str, Progress | None] | None = None  # id of a clip that the host renders, and how far
        self._rendered: set[str] = set()  # keys of the project's clips that came from such pictures
        self._render_moved.connect(self._take_progress)

    # ---- what is installed

    def look(self) -> None:
        """What is installed, and who answers."""
        self._start(self._registration.status, self._take_report)
        self.connect_host()

    def install(self) -> None:
        """Put the menu entry, and the OpenFX plug-in where it is built, in place."""
        self._start(self._registration.install, self._take_report)

    def repair(self) -> None:
        """Put right what is missing or out of date."""
        self._start(self._registration.repair, self._take_report)

    def remove(self) -> None:
        """Take everything away again."""
        self._start(self._registration.remove, self._take_report)

    def _take_report(self, report: Report) -> None:
        self.report = report

    # ---- the connection

    def connect_host(self) -> None:
        """Connect, or connect again."""

        def connect() -> tuple[HostBridge, HostInfo]:
            bridge = self._registration.connect()
            return bridge, bridge.info()

        def connected(both: tuple[HostBridge, HostInfo]) -> None:
            self._bridge, self.info = both
            self.trouble = None

        self._start(connect, connected, self._not_connected)

    def _not_connected(self, error: LikenessError) -> None:
        self._bridge, self.info, self.offer, self.trouble = None, None, None, error

    def ask(self, selection: Selection) -> None:
        """See what a selection means."""
        bridge = self._bridge
        if bridge is not None:
            self._start(lambda: Offer(bridge.timeline(), bridge.clips(selection)), self._take_offer)

    def _take_offer(self, offer: Offer) -> None:
        self.offer = offer

    def show(self, clip: Clip, frame: int) -> None:
        """Move the host's playhead to a source frame of a clip that came from it."""
        bridge, known = self._bridge, self._clips.get(clip.key)
        if bridge is None or known is None or known[0].source is None or self.offer is None:
            return
        host_clip, media = known
        speed = self.offer.timeline.rate / media.rate
        record = host_clip.record.start + int((frame - known[0].source.start) * speed)
        self._start(lambda: bridge.show(record), lambda _: None)

    # ---- clips in, results out

    def take(self) -> None:
        """Make clips of the project of what is offered; the core describes their media."""
        offer = self.offer
        if offer is None or not offer.usable:
            return
        media: dict[str, Media] = {}
        paths = {clip.media for clip in offer.usable}

        def described(path: str, result: ProbeResult) -> None:
            media[path] = result.media
            if len(media) == len(paths):
                self._import(offer, media)

        for path in paths:
            self._core.call("probe", ProbeParams(path), partial(described, path), self.failed.emit)

    def _import(self, offer: Offer, media: dict[str, Media]) -> None:
        from likeness_plugin.host_edits import edit_ranges

        made = []
        for host_clip in offer.usable:
            for part in edit_ranges([host_clip], media, offer.timeline.rate, 0):
                clip = Clip(
                    part.media, label=host_clip.name, bounds=part.frames, cuts=part.cuts,
                    through_edits=part.through_edits, dissolves=part.dissolves,
                )  # fmt: skip
                self._clips[clip.key] = (host_clip, part.media)
                made.append(clip)
        self.imported.emit(made)

    def render(self, clip: HostClip) -> None:
        """Let the host render a clip that cannot be read from its media, and make a clip of the project of that."""
        bridge, offer = self._bridge, self.offer
        if bridge is None or offer is None or self.rendering is not None:
            return
        folder = self._folder / "rendered" / uuid4().hex
        self.rendering = (clip.id, None)

        def work() -> str:
            return str(carry_out(bridge.render(clip, folder), self._render_moved.emit))

        def described(result: ProbeResult) -> None:
            media, rate = result.media, offer.timeline.rate
            shown = replace(clip, media=media.path, source=FrameRange(0, media.frame_count), media_rate=rate)
            made = Clip(media, rate=str(rate), label=clip.name)
            self._clips[made.key] = (shown, media)
            self._rendered.add(made.key)
            self.imported.emit([made])

        def done(pattern: str) -> None:
            self.rendering = None
            self._core.call("probe", ProbeParams(pattern, str(offer.timeline.rate)), described, self.failed.emit)

        def failed(error: LikenessError) -> None:
            self.rendering = None
            self.failed.emit(error)

        self._start(work, done, failed)

    def _take_progress(self, progress: Progress) -> None:
        if self.rendering is not None:
            self.rendering = (self.rendering[0], progress)
            self.changed.emit()

    def follow(self, clip: Clip, result: Clip, frames: FrameRange) -> None:
        """A result of `frames` of a clip has become a clip itself: what is made of that goes to the same place."""
        known = self._clips.get(clip.key)
        source = known[0].source if known else None
        if known is None or source is None or frames.start > source.start or frames.stop < source.stop:
            return
        shown = FrameRange(source.start - frames.start, source.stop - frames.start)
        self._clips[result.key] = (replace(known[0], media=result.media.path, source=shown), result.media)
        if clip.key in self._rendered:
            self._rendered.add(result.key)

    def can_place(self, clip: Clip | None) -> bool:
        """Whether a result of this clip can go back to where the clip came from."""
        return self._bridge is not None and clip is not None and clip.key in self._clips

    def place(self, clip: Clip, status: JobStatus) -> None:
        """Put a finished job on a new track, exactly over its clip."""
        bridge, known, result = self._bridge, self._clips.get(clip.key), status.result
        if bridge is None or known is None or result is None:
            return
        frames = Path(result.result)
        if frames.suffix:  # a movie
            message, hint = (
                "only frames go back into the timeline",
                "Choose EXR frames under Delivery, and restore again.",
            )
            self.failed.emit(HostError("host.frames_only", message, hint))
            return
        job, name, covered, rendered = status.job, status.output.name, status.frames, clip.key in self._rendered

        def place() -> Written:
            from likeness_plugin.host_edits import placement

            pattern = _pattern(frames, name)
            made = placement(known[0], known[1], pattern, covered)
            return bridge.write_back(job, (replace(made, rendered=rendered),))

        self._start(place, lambda written: self._remember(job, written))

    def _remember(self, job: str, written: Written) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._folder / f"{job}.json", encode(written))
        self.placed.emit(written)

    def placed_before(self, job: str) -> bool:
        """Whether a job's result stands in the host, as far as is known."""
        return (self._folder / f"{job}.json").is_file()

    def take_away(self, job: str) -> None:
        """Remove from the host exactly what a job's result added to it."""
        bridge, record = self._bridge, self._folder / f"{job}.json"
        if bridge is None or not record.is_file():
            return

        def undo() -> tuple[str, ...]:
            notes = bridge.undo(decode(record.read_bytes(), Written))
            record.unlink(missing_ok=True)
            return notes

        self._start(undo, self.removed.emit)

    def close(self) -> None:
        """Let go of the host."""
        self._pool.waitForDone(2000)
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None

    # ---- the thread

    def _start(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[LikenessError], None] | None = None,
    ) -> None:
        self.busy = True
        self.changed.emit()

        def run() -> None:
            try:
                outcome: Any = work()
            except LikenessError as error:
                self._finished.emit(failed or self.failed.emit, error)
            else:
                self._finished.emit(done, outcome)

        self._pool.start(run)

    def _take(self, act: Callable[[Any], object], outcome: Any) -> None:
        self.busy = False
        act(outcome)
        self.changed.emit()


def _pattern(frames: Path, name: str) -> str:
    """The pattern of a folder of frames: OUT/frames/NAME.%06d.exr."""
    first = next(path for path in sorted(frames.iterdir()) if path.name.startswith(f"{name}."))
    return str(frames / f"{name}.%0{len(first.stem.rpartition('.')[2])}d{first.suffix}")
