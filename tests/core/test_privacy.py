"""Nothing leaves the machine: no library of ours may collect or send anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.restoring import environment

# Loads every network and looks at a picture; then says which sockets were ever asked for.
LOOKING = """
import sys
asked = []
sys.addaudithook(lambda event, values: asked.append(event) if event.startswith("socket.") else None)
import numpy as np
import matplotlib
from likeness_core.faces import open_face_analyser
open_face_analyser(1).find(np.full((96, 96, 3), 90, np.uint8))
import likeness_core.restore
print(sorted(set(asked)))
"""


@pytest.mark.skipif(os.name == "nt", reason="the home folder is not named by a variable")
def test_networks_leave_no_identity_and_open_no_socket(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    clean = {name: value for name, value in environment(tmp_path / "cache").items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", LOOKING], env={**clean, "HOME": str(home), "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
    left = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]
    assert [path for path in left if "matplotlib" not in path] == []
