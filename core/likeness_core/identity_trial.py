"""The trial of an identity pack: a photograph that it was not made of, degraded and restored with and without it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from likeness_core.api import Face, RestorationSettings
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

    likeness: float  # the judge's cosine to the undegraded photograph
    psnr_db: float


class Trial:
    """The same degraded copies of one photograph for every restorer that is tried."""

    def __init__(
        self, photos: tuple[AlignedPhoto, ...], held_out: int | None, analyser: FaceAnalyser, judge: Judge, seed: int
    ) -> None:
        self._judge = judge
        self.held_out = "the photograph itself, mirrored" if held_out is None else f"photograph {held_out + 1}"
        self._truth = mirrored(photos[0]) if held_out is None else photos[held_out]
        others = tuple(photo for i, photo in enumerate(photos) if i != held_out)
        self._guide = nearest_photo(self._truth.dense[None], others)
        self._points = five_points(self._truth.dense) * self._truth.crop.shape[0] - 0.5
        self._target = judge.embed(self._truth.crop, self._points)
        self._clips: list[FaceClip] = []
        rng = np.random.default_rng([seed, 3])
        for number in range(DRAWS):
            poor = self._degraded(number, f"{seed} {number}", rng)
            dense, seen = look_at(poor, self._truth, analyser)
            attributes = measure_attributes(dense, monochrome=False)
            embedding = sface_part(tuple(seen.embedding.tolist()))
            self._clips.append(
                FaceClip(
                    (number,), poor[None], dense[None], embedding, attributes, monochrome=False,
                    expected_match=seen.expected_match,
                )
            )  # fmt: skip

    def _degraded(self, number: int, name: str, rng: np.random.Generator) -> Array:
        """Every other copy by the field's recipe, x4 and x8 in turn; the others as the weights practised, in colour."""
        crop = self._truth.crop
        if number % 2:
            return next(recipe.degraded([crop], recipe.draw(name, (4, 8)[number // 2 % 2])))
        parameters = draw(rng, 8.0, monochrome=False, archival=False)
        while parameters.scale < LEAST_SCALE:
            parameters = draw(rng, 8.0, monochrome=False, archival=False)
        return np.asarray(degrade(crop[None], replace(parameters, monochrome=False), rng)[0], np.float32)

    def run(self, pack: Path, device: str, lora: dict[str, torch.Tensor] | None) -> Outcome:
        """Restore every copy, one step."""
        restorer = Restorer(pack, torch.device(device), torch.float32, lora)
        return self._outcome([_finished(restorer, clip, self._guide) for clip in self._clips])

    def scores(self, before: Outcome, after: Outcome) -> IdentityScores:
        """For the manifest."""
        degraded = self._outcome([clip.crops[0] for clip in self._clips])
        return IdentityScores(
            "dlib", self.held_out, before.likeness, after.likeness, degraded.likeness, before.psnr_db, after.psnr_db
        )

    def _outcome(self, crops: list[Array]) -> Outcome:
        likeness = [float(self._judge.embed(np.clip(crop, 0, 1), self._points) @ self._target) for crop in crops]
        side = len(crops[0])
        box = (slice(int(side * 0.25), int(side * 0.9)), slice(int(side * 0.2), int(side * 0.8)))
        errors = [float(((np.clip(crop, 0, 1) - self._truth.crop)[box] ** 2).mean()) for crop in crops]
        return Outcome(float(np.mean(likeness)), float(np.mean([-10 * np.log10(max(e, 1e-9)) for e in errors])))


def look_at(
    crop: npt.NDArray[np.float32], photo: AlignedPhoto, analyser: FaceAnalyser
) -> tuple[npt.NDArray[np.float32], Recognition]:
    """(468, 2) landmarks of a degraded copy (S, S, 3) of `photo`'s crop, and whose face it shows."""
    side = crop.shape[0]
    points = five_points(photo.dense) * side - 0.5
    face = Face(0, (0.0, 0.0, float(side), float(side)), tuple((float(x), float(y)) for x, y in points), 1.0)
    picture = np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
    dense = (analyser.landmarks(picture, face).points + 0.5) / side
    return np.asarray(dense, np.float32), analyser.recognise(picture, face)


def mirrored(photo: AlignedPhoto) -> AlignedPhoto:
    """The same face seen in a mirror."""
    dense = photo.dense[mirror_order()] * np.array([-1, 1], np.float32) + np.array([1, 0], np.float32)
    crop = np.ascontiguousarray(photo.crop[:, ::-1])
    return AlignedPhoto(crop, dense.astype(np.float32), photo.embedding, photo.quality)


def _finished(restorer: Restorer, clip: FaceClip, guide: tuple[AlignedPhoto, ...]) -> Array:
    crop: Array = carry_out(restorer.restore(clip, guide, RestorationSettings(), BlendingMemory())).crops[0]
    return crop
