"""What is to be restored in a clip, and how: the project turned into requests to the core."""

from dataclasses import replace
from pathlib import PurePath

from likeness_core.api import JobState
from likeness_core.protocol import Footage, Machine, PreviewParams, RestoreRequest, RoleRequest

from likeness_gui.state.job_queue import JobQueue
from likeness_gui.state.photographs import Photographs
from likeness_gui.state.preview import Preview
from likeness_gui.state.project import Clip, Delivery, Person
from likeness_gui.state.steps import Situation

_MOST_NAMES = 3  # in the name of a folder


def footage_of(clip: Clip) -> Footage:
    """The clip as the core takes it: the frames between the marks."""
    frames = clip.frames or clip.bounds
    return Footage(clip.media.path, clip.rate, frames, clip.cuts, clip.through_edits, clip.dissolves)


def chosen(clip: Clip | None) -> list[Person]:
    """The people to be restored."""
    return [person for person in clip.people if person.restore] if clip else []


class Orders:
    """Makes requests of a clip; asks what was made before."""

    def __init__(self, photographs: Photographs, preview: Preview, queue: JobQueue) -> None:
        self._photographs, self._preview, self._queue = photographs, preview, queue

    def preview(self, clip: Clip, frame: int, machine: Machine) -> PreviewParams | None:
        """What a preview of a frame would be made with: of the open card's person, else of the first chosen one."""
        people = chosen(clip)
        person = next((one for one in people if one.number == clip.selected), people[0] if people else None)
        if person is None:
            return None
        settings = replace(person.settings, scale=_scale(people))
        return PreviewParams(
            footage_of(clip), frame, self._references(person), str(person.number), settings, machine,
            identity=person.identity or None,
        )  # fmt: skip

    def preview_is_current(self, clip: Clip, frame: int, machine: Machine) -> bool:
        """Whether the preview of a frame was made with the settings of now."""
        params, made = self.preview(clip, frame, machine), self._preview.asked_as(clip.media.path, frame)
        return params is not None and made is not None and replace(made, frame=0) == replace(params, frame=0)

    def request(self, clip: Clip, delivery: Delivery, machine: Machine) -> RestoreRequest | None:
        """One job for everybody who is to be restored; None where nobody is."""
        people = chosen(clip)
        if not people:
            return None
        scale = _scale(people)
        roles = [
            RoleRequest(
                str(person.number), self._references(person), replace(person.settings, scale=scale),
                person.identity or None,
            )
            for person in people
        ]  # fmt: skip
        footage = PurePath(clip.media.path)
        stem = footage.stem.split("%")[0].rstrip("._- ") or "sequence"
        home = PurePath(delivery.folder) if delivery.folder else footage.parent
        first = roles[0]
        return RestoreRequest(
            footage_of(clip), str(home / f"{stem} restored" / folder_name(people)), first.references, first.person,
            settings=first.settings, format=delivery.format, matte=delivery.matte, machine=machine,
            identity=first.identity, others=tuple(roles[1:]),
        )  # fmt: skip

    def _references(self, person: Person) -> tuple[str, ...]:
        """An identity pack stands in the place of photographs."""
        return () if person.identity else self._photographs.usable(person.references)

    def situation(self, clip: Clip, frame: int, request: RestoreRequest | None, machine: Machine) -> Situation:
        """What the next step depends on, but for the analysis."""
        jobs = self._queue.of(clip)
        same = [job.state for job in jobs if request and replace(job.request, output="") == replace(request, output="")]
        people = chosen(clip)
        return Situation(
            has_clip=True,
            analysed=clip.analysed is not None,
            people=len(clip.people),
            chosen=len(people),
            without_photographs=sum(not (person.references or person.identity) for person in people),
            previewing=self._preview.running,
            previewed=self.preview_is_current(clip, frame, machine) or bool(same),
            restoring=any(job.state in (JobState.RUNNING, JobState.QUEUED) for job in jobs),
            restored=JobState.DONE in same,
        )


def restored_by(request: RestoreRequest) -> set[str]:
    """Whom a job restores."""
    return {request.person, *(other.person for other in request.others)}


def folder_name(people: list[Person]) -> str:
    """The names of people as a folder's: what some platform refuses becomes a dash; of many the first two are named."""
    names = [_kept(person.name) for person in people]
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"+{len(names) - _MOST_NAMES + 1}"]
    return ", ".join(names)


def _kept(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in " ._-()" else "-" for letter in name).strip(" .")
    return kept or "person"


def _scale(people: list[Person]) -> int:
    """How far the frame is enlarged where these are restored together: it has one size."""
    return max(person.settings.scale for person in people)
