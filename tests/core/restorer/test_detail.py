"""Fine detail from the photograph: what is added, and where nothing may be."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from likeness_core.packs import DETAIL, resources
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, Guide, reliance
from likeness_core.restorer.detail import ORDINARY, detail_gain, inner, with_photo_detail
from likeness_core.restorer.detail_network import DetailNetwork, bands
from likeness_core.warps import turn
from safetensors.torch import load_file

from tests.core.drawn_face import Expression, draw, landmarks, turned

Array = npt.NDArray[np.float32]
SIDE = 256
ME = np.eye(128, dtype=np.float32)[0]
STRANGER = np.eye(128, dtype=np.float32)[1]


def pores(seed: int = 0) -> Array:
    """Skin of waves of 3 to 6 px, (SIDE, SIDE, 1)."""
    white = np.random.default_rng(seed).standard_normal((SIDE, SIDE)).astype(np.float32)
    fine = cv2.GaussianBlur(white, (0, 0), 0.8) - cv2.GaussianBlur(white, (0, 0), 2.0)
    return np.asarray(0.03 * fine / fine.std(), np.float32)[..., None]


FACE = draw(landmarks(), SIDE)
SHARP = np.clip(FACE + pores(), 0, 1).astype(np.float32)
SOFT = np.asarray(cv2.GaussianBlur(SHARP, (0, 0), 2.5), np.float32)
NETWORK = DetailNetwork().eval()
NETWORK.load_state_dict(load_file(resources() / "packs" / "compact" / DETAIL))
ON_FACE = (slice(110, 200), slice(80, 176))


def photo(picture: Array = SHARP, embedding: Array = ME, dense: Array | None = None) -> AlignedPhoto:
    return AlignedPhoto(picture, landmarks() if dense is None else dense, embedding, 1.0)


def clip(crops: Array, dense: Array | None = None) -> FaceClip:
    points = np.stack([landmarks() if dense is None else dense] * len(crops))
    return FaceClip(tuple(range(len(crops))), crops, points, ME, np.zeros(1, np.float32), monochrome=False)


def added(result: Array, guide: AlignedPhoto, gain: float = 1.0) -> Array:
    """(SIDE, SIDE, 3): what one frame gets."""
    return with_photo_detail(result[None], Guide(clip(result[None]), (guide,)), gain, NETWORK)[0] - result


def alike(a: Array, b: Array) -> float:
    one, other = ((x[ON_FACE] - x[ON_FACE].mean()).ravel() for x in (a, b))
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def test_skin_that_the_result_lacks_comes_from_the_photograph() -> None:
    change = added(SOFT, photo())
    assert alike(change[..., 0], pores()[..., 0]) > 0.55
    assert ((SOFT + change - SHARP)[ON_FACE] ** 2).mean() < 0.7 * ((SOFT - SHARP)[ON_FACE] ** 2).mean()
    np.testing.assert_allclose(change[..., 0], change[..., 2], atol=1e-6)  # luma alone: no colour of another light
    assert np.abs(change[:8]).max() < 1e-6 > np.abs(change[:, :8]).max()  # nothing beside the face


def test_a_photograph_that_lies_two_pixels_off_is_moved_into_place() -> None:
    beside = np.asarray(np.roll(SHARP, (2, 2), axis=(0, 1)))
    moved, in_place = (alike(added(SOFT, photo(guide))[..., 0], pores()[..., 0]) for guide in (beside, SHARP))
    # .94: the photograph is now moved on its way, and linear interpolation takes some of the finest waves.
    assert moved > 0.93 * in_place and in_place > 0.55
    assert alike(np.roll(pores(), (2, 2), axis=(0, 1))[..., 0], pores()[..., 0]) < 0.3  # what it would be otherwise


def test_a_result_as_rich_as_the_photograph_gets_little() -> None:
    rich, poor = (float(np.abs(added(result, photo())[ON_FACE]).mean()) for result in (SHARP, SOFT))
    assert rich < 0.4 * poor, (rich, poor)


def test_nothing_of_a_stranger_or_without_photographs_or_at_no_likeness() -> None:
    soft = SOFT[None]
    stranger = with_photo_detail(soft, Guide(clip(soft), (photo(embedding=STRANGER),)), 1.0, NETWORK)
    assert with_photo_detail(soft, Guide(clip(soft)), 1.0, NETWORK) is soft and stranger is soft
    assert with_photo_detail(soft, Guide(clip(soft), (photo(),)), detail_gain(0.0), NETWORK) is soft


def test_the_slider_says_how_much() -> None:
    some, twice = (added(SOFT, photo(), detail_gain(likeness)) for likeness in (0.25, 0.5))
    np.testing.assert_allclose(twice, 2 * some, atol=1e-6)
    assert detail_gain(0.0) == 0 and detail_gain(0.5) == ORDINARY < detail_gain(1.0) < 2 * ORDINARY


def test_an_open_mouth_is_not_laid_over_a_closed_one() -> None:
    wide = landmarks(Expression(mouth_open=0.1, smile=0.03))
    middle = landmarks()[[13, 14]].mean(axis=0)
    mouth = (slice(int(middle[1] * SIDE) - 4, int(middle[1] * SIDE) + 4), slice(120, 136))
    same, other = added(SOFT, photo()), added(SOFT, photo(dense=wide))
    assert np.abs(other[mouth]).mean() < 0.3 * np.abs(same[mouth]).mean()


def test_a_photograph_from_another_side_guides_but_gives_no_detail() -> None:
    aside = turned(landmarks(), 0.2)
    assert 0.5 < abs(turn(aside) - turn(landmarks())) < 0.8
    guide = Guide(clip(SOFT[None], aside), (photo(),))
    assert guide.over_the_face[1].max() > 0.9
    assert guide.same_side.max() == 0
    assert np.array_equal(with_photo_detail(SOFT[None], guide, 1.0, NETWORK), SOFT[None])


def test_detail_moves_with_the_face_and_does_not_tremble() -> None:
    steps = [0, 1, 2, 3]
    soft = np.stack([np.roll(SOFT, step, axis=1) for step in steps])
    moving = replace(clip(soft), dense=np.stack([landmarks() + np.array([s / SIDE, 0], np.float32) for s in steps]))
    change = with_photo_detail(soft, Guide(moving, (photo(),)), 1.0, NETWORK) - soft
    first, last = change[0], np.roll(change[-1], -steps[-1], axis=1)
    assert alike(first[..., 0], last[..., 0]) > 0.9


def test_detail_does_not_tremble_with_the_landmarks() -> None:
    """Found a little beside their place in each frame, as landmarks are."""
    beside = np.random.default_rng(0).normal(0, 0.6, (8, 2)).astype(np.float32)
    soft = np.stack([SOFT] * len(beside))
    shaken = Guide(replace(clip(soft), dense=landmarks() + beside[:, None] / SIDE), (photo(),))
    changes = with_photo_detail(soft, shaken, 1.0, NETWORK) - soft
    moves = [np.array([[1, 0, x], [0, 1, y]], np.float32) for x, y in beside]
    following = np.stack([cv2.warpAffine(changes[0], move, (SIDE, SIDE)) for move in moves])
    assert trembling(changes) < 0.5 * trembling(following)


def trembling(changes: Array) -> float:
    return float(np.abs(np.diff(changes[:, ON_FACE[0], ON_FACE[1], 0], axis=0)).mean())


def test_a_photographs_own_background_is_not_taken_for_the_face() -> None:
    """A mask reaches over the outline; what is added does not."""
    guide = Guide(clip(SOFT[None]), (photo(),))
    mask = guide.over_the_face[1][0, ..., 0]
    assert (inner(mask) <= mask + 0.02).all()
    edge = (mask > 0.05) & (mask < 0.5)
    assert inner(mask)[edge].mean() < 0.4 * mask[edge].mean()
    assert inner(mask)[ON_FACE].min() > 0.7


@pytest.mark.parametrize("place", [(0, 0), (SIDE - 1, SIDE - 1), (130, 130)])
def test_a_face_that_is_hardly_trusted_anywhere_is_served(place: tuple[int, int]) -> None:
    """What is left of a mask may be a few pixels, and at the crop's edge."""
    guide, masks = Guide(clip(SOFT[None]), (photo(),)), np.zeros((1, SIDE, SIDE, 1), np.float32)
    masks[0, max(0, place[0] - 1) : place[0] + 2, max(0, place[1] - 1) : place[1] + 2] = 1
    guide.__dict__["over_the_face"] = (SHARP[None] * masks, masks)
    large = np.stack([cv2.resize(SOFT, (512, 512))])
    for crops in (SOFT[None], large):
        if crops is large:
            wide = np.repeat(np.repeat(masks, 2, axis=1), 2, axis=2)
            guide = Guide(clip(large), (photo(),))
            guide.__dict__["over_the_face"] = (large * wide, wide)
        assert np.isfinite(with_photo_detail(crops, guide, 1.0, NETWORK)).all()


@pytest.mark.parametrize("side", [128, 512])
def test_other_crops_are_served(side: int) -> None:
    sharp, soft = (np.asarray(cv2.resize(x, (side, side), interpolation=cv2.INTER_AREA)) for x in (SHARP, SOFT))
    change = with_photo_detail(soft[None], Guide(clip(soft[None]), (photo(sharp),)), 1.0, NETWORK)[0] - soft
    assert np.isfinite(change).all() and np.abs(change).max() > 0.005


def test_what_counts_as_the_person_depends_on_the_footage() -> None:
    assert reliance(0.3, expected=0.8) == 0 < reliance(0.3, expected=0.35)
    assert reliance(0.58, expected=0.8) == 1


def test_the_network_weighs_and_never_draws() -> None:
    generator = torch.Generator().manual_seed(0)
    own, photo_ = (torch.rand((1, 1, 64, 64), generator=generator) for _ in range(2))
    flat, whole = torch.full((1, 1, 64, 64), 0.4), torch.ones((1, 1, 64, 64))
    with torch.inference_mode():
        assert DetailNetwork().eval()(own, photo_, whole, 256).abs().max() == 0  # untrained
        assert NETWORK(flat, flat, whole, 256).abs().max() < 1e-5  # nothing is in either
        assert NETWORK(own, photo_, 0 * whole, 256).abs().max() == 0  # beside the face
        assert torch.allclose(NETWORK(own + 0.1, photo_ - 0.1, whole, 256), NETWORK(own, photo_, whole, 256), atol=1e-4)


def test_the_results_own_fine_bands_are_neither_turned_over_nor_doubled_twice() -> None:
    """The gains of the two finest are bounded, and more widely those of the photograph."""
    greedy = DetailNetwork().eval()
    assert greedy.gains.bias is not None
    torch.nn.init.constant_(greedy.gains.bias, 10.0)
    own, whole = torch.rand((1, 1, 64, 64), generator=torch.Generator().manual_seed(0)), torch.ones((1, 1, 64, 64))
    flat = torch.full_like(own, 0.4)
    finest, fine, coarse = bands(own, 256).split(1, dim=1)
    with torch.inference_mode():
        torch.testing.assert_close(greedy(own, flat, whole, 256), finest + fine + 10 * coarse, atol=1e-4, rtol=0)
        of_photo = greedy(flat, own, whole, 256)
    torch.testing.assert_close(of_photo, 8 * (finest + fine + coarse), atol=1e-3, rtol=0)


def test_bands_are_what_lies_between_the_spreads() -> None:
    x = torch.arange(128.0)
    waves = [(0.5 + 0.4 * torch.sin(2 * torch.pi * x / length)).expand(1, 1, 128, 128) for length in (3, 6, 24)]
    strongest = [int(bands(wave, 256)[..., 32:96, 32:96].square().mean((0, 2, 3)).argmax()) for wave in waves]
    assert strongest == [0, 1, 2]
