"""Edits of a project: each can be undone, and is saved by itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from likeness_core.api import FrameRange
from likeness_gui.state import project_state
from likeness_gui.state.project import Delivery, Project
from likeness_gui.state.project_files import ProjectFiles
from likeness_gui.state.project_state import ProjectState
from pytestqt.qtbot import QtBot

from tests.gui.clips import clip


@pytest.fixture
def state(tmp_path: Path, qtbot: QtBot) -> ProjectState:
    made = ProjectState(ProjectFiles(tmp_path / "data"))
    made.add_clip(clip(people=2))
    return made


EDITS: dict[str, Callable[[ProjectState], object]] = {
    "add": lambda state: state.add_clip(clip("/other.mov")),
    "add an edit": lambda state: state.add_clips([clip("/one.mov"), clip("/two.mov")]),
    "remove": lambda state: state.remove_clip(0),
    "marks": lambda state: state.set_range(FrameRange(3, 9)),
    "found": lambda state: state.set_found("/reel.mov", FrameRange(0, 96), (1, 2, 3)),
    "photographs": lambda state: state.add_references(1, ("/a.jpg",)),
    "delivery": lambda state: state.set_delivery(Delivery("/out")),
    "name": lambda state: state.edit_person("Rename", replace(state.clip.people[0], name="Anna")),  # type: ignore[union-attr]
}


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_can_be_undone_and_done_again(state: ProjectState, name: str) -> None:
    before = state.project
    EDITS[name](state)
    after = state.project
    assert after != before
    assert state.undo_stack.undoText()
    state.undo_stack.undo()
    assert state.project == before
    state.undo_stack.redo()
    assert state.project == after


def test_what_changes_nothing_is_no_step(state: ProjectState) -> None:
    count = state.undo_stack.count()
    state.set_delivery(state.project.delivery)
    state.select_person(2)
    assert state.undo_stack.count() == count


def test_a_slider_that_is_dragged_is_one_step(state: ProjectState, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(project_state.time, "monotonic", lambda: now[0])
    person = state.clip.people[0]  # type: ignore[union-attr]

    def drag(value: float) -> None:
        settings = replace(person.settings, strength=value)
        state.edit_person("Change strength", replace(person, settings=settings), "strength")

    count = state.undo_stack.count()
    for step in range(10):
        now[0] += 0.1
        drag(step / 20)
    assert state.undo_stack.count() == count + 1
    now[0] += 5  # taken up again later: another step
    drag(0.9)
    assert state.undo_stack.count() == count + 2


def test_two_sliders_are_two_steps(state: ProjectState) -> None:
    person = state.clip.people[0]  # type: ignore[union-attr]
    count = state.undo_stack.count()
    state.edit_person("a", replace(person, settings=replace(person.settings, strength=0.5)), "strength")
    state.edit_person("b", replace(person, settings=replace(person.settings, grain=0.1)), "grain")
    assert state.undo_stack.count() == count + 2


def test_five_photographs_are_the_most_and_each_is_there_once(state: ProjectState) -> None:
    assert state.add_references(1, ("/1.jpg", "/2.jpg", "/2.jpg")) == 0
    assert state.add_references(1, tuple(f"/{i}.jpg" for i in range(1, 9))) == 3
    assert state.clip is not None
    assert state.clip.people[0].references == tuple(f"/{i}.jpg" for i in range(1, 6))
    assert state.clip.people[0].restore  # who is given photographs is meant to be restored


def test_an_analysis_keeps_what_was_said_of_people(state: ProjectState) -> None:
    state.add_references(2, ("/a.jpg",))
    state.set_found("/reel.mov", FrameRange(0, 50), (1, 2, 3))
    assert state.clip is not None
    assert [person.references for person in state.clip.people] == [(), ("/a.jpg",), ()]
    assert state.clip.analysed == FrameRange(0, 50)


def test_who_is_alone_is_selected(state: ProjectState) -> None:
    state.add_clip(clip("/solo.mov"))
    state.set_found("/solo.mov", FrameRange(0, 96), (1,))
    assert state.person is not None


def test_it_saves_itself_a_moment_after_an_edit(state: ProjectState, qtbot: QtBot) -> None:
    path = state.path
    qtbot.waitUntil(path.is_file, timeout=5000)
    again = ProjectState(ProjectFiles(path.parent))
    assert not again.open_last(None)
    assert again.project == state.project


def test_saving_as_moves_it(state: ProjectState, tmp_path: Path) -> None:
    state.save_as(tmp_path / "reel.likeness")
    state.set_range(FrameRange(1, 2))
    state.save()
    other = ProjectState(ProjectFiles(tmp_path / "elsewhere"))
    other.open(tmp_path / "reel.likeness")
    assert other.project == state.project
    assert other.has_name


def test_that_it_cannot_be_saved_is_said(state: ProjectState, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "file").write_bytes(b"")
    with qtbot.waitSignal(state.failed, timeout=1000) as caught:
        state.save_as(tmp_path / "file" / "reel.likeness")
    assert caught.args[0].hint


def test_opening_another_project_saves_this_one(state: ProjectState, tmp_path: Path) -> None:
    state.save_as(tmp_path / "one.likeness")
    state.set_range(FrameRange(1, 2))
    files = ProjectFiles(tmp_path / "data")
    files.save(Project(), tmp_path / "two.likeness")
    state.open(tmp_path / "two.likeness")
    assert state.project == Project()
    assert files.open(tmp_path / "one.likeness").project.clips[0].frames == FrameRange(1, 2)
    assert not state.undo_stack.canUndo()
