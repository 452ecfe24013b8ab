import dataclasses

import numpy as np
import pytest
from likeness_core.api import Face, FaceTrack, Identity, ReferencePhoto, ReferenceSet
from likeness_core.errors import FaceError
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.people import choose_people, find_people, match_people

from tests.core.openpeople_footage import portrait, selfie

FACE = Face(0, (0.0, 0.0, 50.0, 60.0), ((10.0, 10.0),) * 5, 0.9)


def direction(*parts: float) -> tuple[float, ...]:
    """A unit embedding of the recogniser's length with the given first components; the last one takes the rest."""
    embedding = np.zeros(128)
    embedding[: len(parts)] = parts
    embedding[-1] = np.sqrt(max(0.0, 1 - float(embedding @ embedding)))
    return tuple(float(value) for value in embedding / np.linalg.norm(embedding))


def track(number: int, start: int, stop: int, embedding: tuple[float, ...], shot: int = 0) -> FaceTrack:
    faces = tuple(dataclasses.replace(FACE, frame=frame) for frame in range(start, stop))
    return FaceTrack(number, shot, faces, embedding, 0.8)


def references(embedding: tuple[float, ...]) -> ReferenceSet:
    return ReferenceSet("somebody", (ReferencePhoto("photo.jpg", "0" * 64, FACE, embedding, 0.9),))


ANNA, BEN, CLEO = direction(1), direction(0, 1), direction(0, 0, 1)


def test_people_across_shots_are_joined_and_ordered_by_screen_time() -> None:
    tracks = (
        track(0, 0, 10, ANNA),
        track(1, 0, 25, BEN),
        track(2, 30, 60, direction(0.9, 0.1), shot=1),  # Anna, in other light
        track(3, 60, 65, CLEO, shot=2),
    )
    people = find_people(tracks)
    assert [person.tracks for person in people] == [(0, 2), (1,), (3,)]
    assert [(person.number, person.name) for person in people] == [(1, "person 1"), (2, "person 2"), (3, "person 3")]
    np.testing.assert_allclose(np.linalg.norm(people[0].embedding), 1)


def test_who_leaves_and_returns_is_one_person() -> None:
    assert [person.tracks for person in find_people((track(0, 0, 10, ANNA), track(1, 50, 60, ANNA)))] == [(0, 1)]


def test_two_faces_in_one_frame_are_two_people() -> None:
    assert len(find_people((track(0, 0, 10, ANNA), track(1, 9, 20, ANNA)))) == 2
    assert len(find_people((track(0, 0, 10, ANNA), track(1, 10, 20, ANNA)))) == 1


def test_apart_holds_for_groups() -> None:
    """Track 2 joins track 0, and so must stay away from track 1, which it never meets."""
    tracks = (track(0, 0, 20, ANNA), track(1, 0, 20, direction(0.8)), track(2, 30, 50, ANNA))
    assert sorted(person.tracks for person in find_people(tracks)) == [(0, 2), (1,)]


def test_many_tracks_are_quick() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(0, 1, (20, 128))
    tracks = []
    for number in range(300):
        embedding = centres[number % 20] + random.normal(0, 0.3, 128)
        tracks.append(track(number, number * 5, number * 5 + 5, tuple(embedding / np.linalg.norm(embedding))))
    assert len(find_people(tuple(tracks))) == 20


def test_nobody() -> None:
    assert find_people(()) == ()
    assert choose_people((), references(ANNA)).people == ()


@pytest.fixture
def people() -> tuple[Identity, ...]:
    return find_people((track(0, 0, 30, ANNA), track(1, 0, 20, BEN), track(2, 0, 10, CLEO)))


def test_auto_takes_who_matches(people: tuple[Identity, ...]) -> None:
    choice = choose_people(people, references(direction(0.1, 0.9)))
    assert [person.number for person in choice.people] == [2] and choice.warnings == ()
    assert [match.identity.number for match in match_people(people, references(direction(0.1, 0.9)))] == [2, 1, 3]


def test_without_references_and_with_all_everybody_is_taken(people: tuple[Identity, ...]) -> None:
    assert choose_people(people, None).people == people
    assert choose_people(people, references(ANNA), "all").people == people


def test_a_number_is_taken_and_a_wrong_one_refused(people: tuple[Identity, ...]) -> None:
    choice = choose_people(people, references(ANNA), 3)
    assert [person.number for person in choice.people] == [3]
    assert "does not look like" in choice.warnings[0]
    assert choose_people(people, references(CLEO), 3).warnings == ()
    assert choose_people(people, None, 3).warnings == ()
    with pytest.raises(FaceError) as caught:
        choose_people(people, references(ANNA), 4)
    assert caught.value.code == "face.unknown_person" and "1 to 3" in caught.value.message


def test_no_match_names_the_nearest(people: tuple[Identity, ...]) -> None:
    with pytest.raises(FaceError) as caught:
        choose_people(people, references(direction(0.1, 0.2)))
    assert caught.value.code == "face.no_match"
    assert "person 2" in caught.value.message and "--person 2" in caught.value.hint


def test_a_lone_person_takes_an_unmatched_reference_with_a_warning() -> None:
    lone = find_people((track(0, 0, 30, ANNA),))
    choice = choose_people(lone, references(BEN))
    assert choice.people == lone and "only person" in choice.warnings[0]


def test_a_clear_lead_is_believed_where_the_footage_is_poor(people: tuple[Identity, ...]) -> None:
    choice = choose_people(people, references(direction(0.1, 0.3)))
    assert [person.number for person in choice.people] == [2] and "probably" in choice.warnings[0]
    with pytest.raises(FaceError):
        choose_people(people, references(direction(0.25, 0.3)))  # no lead


def test_real_faces() -> None:
    analyser: FaceAnalyser = open_face_analyser(device="cpu")

    def embedding(picture: np.ndarray) -> tuple[float, ...]:
        return tuple(float(value) for value in analyser.embed(picture, analyser.find(picture)[0].face))

    tracks = (
        track(0, 0, 10, embedding(portrait(1))),
        track(1, 0, 12, embedding(portrait(5))),
        track(2, 20, 30, embedding(selfie(1)), shot=1),
        track(3, 40, 50, embedding(portrait(3)), shot=2),
    )
    found = find_people(tracks)
    assert [person.tracks for person in found] == [(0, 2), (1,), (3,)]
    assert [person.number for person in choose_people(found, references(embedding(selfie(5)))).people] == [2]


def test_a_match_must_be_found_where_one_is_asked_for() -> None:
    alone = find_people((track(0, 0, 9, direction(0.1, 0.9)),))
    assert choose_people(alone, references(ANNA)).people == alone  # auto: the only one there, with a warning
    with pytest.raises(FaceError, match="the only person in the footage does not look like") as stranger:
        choose_people(alone, references(ANNA), "match")
    assert stranger.value.code == "face.no_match"
    with pytest.raises(FaceError) as nobody:
        choose_people((), references(ANNA), "match")
    assert nobody.value.code == "face.nobody"
    anna = find_people((track(0, 0, 9, ANNA),))
    assert choose_people(anna, references(ANNA), "match").people == anna
