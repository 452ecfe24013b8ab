"""Units of work: each window of a shot with faces, each stretch of frames without; what one leaves for the next.

A unit decodes frames, restores the faces in them and finishes those frames that no later window needs.
"""

import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import torch

from likeness_core.api import Face, FrameRange, Shot, WindowPlan
from likeness_core.cast import CastTrack
from likeness_core.composite import Look, RestoredFace, compose
from likeness_core.crops import cut
from likeness_core.evidence import FaceScore, FinishedFrame
from likeness_core.faces import FaceAnalyser
from likeness_core.grain import Grain, missing_grain
from likeness_core.media import Frame, alpha_of, to_float
from likeness_core.restorer.attributes import measure_attributes
from likeness_core.restorer.blending import BlendingMemory, WindowLatents, cross_fade_weights
from likeness_core.restorer.conditioning import FaceClip
from likeness_core.restorer.pipeline import Restorer
from likeness_core.timing import windows
from likeness_core.warps import five_points

Array = npt.NDArray[np.float32]
Half = npt.NDArray[np.float16]


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


class Renderer:
    """Carries units out."""

    def __init__(
        self, restorer: Restorer | None, analyser: FaceAnalyser, look: Look, cast: tuple[CastTrack, ...]
    ) -> None:
        """`restorer` may be None where the cast is empty."""
        self._restorer, self._analyser, self._look, self._cast = restorer, analyser, look, cast

    def run(
        self, unit: Unit, frames: dict[int, Frame], state: State
    ) -> Generator[None, None, tuple[State, Iterator[FinishedFrame]]]:
        """Restore a unit's windows; yields at every denoising step.

        Returns the state for the next unit, and the finished frames, each composed when it is taken.
        """
        faces: dict[int, list[RestoredFace]] = {index: [] for index in unit.finished.frames()}
        following: State = {}
        for track in self._cast:
            if track.shot != unit.shot or self._look.settings.strength == 0:
                continue
            present = [i for i in unit.frames.frames() if i in track.frames]
            if not present:
                continue
            before = state.get(track.number, TrackState())
            following[track.number] = yield from self._window(unit, track, present, frames, before, faces)
        return following, (self._finish(frames[index], faces[index]) for index in unit.finished.frames())

    def _window(
        self, unit: Unit, track: CastTrack, present: list[int], frames: dict[int, Frame], before: TrackState,
        faces: dict[int, list[RestoredFace]],
    ) -> Generator[None, None, TrackState]:  # fmt: skip
        assert self._restorer is not None
        clip = self._clip(track, present, frames)
        done = yield from self._restorer.restore(clip, track.guide, self._look.settings, before.memory)
        scores, trust = self._judge(track, clip, done.crops)
        restored = done.crops
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
                        track.monochrome,
                    )
                )  # fmt: skip
        kept = [position for position, frame in enumerate(present) if frame >= unit.finished.stop]
        return TrackState(
            frames=tuple(present[i] for i in kept),
            crops=restored[kept].astype(np.float16),
            trust=trust[kept].astype(np.float16),
            memory=before.memory.remember(_halved(done.latents), unit.finished.stop),
            grain=grain,
        )

    def _clip(self, track: CastTrack, present: list[int], frames: dict[int, Frame]) -> FaceClip:
        """The track's crops in a window."""
        crops = [np.clip(cut(self.enlarged(frames[i]), track.alignment(i)), 0, 1) for i in present]
        dense = np.stack([track.landmarks(index) for index in present])
        attributes = measure_attributes(np.median(dense, axis=0), track.monochrome)
        return FaceClip(tuple(present), np.stack(crops), dense, track.embedding, attributes, track.monochrome)

    def enlarged(self, frame: Frame) -> Array:
        """The frame at the result's size, RGB float32 (H, W, 3)."""
        picture = to_float(frame.pixels)
        return _enlarge(picture, self._look.settings.scale)

    def _judge(self, track: CastTrack, clip: FaceClip, restored: Array) -> tuple[Array, Array]:
        """The source's likeness to the person (T,), and how far the result can be trusted (T,)."""
        person = track.person_embedding()
        pairs = [
            (float(self._embed(before, points) @ person), float(self._embed(after, points) @ person))
            for before, after, points in zip(clip.crops, restored, clip.dense, strict=True)
        ]
        was, now = np.array(pairs, np.float32).T
        if not self._look.settings.confidence_fading:
            return was, np.ones_like(was)
        trust = track.trust[[index - track.first for index in clip.frames]]
        if not track.photos:
            return was, trust.copy()
        # A loss of 0.03 is noise of the recogniser between neighbouring frames; from 0.10 on it is another face.
        share = np.clip(1 - (was - now - 0.03) / 0.07, 0, 1)
        smooth = np.convolve(np.pad(share, 2, mode="edge"), np.array([1, 2, 3, 2, 1], np.float32) / 9, mode="valid")
        return was, np.asarray(trust * smooth, np.float32)

    def _embed(self, crop: Array, dense: Array) -> Array:
        points = five_points(dense) * crop.shape[0] - 0.5
        side = float(crop.shape[0])
        face = Face(0, (0.0, 0.0, side, side), tuple((float(x), float(y)) for x, y in points), 1.0)
        return self._analyser.embed(_to_uint8(crop), face)

    def _finish(self, frame: Frame, faces: list[RestoredFace]) -> FinishedFrame:
        source = self.enlarged(frame)
        rgb, matte = compose(source, frame.index, faces, self._look)
        alpha = alpha_of(frame.pixels)
        if alpha is not None:
            alpha = _enlarge(alpha, self._look.settings.scale)
        people = {track.number: track for track in self._cast}
        scores, before, after = [], None, None
        for face in faces:
            track = people[face.track]
            result = cut(rgb, face.alignment)
            score = float(self._embed(np.clip(result, 0, 1), face.dense) @ track.person_embedding())
            scores.append(FaceScore(frame.index, track.person, face.source_score, score, face.trust))
            if before is None:
                before, after = _to_uint8(face.source), _to_uint8(result)
        return FinishedFrame(frame.index, rgb, alpha, matte, tuple(scores), before, after)


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


def _enlarge(picture: Array, scale: int) -> Array:
    if scale == 1:
        return picture
    size = (picture.shape[1] * scale, picture.shape[0] * scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _halved(latents: WindowLatents) -> WindowLatents:
    """Half precision: what is kept in memory equals what is on disk, so a resumed run sees the same."""
    return WindowLatents(latents.frames, latents.latents.to(torch.float16))


def _to_uint8(crop: Array) -> npt.NDArray[np.uint8]:
    return np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
