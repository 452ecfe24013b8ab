"""Follow faces through a shot: link detections into tracks, and smooth their points over time.

Nothing crosses a cut: each shot has a tracker of its own, and smoothing sees one track at a time.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.api import Face, FaceTrack, Shot
from likeness_core.crops import align, cut
from likeness_core.face_quality import FaceQuality, quality_of_crop
from likeness_core.faces import SURE_SCORE, FaceAnalyser, FoundFace, Picture, Points, aligned_crop
from likeness_core.media import to_float, to_uint8

# A face is embedded once in so many of its detections, always the best of them. The recogniser takes 18 ms on
# two cores: so 3 ms a frame, and four looks a second are enough for a mean that no longer moves.
_EMBED_EVERY = 6
_MAX_GAP_FRAMES = 12  # longer out of sight (half a second), and a new track begins; people.py joins them again
_FILL_GAP_FRAMES = 5  # shorter gaps are a detector's blink (motion blur), and get interpolated faces of score 0
_MIN_DETECTIONS = 3  # a track of fewer, in a shot that is longer, is a false alarm more often than a face
_PLAIN_SIGHT_IOU = 0.6  # neighbouring frames of one face overlap at least so much, save in fast motion
_SAME_VIEW = 0.95  # correlation of 16 x 16 crops; neighbouring frames of real clips gave 0.96 to 1, strangers 0.85
_LOOKS_ALIKE = 0.35  # cosine of embeddings; strangers give 0.10 with a deviation of 0.10
_REACH = 2.0  # how far, in face widths, a face may jump between two frames
_SAME_SIZE = 1.6  # how much its width may change meanwhile, as a factor

_THUMB_PX = 16  # of what two neighbouring frames are compared in
VIEW_PX = 128
MOST_VIEWS = 4

# Spread in frames of the smoothing's Gaussian weights; docs/faces.md has the measurement.
_SMOOTHING_FRAMES = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class FollowedFace:
    """A track with what is too large for messages. Row i belongs to `track.faces[i]`."""

    track: FaceTrack
    landmarks: Points  # float32 (T, 468, 2), smoothed, pixels of the frame
    presence: npt.NDArray[np.float32]  # (T,), 0 to 1: how sure the mesh is; 0 where interpolated
    views: Picture  # uint8 RGB (V, VIEW_PX, VIEW_PX, 3): aligned crops of some of its best frames, MOST_VIEWS at most
    views_dense: Points  # float32 (V, 468, 2): the landmarks in them, shares of the side


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What one detection shows."""

    found: FoundFace
    quality: FaceQuality
    thumb: Points  # float32 (256,): the face at 16 x 16, mean 0 and length 1


@dataclass(slots=True)
class _Best:
    """The best view of a face since it was last embedded: the part of the frame around it."""

    picture: Picture
    face: Face  # in pixels of `picture`
    quality: float


@dataclass(slots=True)
class _OpenTrack:
    """A face that is being followed."""

    found: list[FoundFace] = field(default_factory=list)
    thumb: Points = field(default_factory=lambda: np.zeros(_THUMB_PX**2, np.float32))  # the last, as in _Look
    embedding_sum: Points = field(default_factory=lambda: np.zeros(1, np.float32))
    expected: list[tuple[float, float]] = field(default_factory=list)  # weight and `Recognition.expected_match`
    sharpness_sum: float = 0.0
    best: _Best | None = None
    views: list[tuple[int, Picture]] = field(default_factory=list)  # frame, crop by the points that it has there
    view_every: int = 1  # of the best views so far one in so many is kept

    @property
    def last(self) -> Face:
        return self.found[-1].face

    def predicted_box(self, frame: int) -> tuple[float, float, float, float]:
        """The last box, moved on as it moved before."""
        x, y, width, height = self.last.box
        if len(self.found) < 2:
            return x, y, width, height
        before = self.found[-2].face
        ahead = (frame - self.last.frame) / (self.last.frame - before.frame)
        shift = [
            (new + new_size / 2 - old - old_size / 2) * min(ahead, 2.0)
            for new, new_size, old, old_size in zip(
                self.last.box[:2], self.last.box[2:], before.box[:2], before.box[2:], strict=True
            )
        ]
        return x + shift[0], y + shift[1], width, height

    def keep_view(self) -> None:
        """Add the best view to those that are kept: evenly spread over the track, however long it becomes."""
        if self.best is None:
            return
        crop = cut(to_float(self.best.picture), align(np.array(self.best.face.points, np.float32), VIEW_PX))
        self.views.append((self.best.face.frame, to_uint8(crop)))
        if len(self.views) > MOST_VIEWS:
            self.views, self.view_every = self.views[::2], 2 * self.view_every


class ShotTracker:
    """Follows the faces of one shot. Feed it every frame in order with `add`, then take the tracks with `finish`."""

    def __init__(self, analyser: FaceAnalyser, shot: Shot, first_number: int = 0) -> None:
        """`first_number`: of the first track, so that numbers are unique in the footage."""
        self._analyser = analyser
        self._shot = shot
        self._first_number = first_number
        self._frames_seen = 0
        self._open: list[_OpenTrack] = []
        self._closed: list[_OpenTrack] = []

    def add(self, frame: int, rgb: Picture, found: list[FoundFace] | None = None) -> list[Face]:
        """Take in frame number `frame` (uint8 RGB (H, W, 3)). Returns the faces that are followed in it.

        `found`: what the analyser finds in it, where that is known already.
        """
        self._frames_seen += 1
        gone = [track for track in self._open if frame - track.last.frame > _MAX_GAP_FRAMES]
        self._closed += gone
        self._open = [track for track in self._open if track not in gone]
        looks = [_look(one, rgb) for one in (self._analyser.find(rgb, frame) if found is None else found)]
        linked = self._link(looks, rgb, frame)
        for index, look in enumerate(looks):
            track = linked.get(index)
            if track is None:
                if look.found.face.score < SURE_SCORE:
                    continue
                track = _OpenTrack()
                self._open.append(track)
            self._extend(track, look, rgb)
        return [track.last for track in self._open if track.last.frame == frame]

    def finish(self) -> list[FollowedFace]:
        """The tracks of the shot, by first appearance, then from left to right."""
        least = min(_MIN_DETECTIONS, self._frames_seen)  # where a cut comes early the shot is shorter than planned
        kept = [track for track in self._closed + self._open if len(track.found) >= least]
        kept.sort(key=lambda track: (track.found[0].face.frame, track.found[0].face.box[0]))
        self._open, self._closed = [], []
        return [self._finished(track, self._first_number + index) for index, track in enumerate(kept)]

    def _link(self, looks: list[_Look], rgb: Picture, frame: int) -> dict[int, _OpenTrack]:
        """Which detection (index) continues which track: pairs by affinity, the best first.

        A face in plain sight continues its track by its place alone. The recogniser is asked where the place is
        unsure, where two faces overlap, and where the view changes at once: at a cut that nobody found.
        """
        boxes = [track.predicted_box(frame) for track in self._open]
        overlaps = np.array([[overlap(box, look.found.face.box) for look in looks] for box in boxes])
        pairs = []
        for row, track in enumerate(self._open):
            for column, look in enumerate(looks):
                face = look.found.face
                if not _within_reach(boxes[row], face.box, frame - track.last.frame):
                    continue
                affinity = float(overlaps[row, column])
                rivals = (overlaps[row] > 0.1).sum() + (overlaps[:, column] > 0.1).sum() - 2
                if affinity < _PLAIN_SIGHT_IOU or rivals > 0 or track.thumb @ look.thumb < _SAME_VIEW:
                    alike = self._alike(track, face, rgb)
                    if alike < _LOOKS_ALIKE:
                        continue
                    affinity += alike
                else:
                    affinity += 1  # in plain sight: as good as looking exactly alike
                pairs.append((affinity, row, column))
        linked: dict[int, _OpenTrack] = {}
        taken: set[int] = set()
        for _, row, column in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if row not in taken and column not in linked:
                linked[column] = self._open[row]
                taken.add(row)
        return linked

    def _alike(self, track: _OpenTrack, face: Face, rgb: Picture) -> float:
        """Cosine between the track's embedding so far and the face's."""
        if not track.embedding_sum.any():
            self._embed_best(track)
        mean = track.embedding_sum / max(float(np.linalg.norm(track.embedding_sum)), 1e-9)
        return float(mean @ self._analyser.embed(rgb, face))

    def _extend(self, track: _OpenTrack, look: _Look, rgb: Picture) -> None:
        track.found.append(look.found)
        track.thumb = look.thumb
        track.sharpness_sum += look.quality.sharpness
        if track.best is None or look.quality.overall > track.best.quality:
            picture, face = _surroundings(rgb, look.found.face)
            track.best = _Best(picture.copy(), face, look.quality.overall)
        if len(track.found) % _EMBED_EVERY == 0:
            self._embed_best(track)

    def _embed_best(self, track: _OpenTrack) -> None:
        """Add the best view to the track's embedding, weighted by its quality."""
        if track.best is not None:
            weight = track.best.face.score * max(track.best.quality, 0.01)
            seen = self._analyser.recognise(track.best.picture, track.best.face)
            track.embedding_sum = track.embedding_sum + weight * seen.embedding
            if len(track.expected) % track.view_every == 0:
                track.keep_view()
            track.expected.append((weight, seen.expected_match))
            track.best = None

    def _finished(self, track: _OpenTrack, number: int) -> FollowedFace:
        self._embed_best(track)
        faces = [one.face for one in track.found]
        embedding = track.embedding_sum / max(float(np.linalg.norm(track.embedding_sum)), 1e-9)
        weights, expected = zip(*track.expected, strict=True)
        mean_score = sum(face.score for face in faces) / len(faces)
        quality = mean_score * track.sharpness_sum / len(faces)
        frames = np.array([face.frame for face in faces])
        # Where the mesh was not sure its points are not used: the track's five points come from the detector there.
        presence = np.array([one.landmarks.presence for one in track.found], np.float32)
        every = _with_short_gaps(frames)
        five = smooth_points(frames, np.array([face.points for face in faces], np.float32), every)
        dense = smooth_points(frames, np.stack([one.landmarks.points for one in track.found]), every)
        smoothed = []
        for index, frame in enumerate(every):
            face = _at(faces, frames, int(frame))
            smoothed.append(replace(face, points=tuple((float(x), float(y)) for x, y in five[index])))
        known = dict(zip(frames.tolist(), presence.tolist(), strict=True))
        return FollowedFace(
            FaceTrack(
                number,
                self._shot.number,
                tuple(smoothed),
                tuple(map(float, embedding)),
                quality,
                float(np.average(expected, weights=weights)),
            ),
            dense,
            np.array([known.get(int(frame), 0.0) for frame in every], np.float32),
            np.stack([crop for _, crop in track.views]),
            np.stack([_points_in_view(faces, dense, frame, every) for frame, _ in track.views]),
        )


def _points_in_view(faces: list[Face], dense: Points, frame: int, every: npt.NDArray[np.int64]) -> Points:
    """(468, 2) smoothed landmarks of `frame` in the crop that its own five points gave, shares of the side."""
    own = next(face for face in faces if face.frame == frame)
    return align(np.array(own.points, np.float32), VIEW_PX).points(dense[int(np.searchsorted(every, frame))])


def smooth_points(
    frames: npt.NDArray[np.int64], points: Points, wanted: npt.NDArray[np.int64], spread: float = _SMOOTHING_FRAMES
) -> Points:
    """Points over time without their noise and without delay: a local quadratic fit with Gaussian weights.

    `frames`: (T,) ascending frame numbers, gaps allowed; `points`: float32 (T, N, 2); `wanted`: (S,) ascending
    frames within the first to the last of `frames`; `spread` in frames. Returns float32 (S, N, 2). Zero-phase: a
    motion of constant velocity or acceleration comes out as it went in, up to a slight pull at both ends. Frames of
    a gap are interpolated by the same fit. Feed it one track at a time: it must not see across a cut.
    """
    first, count = int(frames[0]), int(frames[-1] - frames[0]) + 1
    values = np.zeros((count, points.shape[1] * 2))
    weights = np.zeros(count)
    values[frames - first] = points.reshape(len(points), -1)
    weights[frames - first] = 1
    centre = values[frames - first].mean(axis=0)  # keeps the sums small
    values = (values - centre) * weights[:, None]
    moments = np.zeros((5, count))
    sums = np.zeros((3, count, values.shape[1]))
    reach = int(np.ceil(3 * spread)) + _FILL_GAP_FRAMES
    for offset in range(-min(reach, count - 1), min(reach, count - 1) + 1):
        here = slice(max(0, -offset), count - max(0, offset))
        there = slice(max(0, offset), count - max(0, -offset))
        time = offset / spread
        kernel = np.exp(-0.5 * time**2)
        for power in range(5):
            moments[power, here] += kernel * time**power * weights[there]
        for power in range(3):
            sums[power, here] += kernel * time**power * values[there]
    system = np.stack([np.stack([moments[row + column] for column in range(3)], -1) for row in range(3)], -2)
    # Slope and curvature lean to zero a little: at the ends of a track half of the neighbours are missing.
    system += np.diag((0.0, 0.005, 0.02)) * moments[0][:, None, None]
    fitted = np.linalg.solve(system[wanted - first], sums[:, wanted - first].transpose(1, 0, 2))[:, 0]
    return np.asarray(fitted + centre, np.float32).reshape(len(wanted), -1, 2)


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes (x, y, width, height), 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (one[2] * one[3] + other[2] * other[3] - width * height)


def _look(found: FoundFace, rgb: Picture) -> _Look:
    crop = aligned_crop(rgb, found.face)
    small = cv2.resize(
        cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[16:96, 16:96], (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA
    )
    view = small.astype(np.float32).ravel() - np.float32(small.mean())
    length = max(float(np.linalg.norm(view)), 1e-6)
    return _Look(found, quality_of_crop(crop, found.face), np.asarray(view / length, np.float32))


def _within_reach(
    box: tuple[float, float, float, float], other: tuple[float, float, float, float], frames: int
) -> bool:
    """Whether a face at `box` can be at `other` so many frames later."""
    width = max(box[2], other[2])
    x = abs(box[0] + box[2] / 2 - other[0] - other[2] / 2)
    y = abs(box[1] + box[3] / 2 - other[1] - other[3] / 2)
    grown = width / max(min(box[2], other[2]), 1e-6)
    return max(x, y) <= _REACH * width and grown <= _SAME_SIZE ** min(frames, 3)


def _surroundings(rgb: Picture, face: Face) -> tuple[Picture, Face]:
    """The part of the frame around a face that recogniser and quality look at, and the face within it."""
    x, y, width, height = face.box
    margin = max(width, height)
    left, top = (max(0, int(value)) for value in (x - margin, y - margin))
    left, top = min(left, rgb.shape[1] - 1), min(top, rgb.shape[0] - 1)
    part = rgb[top : max(top + 1, int(y + height + margin)), left : max(left + 1, int(x + width + margin))]
    points = tuple((px - left, py - top) for px, py in face.points)
    return part, replace(face, box=(x - left, y - top, width, height), points=points)


def _with_short_gaps(frames: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The frames, and those of every gap of at most _FILL_GAP_FRAMES between them."""
    every = [frames[:1]]
    for before, after in pairwise(frames):
        filled = after - before - 1 <= _FILL_GAP_FRAMES
        every.append(np.arange(before + 1, after + 1) if filled else np.array([after]))
    return np.concatenate(every).astype(np.int64)


def _at(faces: list[Face], frames: npt.NDArray[np.int64], frame: int) -> Face:
    """The face of a frame; inside a gap one between its neighbours, with score 0."""
    after = int(np.searchsorted(frames, frame))
    if faces[after].frame == frame:
        return faces[after]
    before_face, after_face = faces[after - 1], faces[after]
    share = (frame - before_face.frame) / (after_face.frame - before_face.frame)
    x, y, width, height = (old + share * (new - old) for old, new in zip(before_face.box, after_face.box, strict=True))
    return Face(frame, (x, y, width, height), before_face.points, 0.0)
