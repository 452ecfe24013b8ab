"""Which side the crops of a face have."""

from dataclasses import replace

import numpy as np
import pytest
from likeness_core.api import RestorationSettings
from likeness_core.cast import choose_side, crop_sides
from likeness_core.packs import find_packs, read_manifest

from tests.core.drawn_face import landmarks

SETTINGS = RestorationSettings()
COMPACT = read_manifest(next(pack for pack in find_packs() if pack.name == "compact"))


def test_photographs_have_detail_for_crops_twice_as_large_as_the_network_takes() -> None:
    assert crop_sides(COMPACT, guided=True, settings=SETTINGS) == (128, 256, 512)
    for settings in (replace(SETTINGS, likeness=0.0), replace(SETTINGS, without=("detail",))):
        assert crop_sides(COMPACT, guided=True, settings=settings) == (128, 256)
    assert crop_sides(COMPACT, guided=False, settings=SETTINGS) == (128, 256)
    assert crop_sides(replace(COMPACT, files={}), guided=True, settings=SETTINGS) == (128, 256)


@pytest.mark.parametrize(("native_px", "side"), [(20, None), (60, 128), (190, 128), (200, 256), (380, 256), (400, 512)])
def test_a_crop_keeps_two_thirds_of_the_footages_pixels(native_px: int, side: int | None) -> None:
    dense = np.stack([landmarks() * native_px] * 3)
    assert choose_side(dense, (128, 256, 512)) == side
