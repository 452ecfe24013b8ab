"""The OpenFX plug-in, built and loaded, in a host of our own."""

import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.frame_store import ALPHA_MULTIPLIED, ALPHA_STRAIGHT, NAME, FrameStoreWriter

from tests.plugin import ofx_host
from tests.plugin.ofx_host import COMPONENTS, DEPTHS, Host, Picture, Plugin, View
from tests.plugin.ofx_stores import (
    FIRST,
    HEADER,
    SIZE,
    built_plugin,
    matte,
    other_size,
    picture,
    quantised,
    stored,
    write_store,
)

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_plugin(tmp_path_factory.getbasetemp() / "plugin")


@pytest.fixture
def plugin(library: Path) -> Iterator[Plugin]:
    with Plugin(Host(), library) as loaded:
        assert loaded.load_status == ofx_host.OK
        yield loaded
        assert loaded.host.complaints == []


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("result"))


def source(depth: str, components: int = 4, size: tuple[int, int] = SIZE) -> Array:
    """Pixels (H, W, C) of a clip; opaque."""
    levels = np.random.default_rng(7).random((size[1], size[0], components), np.float32)
    if components != 3:
        levels[..., -1] = 1
    return quantised(levels, DEPTHS[depth])


def expected(number: int, depth: str, components: int) -> Array:
    """What mix 1 must show over an opaque source."""
    levels = stored(picture(number))
    opaque = np.ones((*levels.shape[:2], 1), np.float32)
    whole = np.concatenate([levels, opaque], axis=2)
    return quantised({4: whole, 3: levels, 1: opaque}[components], DEPTHS[depth])


# --- what it says of itself


def test_the_library_holds_one_plugin_and_says_which(plugin: Plugin) -> None:
    assert plugin.count == 1
    assert not plugin.get_plugin(1) and not plugin.get_plugin(-1)
    assert plugin.struct.api == b"OfxImageEffectPluginAPI" and plugin.struct.api_version == 1
    assert plugin.struct.identifier == b"org.likeness.Likeness"


def test_it_describes_itself_as_the_specification_asks(plugin: Plugin) -> None:
    said = plugin.descriptor.properties.values
    assert said["OfxPropLabel"] == ["Likeness"]
    assert set(said["OfxImageEffectPropSupportedPixelDepths"]) == set(DEPTHS)
    contexts = said["OfxImageEffectPropSupportedContexts"]
    assert contexts == ["OfxImageEffectContextFilter", "OfxImageEffectContextGeneral"]
    assert said["OfxImageEffectPluginRenderThreadSafety"] == ["OfxImageEffectRenderFullySafe"]
    for context in contexts:
        instance = plugin.instance(context)
        assert set(instance.described.clips) == {"Source", "Output"}
        for clip in instance.described.clips.values():
            assert set(clip.properties.values["OfxImageEffectPropSupportedComponents"]) == set(COMPONENTS)
        mix = instance.described.params["mix"].properties.values
        assert (mix["OfxParamPropMin"], mix["OfxParamPropMax"], mix["OfxParamPropDefault"]) == ([0.0], [1.0], [1.0])
        for param in instance.described.params.values():
            ranged = {"OfxParamPropMin", "OfxParamPropDisplayMin"} & set(param.properties.values)
            assert len(ranged) in (0, 2), "some hosts take a missing display range for 0 to 0"
            assert param.properties.values["OfxParamPropHint"][0]
        views = instance.described.params["view"].properties.values["OfxParamPropChoiceOption"]
        assert views == ["Result", "Matte", "Difference"]


def test_its_frames_differ_even_over_a_still(plugin: Plugin) -> None:
    out = ofx_host.Properties("preferences")
    effect = plugin.instance().effect
    assert plugin.call("OfxImageEffectActionGetClipPreferences", effect, None, out) == ofx_host.OK
    assert out.values["OfxImageEffectFrameVarying"] == [1]


@pytest.mark.parametrize(
    "action",
    ["OfxImageEffectActionBeginSequenceRender", "OfxImageEffectActionEndSequenceRender", "OfxActionPurgeCaches",
     "OfxActionSyncPrivateData", "OfxImageEffectActionGetRegionOfDefinition", "OfxActionBeginInstanceEdit",
     "OfxImageEffectActionGetRegionsOfInterest", "OfxImageEffectActionGetFramesNeeded", "OfxActionOfTheFuture"],
)  # fmt: skip
def test_what_it_leaves_to_the_host_it_says_so(plugin: Plugin, action: str) -> None:
    assert plugin.call(action, plugin.instance().effect) == ofx_host.REPLY_DEFAULT


def test_an_action_on_nothing_is_refused(plugin: Plugin) -> None:
    assert plugin.call("OfxImageEffectActionRender") == ofx_host.BAD_HANDLE


# --- pixels


@pytest.mark.parametrize("upside_down", [False, True], ids=["bottom first", "top first"])
@pytest.mark.parametrize("components", [4, 3, 1])
@pytest.mark.parametrize("depth", list(DEPTHS))
def test_every_depth_and_row_order_is_exact(
    plugin: Plugin, store: Path, depth: str, components: int, upside_down: bool
) -> None:
    pixels, view = source(depth, components), View(FIRST + 2, upside_down=upside_down)
    with plugin.instance(result=str(store)) as effect:
        assert np.array_equal(effect.shown(pixels, depth, view), expected(FIRST + 2, depth, components))
        effect["mix"] = 0.0
        assert effect.shown(pixels, depth, view).tobytes() == pixels.tobytes()


def test_sixteen_bits_survive_in_a_store_of_floats(plugin: Plugin, tmp_path: Path) -> None:
    header = replace(HEADER, is_float=True)
    store = write_store(tmp_path, header)
    levels = picture(FIRST)
    with plugin.instance(result=str(store)) as effect:
        shown = effect.shown(source("OfxBitDepthShort", 3), "OfxBitDepthShort", View(FIRST))
    assert np.array_equal(shown, quantised(levels, np.uint16))
    assert not np.array_equal(shown, quantised(levels.astype(np.float16), np.uint16))


@pytest.mark.parametrize("depth", ["OfxBitDepthHalf", "OfxBitDepthFloat"])
def test_levels_beyond_black_and_white_are_kept_in_floats(plugin: Plugin, tmp_path: Path, depth: str) -> None:
    store = write_store(tmp_path, spread=40)
    levels = stored(picture(FIRST, spread=40))
    assert levels.min() < -10 and levels.max() > 10
    with plugin.instance(result=str(store)) as effect:
        shown = effect.shown(source(depth, 3), depth, View(FIRST))
        assert np.array_equal(shown, levels.astype(DEPTHS[depth]))
        clipped = effect.shown(source("OfxBitDepthByte", 3), "OfxBitDepthByte", View(FIRST))
        assert np.array_equal(clipped, quantised(levels, np.uint8))


def test_every_half_float_passes_unchanged(plugin: Plugin, tmp_path: Path) -> None:
    every = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
    levels = np.stack([every, every[::-1], np.roll(every, 99)], axis=1).reshape(256, 256, 3)
    header = replace(HEADER, width=256, height=256, count=1, has_matte=False)
    with FrameStoreWriter(tmp_path / NAME, header) as writer:
        writer.write(FIRST, levels, None, None)
    with plugin.instance(result=str(tmp_path)) as effect:
        for depth in ("OfxBitDepthHalf", "OfxBitDepthFloat"):
            shown = effect.shown(source(depth, 3, (256, 256)), depth, View(FIRST)).astype(np.float32)
            assert np.array_equal(shown, levels, equal_nan=True)


def test_floats_round_to_halves_as_numpy_does(plugin: Plugin, tmp_path: Path) -> None:
    bits = np.random.default_rng(3).integers(0x32000000, 0x48000000, 256 * 256 * 3, np.uint32)
    bits[:20000] &= 0xFFFFF000  # many ties
    levels = bits.view(np.float32).reshape(256, 256, 3)
    header = replace(HEADER, width=256, height=256, count=1, has_matte=False, is_float=True)
    with FrameStoreWriter(tmp_path / NAME, header) as writer:
        writer.write(FIRST, levels, None, None)
    with plugin.instance(result=str(tmp_path)) as effect, np.errstate(over="ignore"):
        shown = effect.shown(source("OfxBitDepthHalf", 3, (256, 256)), "OfxBitDepthHalf", View(FIRST))
        assert np.array_equal(shown, levels.astype(np.float16))


def test_half_a_mix_lies_half_way(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthFloat", 3)
    with plugin.instance(result=str(store), mix=0.25) as effect:
        shown = effect.shown(pixels, "OfxBitDepthFloat", View(FIRST))
    assert np.allclose(shown, 0.75 * pixels + 0.25 * stored(picture(FIRST)), atol=1e-6)


def test_the_mix_of_the_time_is_taken(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthFloat", 3)
    with plugin.instance(result=str(store), mix=lambda time: (time - FIRST) / 4) as effect:
        assert np.array_equal(effect.shown(pixels, "OfxBitDepthFloat", View(FIRST)), pixels)
        assert np.array_equal(
            effect.shown(pixels, "OfxBitDepthFloat", View(FIRST + 4)), expected(FIRST + 4, "OfxBitDepthFloat", 3)
        )


def test_the_matte_is_shown(plugin: Plugin, store: Path) -> None:
    with plugin.instance(result=str(store), view=1, mix=0.0) as effect:
        shown = effect.shown(source("OfxBitDepthFloat"), "OfxBitDepthFloat", View(FIRST + 1))
        alone = effect.shown(source("OfxBitDepthFloat", 1), "OfxBitDepthFloat", View(FIRST + 1))
    levels = stored(matte(FIRST + 1))
    assert all(np.array_equal(shown[..., channel], levels) for channel in range(3))
    assert (shown[..., 3] == 1).all()
    assert np.array_equal(alone[..., 0], levels)


def test_without_a_matte_it_is_where_the_result_differs(plugin: Plugin, tmp_path: Path) -> None:
    store = write_store(tmp_path, replace(HEADER, has_matte=False))
    pixels = np.dstack([stored(picture(FIRST)), np.ones(SIZE[::-1], np.float32)])
    pixels[3:9, 4:11, 1] += np.float32(0.01)
    pixels[12:, :, 1] += np.float32(0.003)  # less than an 8-bit step
    with plugin.instance(result=str(store), view=1) as effect:
        shown = effect.shown(pixels, "OfxBitDepthFloat", View(FIRST))
    differs = np.zeros(SIZE[::-1], bool)
    differs[3:9, 4:11] = True
    assert np.array_equal(shown[..., 0], differs.astype(np.float32))


def test_the_difference_is_shown_with_its_gain(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthFloat")
    apart = np.abs(stored(picture(FIRST)) - pixels[..., :3])
    with plugin.instance(result=str(store), view=2) as effect:
        shown = effect.shown(pixels, "OfxBitDepthFloat", View(FIRST))
        assert np.array_equal(shown[..., :3], apart) and (shown[..., 3] == 1).all()
        effect["differenceGain"] = 4.0
        assert np.array_equal(effect.shown(pixels, "OfxBitDepthFloat", View(FIRST))[..., :3], 4 * apart)


# --- alpha


def test_the_clip_keeps_its_alpha_where_the_store_has_none(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthFloat")
    pixels[..., 3] = matte(5)
    pixels[..., :3] *= pixels[..., 3:]
    levels = stored(picture(FIRST))
    with plugin.instance(result=str(store)) as effect:
        view = View(FIRST, alpha="OfxImageAlphaPremultiplied")
        shown = effect.shown(pixels, "OfxBitDepthFloat", view)
        assert np.array_equal(shown[..., 3], pixels[..., 3])
        assert np.allclose(shown[..., :3], levels * pixels[..., 3:], atol=1e-7)
        straight = effect.shown(pixels, "OfxBitDepthFloat", replace(view, alpha="OfxImageAlphaUnPremultiplied"))
        assert np.array_equal(straight[..., :3], levels) and np.array_equal(straight[..., 3], pixels[..., 3])


@pytest.mark.parametrize("held", [ALPHA_STRAIGHT, ALPHA_MULTIPLIED])
@pytest.mark.parametrize("premultiplied", [False, True])
def test_a_stored_alpha_is_shown_as_the_host_keeps_alpha(
    plugin: Plugin, tmp_path: Path, held: int, premultiplied: bool
) -> None:
    write_store(tmp_path, replace(HEADER, alpha=held), alpha=True)
    levels, alpha = stored(picture(FIRST)), stored(matte(-FIRST % 997))[..., None]
    if premultiplied and held == ALPHA_STRAIGHT:
        levels = levels * alpha
    if not premultiplied and held == ALPHA_MULTIPLIED:
        levels = levels / alpha
    kind = "OfxImageAlphaPremultiplied" if premultiplied else "OfxImageAlphaUnPremultiplied"
    with plugin.instance(result=str(tmp_path)) as effect:
        shown = effect.shown(source("OfxBitDepthFloat"), "OfxBitDepthFloat", View(FIRST, alpha=kind))
    assert np.array_equal(shown[..., 3:], alpha)
    assert np.allclose(shown[..., :3], levels, rtol=1e-6)


# --- which frame


@pytest.mark.parametrize(
    ("time", "offset", "number"),
    [(10, 0, 10), (14, 0, 14), (12.4, 0, 12), (12.5, 0, 13), (0, 12, 12), (1010, -1000, 10), (15, 0, None),
     (9, 0, None), (-1, 11, 10), (-0.6, 12, 11), (float("nan"), 0, None), (1e300, 0, None), (-1e300, 5, None)],
)  # fmt: skip
def test_frames_are_found_by_number_and_offset(
    plugin: Plugin, store: Path, time: float, offset: int, number: int | None
) -> None:
    pixels = source("OfxBitDepthByte")
    with plugin.instance(result=str(store), frameOffset=offset) as effect:
        shown = effect.shown(pixels, "OfxBitDepthByte", View(float(time)))
    assert np.array_equal(shown, pixels if number is None else expected(number, "OfxBitDepthByte", 4))


def test_frames_can_be_counted_from_the_clips_start(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthByte")
    with plugin.instance(result=str(store), counting=1) as effect:
        effect.effect.clips["Source"].properties.values["OfxImageEffectPropFrameRange"] = [86400.0, 86500.0]
        for time, offset, number in ((86400.0, 0, FIRST), (86402.0, 0, FIRST + 2), (86402.0, -1, FIRST + 1)):
            effect["frameOffset"] = offset
            shown = effect.shown(pixels, "OfxBitDepthByte", View(time))
            assert np.array_equal(shown, expected(number, "OfxBitDepthByte", 4))
        effect["frameOffset"] = 0
        assert np.array_equal(effect.shown(pixels, "OfxBitDepthByte", View(86405.0)), pixels)


def test_the_folder_of_a_result_will_do(plugin: Plugin, tmp_path: Path) -> None:
    folder = tmp_path / "Ergebnis für Zoë 人"
    write_store(folder)
    with plugin.instance(result=str(folder)) as effect:
        shown = effect.shown(source("OfxBitDepthByte"), "OfxBitDepthByte", View(FIRST))
    assert np.array_equal(shown, expected(FIRST, "OfxBitDepthByte", 4))


# --- windows, tiles, scales


def test_only_the_window_is_rendered(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthByte")
    output = Picture(np.full_like(pixels, 77), "OfxBitDepthByte")
    with plugin.instance(result=str(store)) as effect:
        view = View(FIRST, window=(5, 2, 20, 9))  # x1, y1, x2, y2 from the lower left
        assert effect.render(Picture(pixels, "OfxBitDepthByte"), output, view) == ofx_host.OK
    shown, whole = output.pixels(), expected(FIRST, "OfxBitDepthByte", 4)
    rows, columns = slice(SIZE[1] - 9, SIZE[1] - 2), slice(5, 20)
    assert np.array_equal(shown[rows, columns], whole[rows, columns])
    shown[rows, columns] = 77
    assert (shown == 77).all()


@pytest.mark.parametrize("window", [(-50, -50, 500, 500), (0, 0, 0, 0), (30, 30, 40, 40), (5, 5, 2, 2)])
def test_a_window_beyond_the_image_writes_nothing_beyond_it(
    plugin: Plugin, store: Path, window: tuple[int, int, int, int]
) -> None:
    with plugin.instance(result=str(store)) as effect:
        effect.shown(source("OfxBitDepthByte"), "OfxBitDepthByte", View(FIRST, window=window))


@pytest.mark.parametrize("upside_down", [False, True])
def test_tiles_make_the_same_picture(plugin: Plugin, store: Path, upside_down: bool) -> None:
    pixels, shown = source("OfxBitDepthHalf"), np.zeros((*SIZE[::-1], 4), np.float16)
    with plugin.instance(result=str(store)) as effect:
        for y1 in range(0, SIZE[1], 7):
            for x1 in range(0, SIZE[0], 5):
                x2, y2 = min(x1 + 5, SIZE[0]), min(y1 + 7, SIZE[1])
                part = np.s_[SIZE[1] - y2 : SIZE[1] - y1, x1:x2]
                tile = Picture(pixels[part], "OfxBitDepthHalf", upside_down, (x1, y1))
                output = Picture(np.zeros_like(pixels[part]), "OfxBitDepthHalf", upside_down, (x1, y1))
                assert effect.render(tile, output, View(FIRST, whole=(0, 0, *SIZE))) == ofx_host.OK
                assert output.guards_are_whole()
                shown[part] = output.pixels()
    assert np.array_equal(shown, expected(FIRST, "OfxBitDepthHalf", 4))


def test_a_picture_that_does_not_begin_at_0_is_met(plugin: Plugin, store: Path) -> None:
    pixels = source("OfxBitDepthByte")
    output = Picture(np.zeros_like(pixels), "OfxBitDepthByte", origin=(-7, 100))
    with plugin.instance(result=str(store)) as effect:
        assert effect.render(Picture(pixels, "OfxBitDepthByte", origin=(-7, 100)), output, View(FIRST)) == ofx_host.OK
    assert np.array_equal(output.pixels(), expected(FIRST, "OfxBitDepthByte", 4))


def area_means(levels: Array, width: int, height: int) -> Array:
    """The mean of levels over the area of each pixel of a smaller picture, by matrices (H, W, C)."""

    def shares(large: int, small: int) -> Array:
        edges = np.arange(small + 1) * large / small
        cells = np.arange(large)
        cover = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
        return np.clip(cover, 0, None) * small / large

    return np.einsum("yh,xw,hwc->yxc", shares(levels.shape[0], height), shares(levels.shape[1], width), levels)


@pytest.mark.parametrize(
    ("scale", "size"),
    [((0.5, 0.5), (12, 9)), ((0.25, 0.25), (6, 5)), ((0.25, 0.25), (6, 4)), ((0.75, 0.75), (18, 14)),
     ((1.0, 0.5), (24, 9)), ((1 / 3, 1 / 3), (8, 6)),
     ((1.0, 1.0), (12, 9)), ((1.0, 1.0), (8, 6)), ((0.5, 0.5), (6, 5)), ((1.5, 1.5), (36, 27))],
    ids=["half", "quarter up", "quarter down", "three quarters", "half height", "third", "proxy of a half",
         "proxy of a third", "half of a proxy", "enlarged"],
)  # fmt: skip
def test_smaller_pictures_show_the_mean_of_the_area(
    plugin: Plugin, store: Path, scale: tuple[float, float], size: tuple[int, int]
) -> None:
    with plugin.instance(result=str(store)) as effect:
        shown = effect.shown(source("OfxBitDepthFloat", 3, size), "OfxBitDepthFloat", View(FIRST, scale=scale))
        assert np.allclose(shown, area_means(stored(picture(FIRST)), *size), atol=1e-6)
        effect["view"] = 1
        shown = effect.shown(source("OfxBitDepthFloat", 3, size), "OfxBitDepthFloat", View(FIRST, scale=scale))
        assert np.allclose(shown[..., :1], area_means(stored(matte(FIRST))[..., None], *size), atol=1e-6)


def test_an_image_that_does_not_say_its_whole_or_scale_is_the_whole(plugin: Plugin, store: Path) -> None:
    with plugin.instance(result=str(store)) as effect:
        for view in (View(FIRST, tell_whole=False), View(FIRST, scale=(0.0, 0.0), tell_whole=False)):
            shown = effect.shown(source("OfxBitDepthByte"), "OfxBitDepthByte", view)
            assert np.array_equal(shown, expected(FIRST, "OfxBitDepthByte", 4))


@pytest.mark.parametrize("size", [(23, 18), (24, 17), (25, 19), (48, 36), (17, 24), (12, 18)])
def test_a_clip_of_another_size_passes_through(plugin: Plugin, store: Path, size: tuple[int, int]) -> None:
    pixels = source("OfxBitDepthByte", 4, size)
    with plugin.instance(result=str(store)) as effect:
        assert np.array_equal(effect.shown(pixels, "OfxBitDepthByte", View(FIRST)), pixels)


@pytest.mark.parametrize("kind", ["OfxFieldLower", "OfxFieldUpper", "OfxFieldSingle", "OfxFieldDoubled"])
def test_single_fields_pass_through(plugin: Plugin, store: Path, kind: str) -> None:
    pixels = source("OfxBitDepthByte")
    with plugin.instance(result=str(store)) as effect:
        assert np.array_equal(effect.shown(pixels, "OfxBitDepthByte", View(FIRST, field_kind=kind)), pixels)


def test_without_a_source_the_result_is_shown_over_nothing(plugin: Plugin, store: Path) -> None:
    output = Picture(np.full((*SIZE[::-1], 3), 77, np.uint8), "OfxBitDepthByte")
    with plugin.instance("OfxImageEffectContextGeneral", result=str(store)) as effect:
        assert effect.render(None, output, View(FIRST)) == ofx_host.OK
        assert np.array_equal(output.pixels(), expected(FIRST, "OfxBitDepthByte", 3))
        assert effect.render(None, output, View(0.0)) == ofx_host.OK
        assert (output.pixels() == 0).all()
    assert plugin.host.held_images == []


def test_source_and_output_may_differ_in_kind(plugin: Plugin) -> None:
    pixels = source("OfxBitDepthFloat", 3)
    output = Picture(np.zeros((*SIZE[::-1], 4), np.uint8), "OfxBitDepthByte")
    with plugin.instance() as effect:
        assert effect.render(Picture(pixels, "OfxBitDepthFloat"), output) == ofx_host.OK
    assert np.array_equal(output.pixels()[..., :3], quantised(pixels, np.uint8))
    assert (output.pixels()[..., 3] == 255).all()


# --- hosts that lack something, stop, or do many things at once


@pytest.mark.parametrize("missing", ["OfxPropertySuite", "OfxImageEffectSuite", "OfxParameterSuite"])
def test_a_host_without_the_basic_suites_is_told(library: Path, missing: str) -> None:
    suites = [name for name in ofx_host.ALL_SUITES if name != missing]
    with Plugin(Host(suites), library) as plugin:
        assert plugin.load_status == ofx_host.MISSING_HOST_FEATURE
        assert plugin.call("OfxActionDescribe", plugin.descriptor) == ofx_host.MISSING_HOST_FEATURE


def test_a_host_with_nothing_but_the_basic_suites_will_do(library: Path, store: Path) -> None:
    host = Host(ofx_host.ALL_SUITES[:3])
    with Plugin(host, library) as plugin, plugin.instance(result=str(store)) as effect:
        shown = effect.shown(source("OfxBitDepthByte"), "OfxBitDepthByte", View(FIRST))
        assert effect.press("openPanel") == ofx_host.OK or True
    assert np.array_equal(shown, expected(FIRST, "OfxBitDepthByte", 4))


def test_the_hosts_threads_are_used(library: Path, tmp_path: Path) -> None:
    store = write_store(tmp_path, replace(other_size(200, 300), count=1))
    host = Host(cpus=4)
    with Plugin(host, library) as plugin, plugin.instance(result=str(store)) as effect:
        shown = effect.shown(source("OfxBitDepthFloat", 3, (200, 300)), "OfxBitDepthFloat", View(FIRST))
    assert host.threads_started == 4
    assert np.array_equal(shown, stored(picture(FIRST, (200, 300))))


def test_stopping_stops(library: Path, tmp_path: Path) -> None:
    size = (64, 640)
    store = write_store(tmp_path, replace(other_size(*size), count=1))
    host = Host(cpus=1)
    with Plugin(host, library) as plugin, plugin.instance(result=str(store)) as effect:
        host.abort_after = 3
        output = Picture(np.full((size[1], size[0], 3), 77, np.uint8), "OfxBitDepthByte")
        assert effect.render(Picture(source("OfxBitDepthByte", 3, size), "OfxBitDepthByte"), output, View(FIRST)) == 0
        rendered = (output.pixels() != 77).any(axis=(1, 2)).sum()
    assert host.held_images == []
    assert 0 < rendered < size[1] / 4


def test_many_instances_render_at_once(plugin: Plugin, tmp_path: Path) -> None:
    """Eight threads, each with an instance and a store of its own, and a common instance."""
    stores = [write_store(tmp_path / str(i), replace(HEADER, first=FIRST * (i + 1))) for i in range(8)]
    pixels, wrong = source("OfxBitDepthByte"), []
    common = plugin.instance(result=str(stores[0]))

    def work(number: int) -> None:
        with plugin.instance(result=str(stores[number])) as own:
            for turn in range(30):
                frame = FIRST * (number + 1) + turn % 5
                output = Picture(np.zeros_like(pixels), "OfxBitDepthByte", upside_down=bool(turn % 2))
                own.render(Picture(pixels, "OfxBitDepthByte"), output, View(frame))
                if not np.array_equal(output.pixels(), expected(frame, "OfxBitDepthByte", 4)):
                    wrong.append((number, turn))
                if common.is_identity(View(FIRST)) is not None:
                    wrong.append((number, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and plugin.host.held_images == []


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("cycles", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_loaded_and_unloaded_again_and_again(library: Path, store: Path, cycles: int) -> None:
    """Each time as a fresh library: described, rendered, let go. Neither memory nor files pile up."""
    host, pixels, sizes = Host(), source("OfxBitDepthByte"), []
    wanted = expected(FIRST, "OfxBitDepthByte", 4)
    opened = len(os.listdir("/proc/self/fd"))
    for cycle in range(cycles):
        host = Host() if cycle % 50 == 0 else host  # ctypes keeps every callback's page
        with Plugin(host, library) as plugin, plugin.instance(result=str(store)) as effect:
            assert np.array_equal(effect.shown(pixels, "OfxBitDepthByte", View(FIRST)), wanted)
        assert str(library) not in Path("/proc/self/maps").read_text() if cycle % (cycles // 10) == 0 else True
        if cycle % (cycles // 10) == cycles // 10 - 1:
            gc.collect()
            sizes.append(resident_bytes())
    assert len(os.listdir("/proc/self/fd")) == opened
    assert sizes[-1] - sizes[1] < 16 * 2**20, sizes
