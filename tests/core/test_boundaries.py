"""The three cases where windows of a face meet: inside a shot, at a cut, in a dissolve."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from likeness_core.analyse import Analysis
from likeness_core.jobs import decode

from tests.core.restoring import Picture, film, likeness, portrait_film

one, other = portrait_film(1), portrait_film(3)
CUT = 10  # between ten frames and ten: a window of 24 would hold both


def cut_film(number: int) -> Picture:
    """Another person from the cut on, in the same place."""
    return one(number) if number < CUT else other(number)


def dissolve_film(number: int) -> Picture:
    """Person 1 becomes person 3 over frames 10 to 19."""
    share = float(np.clip((number - 9.5) / 10, 0, 1))
    return np.rint((1 - share) * one(number) + share * other(number)).astype(np.uint8)


def restored(tmp_path: Path, source: Path, name: str, pack: Path, *options: object) -> Path:
    arguments = [
        "restore", source, "--no-reference", "--pack", pack, "--threads", 1, "--format", "png16", "--matte",
        "--grain", 0, "-o", tmp_path / name, *options,
    ]  # fmt: skip
    outcome = likeness(*arguments, cache=tmp_path / f"cache-{name}")
    assert outcome.status == 0, outcome.errors
    return tmp_path / name


def shots(tmp_path: Path, name: str) -> list[tuple[int, int]]:
    record = next((tmp_path / f"cache-{name}").glob("jobs/*/analysis.json"))
    return [(shot.frames.start, shot.frames.stop) for shot in decode(record.read_bytes(), Analysis).shots]


def frame(out: Path, number: int) -> npt.NDArray[np.float32]:
    path = next((out / "frames").glob(f"*.{number:06d}.png"))
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture.astype(np.float32) / 65535


def matte(out: Path, number: int) -> float:
    picture = cv2.imread(str(next((out / "matte").glob(f"*.{number:06d}.png"))), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return float(picture.max()) / 65535


def test_no_seam_where_windows_meet_inside_a_shot(tmp_path: Path, tiny_pack: Path) -> None:
    """The change from frame to frame is no larger at a window's edge than elsewhere, at four steps too."""
    source = film(tmp_path / "still.mp4", lambda _: one(0), 40, options={"crf": "0", "preset": "ultrafast"})
    for steps in (1, 4):
        out = restored(tmp_path, source, f"steps{steps}", tiny_pack, "--steps", steps)
        jumps = np.array([np.abs(frame(out, i + 1) - frame(out, i)).mean() for i in range(3, 36)])
        assert jumps.max() < 3 * np.median(jumps) + 1e-4
        # Windows of 24 with 8 shared: the second begins at 16, and at 24 the first has ended.
        edges = [i for i in (15, 16, 23, 24) if 3 <= i < 36]
        assert max(jumps[i - 3] for i in edges) <= np.percentile(jumps, 95) * 1.2 + 1e-4


def test_nothing_crosses_a_cut(tmp_path: Path, tiny_pack: Path) -> None:
    """After a cut the result is what the second shot gives alone, to the last bit: no ghost of the shot before."""
    source = film(tmp_path / "cut.mp4", cut_film, 2 * CUT)
    whole = restored(tmp_path, source, "whole", tiny_pack, "--steps", 2)
    assert shots(tmp_path, "whole") == [(0, CUT), (CUT, 2 * CUT)]
    alone = restored(tmp_path, source, "alone", tiny_pack, "--steps", 2, "--range", f"{CUT}:{2 * CUT}")
    assert all(np.array_equal(frame(whole, i), frame(alone, i)) for i in range(CUT, 2 * CUT))
    taken_for_one = restored(tmp_path, source, "one", tiny_pack, "--steps", 2, "--through-edits", CUT)
    assert shots(tmp_path, "one") == [(0, 2 * CUT)]
    assert any(not np.array_equal(frame(taken_for_one, i), frame(alone, i)) for i in range(CUT, 2 * CUT))


def test_a_through_edit_is_no_boundary(tmp_path: Path, tiny_pack: Path) -> None:
    """A razor cut in continuous footage changes not one byte of the result."""
    source = film(tmp_path / "whole.mp4", one, 2 * CUT)
    plain = restored(tmp_path, source, "plain", tiny_pack)
    razor = restored(tmp_path, source, "razor", tiny_pack, "--through-edits", CUT)
    hard = restored(tmp_path, source, "hard", tiny_pack, "--cuts", CUT)
    assert all(np.array_equal(frame(plain, i), frame(razor, i)) for i in range(2 * CUT))
    assert any(not np.array_equal(frame(plain, i), frame(hard, i)) for i in range(2 * CUT))


def test_faces_fade_with_a_dissolve_and_each_shot_keeps_its_own(tmp_path: Path, tiny_pack: Path) -> None:
    source = film(tmp_path / "dissolve.mp4", dissolve_film)
    out = restored(tmp_path, source, "known", tiny_pack, "--dissolves", "10:20")
    assert (0, 15) in shots(tmp_path, "known")
    shares = [matte(out, i) for i in range(30)]
    assert min(shares[4:9]) > 0.9 and min(shares[22:27]) > 0.9
    assert max(shares[14:16]) < 0.15
    assert shares[10:15] == sorted(shares[10:15], reverse=True)
    untold = restored(tmp_path, source, "untold", tiny_pack)
    assert min(matte(untold, i) for i in range(4, 27)) > max(shares[14:16])
