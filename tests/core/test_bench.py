"""The bench runs through and leaves figures; what they say is for a quiet machine."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core import openpeople_footage
from tests.core.restoring import ROOT, environment


@pytest.mark.timeout(600)
def test_a_quick_bench_leaves_every_figure(tmp_path: Path) -> None:
    openpeople_footage.picture_path(1)  # skips where the footage cannot be made
    command = [sys.executable, "-m", "tests.bench", "--quick", "--threads", "1", "--json", str(tmp_path / "bench.json")]
    done = subprocess.run(command, cwd=ROOT, env={**environment(tmp_path), "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 0
    report = json.loads((tmp_path / "bench.json").read_text())
    assert report["speedup_over_codeformer"].keys() == {"fast", "quality"}
    assert report["pipeline_1080p_fast_fps"] is None  # never claimed from a small clip
    assert {one["dtype"] for one in report["per_face"]} == {"float32", "bfloat16"}
    seconds = {one["name"]: one["seconds"]["median_s"] for one in report["per_face"] if one["dtype"] == "float32"}
    assert all(math.isfinite(value) and value > 0 for value in seconds.values())
    assert seconds["ours, 4 steps"] > seconds["ours, fast (1 step)"]
    flops = {one["name"]: one["tflop"] for one in report["per_face"]}
    assert flops["ours, 4 steps"] == pytest.approx(4 * flops["ours, fast (1 step)"], rel=0.2)
    assert report["waiting_s"].keys() >= {"core started", "first preview"}
    run = report["pipeline"][0]
    assert run["restored_frames"] == run["frames"] == 6
    assert run["fps"] > 0 and run["peak_mb"] > 100
    assert run["wall_s"].keys() >= {"analyse", "restore", "finish"}
    assert sum(run["wall_s"].values()) == pytest.approx(run["seconds"], rel=0.01)
    assert not [name for name in os.listdir(tmp_path) if name not in ("bench.json",)]


def test_the_product_knows_nothing_of_the_bench() -> None:
    for package in ("core", "gui", "plugin"):
        for path in (ROOT / package).rglob("*.py"):
            assert "tests.bench" not in path.read_text(encoding="utf-8"), path
