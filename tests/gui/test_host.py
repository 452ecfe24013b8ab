"""Clips from an editing application and results back into it, through the plainest of bridges."""

from fractions import Fraction
from pathlib import Path

import pytest
from likeness_core.api import FrameRange, JobResult, JobState, OutputSpec
from likeness_core.errors import HostNotRunningError
from likeness_core.protocol import Footage, JobStatus, RestoreRequest
from likeness_gui.state.host import Registration
from likeness_gui.state.orders import footage_of
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.hosts_page import HostsPage
from likeness_gui.views.main_window import MainWindow
from likeness_plugin.bridge import HostBridge, HostClip, Route, Selection
from likeness_plugin.registration import Entry, Report
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.driving import Editor
from tests.plugin.fake_host import FakeClip, FakeHost

RECORD, SOURCE = FrameRange(100, 112), FrameRange(42, 54)


def host_clip(path: str, **others: object) -> HostClip:
    values: dict[str, object] = {
        "id": "clip 1", "name": "Interview", "track": 1, "record": RECORD, "record_in": "01:00:04:04",
        "record_out": "01:00:04:15", "enabled": True, "route": Route.DECODE, "media": path, "source": SOURCE,
        "available": FrameRange(0, 96), "media_rate": Fraction(24),
    }  # fmt: skip
    return HostClip(**(values | others))  # type: ignore[arg-type]


class FakeRegistration(Registration):
    """Nothing on this machine is touched."""

    def __init__(self, bridge: HostBridge | None) -> None:
        self.bridge, self.state = bridge, "absent"

    def _run(self, action: str) -> Report:
        self.state = {"install": "current", "remove": "absent"}.get(action, self.state)
        places = (("DaVinci Resolve, script for this user", "Likeness.lua"), ("OpenFX plug-in", "Likeness.ofx.bundle"))
        entries = tuple(Entry(what, Path("/places") / name, self.state) for what, name in places)
        return Report(entries, ())

    def connect(self) -> HostBridge:
        if self.bridge is None:
            raise HostNotRunningError("host.not_running", "no editing application answers", "Start Resolve.")
        return self.bridge


@pytest.fixture
def fake(footage: Path) -> FakeHost:
    retimed = host_clip(str(footage), id="clip 2", name="Slow", record=FrameRange(112, 120), source=None,
                        route=Route.REFUSED, reason="it is retimed")  # fmt: skip
    nested = host_clip("", id="clip 3", name="Nested", record=FrameRange(130, 136), source=None, media_rate=None,
                       route=Route.RENDER, reason="a compound clip: it has to be rendered first")  # fmt: skip
    clips = [FakeClip(host_clip(str(footage)), str(footage), 42), FakeClip(retimed, str(footage), 0),
             FakeClip(nested, str(footage), 0)]  # fmt: skip
    return FakeHost("24", "01:00:00:00", clips)


@pytest.fixture
def connected(lasting: Editor, fake: FakeHost) -> Editor:
    host = lasting.workspace.host
    host._registration, host.info, host.offer = FakeRegistration(fake), None, None
    lasting.start()
    lasting.window.show_page(2)
    host.look()
    lasting.wait(lambda: host.info and not host.busy, "the host is connected")
    return lasting


def button(page: HostsPage, text: str) -> QPushButton:
    """The one that is there now: those of an earlier list go a moment later."""
    named = [one for one in page.findChildren(QPushButton) if one.text() == text]
    return next((one for one in named if one.isVisible()), named[-1])


def test_clips_are_shown_then_taken(connected: Editor, footage: Path) -> None:
    workspace, page = connected.workspace, connected.window.hosts_page
    connected.click(button(page, "Whole timeline"))
    connected.wait(lambda: workspace.host.offer, "the clips are shown")
    assert workspace.host.offer is not None
    assert [clip.name for clip in workspace.host.offer.clips] == ["Interview", "Slow", "Nested"]
    assert [clip.name for clip in workspace.host.offer.usable] == ["Interview"]
    connected.wait(page._take.isVisible, "they can be taken")
    connected.click(page._take)
    connected.wait(lambda: workspace.clip, "the clip is in the project")
    assert workspace.clip is not None
    assert (workspace.clip.name, workspace.clip.range) == ("Interview", SOURCE)
    assert footage_of(workspace.clip).frames == SOURCE
    assert workspace.project.project.delivery.format == "exr"


def test_a_clip_that_cannot_be_read_is_rendered_by_the_host_and_taken(
    connected: Editor, fake: FakeHost, tmp_path: Path
) -> None:
    workspace, page = connected.workspace, connected.window.hosts_page
    connected.click(button(page, "Whole timeline"))

    def shown() -> str:
        return " ".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())

    connected.wait(lambda: "It is retimed" in shown(), "the clips are shown")
    assert "make a plain clip of it there" in shown()  # what to do with a clip that is refused
    connected.wait(lambda: button(page, "Render and add").isEnabled(), "it can be rendered")
    connected.click(button(page, "Render and add"))
    connected.wait(lambda: workspace.clip, "the pictures of it are in the project")
    clip = workspace.clip
    assert clip is not None
    assert (clip.name, clip.media.kind, clip.media.frame_count, clip.rate) == ("Nested", "sequence", 6, "24")
    assert workspace.host.can_place(clip)
    status = finished(tmp_path / "out", Path(clip.media.path), FrameRange(0, 6))
    workspace.place_result(status)
    connected.wait(lambda: workspace.notices.shown, "it is said")
    (placed,) = [one for name, clips in fake.tracks.items() if name.startswith("Likeness") for one in clips]
    assert (placed.host.record, placed.first) == (FrameRange(130, 136), 0)


def finished(folder: Path, source: Path, covered: FrameRange = SOURCE) -> JobStatus:
    """A job that left frames, numbered like the source's."""
    frames = folder / "frames"
    frames.mkdir(parents=True)
    for number in covered.frames():
        (frames / f"footage.{number:06d}.exr").write_bytes(b"")
    request = RestoreRequest(Footage(str(source), frames=covered), str(folder), format="exr")
    output, result = (
        OutputSpec(str(folder), "footage"),
        JobResult(str(folder), str(frames), len(covered), len(covered), ()),
    )
    return JobStatus("0123456789abcdef", JobState.DONE, request, output, covered, str(folder), result=result)


def test_a_result_goes_over_its_clip_and_away_again(
    connected: Editor, fake: FakeHost, footage: Path, tmp_path: Path
) -> None:
    workspace = connected.workspace
    before = fake.snapshot()
    workspace.host.ask(Selection.WHOLE)
    connected.wait(lambda: workspace.host.offer, "the clips are shown")
    workspace.host.take()
    connected.wait(lambda: workspace.clip, "the clip is in the project")
    assert workspace.host.can_place(workspace.clip)
    status = finished(tmp_path / "out", footage)
    workspace.place_result(status)
    connected.wait(lambda: workspace.notices.shown, "it is said")
    (placed,) = [one for name, clips in fake.tracks.items() if name.startswith("Likeness") for one in clips]
    assert placed.host.record == RECORD
    assert placed.first == SOURCE.start
    notice = workspace.notices.shown[0]
    assert notice.act is not None
    assert workspace.host.placed_before(status.job)
    notice.act()
    connected.wait(lambda: not workspace.host.placed_before(status.job), "it is taken away")
    assert fake.snapshot() == before


def test_a_movie_does_not_go_back_and_says_why(connected: Editor, footage: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    workspace = connected.workspace
    workspace.host.ask(Selection.WHOLE)
    connected.wait(lambda: workspace.host.offer, "the clips are shown")
    workspace.host.take()
    connected.wait(lambda: workspace.clip, "the clip is in the project")
    status = finished(tmp_path / "out", footage)
    movie = replace(status, result=JobResult(str(tmp_path), str(tmp_path / "footage.mov"), 12, 12, ()))
    workspace.place_result(movie)
    assert "EXR" in workspace.notices.shown[0].hint


def test_the_viewer_moves_the_hosts_playhead(connected: Editor, fake: FakeHost) -> None:
    workspace = connected.workspace
    workspace.host.ask(Selection.WHOLE)
    connected.wait(lambda: workspace.host.offer, "the clips are shown")
    workspace.host.take()
    connected.wait(lambda: workspace.clip, "the clip is in the project")
    assert workspace.clip is not None
    workspace.host.show(workspace.clip, 45)
    connected.wait(lambda: fake.at == RECORD.start + 3, "the host's playhead has moved")


def test_no_host_is_no_error(workspace: Workspace, window: MainWindow, qtbot: QtBot) -> None:
    workspace.host._registration = FakeRegistration(None)
    editor = Editor(window, qtbot)
    window.show_page(2)
    editor.wait(lambda: workspace.host.trouble, "it is known")
    assert "Start Resolve." in window.hosts_page._what.text()
    assert not workspace.notices.shown
    editor.wait(lambda: not workspace.host.busy, "it has looked")
    editor.click(window.hosts_page._install)
    editor.wait(lambda: workspace.host.report and workspace.host.report.entries[0].state == "current", "it is there")
    editor.wait(window.hosts_page._remove.isEnabled, "it can be removed")


def test_diagnostics_name_nobody(workspace: Workspace, footage: Path, tmp_path: Path, qtbot: QtBot) -> None:
    import zipfile

    workspace.queue.jobs["a"] = finished(tmp_path / "Anna Schmidt", footage)
    workspace.save_diagnostics(tmp_path / "d.zip")
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"0123456789abcdef done 12 exr" in content
    assert b"Anna" not in content
    workspace.save_diagnostics(tmp_path / "no" / "folder" / "d.zip")
    assert workspace.notices.shown[0].hint


def test_a_timeline_file_becomes_clips(workspace: Workspace, footage: Path, window: MainWindow, qtbot: QtBot) -> None:
    otio = pytest.importorskip("opentimelineio")
    edit = otio.schema.Timeline("Edit")
    edit.global_start_time = otio.opentime.RationalTime(86400, 24)
    track = otio.schema.Track("V1", kind="Video")
    start = 10 * 3600 * 24
    whole = otio.opentime.TimeRange(otio.opentime.RationalTime(start, 24), otio.opentime.RationalTime(96, 24))
    for first, count in ((4, 10), (60, 20)):
        span = otio.opentime.TimeRange(
            otio.opentime.RationalTime(start + first, 24), otio.opentime.RationalTime(count, 24)
        )
        reference = otio.schema.ExternalReference(str(footage), available_range=whole)
        track.append(otio.schema.Clip(f"clip {first}", reference, span))
    edit.tracks.append(track)
    path = footage.with_name("edit.otio")
    otio.adapters.write_to_file(edit, str(path))
    workspace.open_paths([str(path)])
    Editor(window, qtbot).wait(lambda: workspace.project.project.clips, "the clips are there")
    clips = workspace.project.project.clips
    assert [clip.range for clip in clips] == [FrameRange(4, 14), FrameRange(60, 80)]
    assert len({clip.key for clip in clips}) == 2
    workspace.project.undo_stack.undo()
    assert not workspace.project.project.clips
