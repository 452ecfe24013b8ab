"""Units of work: each window of a shot with faces, each stretch of frames without; what one leaves for the next.

A unit decodes frames, restores the faces in them and finishes those frames that no later window needs.
"""

import io
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from likeness_core.api import Face, FrameRange, Shot, WindowPlan
from likeness_core.cast import CastTrack
from likeness_core.composite import Look, RestoredFace
from likeness_core.crops import cut
from likeness_core.errors import OutOfMemoryError
from likeness_core.evidence import FaceScore, FrameNotes
from likeness_core.faces import FaceAnalyser
from likeness_core.grain import Grain, missing_grain
from likeness_core.kept_windows import KeptWindows, RestoredWindow
from likeness_core.media import Frame
from likeness_core.memory import Thrift
from likeness_core.patches import Composite, changed_by, cut_from
from likeness_core.restorer.attributes import as_said, measure_attributes
from likeness_core.restorer.blending import BlendingMemory, WindowLatents, cross_fade_weights
from likeness_core.restorer.conditioning import FaceClip
from likeness_core.restorer.pipeline import RestoredClip, Restorer
from likeness_core.timing import windows
from likeness_core.warps import five_points

Array = npt.NDArray[np.float32]
Half = npt.NDArray[np.float16]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Unit:
    """One step of a job."""

    number: int
    shot: int
    frames: FrameRange  # decoded
    finished: FrameRange  # written when the unit ends
    restores: bool


def plan_units(shots: tuple[Shot, ...], cast: tuple[CastTrack, ...], plan: WindowPlan) -> list[Unit]:
    """The units of a job in order; together they finish every frame of every shot once."""
    units: list[Unit] = []
    for shot in shots:
        restores = any(track.shot == shot.number for track in cast)
        ranges = windows(shot.frames, plan.size, plan.overlap if restores else 0)
        starts = [window.start for window in ranges] + [shot.frames.stop]
        if not restores:  # the last window is moved back to full size: without faces nothing may be done twice
            ranges = [FrameRange(a, min(a + plan.size, shot.frames.stop)) for a in _steps(shot.frames, plan.size)]
            starts = [window.start for window in ranges] + [shot.frames.stop]
        for position, window in enumerate(ranges):
            finished = FrameRange(window.start, starts[position + 1])
            units.append(Unit(len(units), shot.number, window, finished, restores))
    return units


def _steps(frames: FrameRange, size: int) -> range:
    return range(frames.start, frames.stop, size)


@dataclass(slots=True)
class TrackState:
    """What the next window of one track needs of the last."""

    frames: tuple[int, ...] = ()
    crops: Half = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.float16))  # restored, cross-faded
    trust: Half = field(default_factory=lambda: np.zeros(0, np.float16))
    memory: BlendingMemory = field(default_factory=BlendingMemory)
    grain: Grain | None = None  # measured in the track's first window


State = dict[int, TrackState]  # by track number


@dataclass(frozen=True, slots=True, eq=False)
class UnfinishedFrame:
    """A frame whose faces are restored, but not put back yet."""

    frame: Frame
    faces: list[RestoredFace]


@dataclass(frozen=True, slots=True, eq=False)
class FinishedFrame:
    """One frame, done."""

    picture: Composite
    notes: FrameNotes

    @property
    def rgb(self) -> Array:
        """The whole result, (H, W, 3)."""
        return self.picture.rgb

    @property
    def scores(self) -> tuple[FaceScore, ...]:
        """How like the person its faces are."""
        return self.notes.scores


class Renderer:
    """Carries units out. Frames may be finished in several threads while the next unit is restored."""

    def __init__(
        self, restorers: Mapping[str, Restorer], analyser: FaceAnalyser, look: Look, cast: tuple[CastTrack, ...],
        kept: KeptWindows | None = None, pool: ThreadPoolExecutor | None = None, thrift: Thrift | None = None,
    ) -> None:  # fmt: skip
        """`restorers`: by the cast's identity packs. `kept`: windows of earlier runs; `pool`: who judges faces."""
        self._restorers, self._analyser, self._look, self._cast = restorers, analyser, look, cast
        self._kept, self._pool, self._thrift = kept, pool, thrift
        self._persons = {track.number: (track.person, track.person_embedding()) for track in cast}
        self._embedded: dict[tuple[int, int], Array] = {}  # by track and frame: the source's faces of the last window

    def run(
        self, unit: Unit, frames: dict[int, Frame], state: State
    ) -> Generator[None, None, tuple[State, Iterator[FinishedFrame]]]:
        """As `restore`, with each frame finished when it is taken."""
        following, frames_left = yield from self.restore(unit, frames, state)
        return following, (self.finish(one) for one in frames_left)

    def restore(
        self, unit: Unit, frames: dict[int, Frame], state: State
    ) -> Generator[None, None, tuple[State, list[UnfinishedFrame]]]:
        """Restore a unit's windows; yields at every denoising step.

        Returns the state for the next unit, and the frames that are to be finished.
        """
        faces: dict[int, list[RestoredFace]] = {index: [] for index in unit.finished.frames()}
        following: State = {}
        for track in self._cast:
            if track.shot != unit.shot or track.settings.strength == 0:
                continue
            present = [i for i in unit.frames.frames() if i in track.frames]
            if not present:
                continue
            before = state.get(track.number, TrackState())
            following[track.number] = yield from self._window(unit, track, present, frames, before, faces)
        return following, [UnfinishedFrame(frames[index], faces[index]) for index in unit.finished.frames()]

    def finish(self, unfinished: UnfinishedFrame) -> FinishedFrame:
        """Put the faces of a frame back, and look how like the person they are now."""
        frame, faces = unfinished.frame, unfinished.faces
        change = changed_by(frame.pixels, frame.index, faces, self._look)
        scores, pairs = [], []
        for face in faces:
            assert change is not None
            person, embedding = self._persons[face.track]
            result = cut(change.rgb, face.alignment.within(change.left, change.top))
            score = float(self._embed(np.clip(result, 0, 1), face.dense) @ embedding)
            scores.append(FaceScore(frame.index, person, face.source_score, score, face.trust))
            pairs.append(np.stack([_to_uint8(face.source), _to_uint8(result)]))
        notes = FrameNotes(frame.index, tuple(scores), tuple(pairs))
        return FinishedFrame(Composite(frame.pixels, self._look.settings.scale, change), notes)

    def _window(
        self, unit: Unit, track: CastTrack, present: list[int], frames: dict[int, Frame], before: TrackState,
        faces: dict[int, list[RestoredFace]],
    ) -> Generator[None, None, TrackState]:  # fmt: skip
        clip = self._clip(track, present, frames)
        done = yield from self._restored(track, clip, before.memory)
        scores, trust = self._judge(track, clip, done)
        restored = done.crops.astype(np.float32)
        grain = before.grain or missing_grain(clip.crops, restored, 1 / track.alignment(present[0]).scale())
        share = cross_fade_weights(present, before.frames[-1] + 1 if before.frames else present[0])
        for position, frame in enumerate(present):
            if frame in before.frames:
                place, weight = before.frames.index(frame), share[position]
                restored[position] = weight * restored[position] + (1 - weight) * before.crops[place].astype(np.float32)
                trust[position] = weight * trust[position] + (1 - weight) * np.float32(before.trust[place])
            if frame in unit.finished:
                faces[frame].append(
                    RestoredFace(
                        track.number, restored[position], clip.crops[position], clip.dense[position],
                        track.alignment(frame), float(trust[position]), float(scores[position]), grain,
                        track.monochrome, track.settings,
                    )
                )  # fmt: skip
        kept = [position for position, frame in enumerate(present) if frame >= unit.finished.stop]
        return TrackState(
            frames=tuple(present[i] for i in kept),
            crops=restored[kept].astype(np.float16),
            trust=trust[kept].astype(np.float16),
            memory=before.memory.remember(done.latents, unit.finished.stop) if done.latents else BlendingMemory(),
            grain=grain,
        )

    def _clip(self, track: CastTrack, present: list[int], frames: dict[int, Frame]) -> FaceClip:
        """The track's crops in a window."""
        scale = self._look.settings.scale

        def crop(index: int) -> Array:
            return np.clip(cut_from(frames[index].pixels, scale, track.alignment(index)), 0, 1)

        crops = np.stack(self._each(crop, present))
        dense = np.stack([track.landmarks(index) for index in present])
        measured = measure_attributes(np.median(dense, axis=0), track.monochrome)
        attributes = as_said(measured, track.settings.attributes)
        return FaceClip(
            tuple(present), crops, dense, track.embedding, attributes, track.monochrome, track.identity,
            track.settings.without, track.expected_match,
        )  # fmt: skip

    def _restored(
        self, track: CastTrack, clip: FaceClip, memory: BlendingMemory
    ) -> Generator[None, None, RestoredWindow]:
        """What the network makes of a window, or made of the very same earlier."""
        key = self._kept.key(clip, track, memory) if self._kept else ""
        window = self._kept.load(key) if self._kept else None
        if window is None:
            done = yield from self._network(track, clip, memory)
            # Half precision: what the next window sees is the same whether it comes from here, disk or cache. A single
            # step blends nothing, so nothing of it is remembered.
            latents = _halved(done.latents) if track.settings.steps > 1 else None
            crops = done.crops.astype(np.float16)
            embeddings = self._each(
                lambda i: self._embed(crops[i].astype(np.float32), clip.dense[i]), range(len(crops))
            )
            window = RestoredWindow(crops, latents, np.stack(embeddings))
            if self._kept:
                self._kept.store(key, window)
        return window

    def _network(self, track: CastTrack, clip: FaceClip, memory: BlendingMemory) -> Generator[None, None, RestoredClip]:
        """A window through the network; where memory runs out, again in more parts."""
        restorer = self._restorers[track.identity_pack]
        while True:
            try:
                return (yield from restorer.restore(clip, track.guide, track.settings, memory))
            except OutOfMemoryError:
                if self._thrift is None or not self._thrift.step_down():
                    raise

    def _judge(self, track: CastTrack, clip: FaceClip, restored: RestoredWindow) -> tuple[Array, Array]:
        """The source's likeness to the person (T,), and how far the result can be trusted (T,)."""
        person = track.person_embedding()
        was = self._source_embeddings(track, clip) @ person
        now = restored.embeddings @ person
        if not track.settings.confidence_fading:
            return was, np.ones_like(was)
        trust = track.trust[[index - track.first for index in clip.frames]]
        if not track.photos:
            return was, trust.copy()
        # A loss of 0.03 is noise of the recogniser between neighbouring frames; from 0.10 on it is another face.
        share = np.clip(1 - (was - now - 0.03) / 0.07, 0, 1)
        smooth = np.convolve(np.pad(share, 2, mode="edge"), np.array([1, 2, 3, 2, 1], np.float32) / 9, mode="valid")
        return was, np.asarray(trust * smooth, np.float32)

    def _source_embeddings(self, track: CastTrack, clip: FaceClip) -> Array:
        """(T, 128) of the source's faces; those that the window before it held too are known."""
        new = [i for i, frame in enumerate(clip.frames) if (track.number, frame) not in self._embedded]
        found = dict(zip(new, self._each(lambda i: self._embed(clip.crops[i], clip.dense[i]), new), strict=True))
        embeddings = [
            found[i] if i in found else self._embedded[track.number, frame] for i, frame in enumerate(clip.frames)
        ]
        here = {(track.number, frame): one for frame, one in zip(clip.frames, embeddings, strict=True)}
        self._embedded = {key: one for key, one in self._embedded.items() if key[0] != track.number} | here
        return np.stack(embeddings)

    def _embed(self, crop: Array, dense: Array) -> Array:
        points = five_points(dense) * crop.shape[0] - 0.5
        side = float(crop.shape[0])
        face = Face(0, (0.0, 0.0, side, side), tuple((float(x), float(y)) for x, y in points), 1.0)
        return self._analyser.embed(_to_uint8(crop), face)

    def _each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """`work` of every item, on all cores where there is a pool."""
        return list(self._pool.map(work, items) if self._pool else map(work, items))


def pack_state(state: State) -> bytes:
    """State as the bytes of an .npz; `unpack_state` reads it back exactly."""
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for number, track in state.items():
        arrays[f"{number}.frames"] = np.array(track.frames, np.int64)
        arrays[f"{number}.crops"], arrays[f"{number}.trust"] = track.crops, track.trust
        grain = track.grain
        arrays[f"{number}.grain"] = np.array(
            [] if grain is None else [grain.deviation, grain.softness_px, grain.colour]
        )
        for position, window in enumerate(track.memory.windows):
            arrays[f"{number}.{position}.frames"] = np.array(window.frames, np.int64)
            arrays[f"{number}.{position}.latents"] = window.latents.numpy()
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack_state(data: bytes) -> State:
    """What `pack_state` wrote."""
    stored = np.load(io.BytesIO(data))
    state: State = {}
    for number in sorted({int(name.split(".")[0]) for name in stored.files}):
        memory: list[WindowLatents] = []
        while f"{number}.{len(memory)}.frames" in stored.files:
            prefix = f"{number}.{len(memory)}"
            latents = torch.from_numpy(stored[f"{prefix}.latents"])
            memory.append(WindowLatents(tuple(stored[f"{prefix}.frames"].tolist()), latents))
        measured = stored[f"{number}.grain"].tolist()
        state[number] = TrackState(
            frames=tuple(stored[f"{number}.frames"].tolist()),
            crops=stored[f"{number}.crops"],
            trust=stored[f"{number}.trust"],
            memory=BlendingMemory(memory),
            grain=Grain(*measured) if measured else None,
        )
    return state


def _halved(latents: WindowLatents) -> WindowLatents:
    """Half precision: what is kept in memory equals what is on disk, so a resumed run sees the same."""
    return WindowLatents(latents.frames, latents.latents.to(torch.float16))


def _to_uint8(crop: Array) -> npt.NDArray[np.uint8]:
    return np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
