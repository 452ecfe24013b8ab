"""What an installed program sets right before it starts."""

import os
import sys
from pathlib import Path

import pytest

from installer import program_folder


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", ["application"])
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *a, **k: str(tmp_path))
    monkeypatch.setenv("LD_LIBRARY_PATH", "of the application")
    for name in ("LD_LIBRARY_PATH_ORIG", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setenv("LIKENESS_CACHE", str(tmp_path / "cache"))


def test_programs_of_others_do_not_find_our_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    program_folder.prepare()
    assert "LD_LIBRARY_PATH" not in os.environ
    monkeypatch.setenv("LD_LIBRARY_PATH", "of the application")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "of the user")
    program_folder.prepare()
    assert os.environ["LD_LIBRARY_PATH"] == "of the user" and "LD_LIBRARY_PATH_ORIG" not in os.environ


def test_extras_go_before_our_own_packages_once_they_are_whole(tmp_path: Path) -> None:
    whole, broken = tmp_path / "runtimes" / "gpu", tmp_path / "runtimes" / "half"
    for folder in (whole, broken):
        (folder / "packages").mkdir(parents=True)
    (whole / "extra.json").write_text("{}")
    program_folder.prepare()
    assert sys.path == [str(whole / "packages"), "application"]


def test_nothing_is_made_among_the_users_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_folder.prepare()
    assert Path(os.environ["MPLCONFIGDIR"]).is_relative_to(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    monkeypatch.setenv("MPLCONFIGDIR", "of the user")
    program_folder.prepare()
    assert os.environ["MPLCONFIGDIR"] == "of the user"
