"""`likeness serve` as a process: its pipes, its life, its death."""

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from likeness_core import __version__
from likeness_core import protocol as p
from likeness_core.api import FrameRange
from likeness_core.errors import InputError, MediaError, ProtocolError
from likeness_core.service.messages import encode_request

from tests.core.conftest import Set
from tests.core.restoring import environment
from tests.core.serving import Core, asked, core


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """A core for tests that leave no job behind."""
    with core(tmp_path_factory.mktemp("served") / "cache") as one:
        yield one


def run(code: str, given: bytes, cache: Path) -> "subprocess.CompletedProcess[bytes]":
    """A program to its end."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=False, input=given, capture_output=True, env=environment(cache), timeout=60)


def test_hello_is_answered_at_once_and_says_who_is_there(tmp_path: Path) -> None:
    started = time.monotonic()
    one = Core(tmp_path)
    hello = one.call("hello", p.HelloParams(p.PROTOCOL, "test"))
    took = time.monotonic() - started
    assert hello == p.Hello(p.PROTOCOL, __version__, one.process.pid)
    # On a quiet machine a quarter of a second, most of it Python's own start; torch alone would take two.
    plain = time.monotonic()
    subprocess.run([sys.executable, "-c", "import msgspec, argparse, platformdirs"], check=True)
    assert took < 4 * (time.monotonic() - plain) + 0.5
    modules = Path(f"/proc/{one.process.pid}/maps")
    if modules.exists():
        assert "libtorch" not in modules.read_text() and "libav" not in modules.read_text()
    assert one.close() == 0


def test_another_protocol_is_refused_and_the_core_lives_on(tmp_path: Path) -> None:
    one = Core(tmp_path)
    with pytest.raises(ProtocolError) as caught:
        one.call("hello", p.HelloParams(p.PROTOCOL + 1, "test"))
    assert caught.value.code == "protocol.version"
    with pytest.raises(ProtocolError) as caught:
        one.call("packs")
    assert caught.value.code == "protocol.hello_first"
    assert one.hello().call("packs").packs
    assert one.close() == 0


def test_nothing_but_messages_reaches_stdout(tmp_path: Path) -> None:
    """What a library prints, in Python or below, and what a child process prints, goes to the log."""
    code = """
import os, subprocess, sys
from likeness_core.service.pipes import take_pipes
requests, answers = take_pipes()
print("python prints")
os.write(1, b"a library prints\\n")
subprocess.run([sys.executable, "-c", "import sys; print('a child prints', repr(sys.stdin.read()))"])
answers.write(b"answer to " + requests.readline())
"""
    done = run(code, b"question\n", tmp_path)
    assert done.stdout == b"answer to question\n"
    log = done.stderr.decode()
    assert "python prints" in log and "a library prints" in log and "a child prints ''" in log


@pytest.mark.skipif(os.name == "nt", reason="closes descriptors before Python starts")
@pytest.mark.parametrize(("missing", "answers"), [((2,), True), ((0,), False), ((1,), False), ((0, 1, 2), False)])
def test_streams_that_are_missing(tmp_path: Path, missing: tuple[int, ...], answers: bool) -> None:
    """As in a windowed program: Python has no sys.stderr, and sys.stdin may be None."""
    code = f"import os, sys\nfor one in {missing}: os.close(one)\n"
    code += f"os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'likeness_core', 'serve'])"
    if answers:
        one = Core(tmp_path, [sys.executable, "-c", code])
        assert one.hello().call("packs").packs
        assert one.close() == 0
    else:
        done = run(code, b"", tmp_path)
        assert done.returncode == ProtocolError.exit_status
        assert 2 in missing or b"protocol.no_pipes" in done.stderr


@pytest.mark.parametrize("way", ["end of input", "SIGTERM", "SIGINT", "death of the panel"])
def test_it_ends_when_the_panel_does(tmp_path: Path, way: str) -> None:
    one = Core(tmp_path).hello()
    started = time.monotonic()
    if way == "end of input":
        assert one.close() == 0
    elif way == "death of the panel":
        one.process.stdin.close()  # type: ignore[union-attr]
        one.process.stdout.close()  # type: ignore[union-attr]
        assert one.process.wait(20) == 0
    else:
        one.process.send_signal(getattr(signal, way))
        assert one.process.wait(20) == 0
    assert time.monotonic() - started < 10


def test_answers_may_overtake_each_other(served: Core, portrait_set: Set) -> None:
    """Looking at a file does not wait for an analysis, nor an analysis for a preview of another."""
    slow = served.send("analyse", p.AnalyseParams(p.Footage(str(portrait_set.film))))
    quick = served.send("probe", p.ProbeParams(str(portrait_set.film)))
    assert served.answer(quick).result is not None
    with pytest.raises(queue.Empty):
        served.answer(slow, timeout_s=0.01)
    assert served.answer(slow).result is not None


def test_long_work_tells_how_far_it_is_and_can_be_cancelled(served: Core, portrait_set: Set) -> None:
    whole = p.Footage(str(portrait_set.film), cuts=(7,))
    for cancelled_after_s in (0.0, 0.1):
        asking = served.send("analyse", p.AnalyseParams(whole))
        waiting = served.send("analyse", p.AnalyseParams(whole))
        time.sleep(cancelled_after_s)
        for identifier in (waiting, asking, 4711, "nobody"):
            served.call("cancel", p.CancelParams(identifier))
        for identifier in (waiting, asking):
            error = served.answer(identifier).error
            assert error is not None and error.code == p.CANCELLED
    # Other cuts: what was cancelled may have been found and kept just before.
    asking = served.send("analyse", p.AnalyseParams(p.Footage(str(portrait_set.film), cuts=(9,))))
    assert served.answer(asking).error is None
    notes = [note.params for note in served.notes if note.method == "progress" and note.params.id == asking]
    assert notes and all(note.progress.total >= note.progress.done >= 0 for note in notes)


def test_an_id_that_waits_for_its_answer_is_refused(served: Core, portrait_set: Set) -> None:
    params = p.AnalyseParams(p.Footage(str(portrait_set.film), cuts=(9,)))
    served.write(encode_request("same", "analyse", params) + encode_request("same", "packs", p.Nothing()))
    first, second = served.answer("same"), served.answer("same")
    assert first.error is not None and first.error.data is not None and first.error.data.code == "protocol.id"
    assert second.error is None


def test_errors_arrive_as_their_class(served: Core, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as missing:
        served.call("probe", p.ProbeParams(str(tmp_path / "nothing.mov")))
    assert missing.value.code == "media.not_found" and missing.value.hint
    with pytest.raises(InputError) as unknown:
        served.call("job/pause", p.JobParams("0123456789abcdef"))
    assert unknown.value.code == "job.unknown"


def test_the_core_takes_over_the_queue_when_the_other_ends(portrait_set: Set, tmp_path: Path) -> None:
    first = Core(tmp_path / "cache").hello()
    assert first.call("job/list").jobs == ()
    with core(tmp_path / "cache") as second:
        with pytest.raises(InputError) as caught:
            second.call("job/list")
        assert caught.value.code == "job.queue_taken"
        with pytest.raises(InputError):
            second.call("job/submit", p.SubmitParams(asked(portrait_set, tmp_path / "out", FrameRange(0, 2))))
        assert not (tmp_path / "out").exists()
        assert second.call("probe", p.ProbeParams(str(portrait_set.film))).media.frame_count == 30
        first.kill()
        assert second.call("job/list").jobs == ()
