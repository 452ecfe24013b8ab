"""Pictures of every view, from the real window, the real core and the sample: `python dev.py screenshots`.

One process a scale and a language, because Qt takes both at its start.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from tests.plugin.fake_host import FakeHost

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "screenshots"
COLOURS = 256  # of a picture's palette: the grain of the sample makes true colour ten times as large


def main() -> int:
    """Make all of them."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.png"):
        old.unlink()
    for scale, language, what in (("1", "en", "tour"), ("2", "en", "crisp"), ("1", "de", "german")):
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale, "LANGUAGE": language}
        status = subprocess.run(
            [sys.executable, "-m", "tests.gui.screenshots", what], cwd=ROOT, env=environment, check=False
        )
        if status.returncode:
            return status.returncode
    for path in sorted(TARGET.glob("*.png")):
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
    total = sum(path.stat().st_size for path in TARGET.glob("*.png"))
    print(f"{len(list(TARGET.glob('*.png')))} pictures, {total / 1e6:.1f} MB in {TARGET.relative_to(ROOT)}")
    return 0


class Photographer:
    """The window, somebody who uses it, and a camera."""

    def __init__(self, folder: Path, beside_host: bool = False) -> None:
        from likeness_gui import theme
        from likeness_gui.__main__ import translate
        from likeness_gui.state.core import Core, core_command
        from likeness_gui.state.preferences import Preferences
        from likeness_gui.state.project_files import ProjectFiles
        from likeness_gui.state.workspace import Workspace
        from likeness_gui.views.main_window import MainWindow
        from PySide6.QtCore import QSettings
        from PySide6.QtWidgets import QApplication

        from tests.gui.test_host import FakeRegistration

        application = QApplication.instance() or QApplication([])
        assert isinstance(application, QApplication)
        self._application = application
        self._translators = translate(application, os.environ.get("LANGUAGE", "en"))
        theme.apply(application)
        store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        core = Core(core_command(), {"LIKENESS_CACHE": str(folder / "cache")})
        self.footage = folder / "interview.mp4"
        registration = FakeRegistration(stand_in(str(self.footage)))
        self.workspace = Workspace(core, ProjectFiles(folder / "data"), Preferences(store), registration)
        self.window = MainWindow(self.workspace, beside_host)
        self.window.resize(*((600, 980) if beside_host else (1360, 850)))
        self.window.show()
        for name, target in (("footage.mp4", "interview.mp4"), ("portrait.jpg",) * 2, ("smiling.jpg",) * 2):
            shutil.copy2(ROOT / "resources" / "sample" / name, folder / target)

    def wait(self, condition: Callable[[], object], seconds: float = 240) -> None:
        """Until something is so."""
        end = time.monotonic() + seconds
        while not condition():
            self._application.processEvents()
            time.sleep(0.005)
            if time.monotonic() > end:
                raise SystemExit(f"waited in vain; {self.workspace.notices.shown}")

    def settle(self, seconds: float = 0.6) -> None:
        """Let pictures come in."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def shoot(self, name: str) -> None:
        """Take a picture of the window."""
        self.settle()
        self.window.grab().save(str(TARGET / f"{name}.png"))

    def open(self) -> None:
        """Start, and open the sample with a part of it marked."""
        from likeness_core.api import FrameRange

        self.workspace.begin([])
        self.wait(lambda: self.workspace.machine.packs)
        self.workspace.open_footage(str(self.footage))
        self.wait(lambda: self.workspace.clip)
        self.workspace.project.set_range(FrameRange(36, 60))
        self.workspace.playhead.seek(42)
        self.settle(1.5)

    def analyse(self) -> None:
        """Find the people."""
        self.workspace.analyse()
        self.wait(lambda: self.workspace.findings and self.workspace.findings.at(42))

    def choose(self, *names: str) -> None:
        """Tick the person, and give photographs."""
        from dataclasses import replace

        workspace = self.workspace
        person = workspace.clip.people[0]  # type: ignore[union-attr]
        workspace.project.edit_person("Rename", replace(person, name="Anna", restore=True))
        workspace.project.select_person(person.number)
        workspace.add_photographs(tuple(str(self.footage.with_name(name)) for name in names))
        paths = workspace.chosen()[0].references
        self.wait(lambda: all(workspace.photographs.report(path) for path in paths))
        self.wait(lambda: workspace.stills.of(self.workspace.clip.key, 1), 60)  # type: ignore[union-attr]

    def preview(self) -> None:
        """Restore the frame on screen."""
        self.workspace.start_preview()
        self.wait(lambda: self.workspace.preview.of(str(self.footage), 42))
        self.wait(lambda: self.window.viewer._pair().after)

    def close(self) -> None:
        """End the core."""
        self.window.close()


def tour(folder: Path) -> None:
    """Every view."""
    from likeness_core.api import JobState
    from likeness_plugin.bridge import Selection

    camera = Photographer(folder)
    workspace, window = camera.workspace, camera.window
    workspace.begin([])
    camera.wait(lambda: workspace.machine.packs and workspace.machine.doctor)
    camera.shoot("01-first-run")
    camera.open()
    workspace.analyse()
    camera.wait(lambda: workspace.analyses.progress)
    camera.shoot("02-analysing")
    camera.wait(lambda: workspace.findings and workspace.findings.at(42))
    bad = camera.footage.with_name("two people.jpg")
    with Image.open(camera.footage.with_name("portrait.jpg")) as portrait:
        both = Image.new("RGB", (portrait.width * 2, portrait.height))
        both.paste(portrait, (0, 0))
        both.paste(portrait, (portrait.width, 0))
        both.save(bad)
    camera.choose("portrait.jpg", "two people.jpg")
    camera.shoot("03-photographs")
    workspace.project.remove_reference(1, str(bad))
    camera.choose("smiling.jpg")
    camera.preview()
    camera.shoot("04-preview-wipe")
    window.inspector.look.toggle_key()
    workspace.playhead.seek(56)
    window.inspector.look.sliders["strength"].slider.setValue(0.6)
    workspace.restore()
    camera.wait(lambda: stage(workspace.job()) == "restore")
    camera.shoot("05-restoring")
    camera.wait(lambda: workspace.job().state == JobState.DONE)  # type: ignore[union-attr]
    workspace.notices.dismiss(workspace.notices.shown[0].key)
    workspace.playhead.seek(50)
    window.viewer.set_mode("side")
    camera.settle(1.5)
    camera.shoot("06-result-side-by-side")
    window.viewer.set_mode("difference")
    window.viewer.compare.set_zoom(2.0)
    camera.shoot("07-difference")
    person = workspace.clip.people[0]  # type: ignore[union-attr]
    queue_more(camera, person.number)
    window.show_page(1)
    camera.shoot("08-queue")
    window.show_page(2)
    camera.wait(lambda: workspace.host.info)
    workspace.host.ask(Selection.WHOLE)
    camera.wait(lambda: workspace.host.offer)
    camera.shoot("09-hosts")
    window.show_page(3)
    camera.shoot("10-settings")
    window.show_page(0)
    window.viewer.set_mode("wipe")
    window.viewer.compare.set_zoom(0.0)
    os.kill(workspace.core.pid, 9)
    camera.wait(lambda: any(notice.key == "core" for notice in workspace.notices.shown))
    camera.shoot("11-engine-stopped")
    camera.close()


def stand_in(footage: str) -> "FakeHost":
    """An editing application's place is taken by the one of the tests."""
    from likeness_core.api import FrameRange
    from likeness_plugin.bridge import HostInfo, Route

    from tests.gui.test_host import host_clip
    from tests.plugin.fake_host import FakeClip, FakeHost

    class Resolve(FakeHost):
        def info(self) -> HostInfo:
            return HostInfo("DaVinci Resolve", "21.1.0", False, "mailbox", "Archive 1978")

    slow = host_clip(footage, id="clip 2", name="Arrival, slow", record=FrameRange(112, 160), source=None,
                     route=Route.RENDER, reason="its speed is changed: Resolve has to render it")  # fmt: skip
    title = host_clip("", id="clip 4", name="Lower third", track=2, record=FrameRange(112, 140), source=None,
                      route=Route.REFUSED, reason="a title: there is no file behind it")  # fmt: skip
    later = host_clip(
        footage, id="clip 3", name="Interview, later", record=FrameRange(160, 190), source=FrameRange(60, 90)
    )
    clips = [host_clip(footage), slow, title, later]
    return Resolve("24", "01:00:00:00", [FakeClip(clip, footage, 42) for clip in clips])


def stage(job: object) -> str:
    """What a job is doing."""
    progress = getattr(job, "progress", None)
    return progress.stage if progress else ""


def queue_more(camera: Photographer, person: int) -> None:
    """A queue with jobs in several states."""
    from dataclasses import replace

    from likeness_core.api import FrameRange, JobState

    from tests.gui.clips import ordered

    workspace = camera.workspace
    for i, frames in enumerate((FrameRange(0, 30), FrameRange(60, 96), FrameRange(30, 50))):
        request = replace(ordered(workspace), output=str(camera.footage.parent / "restored" / f"Anna, take {i + 2}"))
        workspace.queue.submit(replace(request, footage=replace(request.footage, frames=frames)))
        camera.wait(lambda count=i + 2: len(workspace.queue.jobs) == count)
    jobs = list(workspace.queue.jobs)
    workspace.queue.pause(jobs[2])
    workspace.queue.cancel(jobs[3])
    camera.wait(lambda: workspace.queue.jobs[jobs[3]].state == JobState.CANCELLED)
    camera.wait(lambda: workspace.queue.jobs[jobs[1]].state == JobState.RUNNING)


def crisp(folder: Path) -> None:
    """On a display of twice the density, beside a host."""
    camera = Photographer(folder, beside_host=True)
    camera.open()
    camera.analyse()
    camera.choose("portrait.jpg", "smiling.jpg")
    camera.preview()
    camera.shoot("12-panel-hidpi")
    camera.close()


def german(folder: Path) -> None:
    """In the second language."""
    camera = Photographer(folder)
    camera.open()
    camera.analyse()
    camera.choose("portrait.jpg")
    camera.shoot("13-german")
    camera.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(main())
    with tempfile.TemporaryDirectory(prefix="likeness-") as scratch:
        {"tour": tour, "crisp": crisp, "german": german}[sys.argv[1]](Path(scratch))
