"""The trial of an identity pack: photographs that it was not made of, degraded and restored with and without it."""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from likeness_core.api import Face, RestorationSettings
from likeness_core.crops import Views
from likeness_core.evaluation import recipe
from likeness_core.evaluation.judge import Judge
from likeness_core.faces import FaceAnalyser, Recognition, sface_part
from likeness_core.practice.degrade import degrade, draw
from likeness_core.practice.mirrored_points import mirror_order
from likeness_core.restorer.attributes import measure_attributes
from likeness_core.restorer.blending import BlendingMemory
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, nearest_photo
from likeness_core.restorer.identity_pack import IdentityScores
from likeness_core.restorer.pipeline import Restorer
from likeness_core.steps import carry_out
from likeness_core.warps import five_points

Array = npt.NDArray[np.float32]

DRAWS = 8
LEAST_SCALE = 4.0  # milder footage still shows who it is


@dataclass(frozen=True, slots=True)
class Outcome:
    """Means over the draws."""

    likeness: float  # the judge's cosine to the undegraded photographs
    psnr_db: float


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One degraded copy, and what it is a copy of."""

    clip: FaceClip
    truth: AlignedPhoto
    target: Array  # the judge's embedding of the truth


class Trial:
    """The same degraded copies of photographs of one person for everything that is tried."""

    def __init__(
        self, truths: tuple[AlignedPhoto, ...], named: str, analyser: FaceAnalyser, judge: Judge, seed: int
    ) -> None:
        """`truths`: one to DRAWS / 2 photographs; `named`: what they are, for whoever reads the scores."""
        self._judge, self._named = judge, named
        self._cases: list[_Case] = []
        rng = np.random.default_rng([seed, 3])
        targets = [judge.embed(truth.crop, _judged_points(truth)) for truth in truths]
        for number in range(DRAWS):
            truth, target = truths[number // 2 % len(truths)], targets[number // 2 % len(truths)]
            poor = _degraded(truth.crop, number, f"{seed} {number}", rng)
            dense, seen = look_at(poor, truth, analyser)
            attributes = measure_attributes(dense, monochrome=False)
            embedding = sface_part(tuple(seen.embedding.tolist()))
            clip = FaceClip(
                (number,), poor[None], dense[None], embedding, attributes, monochrome=False,
                expected_match=seen.expected_match,
            )  # fmt: skip
            self._cases.append(_Case(clip, truth, target))

    def run(self, restorer: Restorer, photos: tuple[AlignedPhoto, ...]) -> Generator[int, None, Outcome]:
        """Restore every copy, one step, guided by the nearest of `photos`; yields how many are done."""
        crops = []
        for number, case in enumerate(self._cases):
            yield number
            guide = nearest_photo(case.clip.dense, Views(case.clip.crops, case.clip.dense), photos)
            work = restorer.restore(case.clip, guide, RestorationSettings(), BlendingMemory())
            crops.append(np.asarray(carry_out(work).crops[0], np.float32))
        return self._outcome(crops)

    def scores(self, before: Outcome, carried: Outcome, after: Outcome) -> IdentityScores:
        """For the manifest."""
        degraded = self._outcome([case.clip.crops[0] for case in self._cases])
        return IdentityScores(
            "dlib", self._named, before.likeness, carried.likeness, after.likeness, degraded.likeness,
            before.psnr_db, after.psnr_db,
        )  # fmt: skip

    def _outcome(self, crops: list[Array]) -> Outcome:
        likeness, errors = [], []
        for case, crop in zip(self._cases, (np.clip(crop, 0, 1) for crop in crops), strict=True):
            likeness.append(float(self._judge.embed(crop, _judged_points(case.truth)) @ case.target))
            side = len(crop)
            box = (slice(int(side * 0.25), int(side * 0.9)), slice(int(side * 0.2), int(side * 0.8)))
            errors.append(float(((crop - case.truth.crop)[box] ** 2).mean()))
        return Outcome(float(np.mean(likeness)), float(np.mean([-10 * np.log10(max(e, 1e-9)) for e in errors])))


def _judged_points(photo: AlignedPhoto) -> Array:
    """(5, 2) pixels of the crop."""
    return np.asarray(five_points(photo.dense) * photo.crop.shape[0] - 0.5, np.float32)


def _degraded(crop: Array, number: int, name: str, rng: np.random.Generator) -> Array:
    """Every other copy by the field's recipe, x4 and x8 in turn; the others as the weights practised, in colour."""
    if number % 2:
        return next(recipe.degraded([crop], recipe.draw(name, (4, 8)[number // 2 % 2])))
    parameters = draw(rng, 8.0, monochrome=False, archival=False)
    while parameters.scale < LEAST_SCALE:
        parameters = draw(rng, 8.0, monochrome=False, archival=False)
    return np.asarray(degrade(crop[None], replace(parameters, monochrome=False), rng)[0], np.float32)


def look_at(
    crop: npt.NDArray[np.float32], photo: AlignedPhoto, analyser: FaceAnalyser
) -> tuple[npt.NDArray[np.float32], Recognition]:
    """(468, 2) landmarks of a degraded copy (S, S, 3) of `photo`'s crop, and whose face it shows."""
    side = crop.shape[0]
    points = five_points(photo.dense) * side - 0.5
    (left, top), (right, bottom) = photo.dense.min(axis=0) * side - 0.5, photo.dense.max(axis=0) * side - 0.5
    box = (float(left), float(top), float(right - left), float(bottom - top))  # about what the detector would say
    face = Face(0, box, tuple((float(x), float(y)) for x, y in points), 1.0)
    picture = np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
    dense = (analyser.landmarks(picture, face).points + 0.5) / side
    return np.asarray(dense, np.float32), analyser.recognise(picture, face)


def mirrored(photo: AlignedPhoto) -> AlignedPhoto:
    """The same face seen in a mirror."""
    dense = photo.dense[mirror_order()] * np.array([-1, 1], np.float32) + np.array([1, 0], np.float32)
    crop = np.ascontiguousarray(photo.crop[:, ::-1])
    return AlignedPhoto(crop, dense.astype(np.float32), photo.embedding, photo.quality)
