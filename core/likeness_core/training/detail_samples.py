"""Practice for the detail network: faces as the pack restores them, photographs laid over them, and the truth.

    python -m likeness_core.training.detail_samples FACEPACK OUT [--minutes 20] [--seed 0]

Pictures of people with several photographs, and single ones with their mirror image as the photograph, degraded by the
field's recipe or by the trainer's own, found and restored as the product does it. Each sample is a file
OUT/SEED_NUMBER_SIDE.npy: float16 (4, S, S), luma of the result and of the photograph in its place, how far this is
trusted, luma of the truth. Several processes with seeds of their own may fill one folder.
"""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from likeness_core.api import RestorationSettings
from likeness_core.cast import aligned_photo
from likeness_core.crops import Alignment, align, cut
from likeness_core.errors import LikenessError
from likeness_core.evaluation import recipe
from likeness_core.faces import FaceAnalyser, open_face_analyser, sface_part
from likeness_core.identity_trial import mirrored
from likeness_core.packs import resources
from likeness_core.practice.degrade import degrade, draw
from likeness_core.references import load_references, read_photo
from likeness_core.restorer.attributes import measure_attributes
from likeness_core.restorer.blending import BlendingMemory
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, Guide
from likeness_core.restorer.detail import planes
from likeness_core.restorer.flow import luma
from likeness_core.restorer.pipeline import Restorer
from likeness_core.steps import carry_out
from likeness_core.warps import five_points

Array = npt.NDArray[np.float32]

RECIPE_SHARE = 0.7  # of the samples; the others are aged as the pack's own are
LARGE_PX = 384  # pictures of fewer pixels are restored at 256, others at 512
SHARES = (0.62, 0.2, 0.18)  # of large, small and single pictures


@dataclass(frozen=True, slots=True)
class Pools:
    """Pictures as paths; for each the further ones of the same person that may guide it."""

    large: dict[Path, list[Path]]
    small: dict[Path, list[Path]]
    single: list[Path]


def read_pools(facepack: Path) -> Pools:
    """The training split of a facepack's manifest."""
    people: dict[str, list[tuple[Path, int]]] = defaultdict(list)
    with (facepack / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["split"] == "train":
                people[row["identity"]].append((facepack / row["file"], int(row["out_px"])))
    pools = Pools({}, {}, [one[0][0] for one in people.values() if len(one) == 1 and one[0][1] >= 512])
    for pictures in people.values():
        for path, side in pictures:
            others = [other for other, size in pictures if other != path and (size >= LARGE_PX or side < LARGE_PX)]
            if others:
                (pools.large if side >= LARGE_PX else pools.small)[path] = others
    return pools


class Maker:
    """Draws samples."""

    def __init__(self, pools: Pools, seed: int) -> None:
        self._pools, self._rng = pools, np.random.default_rng([seed, 17])
        self._analyser = open_face_analyser(1)
        self._restorer = Restorer(resources() / "packs" / "compact", torch.device("cpu"), torch.float32)
        self._photos: dict[tuple[Path, int, bool], AlignedPhoto | None] = {}

    def samples(self) -> Iterator[npt.NDArray[np.float16]]:
        """Endless (4, S, S); what no face is found in, or no photograph guides, is drawn again."""
        while True:
            path, guide, side = self._drawn()
            photo = self._photo(guide, side, mirror=guide == path)
            truth = np.asarray(read_photo(path), np.float32) / np.float32(255)
            poor = np.rint(np.clip(self._degraded(truth), 0, 1) * 255).astype(np.uint8)
            clip = _clip(poor, side, self._analyser)
            if photo is None or clip is None:
                continue
            without = RestorationSettings(without=("detail",))
            done = carry_out(self._restorer.restore(clip.clip, (photo,), without, BlendingMemory()))
            found = planes(done.crops, Guide(clip.clip, (photo,)))
            if found:
                wanted = luma(np.clip(cut(truth, clip.alignment), 0, 1))
                yield np.stack([*found[0], wanted]).astype(np.float16)

    def _drawn(self) -> tuple[Path, Path, int]:
        """Picture, photograph (the same: mirrored) and side of the crops; of the kinds that there are."""
        single = {path: [path] for path in self._pools.single}
        kinds = [(self._pools.large, 512), (self._pools.small, 256), (single, 512)]
        weights = np.array([share if kind else 0.0 for (kind, _), share in zip(kinds, SHARES, strict=True)])
        pool, side = kinds[self._rng.choice(len(kinds), p=weights / weights.sum())]
        path = list(pool)[self._rng.integers(len(pool))]
        return path, pool[path][self._rng.integers(len(pool[path]))], side

    def _degraded(self, truth: Array) -> Array:
        if self._rng.random() < RECIPE_SHARE:
            drawn = recipe.draw(str(self._rng.integers(1 << 30)), int(self._rng.choice([4, 8])))
            return next(recipe.degraded([truth], drawn))
        parameters = draw(self._rng, 8.0, monochrome=False, archival=bool(self._rng.random() < 0.5))
        plain = replace(parameters, gamma=1.0, contrast=1.0)
        return np.asarray(degrade(truth[None], plain, self._rng)[0], np.float32)

    def _photo(self, path: Path, side: int, *, mirror: bool) -> AlignedPhoto | None:
        """Aligned once; None where it cannot serve."""
        key = (path, side, mirror)
        if key not in self._photos:
            try:
                found = load_references((path,), self._analyser).set.photos[0]
            except LikenessError:
                self._photos[key] = None
            else:
                photo = aligned_photo(found, self._analyser, side)
                self._photos[key] = mirrored(photo) if mirror else photo
        return self._photos[key]


@dataclass(frozen=True, slots=True)
class _Seen:
    clip: FaceClip
    alignment: Alignment


def _clip(poor: npt.NDArray[np.uint8], side: int, analyser: FaceAnalyser) -> _Seen | None:
    """The largest face of a degraded picture (H, W, 3); None where none is found."""
    faces = analyser.find(poor)
    if not faces:
        return None
    dense = analyser.landmarks(poor, faces[0].face).points
    who = analyser.recognise(poor, faces[0].face)
    alignment = align(five_points(dense), side)
    points = alignment.points(dense)
    crop = np.clip(cut(np.asarray(poor, np.float32) / np.float32(255), alignment), 0, 1)
    embedding = sface_part(tuple(who.embedding.tolist()))
    attributes = measure_attributes(points, monochrome=False)
    clip = FaceClip((0,), crop[None], points[None], embedding, attributes, False, expected_match=who.expected_match)
    return _Seen(clip, alignment)


def main() -> None:
    """Draw for so many minutes."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("facepack", type=Path)
    words.add_argument("out", type=Path)
    words.add_argument("--minutes", type=float, default=20)
    words.add_argument("--seed", type=int, default=0)
    given = words.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    for number, sample in enumerate(Maker(read_pools(given.facepack), given.seed).samples()):
        np.save(given.out / f"{given.seed}_{number:05}_{sample.shape[-1]}.npy", sample)
        if time.monotonic() - started > 60 * given.minutes:
            print(f"{number + 1} samples")
            return


if __name__ == "__main__":
    main()
