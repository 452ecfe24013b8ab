"""Where a photograph lies over a clip: found, and held still on a face that moves."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.restorer.flow import flow_onto, flow_onto_footage, moved, steady

Array = npt.NDArray[np.float32]
SIDE, FRAMES = 256, 9
INSIDE = slice(20, 108)


def skin(seed: int = 0) -> Array:
    """(SIDE, SIDE) of blots that optical flow can hold on to."""
    white = np.random.default_rng(seed).standard_normal((SIDE, SIDE)).astype(np.float32)
    blots = cv2.GaussianBlur(white, (0, 0), 4.0)
    return np.asarray(0.5 + 0.15 * blots / blots.std(), np.float32)


def shifted(plane: Array, pixels: float) -> Array:
    """Moved to the right."""
    return moved(plane, np.full((2, 2, 2), (-pixels / SIDE, 0), np.float32))


def straight(pixels: float = 0.0) -> Array:
    """(32, 32, 2): a map that shows the photograph moved to the right."""
    centres = (np.arange(32, dtype=np.float32) + 0.5) / 32
    x, y = np.meshgrid(centres - np.float32(pixels / SIDE), centres)
    return np.stack([x, y], axis=-1).astype(np.float32)


def to_right(flow: Array) -> float:
    """Its mean inside, in pixels."""
    return float(flow[INSIDE, INSIDE, 0].mean() * SIDE)


@pytest.mark.parametrize("pixels", [-2.4, 0.0, 1.5])
def test_a_photograph_that_lies_beside_is_found(pixels: float) -> None:
    flow = flow_onto(skin(), shifted(skin(), pixels))
    assert flow.dtype == np.float32 and flow.shape[2] == 2
    assert to_right(flow) == pytest.approx(pixels, abs=0.2)
    assert np.abs(flow[INSIDE, INSIDE, 1]).max() * SIDE < 0.5


@pytest.mark.parametrize("pixels", [-6.0, 0.0, 6.0])
def test_over_footage_it_is_found_farther_off(pixels: float) -> None:
    assert to_right(flow_onto_footage(skin(), shifted(skin(), pixels))) == pytest.approx(0.9 * pixels, abs=0.1)


def test_it_is_moved_no_farther_than_a_hundredth_and_over_footage_four() -> None:
    for find, farthest in ((flow_onto, 0.01), (flow_onto_footage, 0.04)):
        assert np.linalg.norm(find(skin(), shifted(skin(), 24)), axis=2).max() <= farthest + 1e-6


def test_an_eye_is_not_bent_onto_a_smear_of_the_result() -> None:
    """Else the far eye is drawn twice: once by the result, once by the photograph, bent into its shape."""
    rows, columns = np.indices((SIDE, SIDE), dtype=np.float32)
    even = (0.5 + 0.1 * (skin() - 0.5)).astype(np.float32)

    def with_eye(plane: Array, wide: float, high: float) -> Array:
        eye = np.exp(-(((columns - 128) / wide) ** 2) - ((rows - 128) / high) ** 2)
        return np.asarray(plane - 0.35 * eye, np.float32)

    flow = flow_onto(with_eye(even, 8, 16), with_eye(even, 20, 6))
    down, right = (np.gradient(flow, 1 / 128, axis=axis) for axis in (0, 1))
    area = (1 + right[..., 0]) * (1 + down[..., 1]) - right[..., 1] * down[..., 0]
    assert area.min() > 0.3 and area.max() < 2


def errors(steps: list[float], noise: list[float]) -> tuple[Array, Array]:
    """Of the places found in each frame, before and after, in pixels of the photograph.

    The face goes by `steps` to the right, and landmarks say so; flow is wrong by `noise`.
    """
    own = [shifted(skin(), step) for step in steps]
    maps = [straight(step) for step in steps]
    found = [np.full((128, 128, 2), (wrong / SIDE, 0), np.float32) for wrong in noise]
    better = steady(found, own, maps)
    before, after = ([to_right(flow) for flow in flows] for flows in (found, better))
    return np.array(before, np.float32), np.array(after, np.float32)


@pytest.mark.parametrize("speed", [0.0, 2.5])
def test_what_trembles_is_held_still_on_a_face_that_moves(speed: float) -> None:
    noise = np.random.default_rng(1).normal(0, 0.7, FRAMES)
    before, after = errors([speed * i for i in range(FRAMES)], list(noise))
    assert np.diff(after).std() < 0.25 * np.diff(before).std()
    assert after.mean() == pytest.approx(before.mean(), abs=0.2)


def test_what_landmarks_get_wrong_is_mended_by_the_motion_that_is_seen() -> None:
    own = [skin()] * FRAMES
    wrong = np.random.default_rng(2).normal(0, 0.7, FRAMES)
    better = steady([np.zeros((128, 128, 2), np.float32)] * FRAMES, own, [straight(pixels) for pixels in wrong])
    places = [to_right(flow) - pixels for flow, pixels in zip(better, wrong, strict=True)]
    assert np.std(places) < 0.3 * wrong.std()


def test_a_place_that_really_changes_is_let_go() -> None:
    """Half way, another part of the photograph fits: an eye has opened."""
    _, after = errors([0.0] * 8, [0.0] * 4 + [12.0] * 4)
    np.testing.assert_allclose(after, [0.0] * 4 + [12.0] * 4, atol=0.7)


def test_a_single_frame_stays_as_it_is() -> None:
    flow = flow_onto(skin(), shifted(skin(), 2))
    assert steady([flow], [skin()], [straight()])[0] is flow


def test_a_photograph_turned_and_smaller_is_corrected_in_the_footages_own_directions() -> None:
    x, y = np.moveaxis(straight() - 0.5, -1, 0)
    turned = (0.5 + 0.4 * np.stack([-y, x], axis=-1)).astype(np.float32)
    noise = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    found = [np.full((128, 128, 2), (0, wrong / SIDE), np.float32) for wrong in noise]
    better = steady(found, [skin()] * 6, [turned] * 6)
    down = np.array([flow[INSIDE, INSIDE, 1].mean() * SIDE for flow in better])
    assert np.ptp(down) < 0.45 * np.ptp(noise)
    assert down.mean() == pytest.approx(0.5, abs=0.1)
    assert max(abs(to_right(flow)) for flow in better) < 0.05
