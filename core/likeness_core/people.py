"""Who is who: join the tracks of one person across shots, and choose whom to restore.

Thresholds are cosines of SFace embeddings, calibrated on 256 people (docs/faces.md): on clean pictures strangers
give 0.12 with a deviation of 0.09, the same person 0.84; on faces 26 px wide the same person gives 0.53 to a clean
photograph and 0.61 to another such face.
"""

from dataclasses import dataclass

import numpy as np

from likeness_core.api import FaceTrack, Identity, ReferenceSet
from likeness_core.errors import FaceError

SAME_PERSON = 0.36  # one stranger in 200 scores more; of faces 26 px wide 4 % of true pairs score less
# Between the two only a person who stands clear of everybody else is believed: heavily damaged footage of the right
# person (17 px wide: 0.35 to a clean photograph) stays between.
PROBABLY_SAME_PERSON = 0.25
CLEAR_LEAD = 0.12


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """How alike a person of the footage and the references are."""

    identity: Identity
    likeness: float  # cosine, -1 to 1


@dataclass(frozen=True, slots=True)
class PeopleChoice:
    """Whom to restore."""

    people: tuple[Identity, ...]
    warnings: tuple[str, ...]  # for the editor, one line each


def find_people(tracks: tuple[FaceTrack, ...]) -> tuple[Identity, ...]:
    """The people of the footage, by screen time, the longest first; numbers from 1.

    Agglomerative: the two most alike groups are joined first, until none are alike enough. Two tracks that share a
    frame are never one person. A group's embedding is the mean of its tracks', weighted by frames and quality.
    """
    if not tracks:
        return ()
    ordered = sorted(tracks, key=lambda track: track.number)
    groups = [[track] for track in ordered]
    sums = np.array([_weight(track) * np.array(track.embedding) for track in ordered])
    apart = np.array([[one is other or _share_a_frame(one, other) for other in ordered] for one in ordered])
    while True:
        units = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        alike = np.where(apart, -1.0, units @ units.T)
        first, second = sorted(int(index) for index in np.unravel_index(int(alike.argmax()), alike.shape))
        if alike[first, second] < SAME_PERSON:
            break
        groups[first] += groups.pop(second)
        sums[first] += sums[second]
        apart[first] |= apart[second]
        apart[:, first] |= apart[:, second]
        sums = np.delete(sums, second, axis=0)
        apart = np.delete(np.delete(apart, second, axis=0), second, axis=1)
    groups.sort(key=lambda group: (-_screen_time(group), min(track.number for track in group)))
    return tuple(_identity(number, group) for number, group in enumerate(groups, start=1))


def match_people(people: tuple[Identity, ...], references: ReferenceSet) -> tuple[PersonMatch, ...]:
    """Every person's likeness to the references' mean, the best first."""
    mean = np.mean([photo.embedding for photo in references.photos], axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    matches = [PersonMatch(person, float(np.array(person.embedding) @ mean)) for person in people]
    return tuple(sorted(matches, key=lambda match: (-match.likeness, match.identity.number)))


def choose_people(
    people: tuple[Identity, ...],
    references: ReferenceSet | None,
    person: str | int = "auto",
    tracks: tuple[FaceTrack, ...] = (),
) -> PeopleChoice:
    """Whom to restore.

    `tracks`: those of the people. Two who are seen together are not both the person of the references, however alike.
    `person`: "auto" = who matches the references (everybody where there are none); "match" = the same, but somebody
    must: a lone stranger will not do, nor nobody; "all" = everybody, references or not; a number = that
    `Identity.number`. But for "match" nobody in the footage is no error: frames without faces pass through.
    Raises FaceError `face.unknown_person` for a number that is not there, `face.no_match` when several people are
    there and none matches, `face.nobody`.
    """
    if isinstance(person, int):
        return _numbered(people, references, person)
    if person not in ("auto", "all", "match"):
        raise ValueError(f'person is "auto", "all", "match" or a number, not {person!r}')
    if person == "match" and not people:
        raise FaceError("face.nobody", "nobody is seen in the footage", "Choose other footage, or a longer range.")
    if person == "all" or references is None or not people:
        return PeopleChoice(people, ())
    matches = match_people(people, references)
    best = matches[0]
    if best.likeness >= SAME_PERSON:
        return _certain([match for match in matches if match.likeness >= SAME_PERSON], tracks)
    if len(people) == 1 and person != "match":
        warning = (
            f"{best.identity.name} is the only person in the footage, but does not look like the reference"
            f" (likeness {best.likeness:.2f}, from {SAME_PERSON} on it is the same person)"
        )
        return PeopleChoice((best.identity,), (warning,))
    lead = best.likeness - matches[1].likeness if len(people) > 1 else 0.0
    if best.likeness >= PROBABLY_SAME_PERSON and lead >= CLEAR_LEAD:
        warning = f"{best.identity.name} is probably the person of the reference (likeness {best.likeness:.2f})"
        return PeopleChoice((best.identity,), (warning,))
    measured = f"(likeness {best.likeness:.2f} of the {SAME_PERSON} that a match needs)"
    message = (
        f"none of the {len(people)} people in the footage looks like the reference; the nearest is"
        f" {best.identity.name} {measured}"
    )
    if len(people) == 1:
        message = f"the only person in the footage does not look like the reference {measured}"
    hint = f"Use other photographs, or choose by number: --person {best.identity.number}"
    raise FaceError("face.no_match", message, hint)


def _certain(matches: list[PersonMatch], tracks: tuple[FaceTrack, ...]) -> PeopleChoice:
    """Everyone alike enough, the best first, but for who is seen together with somebody more alike."""
    frames = {track.number: {face.frame for face in track.faces} for track in tracks}
    chosen: list[Identity] = []
    warnings = []
    seen: set[int] = set()
    for match in matches:
        own = set().union(*(frames.get(number, set()) for number in match.identity.tracks))
        if own.isdisjoint(seen):
            chosen.append(match.identity)
            seen |= own
        else:
            warnings.append(
                f"{match.identity.name} looks like the reference too (likeness {match.likeness:.2f}), but is seen"
                f" beside somebody who does so more, and is left as it was"
            )
    return PeopleChoice(tuple(sorted(chosen, key=lambda one: one.number)), tuple(warnings))


def _numbered(people: tuple[Identity, ...], references: ReferenceSet | None, number: int) -> PeopleChoice:
    chosen = tuple(one for one in people if one.number == number)
    if not chosen:
        there = f"people 1 to {len(people)}" if len(people) > 1 else f"{len(people) or 'no'} person"
        hint = "List the people with: likeness analyse SOURCE"
        raise FaceError("face.unknown_person", f"there is no person {number}: the footage has {there}", hint)
    if references is None:
        return PeopleChoice(chosen, ())
    likeness = match_people(chosen, references)[0].likeness
    unlike = f"person {number} does not look like the reference (likeness {likeness:.2f})"
    return PeopleChoice(chosen, () if likeness >= PROBABLY_SAME_PERSON else (unlike,))


def _weight(track: FaceTrack) -> float:
    return len(track.faces) * max(track.quality, 0.01)


def _share_a_frame(one: FaceTrack, other: FaceTrack) -> bool:
    if one.faces[0].frame > other.faces[-1].frame or other.faces[0].frame > one.faces[-1].frame:
        return False
    return not {face.frame for face in one.faces}.isdisjoint(face.frame for face in other.faces)


def _screen_time(group: list[FaceTrack]) -> int:
    return sum(len(track.faces) for track in group)


def _identity(number: int, group: list[FaceTrack]) -> Identity:
    total = np.sum([_weight(track) * np.array(track.embedding) for track in group], axis=0)
    embedding = total / max(float(np.linalg.norm(total)), 1e-9)
    tracks = tuple(sorted(track.number for track in group))
    return Identity(number, f"person {number}", tracks, tuple(float(value) for value in embedding))
