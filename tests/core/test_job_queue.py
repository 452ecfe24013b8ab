"""The queue of jobs: order, pause, cancel, retry, and what is left of it when either side dies."""

import time
from pathlib import Path
from typing import Any

import pytest
from likeness_core import protocol as p
from likeness_core.api import FrameRange, JobState
from likeness_core.errors import InputError, MediaError

from tests.core.conftest import Set
from tests.core.restoring import likeness, tree
from tests.core.serving import Core, asked, core


def submit(one: Core, given: Set, out: Path, frames: FrameRange | None = None, **more: Any) -> p.JobStatus:
    existing = more.pop("existing", "refuse")
    return one.call("job/submit", p.SubmitParams(asked(given, out, frames, **more), existing))


def states(one: Core) -> dict[str, str]:
    """Output folder's name -> state, in the queue's order."""
    return {Path(job.output.folder).name: job.state.value for job in one.call("job/list").jobs}


def restoring(status: p.JobStatus) -> bool:
    return status.progress is not None and status.progress.stage == "restore"


@pytest.fixture(scope="module")
def undisturbed(portrait_set: Set, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the command line makes of the same request."""
    folder = tmp_path_factory.mktemp("undisturbed")
    outcome = likeness(*portrait_set.restore(folder / "out"), "--no-fading", cache=folder / "cache")
    assert outcome.status == 0, outcome.errors
    return tree(folder / "out")


def test_a_job_leaves_what_the_command_line_leaves(
    portrait_set: Set, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    """Also when previews are made beside it."""
    with core(tmp_path / "cache") as one:
        job = submit(one, portrait_set, tmp_path / "out")
        assert job.state is JobState.QUEUED and job.frames == FrameRange(0, 30) and job.output.name == "reel"
        request = job.request
        preview = p.PreviewParams(request.footage, 9, request.references, settings=request.settings,
                                  machine=p.Machine("cpu", 2, request.machine.pack))  # fmt: skip
        one.until(job.job, lambda status: status.state is JobState.RUNNING)
        previews = [one.call("preview", preview) for _ in range(2)]
        done = one.ended(job.job)
        assert done.state is JobState.DONE and done.result is not None
        assert (done.result.frames, done.result.restored_frames) == (30, 30)
        assert all(Path(picture).is_file() for one in previews for picture in (one.before, one.after))
        reports = [note.params for note in one.notes if note.method == "job/changed" and note.params.progress]
        assert {report.progress.stage for report in reports} >= {"analyse", "restore"}
        assert any(report.frames_per_second for report in reports)
        assert "submitted" in (Path(done.folder) / "log").read_text()
    assert tree(tmp_path / "out") == undisturbed


def test_pause_resume_cancel_retry(portrait_set: Set, tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with core(tmp_path / "cache") as one:
        job = submit(one, portrait_set, tmp_path / "out").job
        one.until(job, restoring)
        one.call("job/pause", p.JobParams(job))
        paused_at = time.monotonic()
        assert one.ended(job).state is JobState.PAUSED
        assert time.monotonic() - paused_at < 30
        assert not [path for path in tmp_path.rglob("*") if path.suffix in (".part", ".partial")]
        for method in ("job/retry",):
            assert one.refusal(method, p.JobParams(job)).data.code == "job.state"  # type: ignore[union-attr]
        assert one.call("job/resume", p.JobParams(job)).state is JobState.QUEUED
        one.until(job, restoring)
        one.call("job/cancel", p.JobParams(job))
        assert one.ended(job).state is JobState.CANCELLED
        assert one.refusal("job/resume", p.JobParams(job)).data.code == "job.state"  # type: ignore[union-attr]
        one.call("job/retry", p.JobParams(job))
        assert one.ended(job).state is JobState.DONE
        assert one.refusal("job/pause", p.JobParams(job)).data.code == "job.state"  # type: ignore[union-attr]
        assert one.call("job/remove", p.JobParams(job)).jobs == ()
        assert one.refusal("job/remove", p.JobParams(job)).data.code == "job.unknown"  # type: ignore[union-attr]
    assert tree(tmp_path / "out") == undisturbed


def test_jobs_go_in_the_order_of_the_queue(portrait_set: Set, tmp_path: Path) -> None:
    with core(tmp_path / "cache") as one:
        names = ("first", "second", "third", "fourth")
        jobs = {name: submit(one, portrait_set, tmp_path / name, FrameRange(0, 3)).job for name in names}
        assert list(states(one)) == list(names)
        one.call("job/move", p.MoveParams(jobs["fourth"], 1))
        assert list(states(one)) == ["first", "fourth", "second", "third"]
        one.call("job/move", p.MoveParams(jobs["second"], 99))
        one.call("job/pause", p.JobParams(jobs["third"]))
        with pytest.raises(InputError) as twice:
            submit(one, portrait_set, tmp_path / "second", FrameRange(0, 3))
        assert twice.value.code == "job.queued"
        one.ended(jobs["second"])
        assert states(one) == {"first": "done", "fourth": "done", "third": "paused", "second": "done"}
        order = []
        for note in one.notes:
            if note.method == "job/changed" and note.params.state is JobState.DONE:
                order.append(Path(note.params.output.folder).name)
        assert order == ["first", "fourth", "second"]


def test_a_job_that_fails_says_why_and_can_be_tried_again(portrait_set: Set, tmp_path: Path) -> None:
    film = tmp_path / "reel.mov"
    film.write_bytes(portrait_set.film.read_bytes())
    given = Set(film, portrait_set.photo, portrait_set.pack, portrait_set.cache)
    with core(tmp_path / "cache") as one:
        busy = submit(one, portrait_set, tmp_path / "busy", FrameRange(0, 3)).job
        job = submit(one, given, tmp_path / "out", FrameRange(0, 3)).job
        film.rename(tmp_path / "away.mov")
        failed = one.until(job, lambda status: status.state is JobState.FAILED)
        assert failed.error is not None and (failed.error.kind, failed.error.code) == ("MediaError", "media.missing")
        assert one.job(busy).state is JobState.DONE
        (tmp_path / "away.mov").rename(film)
        one.call("job/retry", p.JobParams(job))
        assert one.ended(job).state is JobState.DONE


@pytest.mark.parametrize("how", ["panel", "core"])
def test_the_queue_survives_either_side(
    portrait_set: Set, tmp_path: Path, undisturbed: dict[str, bytes], how: str
) -> None:
    with core(tmp_path / "cache") as one:
        job = submit(one, portrait_set, tmp_path / "out").job
        paused = submit(one, portrait_set, tmp_path / "paused", FrameRange(0, 3)).job
        one.call("job/pause", p.JobParams(paused))
        behind = submit(one, portrait_set, tmp_path / "behind", FrameRange(0, 3)).job
        one.until(job, restoring)
        if how == "panel":
            assert one.close() == 0
        else:
            one.kill()
    with core(tmp_path / "cache") as again:
        listed = states(again)
        assert list(listed) == ["out", "paused", "behind"] and listed["paused"] == "paused"
        if how == "core":
            assert listed["out"] == "interrupted"
            again.ended(behind)  # is not kept waiting
            again.call("job/resume", p.JobParams(job))
        else:
            assert listed["out"] in ("queued", "running")
        assert again.ended(job).state is JobState.DONE
    assert tree(tmp_path / "out") == undisturbed


def test_a_queue_that_is_damaged_is_set_aside(tmp_path: Path) -> None:
    stored = tmp_path / "cache" / "queue" / "queue.json"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b'[{"id": "half')
    with core(tmp_path / "cache") as one:
        assert one.call("job/list").jobs == ()
    assert stored.with_name("queue.damaged.json").read_bytes() == b'[{"id": "half'


def test_an_output_that_is_not_empty(portrait_set: Set, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with core(tmp_path / "cache") as one:
        for existing in ("refuse", "resume"):
            with pytest.raises(MediaError) as refused:
                submit(one, portrait_set, tmp_path / "out", FrameRange(0, 2), existing=existing)
            assert refused.value.code == "output.exists"
        assert one.call("job/list").jobs == ()
        job = submit(one, portrait_set, tmp_path / "out", FrameRange(0, 2), existing="overwrite").job
        assert one.ended(job).state is JobState.DONE
        again = submit(one, portrait_set, tmp_path / "out", FrameRange(0, 2), existing="resume").job
        assert again == job and one.ended(job).state is JobState.DONE
        assert len(one.call("job/list").jobs) == 1
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
