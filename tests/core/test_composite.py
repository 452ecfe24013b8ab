"""Faces back into the frame: nothing outside is touched, no square, no shift of colour."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.api import RestorationSettings
from likeness_core.composite import Look, RestoredFace, compose
from likeness_core.crops import align, cut
from likeness_core.grain import Grain
from likeness_core.warps import five_points

from tests.core.drawn_face import draw, landmarks

Array = npt.NDArray[np.float32]
WEIGHTS = (0.2126, 0.7152, 0.0722)
NONE = Grain(0.0, 0.5, 0.0)
PLACES = [(150.0, 40.0, 30.0), (90.0, 120.5, 80.25), (300.0, -100.0, -60.0), (130.0, -70.0, 60.0), (60.0, 5.0, 3.0)]


def frame_of(width: int = 240, height: int = 200, seed: int = 0) -> Array:
    """Soft colours and fine noise, so that a pixel written twice would differ."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((8, 10, 3), np.float32) * 0.6 + 0.2
    wall = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(wall + 0.02 * rng.standard_normal((height, width, 3), np.float32), 0, 1)


def face_in(
    frame: Array, place: tuple[float, float, float] = PLACES[0], change: Array | None = None, monochrome: bool = False
) -> RestoredFace:
    """A face whose aligned crop of 128 px covers `place` (side, left, top in frame pixels), changed by `change`."""
    side, left, top = place
    dense = landmarks() * side - 0.5 + (left, top)
    alignment = align(five_points(dense.astype(np.float32)), 128)
    source = cut(frame, alignment)
    if change is None:
        change = 0.25 * (draw(landmarks(), 128) - cv2.GaussianBlur(draw(landmarks(), 128), (0, 0), 3))
    shares = alignment.points(dense.astype(np.float32))
    return RestoredFace(3, source + change, source, shares, alignment, 1.0, 0.9, NONE, monochrome)


def look(is_float: bool = False, **settings: float) -> Look:
    return Look(replace(RestorationSettings(grain=0.0), **settings), WEIGHTS, is_float)


def stripes(amplitude: float = 0.2) -> Array:
    wave = amplitude * np.sin(np.arange(128) * 2 * np.pi / 8).astype(np.float32)
    return np.repeat(np.tile(wave, (128, 1))[..., None], 3, axis=2)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("grain", [0.0, 1.0])
def test_outside_the_matte_every_pixel_is_the_sources(place: tuple[float, float, float], grain: float) -> None:
    frame = frame_of()
    face = replace(face_in(frame, place), grain=Grain(0.05, 0.6, 0.5))
    before = frame.copy()
    out, matte = compose(frame, 7, [face], look(grain=grain))
    assert np.array_equal(frame, before)
    assert np.array_equal(out[matte == 0], frame[matte == 0])
    assert (matte == 0).any()
    assert 0.9 < matte.max() <= 1
    assert (out[matte > 0.5] != frame[matte > 0.5]).any()


def test_strength_nothing_is_the_source_bit_for_bit() -> None:
    frame = frame_of()
    face = replace(face_in(frame), grain=Grain(0.05, 0.6, 0.5))
    for out, matte in (
        compose(frame, 7, [face], look(strength=0.0, grain=1.0)),
        compose(frame, 7, [replace(face, trust=0.0)], look(grain=1.0)),
        compose(frame, 7, [], look()),
    ):
        assert np.array_equal(out, frame)
        assert not matte.any()


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75])
def test_strength_and_trust_are_shares_of_the_change(strength: float) -> None:
    frame = frame_of()
    face = face_in(frame)
    whole = compose(frame, 0, [face], look(is_float=True))[0] - frame
    part, matte = compose(frame, 0, [face], look(is_float=True, strength=strength))
    np.testing.assert_allclose(part - frame, strength * whole, atol=1e-6)
    assert matte.max() == pytest.approx(strength, abs=0.01)
    trusted, _ = compose(frame, 0, [replace(face, trust=strength)], look(is_float=True))
    np.testing.assert_allclose(trusted, part, atol=1e-6)


def test_no_square_can_be_seen() -> None:
    """A harsh change of light is the worst case: what is left of it must fade over many pixels."""
    frame = np.full((200, 240, 3), 0.5, np.float32)
    for change in (
        np.full((128, 128, 3), 0.3, np.float32),
        np.tile(np.array((0.3, -0.2, 0.1), np.float32), (128, 128, 1)),
    ):
        out, _ = compose(frame, 0, [face_in(frame, change=change)], look(fidelity=0.0))
        steps = max(np.abs(np.diff(out, axis=axis)).max() for axis in (0, 1))
        assert steps < 0.03


@pytest.mark.parametrize("shift", [(0.2, 0.2, 0.2), (0.1, -0.1, 0.05)])
def test_light_and_colour_stay_the_sources(shift: tuple[float, float, float]) -> None:
    frame = frame_of()
    face = face_in(frame, change=stripes() + np.array(shift, np.float32))
    out, matte = compose(frame, 0, [face], look(is_float=True))
    moved = (out - frame)[matte > 0.5]
    assert np.abs(moved.mean(axis=0)).max() < 0.005
    assert moved.std() > 0.08  # the detail is there


def test_fidelity_follows_the_footage_more_and_more() -> None:
    frame = frame_of()
    rows, columns = np.mgrid[0:128, 0:128].astype(np.float32) / 128
    blob = 0.3 * np.exp(-((columns - 0.5) ** 2 + (rows - 0.6) ** 2) / (2 * 0.12**2))
    face = face_in(frame, change=np.repeat(blob[..., None], 3, axis=2).astype(np.float32))
    kept = [
        float(np.abs(compose(frame, 0, [face], look(is_float=True, fidelity=f))[0] - frame).mean())
        for f in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > 1.5 * kept[-1]


@pytest.mark.parametrize("place", PLACES)
def test_black_and_white_stays_black_and_white_to_the_bit(place: tuple[float, float, float]) -> None:
    frame = np.repeat(frame_of()[..., :1], 3, axis=2)
    change = np.random.default_rng(0).normal(0, 0.1, (128, 128, 3)).astype(np.float32)
    face = replace(face_in(frame, place, change, monochrome=True), grain=Grain(0.04, 0.5, 0.4))
    out, _ = compose(frame, 0, [face], look(grain=1.0, strength=0.7))
    assert (out != frame).any()
    assert np.array_equal(out[..., 0], out[..., 1])
    assert np.array_equal(out[..., 0], out[..., 2])
    coloured, _ = compose(frame, 0, [replace(face, monochrome=False)], look())
    assert not np.array_equal(coloured[..., 0], coloured[..., 1])


def test_integer_footage_stays_in_range_and_float_footage_may_leave_it() -> None:
    frame = np.clip(frame_of() + 0.4, 0, 1)
    face = face_in(frame, change=stripes(0.9))
    out, _ = compose(frame, 0, [face], look())
    assert out.max() <= 1
    assert out.min() >= 0
    assert compose(frame, 0, [face], look(is_float=True))[0].max() > 1.05
    bright = frame * 3  # scene-linear highlights outside the face
    out, matte = compose(bright, 0, [face_in(bright)], look(is_float=True))
    assert np.array_equal(out[matte == 0], bright[matte == 0])
    assert out.max() > 2


def test_grain_comes_back_by_its_slider_and_differs_from_frame_to_frame() -> None:
    frame = np.full((200, 240, 3), 0.5, np.float32)
    face = replace(face_in(frame, change=np.zeros((128, 128, 3), np.float32)), grain=Grain(0.03, 0.6, 0.0))
    inside = compose(frame, 0, [face], look())[1] > 0.99

    def noise(index: int, amount: float, seed: int = 0) -> Array:
        return (compose(frame, index, [face], look(grain=amount, seed=seed))[0] - frame)[inside]

    assert noise(5, 0.0).std() == 0
    assert noise(5, 1.0).std() == pytest.approx(0.03, rel=0.1)
    assert noise(5, 0.5).std() == pytest.approx(0.015, rel=0.1)
    assert np.array_equal(noise(5, 1.0), noise(5, 1.0))
    for other in (noise(6, 1.0), noise(5, 1.0, seed=1)):
        assert abs(np.corrcoef(noise(5, 1.0)[:, 0], other[:, 0])[0, 1]) < 0.1


def test_several_faces_are_put_back_and_the_matte_knows_all() -> None:
    frame = frame_of()
    left, right = face_in(frame, (80, 10, 20)), replace(face_in(frame, (80, 140, 90)), track=4, trust=0.5)
    out, matte = compose(frame, 0, [left, right], look(is_float=True))
    only_left, left_matte = compose(frame, 0, [left], look(is_float=True))
    only_right, right_matte = compose(frame, 0, [right], look(is_float=True))
    np.testing.assert_allclose(out - frame, (only_left - frame) + (only_right - frame), atol=1e-6)
    np.testing.assert_array_equal(matte, np.maximum(left_matte, right_matte))
    assert matte[right_matte > 0].max() == pytest.approx(0.5, abs=0.01)


def test_a_frame_of_16_pixels_is_no_error() -> None:
    frame = frame_of(16, 16)
    out, matte = compose(frame, 0, [face_in(frame, (24.0, -4.0, -4.0))], look())
    assert out.shape == frame.shape
    assert np.isfinite(out).all()
    assert matte.max() > 0.5
