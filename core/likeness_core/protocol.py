"""What panel and core say to each other: JSON-RPC 2.0 over stdin and stdout, one message a line, UTF-8.

    panel -> core   {"jsonrpc": "2.0", "id": 1, "method": "probe", "params": {"path": "/reel.mov"}}
    core -> panel   {"jsonrpc": "2.0", "id": 1, "result": {"media": {...}}}
                    {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "...", "data": {...}}}
                    {"jsonrpc": "2.0", "method": "progress", "params": {"id": 1, "progress": {...}}}

`METHODS` and `NOTIFICATIONS` are the whole of it: each name with the dataclasses that go and come; `messages` turns
them into lines and back. Pictures never travel: messages name files. Paths are absolute. Rates are text such as
"24000/1001". Closing the core's stdin ends it. There are no batches and no notifications from the panel.
docs/protocol.md says the same to people, docs/protocol.json to programs.
"""

from dataclasses import dataclass
from typing import Any, Final, NoReturn

from likeness_core import errors
from likeness_core.api import (
    FrameRange,
    JobResult,
    JobState,
    Media,
    ModelPack,
    OutputSpec,
    Progress,
    RestorationSettings,
    Shot,
)  # fmt: skip
from likeness_core.errors import LikenessError

PROTOCOL: Final = 1  # raised by every change that an older panel or core would misread
MOST_BYTES: Final = 1 << 20  # of a request, its newline included; the longest honest ones are some 10 kB

RequestId = int | str
DEFAULTS: Final = RestorationSettings()

# Codes of a JSON-RPC error object. The first five are the standard's, the sixth is LSP's.
PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
CANCELLED: Final = -32800  # the request was cancelled by `cancel`; no `data`
FAILED: Final = -32000  # an error of ours; `data` says which


# ---- said by both sides -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nothing:
    """Parameters or a result that says nothing."""


@dataclass(frozen=True, slots=True)
class Footage:
    """Which frames of which file."""

    source: str  # a movie, one file of an image sequence, or its pattern name.%04d.exr
    rate: str | None = None  # of an image sequence, "25" or "24000/1001"; None: its header's, else 24
    frames: FrameRange | None = None  # None: all
    cuts: tuple[int, ...] = ()  # first frames of shots that the edit knows
    through_edits: tuple[int, ...] = ()  # first frames after a razor cut in continuous footage: no cuts
    dissolves: tuple[FrameRange, ...] = ()  # frames of transitions


@dataclass(frozen=True, slots=True)
class Machine:
    """What computes."""

    device: str = "auto"  # "auto", "cpu", "cuda", "mps"
    threads: int = 0  # 0: all
    pack: str | None = None  # folder of a model pack; None: the one that ships
    insightface: str | None = None  # folder of an insightface pack that the user installed


# ---- errors -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorData:
    """An error of ours, as it crosses the wire."""

    kind: str  # name of the class in `errors`
    code: str
    message: str
    hint: str


class RequestCancelledError(Exception):
    """The answer to a request that was cancelled. Not a LikenessError: cancelling is not an error."""


def data_of(error: LikenessError) -> ErrorData:
    """An error as data."""
    return ErrorData(type(error).__name__, error.code, error.message, error.hint)


def error_of(data: ErrorData) -> LikenessError:
    """The error that `data_of` was given: same class, same code. A class that is not known becomes LikenessError."""
    kind = getattr(errors, data.kind, LikenessError)
    if not (isinstance(kind, type) and issubclass(kind, LikenessError)):
        kind = LikenessError
    return kind(data.code, data.message, data.hint)


def raise_error(data: ErrorData) -> NoReturn:
    """Raise the error that `data_of` was given."""
    raise error_of(data)


# ---- hello, doctor, packs -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HelloParams:
    """The first message; the core refuses another protocol (ProtocolError `protocol.version`)."""

    protocol: int
    client: str  # name and version, for the log


@dataclass(frozen=True, slots=True)
class Hello:
    """The core is there."""

    protocol: int
    version: str  # of Likeness
    pid: int


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `likeness doctor`."""

    name: str
    passed: bool
    text: str  # what is there, or what is missing
    hint: str = ""  # what to do where it did not pass


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """What this machine has."""

    checks: tuple[Check, ...]
    devices: tuple[str, ...]  # what `Machine.device` may name here beside "auto"


@dataclass(frozen=True, slots=True)
class PackReport:
    """One model pack that was found."""

    name: str
    folder: str
    backbone: str
    sides_px: tuple[int, ...]  # crop sides, ascending
    pack: ModelPack | None  # None where it failed its check
    error: ErrorData | None


@dataclass(frozen=True, slots=True)
class PacksResult:
    """Every model pack that was found, the default first."""

    packs: tuple[PackReport, ...]


# ---- footage ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProbeParams:
    """Look at a file."""

    path: str
    rate: str | None = None  # as in Footage


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a file is."""

    media: Media


@dataclass(frozen=True, slots=True)
class AnalyseParams:
    """Find shots and people. Sends `progress`; what was found is kept, so that asking again is quick."""

    footage: Footage
    machine: Machine = Machine()


@dataclass(frozen=True, slots=True)
class Still:
    """A frame of the footage, cut around one person's face, that could serve as a reference photograph."""

    path: str  # PNG file
    frame: int
    quality: float  # 0 to 1
    side: str  # as in PhotoReport


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is seen in the footage."""

    number: int  # from 1, by screen time; what `person` takes in other requests
    name: str
    frames: int  # in how many the person is seen
    shots: tuple[int, ...]  # numbers of shots
    spans: tuple[FrameRange, ...]  # where the person is seen, gaps of up to a second closed, ascending
    thumbnail: str  # PNG file, 256 px square
    stills: tuple[Still, ...]  # a few that could serve as references, the best first; `references/suggest` finds more
    attributes: tuple[tuple[str, float], ...] = ()  # (word, degree 0 to 1): what `settings.attributes` may change


@dataclass(frozen=True, slots=True)
class AnalyseResult:
    """Shots and people."""

    media: Media
    frames: FrameRange
    shots: tuple[Shot, ...]
    people: tuple[Person, ...]
    faces: str  # JSON file, a FacesFile


@dataclass(frozen=True, slots=True)
class PersonBoxes:
    """Where one person's face is, for overlays."""

    person: int
    boxes: tuple[tuple[int, float, float, float, float], ...]  # frame, x, y, width, height; pixels, ascending frames


@dataclass(frozen=True, slots=True)
class FacesFile:
    """The content of `AnalyseResult.faces`."""

    people: tuple[PersonBoxes, ...]


@dataclass(frozen=True, slots=True)
class FramesParams:
    """Write display pictures (JPEG, sRGB). Sends `picture` for each as soon as it is there, in order.

    `footage.source` may name the output folder of a job too: its frames then are the result's, numbered like the
    source's; those that are not there yet are left out.
    """

    footage: Footage
    longest_side_px: int = 1280  # 16 to 8192; smaller pictures stay as they are


@dataclass(frozen=True, slots=True)
class FramesResult:
    """All pictures are written."""

    width: int  # pixels of a picture, square ones
    height: int
    frames: tuple[int, ...]  # those that were written


# ---- references ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckReferencesParams:
    """Can these photographs serve?"""

    paths: tuple[str, ...]
    machine: Machine = Machine()


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """One photograph, checked."""

    path: str
    quality: float  # 0 to 1: size, sharpness, frontality; 0 where it cannot serve
    side: str  # where the face looks in the picture: "front", "half left", "half right", "left", "right"; "" = unknown
    thumbnail: str  # PNG file, 256 px square around the face; "" where it cannot serve
    warnings: tuple[str, ...]  # for the editor, one line each
    error: ErrorData | None  # why it cannot serve


@dataclass(frozen=True, slots=True)
class CheckReferencesResult:
    """One report a photograph, in the order of the request."""

    photos: tuple[PhotoReport, ...]
    warnings: tuple[str, ...]  # about the photographs together: different people, the same picture twice


@dataclass(frozen=True, slots=True)
class SuggestReferencesParams:
    """Stills of one person from the footage; analyses it where that is not done yet. Sends `progress`."""

    footage: Footage
    person: int
    count: int = 5  # 1 to 20
    machine: Machine = Machine()


@dataclass(frozen=True, slots=True)
class SuggestReferencesResult:
    """The best stills first; fewer than asked for where the footage has not more."""

    stills: tuple[Still, ...]


# ---- preview ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreviewParams:
    """Restore one frame as a job would, but for what windows far from it would add. Sends `progress`.

    `person` as a number needs an analysis of the same footage (one is made where it is missing).
    """

    footage: Footage
    frame: int
    references: tuple[str, ...] = ()
    person: str = "auto"  # "auto", "match", "all" or a number
    settings: RestorationSettings = DEFAULTS
    machine: Machine = Machine()
    longest_side_px: int = 0  # of the pictures; 0: the result's full size
    identity: str | None = None  # an identity pack, in place of references


@dataclass(frozen=True, slots=True)
class PreviewFace:
    """One restored face of the frame."""

    person: int  # 0 where the footage was not analysed as a whole
    box: tuple[float, float, float, float]  # x, y, width, height; pixels of the source frame
    likeness_before: float  # cosine to the person, -1 to 1
    likeness_after: float
    trust: float  # 0: faded to the source, 1: fully restored


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """Before and after."""

    frame: int
    before: str  # PNG file, sRGB
    after: str  # PNG file, sRGB
    faces: tuple[PreviewFace, ...]
    warnings: tuple[str, ...]
    seconds: float  # it took


# ---- identity packs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateIdentityParams:
    """Make an identity pack of one to `api.MOST_CARRIED` photographs; minutes on a CPU.

    Sends `progress` of the stages "look", "try" and "practise". Cancelled or killed, the same request goes on where it
    was.
    """

    name: str
    photos: tuple[str, ...]
    output: str  # NAME.identity.safetensors
    footage: tuple[str, ...] = ()  # further stills of the person, practised on but not shown as references
    steps: int = 120  # 30 to 1000
    seed: int = 0
    machine: Machine = Machine()


@dataclass(frozen=True, slots=True)
class CreateIdentityResult:
    """The pack is there, and helps: `after` is above `before`."""

    path: str
    judge: str  # the recogniser whose cosines follow; it had no part in the practice
    held_out: str  # what was restored with and without the pack
    degraded: float  # likeness before any restoration
    before: float  # restored without the pack
    after: float  # restored with it
    warnings: tuple[str, ...]


# ---- jobs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """One more person of a job, guided by photographs or an identity pack of their own."""

    person: str  # "match" or a number of `analyse`
    references: tuple[str, ...] = ()
    settings: RestorationSettings = DEFAULTS  # its scale must be the job's
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """All that `likeness restore` takes."""

    footage: Footage
    output: str  # folder of the result
    references: tuple[str, ...] = ()
    person: str = "auto"  # "auto", "match" (nobody is restored who does not match), "all" or a number of `analyse`
    settings: RestorationSettings = DEFAULTS
    format: str = "exr"  # one of api.FORMATS
    matte: bool = False
    machine: Machine = Machine()
    identity: str | None = None  # an identity pack, in place of references
    others: tuple[RoleRequest, ...] = ()  # further people of the same job


@dataclass(frozen=True, slots=True)
class SubmitParams:
    """Put a job at the end of the queue. Everything that can be checked is checked before it answers."""

    request: RestoreRequest
    existing: str = "refuse"  # what to do with an output folder that is not empty: "refuse", "resume", "overwrite"


@dataclass(frozen=True, slots=True)
class JobParams:
    """Names a job."""

    job: str


@dataclass(frozen=True, slots=True)
class MoveParams:
    """Give a job another place in the queue."""

    job: str
    position: int  # from 0; past the end is the end


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job stands. State INTERRUPTED: it was running when the core ended without notice."""

    job: str  # 16 hexadecimal digits; one output folder has one job
    state: JobState
    request: RestoreRequest
    output: OutputSpec  # as resolved: the name too
    frames: FrameRange  # as resolved
    folder: str  # the job folder, with the log
    progress: Progress | None = None
    frames_per_second: float | None = None  # of the present stage, over the last ten seconds
    seconds_left: float | None = None  # of the present stage
    result: JobResult | None = None  # where DONE
    error: ErrorData | None = None  # where FAILED


@dataclass(frozen=True, slots=True)
class JobsResult:
    """The queue, in order; finished jobs stay in their place until they are removed."""

    jobs: tuple[JobStatus, ...]


@dataclass(frozen=True, slots=True)
class CancelParams:
    """Stop a request that has not been answered. It then answers with the error CANCELLED, or was quicker."""

    id: RequestId


# ---- notifications of the core ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """How far a long request is; at most ten a second."""

    id: RequestId
    progress: Progress


@dataclass(frozen=True, slots=True)
class PictureNote:
    """A picture that `frames` has written."""

    id: RequestId
    frame: int
    path: str


# ---- the table ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Method:
    """What goes and what comes."""

    params: type[Any]
    result: type[Any]


METHODS: Final[dict[str, Method]] = {
    "hello": Method(HelloParams, Hello),
    "doctor": Method(Nothing, DoctorResult),
    "packs": Method(Nothing, PacksResult),
    "probe": Method(ProbeParams, ProbeResult),
    "analyse": Method(AnalyseParams, AnalyseResult),
    "frames": Method(FramesParams, FramesResult),
    "references/check": Method(CheckReferencesParams, CheckReferencesResult),
    "references/suggest": Method(SuggestReferencesParams, SuggestReferencesResult),
    "preview": Method(PreviewParams, PreviewResult),
    "identity/create": Method(CreateIdentityParams, CreateIdentityResult),
    "job/submit": Method(SubmitParams, JobStatus),
    "job/list": Method(Nothing, JobsResult),
    "job/pause": Method(JobParams, JobStatus),  # QUEUED or RUNNING -> PAUSED
    "job/resume": Method(JobParams, JobStatus),  # PAUSED or INTERRUPTED -> QUEUED
    "job/cancel": Method(JobParams, JobStatus),  # -> CANCELLED; what was finished is kept
    "job/retry": Method(JobParams, JobStatus),  # FAILED or CANCELLED -> QUEUED; goes on where it was
    "job/move": Method(MoveParams, JobsResult),
    "job/remove": Method(JobParams, JobsResult),  # out of the list; the result stays
    "cancel": Method(CancelParams, Nothing),
}

NOTIFICATIONS: Final[dict[str, type[Any]]] = {
    "progress": ProgressNote,
    "picture": PictureNote,
    "job/changed": JobStatus,  # at most ten a second
}
