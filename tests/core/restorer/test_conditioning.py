"""References as tokens, and warped onto the footage."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from likeness_core.crops import Views
from likeness_core.restorer.attributes import VOCABULARY, measure_attributes
from likeness_core.restorer.compact import Conditions
from likeness_core.restorer.conditioning import (
    AlignedPhoto,
    FaceClip,
    Guide,
    conditions,
    nearest_photo,
    photo_weights,
)
from likeness_core.warps import five_points

from tests.core.drawn_face import draw, landmarks, turned
from tests.core.restorer import tiny_network

Array = npt.NDArray[np.float32]
SIDE = 64


def unit(seed: int) -> Array:
    vector = np.random.default_rng(seed).standard_normal(128).astype(np.float32)
    return vector / np.linalg.norm(vector)


def photo(pose: float = 0.0, quality: float = 1.0, seed: int = 0, side: int = 128) -> AlignedPhoto:
    dense = turned(landmarks(), pose)
    return AlignedPhoto(draw(dense, side), dense, unit(seed), quality)


def clip(poses: list[float], monochrome: bool = False, side: int = SIDE) -> FaceClip:
    dense = np.stack([turned(landmarks(), pose) for pose in poses])
    crops = np.stack([cv2.GaussianBlur(draw(d, side), (0, 0), 2.0) for d in dense])
    if monochrome:
        crops = np.repeat(crops.mean(axis=3, keepdims=True), 3, axis=3)
    attributes = measure_attributes(np.median(dense, axis=0), monochrome)
    return FaceClip(tuple(range(10, 10 + len(dense))), crops, dense, unit(0), attributes, monochrome)


FRONT, SIDEWAYS = 0.0, 0.07  # the head turned so that the nose moves by so much of the side


def test_the_photo_with_the_nearer_pose_counts_most() -> None:
    photos = (photo(FRONT), photo(SIDEWAYS))
    weights = photo_weights(clip([FRONT] * 3), photos)
    assert weights.shape == (3, 2)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert (weights[:, 0] > weights[:, 1]).all()
    assert (photo_weights(clip([SIDEWAYS]), photos)[:, 1] > 0.5).all()


def test_a_better_photo_counts_more() -> None:
    weights = photo_weights(clip([FRONT]), (photo(quality=0.9), photo(quality=0.3)))
    # 0.9 to 0.3, less the 0.05 that no photograph keeps
    np.testing.assert_allclose(weights[0], [0.70 / 0.9, 0.20 / 0.9], rtol=1e-4)


def test_of_photographs_in_one_pose_the_one_that_looks_like_the_footage_is_chosen() -> None:
    footage, like = clip([FRONT], side=128), photo(FRONT)
    lit = like.crop.copy()
    lit[:, 64:] *= 0.3  # a hard shadow over half of the face
    lit[40:60, 20:108] = 0.1  # and dark glasses
    views = Views(footage.crops, footage.dense)
    assert nearest_photo(footage.dense, views, (replace(like, crop=lit), like)) == (like,)
    shaded = replace(like, crop=like.crop * np.linspace(0.6, 1, 128, dtype=np.float32)[:, None])
    assert nearest_photo(footage.dense, views, (photo(SIDEWAYS), shaded)) == (shaded,)  # light alone is no reason
    assert nearest_photo(footage.dense, views, ()) == ()


def test_weights_change_slowly() -> None:
    weights = photo_weights(clip([FRONT] * 12 + [SIDEWAYS] * 12), (photo(FRONT), photo(SIDEWAYS)))[:, 1]
    whole = weights[-1] - weights[0]
    assert whole > 0.15
    assert np.abs(np.diff(weights)).max() < 0.3 * whole


def test_the_direct_path_puts_the_reference_where_the_footage_has_the_face() -> None:
    given = clip([SIDEWAYS])
    warped, masks = Guide(given, (photo(FRONT),)).over_the_face
    assert warped.shape == (1, SIDE, SIDE, 3)
    assert masks.shape == (1, SIDE, SIDE, 1)
    picture = warped[0] / np.maximum(masks[0], 1e-3)
    there = np.rint(five_points(given.dense[0]) * SIDE - 0.5).astype(int)
    elsewhere = np.rint(five_points(landmarks()) * SIDE - 0.5).astype(int)
    assert all(picture[y, x].mean() < 0.35 for x, y in there)  # its black spots have moved along
    assert picture[elsewhere[2][1], elsewhere[2][0]].mean() > 0.4


def test_the_direct_path_is_silent_outside_the_face() -> None:
    warped, masks = Guide(clip([FRONT]), (photo(), photo(SIDEWAYS))).over_the_face
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert masks[0][corner] == 0
        assert not warped[0][corner].any()
    assert 0.9 < masks.max() <= 1.0001


def test_a_photo_that_hardly_counts_is_left_out() -> None:
    given, good = clip([FRONT]), photo(quality=1.0)
    faint = replace(photo(SIDEWAYS, quality=0.0), crop=np.ones((128, 128, 3), np.float32))
    share = photo_weights(given, (good, faint))[0]
    assert share[1] < 0.05
    warped, masks = Guide(given, (good, faint)).over_the_face
    alone, mask = Guide(given, (good,)).over_the_face
    np.testing.assert_allclose(warped, alone * share[0], atol=1e-5)
    np.testing.assert_allclose(masks, mask * share[0], atol=1e-5)


def test_without_photos_nobody_guides() -> None:
    model = tiny_network.perturbed()
    given = conditions(model, Guide(clip([FRONT, SIDEWAYS]), ()), torch.empty(0))
    assert given.lq.shape == (1, 2, 3, SIDE, SIDE)
    assert not given.warped.any()
    assert given.warped.shape == given.lq.shape
    assert not given.warped_mask.any()
    assert given.warped_mask.shape == (1, 2, 1, SIDE, SIDE)
    assert torch.equal(given.image_tokens, model.null_image_tokens(1))
    assert torch.equal(given.match, torch.zeros(1, 1))


def test_pictures_go_in_as_minus_one_to_one_in_the_asked_format() -> None:
    model = tiny_network.perturbed().to(torch.bfloat16)
    footage = clip([FRONT])
    given = conditions(model, Guide(footage, (photo(),)), torch.empty(0, dtype=torch.bfloat16))
    tensors = (given.lq, given.warped, given.warped_mask, given.image_tokens, given.text_tokens, given.match)
    assert {tensor.dtype for tensor in tensors} == {torch.bfloat16}
    wanted = torch.from_numpy(footage.crops).permute(0, 3, 1, 2)[None] * 2 - 1
    torch.testing.assert_close(given.lq.float(), wanted, rtol=0, atol=0.01)
    assert given.warped.min() >= -1.001
    assert not given.warped[(given.warped_mask == 0).expand_as(given.warped)].any()


def test_match_is_the_cosine_of_footage_and_references() -> None:
    model = tiny_network.perturbed()
    same = conditions(model, Guide(clip([FRONT]), (photo(seed=0),)), torch.empty(0)).match
    assert same.item() == pytest.approx(1, abs=1e-5)
    both = conditions(model, Guide(clip([FRONT]), (photo(seed=0), photo(seed=1))), torch.empty(0)).match
    mean = unit(0) + unit(1)
    assert both.item() == pytest.approx(float(unit(0) @ mean / np.linalg.norm(mean)), abs=1e-5)


def of_likeness(cosine: float) -> AlignedPhoto:
    """A photograph of somebody whose embedding has this cosine with the footage's."""
    own = unit(0)
    across = unit(1) - (unit(1) @ own) * own
    embedding = cosine * own + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across)
    return replace(photo(), embedding=embedding.astype(np.float32))


def test_a_strangers_photograph_is_as_none() -> None:
    model, footage = tiny_network.perturbed(), clip([FRONT, SIDEWAYS])
    none = conditions(model, Guide(footage, ()), torch.empty(0))
    for cosine in (-0.2, 0.0, 0.3, 0.479):
        given = conditions(model, Guide(footage, (of_likeness(cosine),)), torch.empty(0))
        assert all(torch.equal(getattr(given, one), getattr(none, one)) for one in Conditions.__dataclass_fields__)


def test_between_stranger_and_person_the_photograph_fades_in() -> None:
    model, footage = tiny_network.perturbed(), clip([FRONT])
    masks = [
        conditions(model, Guide(footage, (of_likeness(cosine),)), torch.empty(0)).warped_mask.max().item()
        for cosine in (0.49, 0.528, 0.56, 0.58, 0.9)
    ]
    assert 0 < masks[0] < masks[1] < masks[2] < masks[3] == pytest.approx(masks[4], rel=1e-4)
    assert masks[1] == pytest.approx(masks[4] / 2, rel=0.01)


def test_a_colour_photo_guides_black_and_white_footage_without_colour() -> None:
    model = tiny_network.perturbed()
    given = conditions(model, Guide(clip([FRONT], monochrome=True), (photo(),)), torch.empty(0))
    warped = given.warped[0, 0]
    assert (warped.amax(dim=0) - warped.amin(dim=0)).max() < 1e-5
    grey = replace(
        photo(), crop=np.repeat((photo().crop @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None], 3, 2)
    )
    again = conditions(model, Guide(clip([FRONT], monochrome=True), (grey,)), torch.empty(0))
    torch.testing.assert_close(given.image_tokens, again.image_tokens, rtol=0, atol=1e-4)
    assert given.text_tokens[0, VOCABULARY.index("black and white")].any()
