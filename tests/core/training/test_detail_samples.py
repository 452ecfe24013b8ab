"""Practice for the detail network comes from the product's own steps."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from likeness_core.packs import resources
from likeness_core.training.detail_samples import Maker, read_pools

FIELDS = ("file", "split", "identity", "out_px")


@pytest.fixture
def facepack(tmp_path: Path) -> Path:
    """The photographs of the sample, as a set of one person, and one of them as a person of one picture."""
    photos = sorted((resources() / "sample").glob("*.jpg"))
    rows = [(str(photo), "train", "anna", "512") for photo in photos]
    rows += [(str(photos[0]), "train", "berta", "512"), (str(photos[0]), "val", "clara", "512")]
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([FIELDS, *rows])
    return tmp_path


def test_pictures_are_guided_by_others_of_the_same_person(facepack: Path) -> None:
    pools = read_pools(facepack)
    assert len(pools.single) == 1 and not pools.small
    for path, others in pools.large.items():
        assert others and path not in others


def test_a_sample_holds_what_the_restorer_made_and_what_it_lacks(facepack: Path) -> None:
    for sample in itertools.islice(Maker(read_pools(facepack), seed=1).samples(), 2):
        own, photo, trust, truth = sample.astype(np.float32)
        assert sample.shape == (4, 512, 512) and np.isfinite(sample).all()
        assert 0 <= trust.min() < 0.05 and 0.5 < trust[256:320, 220:290].mean() <= 1.0
        middle = (slice(200, 420), slice(160, 350))
        for plane in (own, photo):
            assert np.corrcoef(plane[middle].ravel(), truth[middle].ravel())[0, 1] > 0.7
        fine = [float(np.square(np.diff(plane[middle], axis=1)).mean()) for plane in (own, truth)]
        assert fine[0] < fine[1]
