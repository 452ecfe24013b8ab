"""References warped onto the footage's landmarks."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.warps import (
    LIPS,
    OVAL,
    five_points,
    match_tone,
    mouth_agreement,
    reference_map,
    trust_mask,
    warp_reference,
)

from tests.core.drawn_face import Expression, draw, landmarks, moved

Array = npt.NDArray[np.float32]


def grid(count: int = 32) -> Array:
    centres = (np.arange(count, dtype=np.float32) + 0.5) / count
    return np.stack(np.meshgrid(centres, centres), axis=-1)


def test_identical_landmarks_give_the_identity() -> None:
    np.testing.assert_allclose(reference_map(landmarks(), landmarks()), grid(), atol=1e-4)


def test_the_identity_leaves_the_picture_as_it_is() -> None:
    picture = draw(landmarks(), 128)
    warped = warp_reference(picture, reference_map(landmarks(), landmarks()), 128)
    inside = np.s_[4:-4, 4:-4]  # the coarse map is constant in its outermost half cell
    assert np.abs(warped - picture)[inside].max() < 0.02


@pytest.mark.parametrize(
    "matrix",
    [
        ((1, 0, 0.05), (0, 1, -0.03)),
        ((1.1, 0, -0.04), (0, 0.92, 0.05)),
        ((0.98, -0.15, 0.08), (0.15, 0.98, -0.07)),
        ((1.05, 0.1, -0.05), (-0.02, 0.95, 0.04)),
    ],
)
def test_an_affine_change_of_landmarks_is_followed(matrix: tuple[tuple[float, ...], ...]) -> None:
    affine = np.array(matrix, np.float32)
    found = reference_map(landmarks(), moved(landmarks(), affine))
    assert np.abs(found - moved(grid(), affine)).max() < 0.005


def test_the_map_goes_from_the_footage_to_the_reference() -> None:
    footage, reference = landmarks(Expression(turn=0.03, mouth_open=0.06)), landmarks()
    mapping = cv2.resize(reference_map(footage, reference), (256, 256), interpolation=cv2.INTER_CUBIC)
    for number in (4, 14, 61, 33):
        x, y = np.rint(footage[number] * 256 - 0.5).astype(int)
        assert np.abs(mapping[y, x] - reference[number]).max() < 0.01


def test_features_of_the_reference_land_on_those_of_the_footage() -> None:
    footage, reference = landmarks(Expression(turn=0.03, smile=0.03)), landmarks()
    warped = warp_reference(draw(reference, 256), reference_map(footage, reference), 128)
    wanted = draw(footage, 128)
    for x, y in np.rint(five_points(footage) * 128 - 0.5).astype(int):
        assert wanted[y, x].mean() < 0.1
        assert warped[y, x].mean() < 0.15


def test_the_map_is_as_smooth_between_its_cells_as_at_them() -> None:
    ramp = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 256, axis=0).repeat(3, axis=2)
    warped = warp_reference(ramp, grid(), 256)
    assert np.abs(warped - ramp)[:, 8:-8].max() < 0.05 / 255  # a twentieth of a pixel


def test_a_map_serves_every_side() -> None:
    mapping = reference_map(landmarks(Expression(turn=0.03)), landmarks())
    large = warp_reference(draw(landmarks(), 256), mapping, 256)
    small = warp_reference(draw(landmarks(), 256), mapping, 128)
    assert small.shape == (128, 128, 3)
    reduced = cv2.resize(large, (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced - small)[4:-4, 4:-4].mean() < 0.005


def test_trust_is_whole_on_the_face_and_nothing_outside() -> None:
    dense = landmarks()
    mask = trust_mask(dense, reference_map(dense, dense), 128)
    assert mask.shape == (128, 128)
    assert mask.min() >= 0
    assert mask.max() <= 1
    for x, y in np.rint(five_points(dense) * 128 - 0.5).astype(int):
        assert mask[y, x] > 0.99
    far = np.ones((128, 128), np.uint8)
    oval = dense[list(OVAL)]
    grown = (oval - oval.mean(axis=0)) * 1.5 + oval.mean(axis=0)
    cv2.fillPoly(far, [np.rint(grown * 128).astype(np.int32)], 0)
    assert mask[far > 0].max() < 0.001
    assert mask[0].max() == mask[:, 0].max() == mask[:, -1].max() == 0


def test_where_the_map_stretches_much_there_is_no_trust() -> None:
    dense = landmarks()
    squeezed = moved(dense, np.array([[0.2, 0, 0.4], [0, 0.4, 0.3]], np.float32))
    assert trust_mask(dense, reference_map(dense, squeezed), 64).max() < 0.05
    mirrored = moved(dense, np.array([[-1, 0, 1], [0, 1, 0]], np.float32))
    assert trust_mask(dense, reference_map(dense, mirrored), 64).max() == 0


def test_a_laugh_is_another_mouth_and_a_nod_is_not() -> None:
    still, laugh = landmarks(), landmarks(Expression(mouth_open=0.1, smile=0.03))
    assert mouth_agreement(still, still) == 1
    assert mouth_agreement(still, laugh) == mouth_agreement(laugh, still) == 0
    assert mouth_agreement(landmarks(Expression(smile=0.015)), still) == 1  # what landmarks are off by
    assert 0 < mouth_agreement(still, landmarks(Expression(mouth_open=0.06, smile=0.03))) < 1
    tilted = moved(still, np.array([[0.95, 0.1, 0.02], [-0.1, 0.95, 0.05]], np.float32))
    assert mouth_agreement(tilted, still) > 0.99


def test_where_the_mouth_differs_only_the_mouth_is_lost() -> None:
    dense = landmarks()
    whole, speechless = (trust_mask(dense, reference_map(dense, dense), 128, mouth) for mouth in (1.0, 0.0))
    lips = np.rint(dense[list(LIPS)] * 128 - 0.5).astype(int)
    assert speechless[lips[:, 1], lips[:, 0]].mean() < 0.15 < 0.9 < whole[lips[:, 1], lips[:, 0]].mean()
    for x, y in np.rint(five_points(dense)[:2] * 128 - 0.5).astype(int):
        assert speechless[y, x] == pytest.approx(whole[y, x], abs=1e-3)


def test_tone_is_the_footages_and_detail_the_references() -> None:
    dense = landmarks()
    reference = draw(dense, 128)
    footage = cv2.GaussianBlur(draw(dense, 128) * (0.6, 0.5, 0.4) + 0.1, (0, 0), 4).astype(np.float32)
    toned = match_tone(reference, footage)
    blurred = [cv2.GaussianBlur(picture, (0, 0), 16) for picture in (toned, footage)]
    assert np.abs(blurred[0] - blurred[1]).max() < 0.03

    def detail(picture: Array) -> Array:
        return (picture - cv2.GaussianBlur(picture, (0, 0), 2))[16:-16, 16:-16].ravel()

    assert np.corrcoef(detail(toned), detail(reference))[0, 1] > 0.95
    assert toned.min() >= 0
    assert toned.max() <= 1


def test_five_points_are_the_middles_of_eyes_nose_and_mouth() -> None:
    np.testing.assert_allclose(
        five_points(landmarks()),
        [(0.375, 0.479), (0.625, 0.479), (0.5, 0.61), (0.382, 0.729), (0.618, 0.729)],
        atol=0.004,
    )
