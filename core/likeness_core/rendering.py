"""Units carried out as a pipeline: frames are decoded ahead, and those of one unit are put together and written while
the network works on the next.

Whatever finishes first, frames are reported in order and a unit is reported once all of its frames are written, so
that nothing depends on timing.
"""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from likeness_core import color, heaps
from likeness_core.ahead import Ahead, finished
from likeness_core.api import FrameRange, RestorationJob
from likeness_core.cast import Cast, CastTrack
from likeness_core.composite import Look
from likeness_core.errors import InputError, MediaError
from likeness_core.evidence import FrameNotes
from likeness_core.faces import FaceAnalyser
from likeness_core.kept_windows import KeptWindows
from likeness_core.media import Frame, MediaReader
from likeness_core.memory import Thrift
from likeness_core.output import Output
from likeness_core.packs import check_pack
from likeness_core.render import Renderer, State, UnfinishedFrame, Unit
from likeness_core.restorer.identity_pack import identity_of
from likeness_core.restorer.pipeline import Restorer

_DECODED_AHEAD = 4  # frames
_WRITTEN_BESIDE = 8  # frames of the window before, at most, that are written while the network works on a whole one


@dataclass(frozen=True, slots=True, eq=False)
class UnitDone:
    """Every frame of a unit is written; `state` is what the next one needs of it."""

    unit: Unit
    state: State


Steps = Generator[FrameNotes | UnitDone | None, None, None]


@dataclass(frozen=True, slots=True, eq=False)
class _Writing:
    """A unit whose frames are on their way."""

    done: UnitDone
    frames: deque["Future[FrameNotes]"]


@dataclass(frozen=True, slots=True, eq=False)
class UnitWork:
    """What carrying out units of a job needs, on any machine."""

    job: RestorationJob
    cast: Cast
    store: Path  # frames of a movie
    reuse: bool  # of restored windows


def render_units(work: UnitWork, units: list[Unit], state: State, analyser: FaceAnalyser) -> Steps:
    """Carry out consecutive units; yields the notes of each written frame, each finished unit, and None for each step.

    `state` is what was left for the first of them. Closing stops within a frame's work and leaves no thread behind.
    """
    job, tracks = work.job, work.cast.tracks
    output = Output(job, work.store)
    kept = KeptWindows.of(job) if work.reuse else None
    with ThreadPoolExecutor(job.threads, "judges") as judges:
        restorers = open_restorers(job, tracks)
        thrift = None
        if restorers:
            shown = max(one.manifest.sides_px[-1] for one in restorers.values())
            pixels = job.plan.size * min(shown, max(track.side_px for track in tracks)) ** 2
            thrift = Thrift(restorers.values(), torch.device(job.device), getattr(torch, job.dtype), pixels)
        renderer = Renderer(restorers, analyser, look_of(job), tracks, kept, judges, thrift)
        yield from _render(job, units, state, renderer, output)


def _render(job: RestorationJob, units: list[Unit], state: State, renderer: Renderer, output: Output) -> Steps:
    frames = FrameRange(units[0].frames.start, max(unit.frames.stop for unit in units))
    in_flight = job.plan.size + (_WRITTEN_BESIDE if _is_roomy(job) else 0)  # frames decoded and not written yet
    under_way: deque[_Writing] = deque()

    def write(one: UnfinishedFrame) -> FrameNotes:
        done = renderer.finish(one)
        output.write(done.notes.index, done.picture)
        return done.notes

    with (
        MediaReader(job.media) as reader,
        Ahead(reader.frames(frames), _DECODED_AHEAD) as decoded,
        ThreadPoolExecutor(job.threads, "frames") as pool,
    ):
        source = _Buffer(decoded)
        try:
            for unit in units:
                source.forget_before(unit.frames.start)
                while source.lacks(unit.frames):
                    yield from _written(under_way, in_flight - source.count)
                    source.decode(unit.frames)
                    yield None
                held = source.held(unit.frames)
                with closing(renderer.restore(unit, held, state)) as window:
                    while True:
                        try:
                            next(window)
                        except StopIteration as stop:
                            state, unfinished = stop.value
                            break
                        yield from _written(under_way, in_flight)
                        yield None
                del held
                under_way.append(_Writing(UnitDone(unit, state), deque(pool.submit(write, one) for one in unfinished)))
                del unfinished
                heaps.trim()
            yield from _written(under_way, 0)
            source.forget_before(frames.stop)
            heaps.trim()
        finally:
            for writing in under_way:
                for future in writing.frames:
                    future.cancel()


def _written(under_way: deque[_Writing], most: int) -> Generator[FrameNotes | UnitDone, None, None]:
    """Report what is written, in order, and wait until at most `most` frames are left to write."""
    left = sum(len(writing.frames) for writing in under_way)
    while under_way:
        first = under_way[0]
        while first.frames:
            if left <= most and not first.frames[0].done():
                return
            notes = finished(first.frames[0])
            first.frames.popleft()
            left -= 1
            yield notes
        under_way.popleft()
        yield first.done


def _is_roomy(job: RestorationJob) -> bool:
    """Whether memory holds two windows of frames: results are the same, but the network waits where it does not."""
    media = job.media
    frame_bytes = media.width * media.height * 3 * (4 if media.bit_depth > 10 else 2) * job.settings.scale**2
    return bool(psutil.virtual_memory().available > 4 * job.plan.size * frame_bytes)


class _Buffer:
    """Decoded frames, each kept until no later window needs it."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self._held: dict[int, Frame] = {}

    @property
    def count(self) -> int:
        """How many are held."""
        return len(self._held)

    def forget_before(self, start: int) -> None:
        """Let go of earlier frames: ranges never go back."""
        self._held = {index: frame for index, frame in self._held.items() if index >= start}

    def lacks(self, wanted: FrameRange) -> bool:
        """Whether a frame of `wanted` has not come yet."""
        return wanted.stop - 1 not in self._held

    def decode(self, wanted: FrameRange) -> None:
        """Take the next frame, and keep it if it is not before `wanted`. Raises MediaError where the footage ends."""
        frame = next(self._frames, None)
        if frame is None:
            hint = "The file may have been cut off while it was copied. Use --range to leave its end out."
            raise MediaError("media.truncated", f"the footage ends before frame {wanted.stop - 1}", hint)
        if frame.index >= wanted.start:
            self._held[frame.index] = frame

    def held(self, wanted: FrameRange) -> dict[int, Frame]:
        """The frames of `wanted`."""
        return {index: self._held[index] for index in wanted.frames()}


def open_restorers(job: RestorationJob, tracks: tuple[CastTrack, ...]) -> dict[str, Restorer]:
    """The network for each identity pack of the cast, "" for none; only where there is work for it.

    Raises ModelPackError, InputError where a pack is another by now.
    """
    wanted = {track.identity_pack for track in tracks if track.settings.strength > 0}
    if not wanted:
        return {}
    pack = Path(job.pack.path)
    if check_pack(pack).sha256 != job.pack.sha256:
        hint = "Start afresh with --overwrite, or put the earlier pack back."
        raise InputError("job.differs", "the model pack is not the one that this job was begun with", hint)
    restorers: dict[str, Restorer] = {}
    plain: Restorer | None = None  # one for everybody whose pack changes nothing in the network
    for role in job.roles:
        if role.identity in wanted:
            identity = identity_of(role, job.pack)
            lora = identity.lora if identity else None
            if lora is None and plain is not None:
                restorers[role.identity] = plain
                continue
            restorers[role.identity] = Restorer(pack, torch.device(job.device), getattr(torch, job.dtype), lora)
            plain = restorers[role.identity] if lora is None else plain
    return restorers


def look_of(job: RestorationJob) -> Look:
    """What the composite needs of a job."""
    media = job.media
    matrix = color.effective_matrix(media.color, media.width, media.height)
    return Look(job.settings, color.luma_weights(matrix), media.is_float)
