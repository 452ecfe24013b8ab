"""Training samples drawn from a small set of drawn people."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core import packs
from likeness_core.faces import open_face_analyser
from likeness_core.practice import degrade as degrading
from likeness_core.practice.mirrored_points import mirror_order
from likeness_core.practice.samples import (
    HELD_OUT,
    TOKENS_PX,
    Faces,
    Sample,
    View,
    guide,
    make_clip,
    make_sample,
    read_faces,
)
from likeness_core.references import read_photo
from likeness_core.restorer.attributes import VOCABULARY, measure_attributes
from likeness_core.warps import five_points

from tests.core.drawn_face import draw, landmarks, turned

Array = npt.NDArray[np.float32]
STORED = 96
VIEW, PATCH = View(64, 64, 4.0), View(96, 64, 4.0)
# (person, split, black and white): persons 0 to 2 train, 3 and 4 validate, 5 is held out.
PICTURES = [
    (0, "train", False), (0, "train", False), (0, "train", False), (1, "train", False), (2, "train", True),
    (2, "train", False), (3, "val", False), (3, "val", False), (4, "val", False), (4, "val", False),
    (5, "train", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    """What `prepare` writes, of drawn faces: each person has a colour, each picture a pose."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    dense = np.stack([turned(landmarks(), 0.03 * (i % 3 - 1)) for i in range(len(PICTURES))])
    colours = np.array(
        [(0.8, 0.6, 0.5), (0.5, 0.35, 0.25), (0.7, 0.6, 0.6), (0.6, 0.5, 0.4), (0.9, 0.7, 0.6), (0.4, 0.5, 0.4)]
    )
    images = np.stack([draw(d, STORED, tuple(colours[p])) for d, (p, *_) in zip(dense, PICTURES, strict=True)])
    count = len(PICTURES)
    people = np.array([person for person, *_ in PICTURES])
    embeddings = rng.standard_normal((6, 128))[people][:, None] + 0.1 * rng.standard_normal((count, 3, 128))
    np.save(folder / "faces.npy", np.rint(images * 255).astype(np.uint8))
    np.savez(
        folder / "faces.npz",
        landmarks=dense,
        landmark_errors=rng.normal(0, 0.004, (count, 2, 468, 2)).astype(np.float16),
        error_scales=np.tile(np.array([2.0, 6.0], np.float32), (count, 1)),
        identity=people,
        validation=np.array([split == "val" for _, split, _ in PICTURES]),
        monochrome=np.array([grey for *_, grey in PICTURES]),
        embeddings=(embeddings / np.linalg.norm(embeddings, axis=2, keepdims=True)).astype(np.float32),
        paths=np.array(
            [f"train/{HELD_OUT[0] if p == 5 else f'person{p}'}_{i}.jpg" for i, (p, *_) in enumerate(PICTURES)]
        ),
    )
    return read_faces(folder)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def samples(faces: Faces, count: int, view: View = VIEW) -> list[Sample]:
    generator = rng(7)
    return [make_sample(faces, view, generator) for _ in range(count)]


def darkness_at(image: Array, points: Array) -> list[float]:
    """How much darker than its surroundings each place (shares) is; the drawn five points are black."""
    grey = image.mean(axis=2)
    side = len(grey)
    ring = cv2.GaussianBlur(grey, (0, 0), side / 14)
    places = np.clip(np.rint(points * side - 0.5).astype(int), 0, side - 1)
    return [float(ring[y, x] - grey[y, x]) for x, y in places]


def test_nobody_from_validation_or_held_out_is_trained_on(faces: Faces) -> None:
    assert set(faces.train.tolist()) == {0, 1, 2, 3, 4, 5}
    assert set(faces.several.tolist()) == {0, 1, 2, 4, 5}
    generator = rng()
    targets = {faces.draw_target(generator) for _ in range(300)}
    assert targets == {0, 1, 2, 3, 4, 5}
    others = {faces.draw_reference(index, generator)[1] for index in targets for _ in range(200)}
    assert others <= targets


def test_people_with_several_photographs_come_more_often(faces: Faces) -> None:
    generator = rng()
    drawn = [faces.draw_target(generator) for _ in range(600)]
    assert np.mean([index == 3 for index in drawn]) < 0.6 / 6


def test_references_are_right_wrong_and_missing_in_their_shares(faces: Faces) -> None:
    generator = rng()
    drawn = [(index, *faces.draw_reference(index, generator)) for index in [0, 1, 2, 3, 4, 5] * 300]
    kinds = [kind for _, kind, _, _ in drawn]
    assert np.mean([kind == "none" for kind in kinds]) == pytest.approx(0.12, abs=0.03)
    assert 0.05 < np.mean([kind == "wrong" for kind in kinds]) < 0.18
    for index, kind, other, mirrored in drawn:
        if kind == "wrong":
            assert faces.identity[other] != faces.identity[index]
        if kind == "right":
            assert faces.identity[other] == faces.identity[index]
            assert not mirrored or other == index
    shown = [other for index, kind, other, _ in drawn if kind == "right" and index == 0]
    assert np.mean([other == 0 for other in shown]) < 0.15  # another photograph wherever there is one


def test_the_same_random_numbers_give_the_same_sample(faces: Faces) -> None:
    first, again, other = (make_sample(faces, VIEW, rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.lq, again.lq)
    assert np.array_equal(first.warped, again.warped)
    assert first.match == again.match
    assert not np.array_equal(first.lq, other.lq)


@pytest.mark.parametrize("view", [VIEW, PATCH])
def test_a_sample_is_as_its_docstring_says(faces: Faces, view: View) -> None:
    side = view.window_px
    for sample in samples(faces, 12, view):
        assert sample.lq.shape == sample.truth.shape == sample.warped.shape == (1, side, side, 3)
        assert sample.mask.shape == (1, side, side, 1)
        assert sample.points.shape == (1, 5, 2)
        assert sample.reference.shape == (TOKENS_PX, TOKENS_PX, 3)
        assert sample.embedding.shape == sample.target_embedding.shape == (128,)
        assert sample.attributes.shape == (len(VOCABULARY),)
        for image in (sample.lq, sample.truth, sample.warped, sample.mask, sample.reference):
            assert image.dtype == np.float32
            assert image.min() >= 0
            assert image.max() <= 1.0001
        assert np.linalg.norm(sample.target_embedding) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("view", [VIEW, PATCH])
def test_points_lie_on_the_face_of_the_truth(faces: Faces, view: View) -> None:
    """Through jitter, cut and mirror: the drawn spots are where the points say."""
    for sample in samples(faces, 16, view):
        inside = (np.abs(sample.points[0] - 0.5) < 0.42).all(axis=1)
        assert inside.any()
        assert min(np.array(darkness_at(sample.truth[0], sample.points[0]))[inside]) > 0.04
        assert sample.points[0, 0, 0] < sample.points[0, 1, 0]  # left as seen in the image
        assert sample.points[0, 3, 0] < sample.points[0, 4, 0]


def test_the_direct_path_shows_the_reference_where_the_face_is(faces: Faces) -> None:
    seen = 0
    for sample in samples(faces, 16):
        if sample.kind == "none":
            continue
        sure = sample.mask[0, ..., 0] > 0.9
        assert sure.any()
        assert not sample.warped[sample.mask[..., 0] == 0].any()
        assert np.mean(darkness_at(sample.warped[0], sample.points[0])) > 0.04
        seen += 1
    assert seen > 8


def test_none_means_nothing_at_all(faces: Faces) -> None:
    sample = make_sample(faces, VIEW, rng(), index=0, kind="none")
    for part in (sample.warped, sample.mask, sample.reference, sample.embedding):
        assert not part.any()
    assert sample.match == 0
    assert sample.kind == "none"


def test_right_and_wrong_of_one_picture_differ_in_the_reference_only(faces: Faces) -> None:
    right = make_sample(faces, VIEW, rng(), index=6, kind="right")
    wrong = make_sample(faces, VIEW, rng(), index=6, kind="wrong")
    none = make_sample(faces, VIEW, rng(), index=6, kind="none")
    for other in (wrong, none):
        assert np.array_equal(right.lq, other.lq)
        assert np.array_equal(right.truth, other.truth)
        assert np.array_equal(right.attributes, other.attributes)
    assert not np.array_equal(right.warped, wrong.warped)
    assert right.match > 0.8 > 0.5 > wrong.match
    assert right.kind == "right"
    assert wrong.kind == "wrong"
    np.testing.assert_array_equal(right.embedding, faces.embeddings[7, 0])


def test_truth_keeps_the_tone_and_input_loses_detail(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degrading, "_aged", lambda drawn, rng: drawn)  # a scratch may be an eighth of a small picture
    for sample in samples(faces, 24):
        assert np.abs(sample.lq.mean(axis=(0, 1, 2)) - sample.truth.mean(axis=(0, 1, 2))).max() < 0.03


def test_black_and_white_footage_has_a_black_and_white_reference(faces: Faces) -> None:
    sample = make_sample(faces, VIEW, rng(2), index=4, kind="right")
    for image in (sample.lq, sample.truth, sample.reference):
        assert np.ptp(image, axis=-1).max() < 1e-5
    assert sample.attributes[VOCABULARY.index("black and white")] == 1


def test_a_window_of_a_larger_crop_moves_about(faces: Faces) -> None:
    noses = np.array([sample.points[0, 2] for sample in samples(faces, 16, PATCH)])
    still = np.array([sample.points[0, 2] for sample in samples(faces, 16, VIEW)])
    assert noses.std(axis=0).min() > 1.5 * still.std(axis=0).max()


def test_the_mirror_order_is_what_a_mirror_does() -> None:
    """A portrait and its mirror image, through the landmark network."""
    order = mirror_order()
    assert np.array_equal(order[order], np.arange(468))
    portrait = read_photo(packs.resources() / "sample" / "portrait.jpg")
    analyser = open_face_analyser(1)
    seen, mirrored = (
        analyser.landmarks(picture, analyser.find(picture)[0].face).points
        for picture in (portrait, np.ascontiguousarray(portrait[:, ::-1]))
    )
    unmirrored = mirrored[order] * (-1, 1) + (portrait.shape[1] - 1, 0)
    off = np.linalg.norm(unmirrored - seen, axis=1) / np.linalg.norm(seen[234] - seen[454])
    assert np.median(off) < 0.015 and off.max() < 0.06


def test_the_guide_shows_nothing_where_it_has_no_face() -> None:
    dense = landmarks()
    warped, mask = guide(draw(dense, 64)[None], dense[None], draw(dense, 96), dense)
    assert warped.shape == (1, 64, 64, 3)
    assert mask.shape == (1, 64, 64, 1)
    assert not warped[0, 0].any()
    inside = mask[0, ..., 0] > 0.99
    assert np.abs(warped[0] - draw(dense, 64))[inside].mean() < 0.03


def test_a_guide_may_say_nothing_of_the_mouth() -> None:
    dense = landmarks()
    given = draw(dense, 64)[None], dense[None], draw(dense, 96), dense
    whole, speechless = (guide(*given, speechless=silent)[1][0] for silent in (False, True))
    x, y = (dense[[61, 291]].mean(axis=0) * 64).astype(int)
    assert speechless[y, x] < 0.05 < 0.9 < whole[y, x]


@pytest.mark.parametrize("view", [VIEW, PATCH])
def test_a_clip_moves_and_its_points_move_with_it(faces: Faces, view: View) -> None:
    travelled = []
    for seed in range(4):
        sample = make_clip(faces, view, 4, rng(seed))
        side = view.window_px
        assert sample.lq.shape == sample.truth.shape == (4, side, side, 3)
        assert sample.warped.shape == (4, side, side, 3)
        assert sample.mask.shape == (4, side, side, 1)
        assert sample.points.shape == (4, 5, 2)
        for frame, points in zip(sample.truth, sample.points, strict=True):
            inside = (np.abs(points - 0.5) < 0.42).all(axis=1)
            assert min(np.array(darkness_at(frame, points))[inside], default=1) > 0.03
        travelled.append(np.abs(sample.points[-1] - sample.points[0]).max())
    assert max(travelled) > 0.002


def test_attributes_are_those_of_the_footage(faces: Faces) -> None:
    sample = make_sample(faces, VIEW, rng(), index=6, kind="right")
    expected = measure_attributes(faces.landmarks[6], False)
    assert np.abs(sample.attributes - expected).max() < 0.5
    silent = [not s.attributes.any() for s in samples(faces, 80)]
    assert 0.05 < np.mean(silent) < 0.35


def test_five_points_of_the_stored_faces_are_dark(faces: Faces) -> None:
    """The premise of the tests above."""
    for image, dense in zip(faces.images, faces.landmarks, strict=True):
        assert min(darkness_at(image.astype(np.float32) / 255, five_points(dense))) > 0.08


def test_the_arrays_stay_on_disk(faces: Faces) -> None:
    assert isinstance(faces.images, np.memmap)
    assert Path(str(faces.images.filename)).name == "faces.npy"
