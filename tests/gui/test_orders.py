"""What is asked of the core where several people are chosen: one job for all of them."""

from dataclasses import replace
from pathlib import PurePath

import pytest
from likeness_core.api import FrameRange, JobResult, JobState, OutputSpec
from likeness_core.protocol import JobStatus, RestoreRequest
from likeness_gui.state.core import CoreState
from likeness_gui.state.orders import restored_by
from likeness_gui.state.steps import Step
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow

from tests.gui.clips import clip, ordered


def done(request: RestoreRequest, job: str) -> JobStatus:
    output, result = OutputSpec(request.output, "reel"), JobResult(request.output, request.output, 96, 96, ())
    return JobStatus(job, JobState.DONE, request, output, FrameRange(0, 96), request.output, result=result)


@pytest.fixture
def both(workspace: Workspace) -> Workspace:
    workspace.project.add_clip(clip(people=2))
    for number in (1, 2):
        person = workspace.clip.person(number)  # type: ignore[union-attr]
        assert person is not None
        workspace.project.edit_person("Choose", replace(person, restore=True, references=(f"/{number}.jpg",)))
    return workspace


def test_all_are_restored_in_one_job_and_the_window_says_so(both: Workspace, window: MainWindow) -> None:
    request = ordered(both)
    assert (request.person, request.references) == ("1", ("/1.jpg",))
    assert [(other.person, other.references) for other in request.others] == [("2", ("/2.jpg",))]
    assert PurePath(request.output).name == "Person 1, Person 2"
    said = window.next_step._reason(Step.RESTORE)
    assert said.startswith("Person 1, Person 2 are restored together")


def test_each_keeps_settings_of_their_own_but_a_frame_has_one_size(both: Workspace) -> None:
    for number, settings in ((1, {"strength": 0.4, "scale": 1}), (2, {"grain": 0.0, "scale": 2})):
        person = both.clip.person(number)  # type: ignore[union-attr]
        assert person is not None
        both.project.edit_person("Set", replace(person, settings=replace(person.settings, **settings)))
    request = ordered(both)
    assert (request.settings.strength, request.others[0].settings.grain) == (0.4, 0.0)
    assert (request.settings.scale, request.others[0].settings.scale) == (2, 2)
    preview = both.preview_params()
    assert preview is not None and preview.settings.scale == 2  # of one person, at the size that it will have


def test_an_identity_pack_takes_the_place_of_photographs(both: Workspace) -> None:
    person = both.clip.person(2)  # type: ignore[union-attr]
    assert person is not None
    both.project.edit_person("Use", replace(person, identity="/berta.identity.safetensors"))
    other = ordered(both).others[0]
    assert (other.identity, other.references) == ("/berta.identity.safetensors", ())


def test_the_names_of_many_stay_short(both: Workspace) -> None:
    both.project.add_clip(clip("/crowd.mov", people=6))
    for number in range(1, 7):
        person = both.clip.person(number)  # type: ignore[union-attr]
        assert person is not None
        both.project.edit_person("Choose", replace(person, restore=True))
    assert PurePath(ordered(both).output).name == "Person 1, Person 2, +4"


def test_who_is_chosen_later_is_restored_with_those_before(both: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[RestoreRequest] = []
    monkeypatch.setattr(both.core, "state", CoreState.READY)
    monkeypatch.setattr(both.queue, "submit", asked.append)
    second = both.clip.person(2)  # type: ignore[union-attr]
    assert second is not None
    both.project.edit_person("Leave", replace(second, restore=False))
    both.restore()
    both.queue.jobs["a"] = done(asked[0], "a")
    assert both.step == Step.RESULT
    both.project.edit_person("Choose", second)
    assert both.step != Step.RESULT
    both.restore()
    assert [restored_by(request) for request in asked] == [{"1"}, {"1", "2"}]
    assert asked[0].output != asked[1].output
    both.queue.jobs["b"] = done(asked[1], "b")
    assert both.step == Step.RESULT
    both.project.select_person(2)
    result = both.result()
    assert result is not None and result.job == "b"


def test_a_result_can_be_gone_on_in_where_somebody_was_left(both: Workspace) -> None:
    status = done(ordered(both), "a")
    both.queue.jobs["a"] = status
    both.queue.finished.emit(status)
    assert both.notices.shown[0].action == ""
    alone = done(replace(ordered(both), others=()), "b")
    both.queue.jobs["b"] = alone
    both.queue.finished.emit(alone)
    assert "Restore somebody else in it" in [notice.action for notice in both.notices.shown]
