"""What is asked of the core where several people are chosen: a result each, and nobody twice."""

from dataclasses import replace

import pytest
from likeness_core.api import FrameRange, JobResult, JobState, OutputSpec
from likeness_core.protocol import JobStatus, RestoreRequest
from likeness_gui.state.core import CoreState
from likeness_gui.state.steps import Step
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.main_window import MainWindow

from tests.gui.clips import clip


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


def test_each_gets_a_result_and_the_window_says_so(both: Workspace, window: MainWindow) -> None:
    requests = both.requests()
    assert [request.person for request in requests] == ["1", "2"]
    assert len({request.output for request in requests}) == 2
    said = window.next_step._reason(Step.RESTORE)
    assert said.startswith("Person 1, Person 2: a result each")


def test_who_is_restored_already_is_not_restored_again(both: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(both.core, "state", CoreState.READY)
    monkeypatch.setattr(both.queue, "submit", lambda request: asked.append(request.person))
    both.restore()
    assert asked == ["1", "2"]
    first, second = both.requests()
    both.queue.jobs["a"] = done(first, "a")
    assert both.step != Step.RESULT
    both.restore()
    assert asked == ["1", "2", "2"]
    both.queue.jobs["b"] = done(second, "b")
    assert both.step == Step.RESULT


def test_a_result_can_be_gone_on_in_where_somebody_else_is_seen(both: Workspace) -> None:
    status = done(both.requests()[0], "a")
    both.queue.jobs["a"] = status
    both.queue.finished.emit(status)
    assert both.notices.shown[0].action == "Restore somebody else in it"
