"""Project files: nothing is lost to a crash or to a damaged file."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from likeness_core.api import FrameRange, Media, RestorationSettings
from likeness_core.errors import InputError
from likeness_gui.state.project import Delivery, Person, Project
from likeness_gui.state.project_files import ProjectFiles

from tests.gui.clips import clip, media


@pytest.fixture
def files(tmp_path: Path) -> ProjectFiles:
    return ProjectFiles(tmp_path / "data")


def rich() -> Project:
    """A project with something in every field."""
    person = Person(2, "Änne", True, ("/a.jpg", "/b.jpg"), "/p.safetensors", RestorationSettings(0.5, seed=7, scale=2))
    footage: Media = media("/für/reel.%04d.exr", rate=Fraction(24000, 1001), kind="sequence", first_number=1001)
    one = replace(
        clip(), media=footage, rate="24000/1001", frames=FrameRange(3, 9), cuts=(4,), people=(person,), selected=2,
        analysed=FrameRange(3, 9), bounds=FrameRange(2, 20), label="reel.000002", dissolves=(FrameRange(5, 7),),
    )  # fmt: skip
    return Project(clips=(clip("/other.mov", people=3), one), current=1, delivery=Delivery("/out", "exr", True))


def test_what_is_saved_comes_back(files: ProjectFiles, tmp_path: Path) -> None:
    path = tmp_path / "für Änne.likeness"
    files.save(rich(), path)
    opened = files.open(path)
    assert opened.project == rich()
    assert not opened.recovered


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 500, b'{"version": 1, "clips": 3}', b"[]"])
def test_a_damaged_project_is_mended_from_its_copy(files: ProjectFiles, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reel.likeness"
    files.save(rich(), path)
    path.write_bytes(content)
    opened = files.open(path)
    assert opened.recovered
    assert opened.project == rich()


def test_a_project_that_is_gone_is_mended_too(files: ProjectFiles, tmp_path: Path) -> None:
    path = tmp_path / "reel.likeness"
    files.save(rich(), path)
    path.unlink()
    assert files.open(path).recovered


def test_a_damaged_copy_does_no_harm(files: ProjectFiles, tmp_path: Path) -> None:
    path = tmp_path / "reel.likeness"
    files.save(rich(), path)
    files.copy_of(path).write_bytes(b"{")
    assert not files.open(path).recovered


def test_when_both_are_damaged_it_says_so(files: ProjectFiles, tmp_path: Path) -> None:
    path = tmp_path / "reel.likeness"
    files.save(rich(), path)
    path.write_bytes(b"{")
    files.copy_of(path).write_bytes(b"{")
    with pytest.raises(InputError) as caught:
        files.open(path)
    assert caught.value.code == "project.damaged"
    assert caught.value.hint


def test_a_newer_project_is_refused_and_left_alone(files: ProjectFiles, tmp_path: Path) -> None:
    path = tmp_path / "reel.likeness"
    files.save(rich(), path)
    newer = path.read_bytes().replace(b'"version": 1', b'"version": 99')
    path.write_bytes(newer)
    with pytest.raises(InputError) as caught:
        files.open(path)
    assert caught.value.code == "project.newer"
    assert path.read_bytes() == newer


def test_a_missing_project_says_so(files: ProjectFiles, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        files.open(tmp_path / "never.likeness")
    assert caught.value.code == "project.missing"


def test_two_projects_of_one_name_have_copies_of_their_own(files: ProjectFiles, tmp_path: Path) -> None:
    assert files.copy_of(tmp_path / "a" / "reel.likeness") != files.copy_of(tmp_path / "b" / "reel.likeness")
