"""Who is restored, and everything known of each of their tracks before the first window runs.

Nothing here depends on the order in which shots are worked through: shots are independent after it.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from likeness_core.analyse import Analysis, track_points
from likeness_core.api import (
    Face,
    FaceTrack,
    FrameRange,
    ModelPack,
    ReferencePhoto,
    ReferenceSet,
    RestorationJob,
    RestorationSettings,
    Role,
    Shot,
)
from likeness_core.crops import Alignment, align, cut, native_side_px
from likeness_core.errors import FaceError, InputError
from likeness_core.faces import FaceAnalyser, sface_part
from likeness_core.packs import DETAIL, Manifest, read_manifest
from likeness_core.people import PeopleChoice, choose_people
from likeness_core.references import LoadedReferences, load_references, read_photo
from likeness_core.restorer.attributes import LEARNT, VOCABULARY, measure_attributes
from likeness_core.restorer.blending import identity_states
from likeness_core.restorer.conditioning import AlignedPhoto, match_of, nearest_photo, reliance
from likeness_core.restorer.identity_pack import IdentityPack, identity_of
from likeness_core.shots import dissolve_fade
from likeness_core.warps import five_points, pose_agreement, turn

Array = npt.NDArray[np.float32]

FADE_FRAMES = 3  # in and out, where a face appears or leaves inside a shot
RUNS = 1000  # a track that is out of sight for a while is so many runs at most; keeps run numbers unique
_SAME_SIDE = 0.15  # agreement in pose below which a photograph gives hardly any detail (`warps.pose_agreement`)
_SMALLEST_SIDE_PX = 24.0  # an aligned crop that covers fewer frame pixels holds no face to restore
_BY_NUMBER = "Choose by number: --person, --also. List the people with: likeness analyse SOURCE"


@dataclass(frozen=True, slots=True)
class CastTrack:
    """One face in one shot that will be restored."""

    number: int  # unique: of the track times RUNS, plus the run's
    person: int  # of the identity
    shot: int
    first: int  # source frame of the first row of the arrays
    dense: Array  # (N, 468, 2) smoothed landmarks in pixels of the (enlarged) frame, one row a frame
    trust: Array  # (N,) 0 to 1, before the result itself is judged
    side_px: int  # of its crops: constant through the shot
    photos: tuple[AlignedPhoto, ...]  # every reference: whom results are compared with
    guide: tuple[AlignedPhoto, ...]  # the one that guides; empty without references
    embedding: Array  # (128,) of the footage's face
    expected_match: float  # the track's
    monochrome: bool
    settings: RestorationSettings  # of the person's role
    identity: Array | None = None  # (128,) the person's identity state in this shot; None without references
    identity_pack: str = ""  # file that adapts the network to the person; empty: the network as it is

    @property
    def frames(self) -> FrameRange:
        """The source frames of the track."""
        return FrameRange(self.first, self.first + len(self.dense))

    def person_embedding(self) -> Array:
        """(128,), unit length: whom a result is compared with; the references, else the footage's own face."""
        if not self.photos:
            return self.embedding
        mean = np.mean([photo.embedding for photo in self.photos], axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float32)

    def alignment(self, frame: int) -> Alignment:
        """Where the crop lies in source frame `frame`."""
        return align(five_points(self.dense[frame - self.first]), self.side_px)

    def landmarks(self, frame: int) -> Array:
        """(468, 2) landmarks of source frame `frame` as shares of the crop's side."""
        return self.alignment(frame).points(self.dense[frame - self.first])


@dataclass(frozen=True, slots=True)
class CastReference:
    """A photograph, and whom of the footage it guides."""

    photo: ReferencePhoto
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everyone who is restored."""

    tracks: tuple[CastTrack, ...]
    photos: tuple[AlignedPhoto, ...]  # everybody's references, in the order they were given
    references: tuple[CastReference, ...]  # the same photographs, as they were read
    warnings: tuple[str, ...]  # for the editor


def choose_side(dense: Array, sides_px: tuple[int, ...]) -> int | None:
    """The crop side for a track: the smallest trained one that does not throw the footage's pixels away.

    A side may lose up to a third: a face of 190 px is served by 128. None where the face is too small to restore.
    """
    native = float(np.median([native_side_px(five_points(points)) for points in dense]))
    if native < _SMALLEST_SIDE_PX:
        return None
    return next((side for side in sides_px if native <= side * 1.5), sides_px[-1])


def crop_sides(manifest: Manifest, guided: bool, settings: RestorationSettings) -> tuple[int, ...]:
    """Sides of crops for a role: those of the weights, and twice the largest where photographs have detail to give.

    The network is shown such a crop at its own largest side; fine detail is added at the full one.
    """
    detailed = guided and DETAIL in manifest.files and settings.likeness > 0 and "detail" not in settings.without
    return (*manifest.sides_px, 2 * manifest.sides_px[-1]) if detailed else manifest.sides_px


def presence_trust(presence: Array, dense: Array, shot: Shot, first: int) -> Array:
    """(N,): how far each frame of a track can be restored at all.

    Falls where the landmark network doubts that it sees a face (hands, microphones, motion) and towards the profile;
    smoothed over a few frames, and faded over FADE_FRAMES where the face appears or leaves inside the shot.
    """
    seen = np.clip((presence - 0.3) / 0.5, 0, 1)
    # Trained on faces up to 0.82 (one in a thousand lies beyond); at 0.9 one eye is gone.
    frontal = np.clip((0.88 - np.array([abs(turn(points)) for points in dense], np.float32)) / 0.16, 0, 1)
    kernel = np.array([1, 2, 3, 2, 1], np.float32) / 9
    padded = np.pad((seen * frontal).astype(np.float32), 2, mode="edge")
    trust = np.minimum(np.convolve(padded, kernel, mode="valid"), seen * frontal + 0.5)
    last = first + len(dense) - 1
    ramp = (np.arange(len(dense)) + 1) / (FADE_FRAMES + 1)
    if first > shot.frames.start:
        trust = np.minimum(trust, ramp)
    if last < shot.frames.stop - 1:
        trust = np.minimum(trust, ramp[::-1])
    return np.asarray(trust, np.float32)


def read_references(job: RestorationJob, analyser: FaceAnalyser) -> tuple[LoadedReferences | None, ...]:
    """The photographs of each of the job's roles, checked; None where a role has none.

    Raises ReferencePhotoError, ModelPackError; InputError `job.differs` where a photograph or the identity pack is
    not what the job was begun with.
    """
    return tuple(_of_role(role, job.pack, analyser) for role in job.roles)


def _of_role(role: Role, model: ModelPack, analyser: FaceAnalyser) -> LoadedReferences | None:
    pack = identity_of(role, model)
    if pack is not None:
        return _of_identity(pack)
    if not role.references:
        return None
    loaded = load_references(tuple(Path(path) for path in role.references), analyser)
    for photo, begun_with in zip(loaded.set.photos, role.reference_hashes, strict=True):
        if begun_with not in ("", photo.sha256):
            message = f"the photograph {Path(photo.path).name} has changed since this job was begun"
            raise InputError("job.differs", message, "Start afresh with --overwrite, or put the earlier one back.")
    return loaded


def _of_identity(pack: IdentityPack) -> LoadedReferences:
    """The photographs that an identity pack carries; they were checked when it was made."""
    photos = []
    for record, photo in zip(pack.manifest.photos, pack.photos, strict=True):
        side = float(photo.crop.shape[0])
        points = tuple((float(x), float(y)) for x, y in five_points(photo.dense) * side - 0.5)
        face = Face(0, (0.0, 0.0, side, side), points, 1.0)
        embedding = tuple(float(value) for value in photo.embedding)
        photos.append(ReferencePhoto(record.name, record.sha256, face, embedding, photo.quality))
    return LoadedReferences(ReferenceSet(pack.manifest.name, tuple(photos)), ())


def choose_cast(
    job: RestorationJob, loaded: tuple[LoadedReferences | None, ...], analysis: Analysis, analyser: FaceAnalyser,
    folder: Path,
) -> Cast:  # fmt: skip
    """Whom the job restores, from what `read_references` gave and what `analyse` left in the job's `folder`.

    Raises ReferencePhotoError, FaceError (nobody matches, no such person, or two roles for one).
    """
    manifest = read_manifest(Path(job.pack.path))
    cast: list[CastTrack] = []
    photos: tuple[AlignedPhoto, ...] = ()
    read: tuple[CastReference, ...] = ()
    warnings: tuple[str, ...] = ()
    choices = _choose(job.roles, loaded, analysis)
    for role, references, chosen in zip(job.roles, loaded, choices, strict=True):
        pack, given = identity_of(role, job.pack), references.set.photos if references else ()
        side = crop_sides(manifest, guided=True, settings=role.settings)[-1]
        own = pack.photos if pack else tuple(aligned_photo(photo, analyser, side) for photo in given)
        person_of = {number: person.number for person in chosen.people for number in person.tracks}
        alone = replace(job, settings=role.settings, identity=role.identity)
        tracks = [
            part
            for track in analysis.tracks
            if track.number in person_of
            for part in cast_track(track, person_of[track.number], analysis, own, alone, manifest, folder)
        ]
        said = (references.warnings if references else ()) + chosen.warnings + _mismatches(tracks, own, role)
        people = tuple(sorted(person.number for person in chosen.people))
        left = tuple(number for number in people if number not in {track.person for track in tracks})
        said += (f"too small to be restored: {_named(left)}",) if left else ()
        whose = f"{_named(people)}: " if job.others and people else ""
        warnings += tuple(whose + text for text in said)
        read += tuple(CastReference(photo, people) for photo in given)
        cast, photos = cast + tracks, photos + own
    return Cast(_with_states(sorted(cast, key=lambda track: track.number)), photos, read, warnings)


def _choose(
    roles: tuple[Role, ...], loaded: tuple[LoadedReferences | None, ...], analysis: Analysis
) -> tuple[PeopleChoice, ...]:
    """Whom each role means. Whoever is given by number is nobody else's; the other roles choose among the rest."""
    numbered = {int(role.person) for role in roles if role.person.isdecimal()}
    rest = tuple(person for person in analysis.people if person.number not in numbered)
    choices = []
    taken: set[int] = set()
    for role, references in zip(roles, loaded, strict=True):
        who = _who(role.person)
        people = analysis.people if isinstance(who, int) else rest
        try:
            if analysis.people and not people:
                raise FaceError("face.no_match", "everybody in the footage is given by number to another", _BY_NUMBER)
            choices.append(choose_people(people, references.set if references else None, who, analysis.tracks))
            _only_once(taken, {person.number for person in choices[-1].people})
        except FaceError as error:
            if len(roles) == 1:
                raise
            raise FaceError(error.code, f"{_called(role)}: {error.message}", error.hint) from error
    return tuple(choices)


def _called(role: Role) -> str:
    """A role as the editor knows it: by its file, else by the person's number."""
    given = (role.identity, *role.references)
    return next((Path(path).name for path in given if path), f"person {role.person}")


def _named(people: tuple[int, ...]) -> str:
    """As the list of `likeness analyse` numbers them."""
    return f"person {people[0]}" if len(people) == 1 else f"people {', '.join(map(str, people))}"


def _only_once(taken: set[int], people: set[int]) -> None:
    """Add the people of a role to those who have one. Raises FaceError where somebody has another."""
    twice = sorted(taken & people)
    if twice:
        message = f"person {twice[0]} of the footage is asked for twice"
        raise FaceError("face.twice", message, _BY_NUMBER)
    taken |= people


def _mismatches(tracks: list[CastTrack], photos: tuple[AlignedPhoto, ...], role: Role) -> tuple[str, ...]:
    """Where photographs and footage, or words and weights, do not meet."""
    warnings = []
    closed = VOCABULARY.index("eyes closed")
    for number, photo in enumerate(photos, start=1):
        if measure_attributes(photo.dense, monochrome=False)[closed] > 0.8:
            warnings.append(f"the eyes are closed in photograph {number}: one with open eyes helps more")
    unseen = sorted({track.shot + 1 for track in tracks if track.guide and _agreement(track) < _SAME_SIDE})
    if unseen:
        shots = f"shot {unseen[0]}" if len(unseen) == 1 else f"shots {', '.join(map(str, unseen))}"
        warnings.append(f"no photograph shows the side of the face that is seen in {shots}: there it guides little")
    unlearnt = [word for word, _ in role.settings.attributes if word not in LEARNT]
    if unlearnt:
        warnings.append(f"the weights have not learnt what this means: {', '.join(unlearnt)}")
    return tuple(warnings)


def _agreement(track: CastTrack) -> float:
    """0 to 1: in how far the photograph that guides a track shows the side of the face that it shows."""
    few = track.dense[:: max(1, len(track.dense) // 24)]
    return float(np.mean([pose_agreement(points, track.guide[0].dense) for points in few]))


def _with_states(tracks: list[CastTrack]) -> tuple[CastTrack, ...]:
    """Each person's tracks with the identity state that is carried from shot to shot."""
    states: dict[int, Array] = {}
    for person in {track.person for track in tracks}:
        own = sorted((track for track in tracks if track.person == person and track.guide), key=lambda one: one.first)
        shown = [track.guide[0].embedding for track in own]
        states |= {track.number: state for track, state in zip(own, identity_states(shown), strict=True)}
    return tuple(replace(track, identity=states.get(track.number)) for track in tracks)


def cast_track(
    track: FaceTrack, person: int, analysis: Analysis, photos: tuple[AlignedPhoto, ...], job: RestorationJob,
    manifest: Manifest, folder: Path,
) -> list[CastTrack]:  # fmt: skip
    """A track's unbroken runs of frames, ready to restore; empty where the face is too small."""
    points, scale = track_points(folder, track.number), job.settings.scale
    fade = np.array([dissolve_fade(face.frame, job.dissolves) for face in track.faces], np.float32)
    dense = (points.dense + 0.5) * scale - 0.5 if scale != 1 else points.dense
    embedding = sface_part(track.embedding)
    guide = nearest_photo(_aligned_landmarks(dense, manifest.sides_px[-1]), points.views, photos)
    guided = reliance(match_of(embedding, guide), track.expected_match) > 0
    side = choose_side(dense, crop_sides(manifest, guided, job.settings))
    if side is None:
        return []
    frames = np.array([face.frame for face in track.faces])
    shot = analysis.shots[track.shot]
    runs = np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames) > 1) + 1)
    return [
        CastTrack(
            number=track.number * RUNS + position,
            person=person,
            shot=track.shot,
            first=int(frames[run[0]]),
            dense=dense[run].astype(np.float32),
            trust=presence_trust(points.presence[run], dense[run], shot, int(frames[run[0]])) * fade[run],
            side_px=side,
            photos=photos,
            guide=guide,
            embedding=embedding,
            expected_match=track.expected_match,
            monochrome=analysis.monochrome[track.shot],
            settings=job.settings,
            identity_pack=job.identity,
        )
        for position, run in enumerate(runs)
    ]


def _aligned_landmarks(dense: Array, side_px: int) -> Array:
    """Up to two dozen of a track's landmarks, as shares of their crops' side."""
    few = dense[:: max(1, len(dense) // 24)]
    return np.stack([align(five_points(points), side_px).points(points) for points in few])


def aligned_photo(photo: ReferencePhoto, analyser: FaceAnalyser, side_px: int) -> AlignedPhoto:
    """A reference photograph as the restorer needs it, `side_px` square."""
    picture = read_photo(Path(photo.path))
    dense = analyser.landmarks(picture, photo.face).points
    alignment = align(five_points(dense), side_px)
    crop = cut(np.asarray(picture, np.float32) / np.float32(255), alignment)
    return AlignedPhoto(crop, alignment.points(dense), sface_part(photo.embedding), photo.quality)


def _who(person: str) -> str | int:
    return int(person) if person.isdecimal() else person
