"""What is kept for another time: found by content, never stale, never damaged, never too much."""

import os
from pathlib import Path

import numpy as np
import pytest
from likeness_core.restorer.pipeline import Restorer
from likeness_core.reuse import Reuse, content_key

from tests.core.conftest import Set
from tests.core.restoring import likeness, tree

KEYS = [content_key("entry", number) for number in range(6)]


def arrays(number: int, count: int = 1000) -> dict[str, np.ndarray]:
    return {"values": np.arange(count, dtype=np.float32) + number, "frames": np.array([number])}


def test_what_was_stored_is_found(tmp_path: Path) -> None:
    reuse = Reuse(tmp_path / "windows", 10**9)
    assert reuse.load(KEYS[0]) is None
    reuse.store(KEYS[0], arrays(3))
    found = reuse.load(KEYS[0])
    assert found is not None and found.keys() == {"values", "frames"}
    np.testing.assert_array_equal(found["values"], arrays(3)["values"])
    assert reuse.load(KEYS[1]) is None
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text"])
def test_a_damaged_entry_counts_as_absent_and_goes(tmp_path: Path, damage: str) -> None:
    reuse = Reuse(tmp_path, 10**9)
    reuse.store(KEYS[0], arrays(0))
    path = next(path for path in tmp_path.rglob("*") if path.is_file())
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes({"cut": whole[:-100], "flipped": whole, "empty": b"", "text": b"no entry"}[damage])
    assert reuse.load(KEYS[0]) is None
    assert not path.exists()


def test_what_was_used_least_recently_makes_room(tmp_path: Path) -> None:
    size = sum(array.nbytes for array in arrays(0).values())
    reuse = Reuse(tmp_path, round(3.9 * size))
    for age, key in enumerate(KEYS[:3]):
        reuse.store(key, arrays(age))
        path = reuse.folder / key[:2] / key
        os.utime(path, (1000 + age, 1000 + age))
    assert reuse.load(KEYS[0]) is not None  # used again: the second is the oldest now
    reuse.store(KEYS[3], arrays(3))
    assert [reuse.load(key) is not None for key in KEYS[:4]] == [True, False, True, True]


def test_more_than_the_limit_is_not_kept(tmp_path: Path) -> None:
    reuse = Reuse(tmp_path, 3000)
    reuse.store(KEYS[0], arrays(0))
    assert reuse.load(KEYS[0]) is None


def test_a_cache_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    reuse = Reuse(tmp_path / "file" / "windows", 10**9)
    reuse.store(KEYS[0], arrays(0))
    assert reuse.load(KEYS[0]) is None


def test_a_key_tells_apart_what_differs() -> None:
    values = np.arange(6, dtype=np.float32)
    parts = [
        (values,), (values.reshape(2, 3),), (values.astype(np.float64),), (values + 1,), (values, 1), (values, "1"),
        ((1, 2), values), (1, 2, values),
    ]  # fmt: skip
    assert len({content_key(*part) for part in parts}) == len(parts)
    assert content_key(values.reshape(2, 3).T) == content_key(np.ascontiguousarray(values.reshape(2, 3).T))


def test_other_strength_or_format_runs_no_network_and_gives_the_same_bytes(
    portrait_set: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows and analysis come from the first run; without the cache the bytes are the same."""
    cache = tmp_path / "cache"
    common = ["--no-fading", "--range", "0:26", "--steps", "2"]
    changed = [*common, "--strength", "0.6", "--grain", "0.9", "--fidelity", "0.3", "--format", "tiff16", "--matte"]
    assert likeness(*portrait_set.restore(tmp_path / "first"), *common, cache=cache).status == 0
    fresh = likeness(*portrait_set.restore(tmp_path / "fresh"), *changed, "--no-cache", cache=tmp_path / "none")
    assert fresh.status == 0, fresh.errors
    assert not [path for path in (tmp_path / "none").iterdir() if path.name != "jobs"]

    def refuse(*arguments: object) -> None:
        raise AssertionError("the network ran, or faces were looked for")

    with monkeypatch.context() as patch:
        patch.setattr(Restorer, "restore", refuse)
        patch.setattr("likeness_core.analyse.MediaReader", refuse)
        again = likeness(*portrait_set.restore(tmp_path / "again"), *changed, cache=cache)
    assert again.status == 0, again.errors
    fresh_files, again_files = tree(tmp_path / "fresh"), tree(tmp_path / "again")
    assert fresh_files.keys() == again_files.keys()
    assert [name for name in fresh_files if fresh_files[name] != again_files[name]] == []


def test_another_seed_runs_the_network_again(portrait_set: Set, tmp_path: Path) -> None:
    cache, common = tmp_path / "cache", ["--no-fading", "--range", "0:3"]
    first = likeness(*portrait_set.restore(tmp_path / "first"), *common, cache=cache)
    assert first.status == 0, first.errors
    kept = {path for path in (cache / "windows").rglob("*") if path.is_file()}
    assert len(kept) == 1
    assert likeness(*portrait_set.restore(tmp_path / "again"), *common, "--seed", "5", cache=cache).status == 0
    assert len({path for path in (cache / "windows").rglob("*") if path.is_file()} - kept) == 1
