"""Shots on a Ray cluster of two processes: the same bytes as on one machine, also where a worker is killed."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from likeness_core.errors import DeviceError
from likeness_core.farm import _connected

from tests.core.conftest import Set
from tests.core.restoring import environment, film, likeness, photograph, portrait_film, room_film, tree

CUT, FRAMES = 18, 44
COMMON = ("--no-fading", "--matte", "--no-cache")


def two_shots(number: int) -> Any:
    """A person, nobody for a while, and the person again."""
    return portrait_film()(number) if number < CUT or number >= CUT + 6 else room_film(number)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory, tiny_pack: Path) -> Set:
    folder = tmp_path_factory.mktemp("farm")
    return Set(
        film(folder / "reel.mov", two_shots, FRAMES), photograph(folder / "anna.jpg"), tiny_pack, folder / "cache"
    )


@pytest.fixture(scope="module")
def cluster(footage: Set) -> Iterator[None]:
    ray = pytest.importorskip("ray")
    for name, value in environment(footage.cache).items():
        os.environ[name] = value  # the workers inherit it
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=200 << 20)
    yield
    ray.shutdown()


def workers_at_work() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "_restore_shot" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill_one(written: Callable[[], int], killed: list[int]) -> None:
    """Kill a worker once some frames are written."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        busy = workers_at_work()
        if busy and written() >= 3:
            os.kill(busy[0].pid, signal.SIGKILL)
            killed.append(busy[0].pid)
            return
        time.sleep(0.01)


@pytest.mark.long
@pytest.mark.parametrize("format", ["exr", "prores"])
def test_a_farm_gives_the_same_bytes_though_a_worker_is_killed(
    footage: Set, cluster: None, tmp_path: Path, format: str
) -> None:
    alone = likeness(*footage.restore(tmp_path / "alone"), *COMMON, "--format", format, cache=footage.cache)
    assert alone.status == 0, alone.errors
    killed: list[int] = []

    def written() -> int:
        folders = [tmp_path / "farm" / "frames", *footage.cache.glob("jobs/*/store/frames")]
        return sum(len(list(folder.glob("*.[en]*"))) for folder in folders if folder.is_dir())

    killer = threading.Thread(target=kill_one, args=(written, killed))
    killer.start()
    farm = likeness(
        *footage.restore(tmp_path / "farm"), *COMMON, "--format", format, "--ray", "auto", cache=footage.cache
    )
    killer.join()
    assert farm.status == 0, farm.errors
    assert killed
    one, other = tree(tmp_path / "alone"), tree(tmp_path / "farm")
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def test_a_cluster_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")

    def nobody(**options: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", nobody)
    with pytest.raises(DeviceError) as caught:
        _connected("auto")
    assert caught.value.code == "farm.unreachable"
