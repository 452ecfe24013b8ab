"""Colour maths."""

import numpy as np
import pytest
from likeness_core import color
from likeness_core.api import ColorTags

BARS = np.array(  # 100 % colour bars as 8-bit narrow-range Y, Cb, Cr: ITU-R BT.601 and BT.709, as published
    [
        [[235, 128, 128], [210, 16, 146], [170, 166, 16], [145, 54, 34],
         [106, 202, 222], [81, 90, 240], [41, 240, 110], [16, 128, 128]],
        [[235, 128, 128], [219, 16, 138], [188, 154, 16], [173, 42, 26],
         [78, 214, 230], [63, 102, 240], [32, 240, 118], [16, 128, 128]],
    ],
    np.float32,
)  # fmt: skip
BARS_RGB = np.array(
    [[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]], np.float32
)


@pytest.mark.parametrize(("matrix", "bars"), [(6, BARS[0]), (5, BARS[0]), (1, BARS[1])])
def test_colour_bars_have_their_published_codes(matrix: int, bars: np.ndarray) -> None:
    luma, chroma_blue, chroma_red = color.rgb_to_ycbcr(BARS_RGB[None], matrix)
    codes = np.rint(np.stack([luma * 219 + 16, chroma_blue * 224 + 128, chroma_red * 224 + 128], -1)[0])
    assert np.array_equal(codes, bars)


@pytest.mark.parametrize("matrix", color.SUPPORTED_MATRICES)
def test_ycbcr_comes_back_as_rgb(matrix: int) -> None:
    rgb = np.random.default_rng(0).uniform(-0.2, 1.3, (16, 16, 3)).astype(np.float32)
    back = np.stack(color.ycbcr_to_rgb(*color.rgb_to_ycbcr(rgb, matrix), matrix), -1)
    assert np.abs(back - rgb).max() < 1e-6
    assert sum(color.luma_weights(matrix)) == pytest.approx(1)


def test_the_matrix_is_the_files_where_it_says_one_and_else_the_usual_guess() -> None:
    assert color.effective_matrix(ColorTags(matrix=9), 720, 576) == 9
    assert color.effective_matrix(ColorTags(), 720, 576) == 6
    assert color.effective_matrix(ColorTags(), 576, 720) == 6
    assert color.effective_matrix(ColorTags(), 1280, 720) == 1
    assert color.effective_matrix(ColorTags(matrix=0), 1920, 1080) == 1


def test_quantisation_levels_are_those_of_the_standards() -> None:
    assert color.Quantisation(8, False).luma_scale() == (16, 219)
    assert color.Quantisation(10, False).luma_scale() == (64, 876)
    assert color.Quantisation(10, False).chroma_scale() == (512, 896)
    assert color.Quantisation(12, True).luma_scale() == (0, 4095)


def test_primaries_are_recognised_by_their_chromaticities() -> None:
    for code in (1, 5, 6, 9, 11, 12):
        chromaticities = color.chromaticities_of(code)
        assert chromaticities is not None
        rounded = tuple(float(np.float32(value)) for value in chromaticities)
        assert color.primaries_of(rounded) == code
    assert color.primaries_of((0.1,) * 8) == color.UNSPECIFIED
    assert color.chromaticities_of(2) is None


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("cosited", [True, False])
@pytest.mark.parametrize("factor", [2, 4])
def test_a_ramp_of_chroma_stays_where_it_is(axis: int, cosited: bool, factor: int) -> None:
    """A plane whose value is the place, in pixels, where the sample was taken must read its own place everywhere."""
    offset = 0.0 if cosited else (factor - 1) / 2
    places = (np.arange(12, dtype=np.float32) * factor + offset).astype(np.float32)
    plane = np.ascontiguousarray(np.broadcast_to(places[:, None] if axis == 0 else places[None], (12, 12)))
    full = color.upsample(plane, factor, axis, cosited)
    line = full[:, 5] if axis == 0 else full[5]
    inside = slice(3 * factor, -3 * factor)
    assert np.abs(line - np.arange(len(line)))[inside].max() < 1e-4
    pixels = np.ascontiguousarray(np.broadcast_to(np.arange(48.0, dtype=np.float32)[:, None], (48, 8)))
    pixels = pixels if axis == 0 else np.ascontiguousarray(pixels.T)
    small = color.downsample(pixels, factor, axis, cosited)
    kept = small[:, 2] if axis == 0 else small[2]
    expected = np.arange(len(kept)) * factor + offset
    assert np.abs(kept - expected)[2:-2].max() < 1e-4


def test_flat_chroma_stays_flat_up_to_the_edges() -> None:
    plane = np.full((7, 9), 0.25, np.float32)
    for axis in (0, 1):
        for cosited in (True, False):
            assert np.allclose(color.upsample(plane, 2, axis, cosited), 0.25, atol=1e-6)
            assert np.allclose(color.downsample(plane, 2, axis, cosited), 0.25, atol=1e-6)


def grey_picture(noise: float) -> np.ndarray:
    random = np.random.default_rng(1)
    grey = np.clip(random.normal(0.5, 0.2, (96, 128, 1)), 0, 1) * np.ones(3)
    return (grey + random.normal(0, noise / 255, grey.shape)).astype(np.float32)


@pytest.mark.parametrize("noise", [0, 2, 6])
def test_black_and_white_is_seen_through_chroma_noise(noise: float) -> None:
    assert color.is_monochrome(grey_picture(noise))


def test_a_pale_face_a_small_patch_of_colour_and_sepia_are_colour() -> None:
    pale = grey_picture(2)
    pale[20:70, 40:90] *= np.array([1.04, 1.0, 0.95], np.float32)
    assert not color.is_monochrome(pale)
    patch = grey_picture(2)
    patch[:24, :24, 0] += 0.3
    assert not color.is_monochrome(patch)
    assert not color.is_monochrome((grey_picture(1) * np.array([1.0, 0.85, 0.65])).astype(np.float32))


def test_tiny_pictures_are_judged_too() -> None:
    assert color.is_monochrome(np.full((3, 5, 3), 0.5, np.float32))
    assert not color.is_monochrome(np.broadcast_to(np.float32([0.8, 0.2, 0.2]), (3, 5, 3)).copy())
