"""A disk that runs full: said in our words, nothing half-written, and the same bytes once there is room."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.core.conftest import Set
from tests.core.restoring import likeness, tree

COMMON = ("--no-fading", "--matte", "--range", "0:20")


class SmallDisk:
    """A file system of its own in memory."""

    def __init__(self, folder: Path, megabytes: float) -> None:
        self.folder = folder
        folder.mkdir()
        self._mount(f"size={round(megabytes * 1024)}k")

    def grow(self, megabytes: int) -> None:
        self._mount(f"remount,size={megabytes}m")

    def close(self) -> None:
        subprocess.run(["umount", str(self.folder)], check=False, capture_output=True)

    def _mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no file system can be made here: {done.stderr.strip()}")


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[list[SmallDisk]]:
    made: list[SmallDisk] = []
    yield made
    for disk in made:
        disk.close()


@pytest.mark.parametrize(
    ("full", "format", "megabytes"),
    [
        ("output", "exr", 0.5),
        pytest.param("output", "prores", 0.3, marks=pytest.mark.long),
        pytest.param("cache", "prores", 2.0, marks=pytest.mark.long),
        ("cache", "exr", 0.05),
    ],
)
def test_a_full_disk(
    portrait_set: Set, tmp_path: Path, disks: list[SmallDisk], full: str, format: str, megabytes: float
) -> None:
    """`full`: what lies on the small disk. In the last the analysis does not fit, and in the first not all frames."""
    with suppress(FileNotFoundError):
        disks.append(SmallDisk(tmp_path / "small", megabytes))
    small = disks[0].folder
    out, cache = (small / "out", tmp_path / "cache") if full == "output" else (tmp_path / "out", small / "cache")
    command = [*portrait_set.restore(out), *COMMON, "--format", format]
    outcome = likeness(*command, cache=cache)
    assert (outcome.status, outcome.code) == (3, "media.no_space"), outcome.errors
    assert "Traceback" not in outcome.errors and "Free some space" in outcome.errors
    files = [*out.rglob("*"), *cache.rglob("*")]
    assert [path for path in files if path.suffix in (".part", ".partial")] == []
    disks[0].grow(200)
    again = likeness(*command, "--resume", cache=cache)
    assert again.status == 0, again.errors
    undisturbed = tmp_path / "undisturbed"
    calm = [*portrait_set.restore(undisturbed), *COMMON, "--format", format]
    assert likeness(*calm, cache=tmp_path / "calm").status == 0
    assert tree(out) == tree(undisturbed)
