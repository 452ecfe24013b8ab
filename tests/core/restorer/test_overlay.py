"""A photograph lies where the footage has its lines, even where landmarks say something else."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.restorer.overlay import laid_over, places, reduced, trust

from tests.core.drawn_face import draw, landmarks, turned

Array = npt.NDArray[np.float32]
SIDE = 256
FACE = draw(landmarks(), SIDE)
WRONG = landmarks() + np.array([4 / SIDE, -3 / SIDE], np.float32)  # found beside the face
MIDDLE = (slice(80, 200), slice(70, 186))


def footage(blur_px: float, frames: int = 1, noise: float = 0.01) -> Array:
    rng = np.random.default_rng(0)
    soft = np.asarray(cv2.GaussianBlur(FACE, (0, 0), blur_px), np.float32)
    return np.stack([np.clip(soft + rng.normal(0, noise, FACE.shape), 0, 1) for _ in range(frames)]).astype(np.float32)


def off(crops: Array, dense: Array) -> float:
    """Mean error of the photograph laid over the first frame, in the middle of the face."""
    place = places(crops, np.stack([dense] * len(crops)), FACE, landmarks())[0]
    return float(np.abs(laid_over(crops[0], FACE, place) - laid_over(crops[0], FACE, still()))[MIDDLE].mean())


def still() -> Array:
    """Every place where it is."""
    centres = (np.arange(32, dtype=np.float32) + 0.5) / 32
    return np.stack(np.meshgrid(centres, centres), axis=-1)


@pytest.mark.parametrize("blur_px", [1.5, 4.0])
def test_landmarks_beside_the_face_are_put_right_by_the_footage(blur_px: float) -> None:
    crops = footage(blur_px)
    beside = reduced(FACE, SIDE)
    moved = np.roll(beside, (3, -4), axis=(0, 1))
    by_landmarks = float(np.abs(moved - beside)[MIDDLE].mean())
    assert off(crops, WRONG) < 0.6 * by_landmarks
    assert off(crops, landmarks()) < 0.35 * by_landmarks


def test_footage_in_which_nothing_is_seen_leaves_the_photograph_where_landmarks_put_it() -> None:
    empty = np.full((1, SIDE, SIDE, 3), 0.5, np.float32)
    place = places(empty, landmarks()[None], FACE, landmarks())[0]
    wanted = cv2.resize(still(), place.shape[:2], interpolation=cv2.INTER_LINEAR)
    assert np.linalg.norm(place - wanted, axis=2)[20:-20, 20:-20].max() < 2 / SIDE


def test_it_lies_still_on_a_face_that_keeps_still() -> None:
    """Noise moves the flow of each frame; frames steady each other."""
    crops = footage(3.0, frames=8, noise=0.04)
    dense = np.stack([landmarks()] * 8)
    together = places(crops, dense, FACE, landmarks())
    alone = [places(crops[i : i + 1], dense[:1], FACE, landmarks())[0] for i in range(8)]
    inner = (slice(40, 100), slice(35, 93))
    trembling = [float(np.abs(np.diff(np.stack(maps)[:, *inner], axis=0)).mean()) for maps in (together, alone)]
    assert trembling[0] < 0.6 * trembling[1]


def test_large_crops_are_looked_at_reduced_and_places_serve_every_size() -> None:
    crops = footage(2.0)
    large = np.stack([cv2.resize(crops[0], (512, 512), interpolation=cv2.INTER_CUBIC)])
    small, fine = (places(each, WRONG[None], FACE, landmarks())[0] for each in (crops, large))
    assert small.shape == fine.shape
    assert np.abs(small - fine)[30:100, 30:100].mean() < 0.5 / SIDE
    assert laid_over(large[0], FACE, small).shape == (512, 512, 3)


def test_trust_ends_with_the_face_and_may_leave_the_mouth_out() -> None:
    dense = landmarks()
    place = places(footage(2.0), dense[None], FACE, dense)[0]
    whole, silent = (trust(dense, dense, place, SIDE, speechless)[..., 0] for speechless in (False, True))
    x, y = (dense[[61, 291]].mean(axis=0) * SIDE).astype(int)
    assert whole[y, x] > 0.8 and silent[y, x] < 0.05
    assert whole[0].max() == whole[:, 0].max() == 0


def test_a_photograph_that_is_bent_far_counts_until_it_shows_the_other_profile() -> None:
    place = places(footage(2.0), landmarks()[None], FACE, landmarks())[0]
    middle = (SIDE // 2, SIDE // 2)
    aside, profile = (trust(turned(landmarks(), by), landmarks(), place, SIDE)[..., 0] for by in (0.2, 0.35))
    assert aside[middle] > 0.9
    other = trust(turned(landmarks(), 0.3), turned(landmarks(), -0.3), place, SIDE)
    assert profile[middle] > 0.5 and other.max() == 0
