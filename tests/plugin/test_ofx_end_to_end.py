"""From footage to a host: restored, stored and shown by the commands and the plug-in that ship."""

from pathlib import Path

import numpy as np
import pytest
from likeness_core.api import FrameRange
from likeness_core.media import MediaReader, probe, to_uint8

from tests.core.conftest import Set, portrait_set, tiny_pack
from tests.core.file_readers import stored_numbers
from tests.core.restoring import ended, start
from tests.plugin.ofx_host import Host, Plugin, View
from tests.plugin.ofx_stores import built_plugin, quantised

__all__ = ["portrait_set", "tiny_pack"]  # fixtures

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.long
def test_a_restored_film_is_shown_frame_for_frame(portrait_set: Set, tmp_path: Path) -> None:
    out, cache = tmp_path / "anna", tmp_path / "cache"
    arguments = [*portrait_set.restore(out), "--range", "2:6", "--no-fading", "--matte"]
    assert ended(start(*arguments, cache=cache), timeout_s=300).status == 0
    assert ended(start("store", out, cache=cache)).status == 0
    media = probe(portrait_set.film)
    with MediaReader(media) as reader:
        source = {frame.index: to_uint8(frame.pixels) for frame in reader.frames(FrameRange(0, 8))}
    with Plugin(Host(), built_plugin(tmp_path / "bundle")) as plugin, plugin.instance(result=str(out)) as effect:
        for number, pixels in source.items():
            shown = effect.shown(pixels, "OfxBitDepthByte", View(number))
            if not 2 <= number < 6:
                assert np.array_equal(shown, pixels)
                continue
            wanted = stored_numbers(out / "frames" / f"reel.{number:06d}.exr").astype(np.float32)
            assert np.array_equal(shown, quantised(wanted, np.uint8))
            effect["view"] = 1
            matte = effect.shown(pixels, "OfxBitDepthByte", View(number))[..., 0]
            effect["view"] = 0
            assert matte.max() > 200, "no face was restored"
            # A step at most: RGB of YCbCr footage is seldom a whole number, and halves tip what lies between two.
            apart = np.abs(shown.astype(int) - pixels)[matte == 0]
            assert apart.max() <= 1 and apart.mean() < 0.05, "changed outside the matte"
            assert not np.array_equal(shown[matte > 200], pixels[matte > 200])
    assert plugin.host.complaints == []
