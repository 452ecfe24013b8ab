import numpy as np
import pytest
from likeness_core.api import FaceTrack, FrameRange, Shot
from likeness_core.crops import TEMPLATE, align, cut
from likeness_core.faces import FaceAnalyser, open_face_analyser
from likeness_core.tracks import MOST_VIEWS, VIEW_PX, FollowedFace, ShotTracker, overlap, smooth_points
from likeness_core.warps import five_points

from tests.core.openpeople_footage import Picture, portrait, put, room

SIZE = (320, 180)


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return open_face_analyser(device="cpu")


def follow(
    analyser: FaceAnalyser, pictures: list[Picture], start: int = 0, first_number: int = 0
) -> list[FollowedFace]:
    tracker = ShotTracker(analyser, Shot(3, FrameRange(start, start + len(pictures))), first_number)
    for index, picture in enumerate(pictures):
        tracker.add(start + index, picture)
    return tracker.finish()


def scene(*people: tuple[int, float, float, float]) -> Picture:
    """A room with people: (number, left, top, side in px)."""
    picture = room(*SIZE)
    for person, left, top, side in people:
        picture = put(picture, portrait(person), left, top, side)
    return picture


def middles(track: FaceTrack) -> np.ndarray:
    return np.array([(face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2) for face in track.faces])


def test_one_moving_face_is_one_track(analyser: FaceAnalyser) -> None:
    pictures = [scene((1, 10 + 4 * t, 10 + t, 140)) for t in range(12)]
    followed = follow(analyser, pictures, start=100, first_number=7)
    assert len(followed) == 1
    track = followed[0].track
    assert (track.number, track.shot) == (7, 3)
    assert [face.frame for face in track.faces] == list(range(100, 112))
    assert followed[0].landmarks.shape == (12, 468, 2) and followed[0].presence.min() > 0.9
    np.testing.assert_allclose(np.linalg.norm(track.embedding), 1, atol=1e-5)
    assert 0.3 < track.quality <= 1
    moved = np.diff([np.mean(face.points, axis=0) for face in track.faces], axis=0)
    np.testing.assert_allclose(moved, np.broadcast_to((4, 1), moved.shape), atol=0.5)


def test_a_few_views_are_kept_of_a_long_track_with_landmarks_in_place(analyser: FaceAnalyser) -> None:
    pictures = [scene((1, 10 + 0.5 * t, 10, 140)) for t in range(70)]
    followed = follow(analyser, pictures)[0]
    assert followed.views.shape[1:] == (VIEW_PX, VIEW_PX, 3) and followed.views.dtype == np.uint8
    assert 2 <= len(followed.views) <= MOST_VIEWS < 70 // 6  # looked at oftener than that
    for crop, dense in zip(followed.views, followed.views_dense, strict=True):
        np.testing.assert_allclose(five_points(dense), TEMPLATE, atol=0.03)
        whole = cut(portrait(1).astype(np.float32) / 255, align(np.array(found_points(analyser)), VIEW_PX))
        assert np.corrcoef(crop[32:96, 32:96].ravel(), whole[32:96, 32:96].ravel())[0, 1] > 0.95


def found_points(analyser: FaceAnalyser) -> tuple[tuple[float, float], ...]:
    return analyser.find(portrait(1))[0].face.points


def test_people_keep_their_tracks_when_they_cross(analyser: FaceAnalyser) -> None:
    pictures = [scene((3, 190 - 16 * t, 20, 130), (5, 16 * t, 20, 130)) for t in range(12)]
    followed = follow(analyser, pictures)
    people = {person: analyser.embed(portrait(person), analyser.find(portrait(person))[0].face) for person in (3, 5)}
    for one in followed:
        likeness = [float(np.array(one.track.embedding) @ embedding) for embedding in people.values()]
        assert max(likeness) > 0.6 and min(likeness) < 0.35  # no track mixes the two
    in_front = min((one.track for one in followed if one.track.faces[0].frame == 0), key=lambda t: t.faces[0].box[0])
    assert middles(in_front)[-1, 0] > 200  # from the left edge to the right


def test_a_blink_of_the_detector_is_filled(analyser: FaceAnalyser) -> None:
    pictures = [scene((1, 60 + 3 * t, 10, 150)) for t in range(10)]
    pictures[4] = pictures[5] = room(*SIZE)
    track = follow(analyser, pictures)[0].track
    assert [face.frame for face in track.faces] == list(range(10))
    assert [face.frame for face in track.faces if face.score == 0] == [4, 5]
    steps = np.diff([np.mean(face.points, axis=0)[0] for face in track.faces])
    np.testing.assert_allclose(steps, 3, atol=0.6)  # filled in step with the motion


def test_a_longer_absence_is_a_gap_and_a_long_one_a_new_track(analyser: FaceAnalyser) -> None:
    def pictures(absent: int) -> list[Picture]:
        return [scene((1, 60, 20, 140))] * 3 + [room(*SIZE)] * absent + [scene((1, 62, 20, 140))] * 3

    gap = follow(analyser, pictures(8))
    assert [[face.frame for face in one.track.faces] for one in gap] == [[*range(3), *range(11, 14)]]
    assert len(follow(analyser, pictures(13))) == 2


def test_another_person_in_the_same_place_is_another_track(analyser: FaceAnalyser) -> None:
    """A cut that nobody found: the track must not go over from one person to the next."""
    pictures = [scene((5, 80, 10, 150))] * 4 + [scene((3, 80, 10, 150))] * 4
    followed = follow(analyser, pictures)
    assert overlap(followed[0].track.faces[-1].box, followed[1].track.faces[0].box) > 0.6
    assert [[face.frame for face in one.track.faces] for one in followed] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_glimpse_is_no_track_but_a_single_frame_is(analyser: FaceAnalyser) -> None:
    glimpse = [room(*SIZE)] * 2 + [scene((1, 80, 20, 140))] + [room(*SIZE)] * 2
    assert follow(analyser, glimpse) == []
    assert len(follow(analyser, [scene((1, 80, 20, 140))])) == 1
    assert follow(analyser, [room(*SIZE)] * 2) == []


def test_tracks_are_the_same_each_time(analyser: FaceAnalyser) -> None:
    pictures = [scene((1, 10 + 9 * t, 10, 130), (2, 190, 30, 120)) for t in range(4)]
    first, second = follow(analyser, pictures), follow(open_face_analyser(device="cpu"), pictures)
    assert len(first) == 2
    assert [one.track for one in first] == [one.track for one in second]


# --- smoothing


def swing(frames: np.ndarray) -> np.ndarray:
    """A point that swings as a nodding head does: 1 Hz at 25 fps."""
    phase = 2 * np.pi * frames / 25
    return np.stack((100 + 8 * np.sin(phase), 50 + 3 * np.cos(phase)), axis=-1)[:, None].astype(np.float32)


def test_smoothing_takes_noise_out_and_adds_no_delay() -> None:
    frames = np.arange(200)
    noisy = swing(frames) + np.random.default_rng(0).normal(0, 1, (200, 1, 2)).astype(np.float32)
    error = smooth_points(frames, noisy, frames) - swing(frames)
    assert error[3:-3].std() < 0.65
    clean = smooth_points(frames, swing(frames), frames) - swing(frames)
    assert np.abs(clean[5:-5]).max() < 0.1  # a delay of one frame would be an error of 2


def test_smoothing_keeps_straight_motion() -> None:
    frames = np.arange(30)
    straight = np.stack((frames * 2.0, 100 - frames * 0.5), axis=-1)[:, None].astype(np.float32)
    error = np.abs(smooth_points(frames, straight, frames) - straight)
    assert error[5:-5].max() < 1e-3 and error.max() < 0.3


def test_smoothing_interpolates_gaps_and_takes_single_frames() -> None:
    known = np.array([0, 1, 2, 3, 8, 9, 10, 11])
    every = np.arange(12)
    filled = smooth_points(known, swing(known), every)
    assert np.abs(filled - swing(every)).max() < 1.5
    single = smooth_points(np.array([40]), swing(np.array([40])), np.array([40]))
    np.testing.assert_allclose(single, swing(np.array([40])), atol=1e-4)


def test_smoothing_spread_is_used() -> None:
    frames = np.arange(100)
    noise = np.random.default_rng(1).normal(0, 1, (100, 5, 2)).astype(np.float32)
    assert smooth_points(frames, noise, frames, 4.0).std() < 0.7 * smooth_points(frames, noise, frames, 1.0).std()


def test_overlap() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 10, 10)) == 0
