"""The vocabulary of Likeness: plain values that cross processes, and nothing heavy.

Every class is a frozen dataclass of numbers, strings, tuples and other such classes, so that a job can
be saved as JSON, sent over a pipe and compared. Arrays never appear here; images live in `media`.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class FrameRange:
    """A half-open range of source frames, counted from 0 at the first frame of the media."""

    start: int
    stop: int  # exclusive

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"not a range of frames: [{self.start}, {self.stop})")

    def __len__(self) -> int:
        return self.stop - self.start

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame < self.stop

    def frames(self) -> range:
        """The frames of the range, in order."""
        return range(self.start, self.stop)

    def intersection(self, other: "FrameRange") -> "FrameRange":
        """The frames in both; an empty range where there are none."""
        start = max(self.start, other.start)
        return FrameRange(start, max(start, min(self.stop, other.stop)))


@dataclass(frozen=True, slots=True)
class ColorTags:
    """Colour description of a signal, as the code points of ITU-T H.273 (2 = unspecified)."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """One piece of footage: a movie file or an image sequence, as it plays (rotation applied)."""

    path: str  # a movie, or a pattern such as name.%04d.exr
    kind: str  # "movie" or "sequence"
    width: int  # pixels, as displayed (after rotation)
    height: int  # pixels, as displayed
    rate: Fraction  # frames per second; the average where `variable_rate`
    frame_count: int
    codec: str  # FFmpeg's or OpenImageIO's name
    pixel_format: str  # FFmpeg's name; OpenImageIO's type for a sequence
    bit_depth: int  # bits per component: 8, 10, 12, 16; 16 or 32 where `is_float`
    is_float: bool
    has_alpha: bool
    color: ColorTags
    start_timecode: str | None  # HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame
    first_number: int = 0  # number of a sequence's first file; 0 for a movie
    rotation: int = 0  # degrees clockwise that were applied to display it: 0, 90, 180, 270
    pixel_aspect: Fraction = Fraction(1)  # width of a pixel over its height
    field_order: str = "progressive"  # or "tff", "bff"
    variable_rate: bool = False
    has_audio: bool = False
    lost_frames: int = 0  # frames that a file's index promises but that are cut off its end


@dataclass(frozen=True, slots=True)
class Clip:
    """An item on a host's timeline: which frames of which media stand where."""

    media: Media
    source: FrameRange
    record_start: int  # frames from the timeline's first frame
    track: int  # 1 is the lowest video track


@dataclass(frozen=True, slots=True)
class Shot:
    """The frames between two cuts."""

    number: int  # from 0
    frames: FrameRange


@dataclass(frozen=True, slots=True)
class Face:
    """A face found in one frame.

    Points are (x, y) pixels of the frame as displayed; the centre of its top-left pixel is (0, 0).
    """

    frame: int
    box: tuple[float, float, float, float]  # x, y, width, height
    points: tuple[tuple[float, float], ...]  # eyes, nose tip, mouth corners; left before right, as seen in the image
    score: float  # detector's confidence, 0 to 1


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face followed through one shot; at most one `Face` a frame, gaps allowed."""

    number: int  # from 0, unique in the footage
    shot: int
    faces: tuple[Face, ...]  # ascending frames
    embedding: tuple[float, ...]  # unit length, the run-time recogniser's
    quality: float  # mean detector score times sharpness rank, 0 to 1
    expected_match: float = 0.8  # cosine to expect with a photograph of the same person: less on poor footage


@dataclass(frozen=True, slots=True)
class Identity:
    """A person across shots."""

    number: int  # from 1, by screen time; what `--person` takes
    name: str
    tracks: tuple[int, ...]
    embedding: tuple[float, ...]  # unit length


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """One photograph of the person, checked: exactly one usable face."""

    path: str
    sha256: str
    face: Face
    embedding: tuple[float, ...]  # unit length
    quality: float  # 0 to 1: size, sharpness, frontality


MOST_CARRIED = 24  # photographs by an identity pack


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """One to five photographs of one person."""

    name: str
    photos: tuple[ReferencePhoto, ...]


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A folder of weights with a manifest; see `packs`."""

    name: str
    version: str
    path: str
    sha256: str  # of the manifest, which holds the hash of every other file
    licence: str


@dataclass(frozen=True, slots=True)
class Negatives:
    """How strongly to steer away from what the result must not be; 0 is off, and each other one costs a pass."""

    quality: float = 0.0  # blur, noise, blocks
    attributes: float = 0.0  # the opposite of what was measured
    identity: float = 0.0  # the face that the network would invent without photographs


PARTS = ("direct", "image", "text", "blending", "state", "detail")  # of the method, that an evaluation may switch off


@dataclass(frozen=True, slots=True)
class RestorationSettings:
    """What the editor sets. All shares are 0 to 1."""

    strength: float = 1.0  # how much of the result replaces the original; 0 returns the source bit for bit
    fidelity: float = 0.5  # how closely to follow the footage; 0.5 is neutral
    likeness: float = 0.5  # how closely to follow the references; 0.5 is neutral
    grain: float = 0.5  # share of the source's measured grain that is put back
    steps: int = 1  # denoising steps: 1, 2, 4 or 8
    seed: int = 0
    scale: int = 1  # enlargement of the frame: 1, 2 or 4
    confidence_fading: bool = True  # fade to the source where the result cannot be trusted
    negatives: Negatives = Negatives()
    # (source frame, strength), ascending: `strength` is multiplied by a line through them; empty is 1 throughout.
    strength_keys: tuple[tuple[int, float], ...] = ()
    without: tuple[str, ...] = ()  # some of PARTS, to measure what they are worth
    attributes: tuple[tuple[str, float], ...] = ()  # (word, degree 0 to 1) that the user says, in place of the measured

    def strength_at(self, frame: int) -> float:
        """The strength at a source frame: `strength`, times the line through the keyframes where there are any."""
        keys = self.strength_keys
        if not keys:
            return self.strength
        after = bisect_right([place for place, _ in keys], frame)
        if after in (0, len(keys)):
            return self.strength * keys[min(after, len(keys) - 1)][1]
        (left, low), (right, high) = keys[after - 1], keys[after]
        return self.strength * ((high - low) / (right - left) * (frame - left) + low)


FORMATS = ("exr", "tiff16", "dpx10", "png16", "prores", "prores4444", "h264")  # what can be written


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What is written. `folder` is laid out as the README says."""

    folder: str
    name: str
    format: str = "exr"  # one of FORMATS
    matte: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in counts."""

    stage: str  # "index", "analyse", "restore", "write"
    done: int
    total: int
    frame: int | None = None  # source frame last finished
    preview: str | None = None  # a picture file


class JobState(Enum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # was running when its process ended without notice


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a job reads, so that a change under a running job is noticed."""

    path: str
    size: int  # bytes
    modified_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How a shot is cut into windows."""

    size: int = 24  # frames, the paper's
    overlap: int = 8


@dataclass(frozen=True, slots=True)
class Role:
    """One person's part in a job: who is restored, guided by what, and how."""

    person: str  # "match" or a number of `analyse`; alone in a job also "auto" or "all"
    settings: RestorationSettings
    references: tuple[str, ...] = ()  # photographs; empty restores without
    reference_hashes: tuple[str, ...] = ()  # sha256, in the same order
    identity: str = ""  # an identity pack, in place of references
    identity_sha256: str = ""


@dataclass(frozen=True, slots=True)
class RestorationJob:
    """Everything a run needs, and everything that decides its bytes; saved as job.json."""

    version: str  # of Likeness
    media: Media
    source: SourceFile
    frames: FrameRange
    references: tuple[str, ...]  # photographs; empty restores without
    reference_hashes: tuple[str, ...]  # sha256, in the same order
    person: str  # "auto", "match", "all", or a number of `analyse`
    settings: RestorationSettings
    output: OutputSpec
    pack: ModelPack
    device: str  # torch's name
    dtype: str  # torch's name
    threads: int
    plan: WindowPlan = WindowPlan()
    face_models: str = ""  # folder of an insightface pack that the user installed; empty: the networks that ship
    face_models_sha256: str = ""
    cuts: tuple[int, ...] = ()  # first frames of shots known from the edit
    through_edits: tuple[
        int, ...
    ] = ()  # first frames after a razor cut in continuous footage: no cut, whatever it looks
    dissolves: tuple[FrameRange, ...] = ()  # source frames of transitions: faces fade with the picture
    identity: str = ""  # an identity pack, in place of references
    identity_sha256: str = ""
    others: tuple[Role, ...] = ()  # further people; the fields above are the first one's

    @property
    def roles(self) -> tuple[Role, ...]:
        """Everybody's part, the first one's first."""
        first = Role(
            self.person, self.settings, self.references, self.reference_hashes, self.identity, self.identity_sha256
        )
        return (first, *self.others)


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a finished job left."""

    folder: str
    result: str  # the movie, or the folder of frames
    frames: int
    restored_frames: int
    warnings: tuple[str, ...]
