"""The whole command, promise by promise: what changes, what must not, and what is left beside it."""

import csv
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  the library's own documentation calls it so
import pytest
from likeness_core import packs
from likeness_core.api import FrameRange, Media, OutputSpec
from likeness_core.media import Frame, RestoredFrame, alpha_of, probe, to_float, to_integers
from likeness_core.media.mux import mux_movie

from tests.core.conftest import Set
from tests.core.openpeople_footage import portrait, put, room
from tests.core.restoring import (
    FACE_PX,
    SIZE,
    Outcome,
    decoded,
    film,
    likeness,
    pair_film,
    photograph,
    portrait_film,
    room_film,
    tree,
)

FRAMES = 6
SUFFIXES = {"exr": "exr", "tiff16": "tif", "png16": "png", "dpx10": "dpx"}


def stored(out: Path, format: str, folder: str = "frames") -> list[npt.NDArray[Any]]:
    """The numbers of every frame of a result, by OpenEXR for EXR, else by OpenImageIO."""
    pictures = []
    for path in sorted((out / folder).glob(f"*.{SUFFIXES[format]}")):
        if format == "exr":
            with OpenEXR.File(str(path)) as file:
                channels = file.channels()
                pictures.append(np.asarray(channels["RGBA" if "RGBA" in channels else "RGB"].pixels))
        else:
            picture = oiio.ImageInput.open(str(path)).read_image(oiio.UINT16)
            pictures.append(np.asarray(picture))
    return pictures


def as_written(frame: Frame, format: str, deep: bool) -> npt.NDArray[Any]:
    """What an untouched frame is in a format."""
    levels = to_float(frame.pixels)
    if format == "exr":
        return levels if deep else levels.astype(np.float16)
    if format == "dpx10":  # as OpenImageIO widens it
        ten = to_integers(levels, 10)
        return ten << 6 | ten >> 4
    return to_integers(levels, 16)


def mattes(out: Path) -> list[npt.NDArray[np.uint16]]:
    return [picture[..., 0] for picture in stored(out, "png16", "matte")]


def run(given: Set, out: Path, *more: object, source: Path | None = None) -> Outcome:
    """Restore; faces that a random network spoils are not faded out."""
    outcome = likeness(
        "restore", source or given.film, *given.options(out), "--no-fading", *more, cache=out.parent / "cache"
    )
    assert outcome.status == 0, outcome.errors
    return outcome


LOSSLESS = {"codec": "ffv1", "options": {}}
EIGHT_BIT = pytest.param({}, "reel.mp4", False, id="8 bit")
TEN_BIT = pytest.param({**LOSSLESS, "pixel_format": "yuv422p10le"}, "reel.mkv", False, id="10 bit")
TWELVE_BIT = pytest.param({**LOSSLESS, "pixel_format": "yuv444p12le"}, "reel.mkv", True, id="12 bit")


def grainy(
    picture: Callable[[int], npt.NDArray[np.uint8]], deviation: float = 200
) -> Callable[[int], npt.NDArray[np.uint16]]:
    """The pictures with 16 bits and noise, so that a deep source has deep pixels."""

    def deep(number: int) -> npt.NDArray[np.uint16]:
        noise = np.random.default_rng(number).normal(0, deviation, picture(number).shape)
        return np.clip(picture(number).astype(np.float64) * 257 + noise, 0, 65535).astype(np.uint16)

    return deep


@pytest.mark.parametrize(
    ("format", "recipe", "name", "deep"),
    [
        pytest.param(format, *depth.values, id=f"{format} {depth.id}")
        for format, depth in [
            ("exr", EIGHT_BIT), ("exr", TEN_BIT), ("exr", TWELVE_BIT), ("tiff16", TEN_BIT), ("png16", TWELVE_BIT),
            ("dpx10", EIGHT_BIT),
        ]
    ],
)  # fmt: skip
def test_strength_zero_returns_the_source_bit_for_bit(
    portrait_set: Set, tmp_path: Path, recipe: dict[str, Any], name: str, deep: bool, format: str
) -> None:
    source = film(tmp_path / name, grainy(portrait_film()), 3, **recipe)
    run(portrait_set, tmp_path / "out", "--strength", "0", "--format", format, source=source)
    pictures = stored(tmp_path / "out", format)
    assert len(pictures) == 3
    for picture, frame in zip(pictures, decoded(source), strict=True):
        wanted = as_written(frame, format, deep)
        assert picture.dtype == wanted.dtype
        np.testing.assert_array_equal(picture, wanted)


@pytest.mark.parametrize(("recipe", "name", "deep"), [EIGHT_BIT, TEN_BIT, TWELVE_BIT])
def test_outside_the_matte_nothing_changes(
    portrait_set: Set, tmp_path: Path, recipe: dict[str, Any], name: str, deep: bool
) -> None:
    source = film(tmp_path / name, grainy(portrait_film()), 3, **recipe)
    run(portrait_set, tmp_path / "out", "--matte", source=source)
    for picture, matte, frame in zip(
        stored(tmp_path / "out", "exr"), mattes(tmp_path / "out"), decoded(source), strict=True
    ):
        wanted = as_written(frame, "exr", deep)
        assert 0.02 < (matte > 0).mean() < 0.5
        np.testing.assert_array_equal(picture[matte == 0], wanted[matte == 0])
        changed = np.abs(picture.astype(np.float32) - wanted.astype(np.float32)).max(axis=2)
        assert changed[matte > 60000].mean() > 0.01


@pytest.mark.parametrize("format", ["prores", "prores4444", "h264"])
def test_a_movie_of_strength_zero_is_what_the_encoder_makes_of_the_source(
    portrait_set: Set, tmp_path: Path, format: str
) -> None:
    out = tmp_path / "out"
    run(portrait_set, out, "--strength", "0", "--format", format, "--range", f"0:{FRAMES}")
    result = next(path for path in out.iterdir() if path.suffix in (".mov", ".mp4"))
    untouched = encode_untouched(probe(portrait_set.film), FrameRange(0, FRAMES), format, tmp_path)
    for ours, plain in zip(decoded(result), decoded(untouched), strict=True):
        np.testing.assert_array_equal(ours.pixels, plain.pixels)


def encode_untouched(media: Media, wanted: FrameRange, format: str, folder: Path) -> Path:
    """The source through the same encoder."""
    frames = [
        RestoredFrame(frame.index, to_float(frame.pixels), alpha_of(frame.pixels))
        for frame in decoded(Path(media.path), wanted.start, wanted.stop)
    ]
    path = folder / ("plain.mp4" if format == "h264" else "plain.mov")
    assert list(mux_movie(OutputSpec(str(folder), "plain", format), media, wanted, frames, path))
    return path


def test_black_and_white_stays_so(portrait_set: Set, tmp_path: Path) -> None:
    def grey(number: int) -> npt.NDArray[np.uint8]:
        picture = portrait_film()(number).mean(axis=2).astype(np.float32)
        noisy = picture + np.random.default_rng(number).normal(0, 4, picture.shape)
        return np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2)

    source = film(tmp_path / "reel.mkv", grey, FRAMES, codec="ffv1", options={})
    run(portrait_set, tmp_path / "out", "--format", "tiff16", "--matte", source=source)
    for picture, matte, frame in zip(
        stored(tmp_path / "out", "tiff16"), mattes(tmp_path / "out"), decoded(source), strict=True
    ):
        assert (picture != as_written(frame, "tiff16", False))[matte > 0].mean() > 0.5
        np.testing.assert_array_equal(picture[..., 0], picture[..., 1])
        np.testing.assert_array_equal(picture[..., 0], picture[..., 2])


def test_an_enlarged_frame_changes_only_inside_the_matte(portrait_set: Set, tmp_path: Path) -> None:
    for strength in ("0", "1"):
        out = tmp_path / strength
        run(portrait_set, out, "--scale", "2", "--strength", strength, "--matte", "--range", "0:2")
    plain, restored = stored(tmp_path / "0", "exr"), stored(tmp_path / "1", "exr")
    for before, after, matte, frame in zip(
        plain, restored, mattes(tmp_path / "1"), decoded(portrait_set.film, 0, 2), strict=True
    ):
        size = (SIZE[0] * 2, SIZE[1] * 2)
        enlarged = cv2.resize(to_float(frame.pixels), size, interpolation=cv2.INTER_CUBIC)
        np.testing.assert_array_equal(before, enlarged.astype(np.float16))
        np.testing.assert_array_equal(after[matte == 0], before[matte == 0])
        assert (after != before)[matte > 0].mean() > 0.5


def test_only_the_person_of_the_photograph_changes(portrait_set: Set, tmp_path: Path) -> None:
    source = film(tmp_path / "pair.mp4", pair_film, FRAMES)
    run(portrait_set, tmp_path / "out", "--matte", source=source)
    for picture, matte, frame in zip(
        stored(tmp_path / "out", "exr"), mattes(tmp_path / "out"), decoded(source), strict=True
    ):
        other = np.s_[:, 120:]
        assert not matte[other].any()
        np.testing.assert_array_equal(picture[other], as_written(frame, "exr", False)[other])
        assert (matte[:, :120] > 60000).sum() > 500


def test_somebody_alike_beside_the_person_is_left_alone(portrait_set: Set, tmp_path: Path) -> None:
    """Person 9 is 0.39 like person 1's photograph, where 0.36 is the same person; she herself is 0.76."""

    def alike(number: int) -> npt.NDArray[np.uint8]:
        scene = put(room(240, 120), portrait(1), -2 + np.sin(number / 4), 2, FACE_PX)
        return put(scene, portrait(9), 122, 2 + np.cos(number / 4), FACE_PX)

    source = film(tmp_path / "pair.mp4", alike, FRAMES)
    outcome = run(portrait_set, tmp_path / "out", "--matte", source=source)
    assert "looks like the reference too" in outcome.errors
    for matte in mattes(tmp_path / "out"):
        assert matte[:, :120].any() and not matte[:, 120:].any()


@pytest.mark.parametrize(("person", "left", "right"), [("1", True, False), ("2", False, True), ("all", True, True)])
def test_people_can_be_chosen_by_number(
    portrait_set: Set, tmp_path: Path, person: str, left: bool, right: bool
) -> None:
    def joins_late(number: int) -> npt.NDArray[np.uint8]:  # so that person 1 is the one on the left
        picture = pair_film(number)
        if number < 2:
            picture[:, 120:] = room(240, 120)[:, 120:]
        return picture

    source = film(tmp_path / "pair.mp4", joins_late, FRAMES)
    run(portrait_set, tmp_path / "out", "--matte", "--person", person, source=source)
    last = mattes(tmp_path / "out")[4]
    assert (last[:, :120].any(), last[:, 120:].any()) == (left, right)


def test_frames_without_faces_pass_through(portrait_set: Set, tmp_path: Path) -> None:
    source = film(tmp_path / "room.mp4", room_film, FRAMES)
    outcome = run(portrait_set, tmp_path / "out", "--matte", source=source)
    assert f"0 of {FRAMES} frames restored" in outcome.errors
    for picture, matte, frame in zip(
        stored(tmp_path / "out", "exr"), mattes(tmp_path / "out"), decoded(source), strict=True
    ):
        assert not matte.any()
        np.testing.assert_array_equal(picture, as_written(frame, "exr", False))
    assert {"sheet.png", "identity.csv", "identity.png", "sidecar.json"} <= tree(tmp_path / "out").keys()


def test_a_person_who_returns_is_restored_again(portrait_set: Set, tmp_path: Path) -> None:
    def leaves_and_returns(number: int) -> npt.NDArray[np.uint8]:
        away = 0.0 if number < 8 or number >= 32 else min(number - 7, 32 - number, 8) * 20.0
        return put(room(*SIZE), portrait(1), 20 + away, 0, FACE_PX)

    source = film(tmp_path / "reel.mp4", leaves_and_returns, 40)
    run(portrait_set, tmp_path / "out", "--matte", source=source)
    touched = [bool((matte > 30000).any()) for matte in mattes(tmp_path / "out")]
    assert all(touched[2:7]) and all(touched[34:39])
    assert not any(touched[16:24])
    for index in range(16, 24):
        wanted = as_written(decoded(source, index, index + 1)[0], "exr", False)
        np.testing.assert_array_equal(stored(tmp_path / "out", "exr")[index], wanted)


@pytest.mark.parametrize("matte", [False, True])
def test_the_folder_is_laid_out_as_designed(portrait_set: Set, tmp_path: Path, matte: bool) -> None:
    out = tmp_path / "out"
    outcome = run(portrait_set, out, "--range", "3:6", *(["--matte"] if matte else []))
    evidence = {"sidecar.json", "sheet.png", "identity.csv", "identity.png"}
    frames = {f"frames/reel.{number:06d}.exr" for number in (3, 4, 5)}
    extra = {f"matte/reel.{number:06d}.png" for number in (3, 4, 5)} if matte else set()
    assert tree(out).keys() == evidence | frames | extra
    assert outcome.output.strip() == str(out / "frames")


def test_a_movie_lies_beside_its_evidence(portrait_set: Set, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = run(portrait_set, out, "--range", "0:3", "--format", "prores")
    assert tree(out).keys() == {"reel.mov", "sidecar.json", "sheet.png", "identity.csv", "identity.png"}
    assert outcome.output.strip() == str(out / "reel.mov")


def test_the_sidecar_says_what_made_the_result(portrait_set: Set, tmp_path: Path) -> None:
    run(portrait_set, tmp_path / "out", "--range", "1:4", "--seed", "7", "--fidelity", "0.25", "--grain", "0.75")
    sidecar = json.loads((tmp_path / "out" / "sidecar.json").read_bytes())

    def sha256(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert sidecar["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    job = sidecar["job"]
    assert job["source"]["sha256"] == sha256(portrait_set.film)
    assert job["pack"]["sha256"] == sha256(portrait_set.pack / "manifest.json")
    assert [reference["sha256"] for reference in sidecar["references"]] == [sha256(portrait_set.photo)]
    assert job["settings"] == {
        "strength": 1.0, "fidelity": 0.25, "likeness": 0.5, "grain": 0.75, "steps": 1, "seed": 7, "scale": 1,
        "confidence_fading": False, "strength_keys": [], "without": [], "attributes": [],
        "negatives": {"quality": 0.0, "attributes": 0.0, "identity": 0.0},
    }  # fmt: skip
    assert [score["frame"] for score in sidecar["scores"]] == [1, 2, 3]
    assert all(-1 <= score[key] <= 1 for score in sidecar["scores"] for key in ("source", "result"))
    table = list(csv.DictReader((tmp_path / "out" / "identity.csv").open()))
    assert [int(row["frame"]) for row in table] == [1, 2, 3]
    assert str(tmp_path) not in (tmp_path / "out" / "sidecar.json").read_text()


def test_every_frame_says_what_made_it(portrait_set: Set, tmp_path: Path) -> None:
    run(portrait_set, tmp_path / "out", "--range", "0:1", "--seed", "7")
    with OpenEXR.File(str(tmp_path / "out" / "frames" / "reel.000000.exr")) as file:
        header = dict(file.header())
    source = hashlib.sha256(portrait_set.film.read_bytes()).hexdigest()
    assert header["likeness:source_sha256"] == source
    assert header["likeness:digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert "seed=7" in header["likeness:settings"]


@pytest.mark.parametrize("format", ["exr", "prores"])
def test_two_runs_at_different_times_are_the_same_bytes(portrait_set: Set, tmp_path: Path, format: str) -> None:
    run(portrait_set, tmp_path / "first" / "out", "--range", "0:3", "--matte", "--format", format)
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    try:
        time.sleep(1.1)  # seconds are what most formats count
        run(portrait_set, tmp_path / "second" / "out", "--range", "0:3", "--matte", "--format", format)
    finally:
        os.environ.pop("TZ")
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()
    first, second = tree(tmp_path / "first" / "out"), tree(tmp_path / "second" / "out")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_range_in_timecode_is_the_same_as_in_frames(portrait_set: Set, tmp_path: Path) -> None:
    run(portrait_set, tmp_path / "a" / "out", "--range", "2:5")
    run(portrait_set, tmp_path / "b" / "out", "--range", "01:00:00:02-01:00:00:04")
    assert tree(tmp_path / "a" / "out") == tree(tmp_path / "b" / "out")
    assert sorted(path.name for path in (tmp_path / "a" / "out" / "frames").iterdir()) == [
        f"reel.{number:06d}.exr" for number in (2, 3, 4)
    ]


@pytest.fixture(scope="module")
def plain(portrait_set: Set, tmp_path_factory: pytest.TempPathFactory) -> npt.NDArray[Any]:
    """A frame of the film, restored with every setting at its default."""
    out = tmp_path_factory.mktemp("plain") / "out"
    source = film(
        out.parent / "grainy.mkv", grainy(portrait_film()), 3, codec="ffv1", pixel_format="yuv444p10le", options={}
    )
    run(portrait_set, out, source=source)
    return stored(out, "exr")[1]


@pytest.mark.parametrize(
    "setting",
    [
        ("--seed", "1"),
        ("--steps", "2"),
        ("--steps", "4"),
        ("--preset", "quality"),
        ("--likeness", "0"),
        ("--likeness", "1"),
        ("--fidelity", "0"),
        ("--fidelity", "1"),
        ("--strength", "0.5"),
    ],
    ids=" ".join,
)
def test_every_setting_changes_the_result(
    portrait_set: Set, tmp_path: Path, plain: npt.NDArray[Any], setting: tuple[str, str]
) -> None:
    source = film(
        tmp_path / "grainy.mkv", grainy(portrait_film()), 3, codec="ffv1", pixel_format="yuv444p10le", options={}
    )
    run(portrait_set, tmp_path / "out", *setting, source=source)
    assert (stored(tmp_path / "out", "exr")[1] != plain).mean() > 0.01


def test_the_photograph_changes_the_result(portrait_set: Set, tmp_path: Path) -> None:
    other = photograph(tmp_path / "other.jpg", person=1, side_px=400)
    cv2.imwrite(str(other), cv2.flip(cv2.imread(str(other)), 1))
    run(portrait_set, tmp_path / "a" / "out", "--range", "0:2")
    likeness(
        "restore", portrait_set.film, "--reference", other, "--pack", portrait_set.pack, "--threads", 1, "-o",
        tmp_path / "b" / "out", "--range", "0:2", "--no-fading", cache=tmp_path / "cache",
    )  # fmt: skip
    assert (stored(tmp_path / "a" / "out", "exr")[0] != stored(tmp_path / "b" / "out", "exr")[0]).mean() > 0.01


def test_everyone_is_restored_without_photographs(portrait_set: Set, tmp_path: Path) -> None:
    source = film(tmp_path / "pair.mp4", pair_film, 3)
    outcome = likeness(
        "restore", source, "--no-reference", "--matte", "--no-fading", "--pack", portrait_set.pack, "--threads", 1,
        "-o", tmp_path / "out", cache=tmp_path / "cache",
    )  # fmt: skip
    assert outcome.status == 0, outcome.errors
    last = mattes(tmp_path / "out")[2]
    assert last[:, :120].any() and last[:, 120:].any()


def test_the_pack_that_ships_restores_a_face_and_puts_grain_back(portrait_set: Set, tmp_path: Path) -> None:
    if not (packs.resources() / "packs" / "compact" / "manifest.json").is_file():
        pytest.skip("the pack that ships is not trained yet")
    source = film(
        tmp_path / "grainy.mkv",
        grainy(portrait_film(), 1500),
        12,
        codec="ffv1",
        pixel_format="yuv444p10le",
        options={},
    )
    options = portrait_set.options(tmp_path)
    options = [*options[: options.index("--pack")], "--threads", "1", "--matte"]
    for grain in ("0", "1"):
        out = tmp_path / grain
        outcome = likeness("restore", source, *options, "--grain", grain, "-o", out, cache=tmp_path / "cache")
        assert outcome.status == 0, outcome.errors
        assert "12 of 12 frames restored" in outcome.errors
    sidecar = json.loads((tmp_path / "1" / "sidecar.json").read_bytes())
    assert sidecar["identity_after"] > sidecar["identity_before"] - 0.03
    frames = [as_written(frame, "exr", False) for frame in decoded(source)]
    smooth, rough, matte = stored(tmp_path / "0", "exr")[6], stored(tmp_path / "1", "exr")[6], mattes(tmp_path / "1")[6]
    np.testing.assert_array_equal(rough[matte == 0], frames[6][matte == 0])
    face = matte > 60000
    assert (smooth != frames[6])[face].mean() > 0.5
    assert (smooth != rough)[face].mean() > 0.5
