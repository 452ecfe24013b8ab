"""`likeness --self-test` on this checkout, and that each of its checks can fail."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from likeness_core import packs, self_test
from likeness_core.errors import LikenessError
from likeness_plugin import self_check

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
def test_it_passes_here_and_leaves_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path), "LIKENESS_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "likeness_core", "--self-test"],
        env=environment | {"PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("core", "gui", "plugin"))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything works" in done.stdout and "FAILED" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_bridge_loop_runs_the_script_that_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "through a mailbox" in self_check.check()
    monkeypatch.setattr(self_check, "HOST", "function(product) return {} end")  # a host that answers nothing
    monkeypatch.setattr(self_check, "START_S", 2.0)
    with pytest.raises(LikenessError):
        self_check.check()


def test_the_bridge_is_among_the_checks() -> None:
    declared = entry_points(group=self_test.GROUP)
    if not declared:
        pytest.skip("Likeness is not installed here, only on the path")
    assert [entry.load() for entry in declared] == [self_check.check]


def test_a_damaged_pack_fails_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "manifest.json").write_text("{}")
    monkeypatch.setenv("LIKENESS_PACKS", str(bad))
    with pytest.raises(LikenessError):
        self_test._files()


def test_the_page_says_what_failed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> str:
        raise OSError("libmissing.so.1 cannot be opened")

    for name in ("_decode", "_detect", "_window"):
        monkeypatch.setattr(self_test, name, lambda: "fine")
    for name in ("_restore", "_encode"):
        monkeypatch.setattr(self_test, name, lambda folder: "fine")
    monkeypatch.setattr(self_test, "entry_points", lambda group: ())
    assert self_test.self_test() == 0
    assert "everything works" in capsys.readouterr().out
    monkeypatch.setattr(self_test, "_window", broken)
    assert self_test.self_test() == 1
    page = capsys.readouterr().out
    assert "FAILED" in page and "libmissing.so.1" in page and "1 failed" in page


def test_a_restorer_that_does_nothing_fails_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's own frames, handed out as a result."""
    from likeness_core.api import JobResult

    def untouched(output: Path, kind: str) -> JobResult:
        return JobResult(str(output), str(output / "frames"), 8, 8, ())

    import numpy as np
    from likeness_core.media import MediaReader, probe, to_float

    source = probe(packs.resources() / "sample" / "footage.mp4")
    with MediaReader(source) as reader:
        frames = [to_float(frame.pixels) for frame in reader.frames(self_test.FRAMES)]
    _write_exr(tmp_path / "frames", [frame.astype(np.float16) for frame in frames])
    monkeypatch.setattr(self_test, "_run", untouched)
    with pytest.raises(LikenessError, match="nothing was restored"):
        self_test._restore(tmp_path)
    frames[3][2, 2] = 0.5  # a pixel of the rim
    _write_exr(tmp_path / "frames", [frame.astype(np.float16) for frame in frames])
    with pytest.raises(LikenessError, match="outside the face"):
        self_test._restore(tmp_path)


def _write_exr(folder: Path, frames: list) -> None:  # type: ignore[type-arg]
    import OpenImageIO

    folder.mkdir(exist_ok=True)
    for number, frame in enumerate(frames):
        spec = OpenImageIO.ImageSpec(frame.shape[1], frame.shape[0], 3, "half")
        output = OpenImageIO.ImageOutput.create("x.exr")
        assert output.open(str(folder / f"x.{number:04}.exr"), spec)
        output.write_image(frame)
        output.close()
