"""The middle of the window: viewer, transport and strip, kept at one frame of one clip."""

from dataclasses import dataclass

from likeness_core.api import FrameRange, JobState
from likeness_core.protocol import Footage, JobStatus, PreviewResult
from PySide6.QtCore import Qt, QThreadPool, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from likeness_gui.state.curve import Score, read_curve
from likeness_gui.state.pictures import side_for
from likeness_gui.state.project import Clip
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.compare_view import FIT, CompareView, FaceBox, Mode
from likeness_gui.views.parts import Elided, Segments, name_it, tool
from likeness_gui.views.strip import Strip, StripPerson
from likeness_gui.views.transport import Transport
from likeness_gui.views.welcome import Welcome

AHEAD_FRAMES = 36  # asked for in the direction of play, so that a second and a half is there
ZOOM_CHOICES = ((FIT, "Fit"), (0.5, "50 %"), (1.0, "100 %"), (2.0, "200 %"), (4.0, "400 %"))
MODES = {"wipe": Mode.WIPE, "side": Mode.SIDE_BY_SIDE, "toggle": Mode.TOGGLE, "difference": Mode.DIFFERENCE}


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared at a frame."""

    before: QImage | None
    after: QImage | None
    note: str  # where `after` comes from


class ViewerPane(QWidget):
    """Binds playhead, pictures, findings and results to the views."""

    _curve_read = Signal(str, object)  # job, scores

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._curves: dict[str, tuple[Score, ...]] = {}
        self.compare = CompareView()
        self.welcome = Welcome(workspace)
        self.strip = Strip()
        self.transport = Transport(workspace.playhead)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._tools = self._bar()
        layout.addWidget(self._tools)
        stage = QWidget()
        self._stage = QStackedLayout(stage)
        self._stage.addWidget(self.welcome)
        self._stage.addWidget(self.compare)
        layout.addWidget(stage, 1)
        layout.addWidget(self.transport)
        layout.addWidget(self.strip)
        self._connect()
        self.refresh()

    def _bar(self) -> QFrame:
        bar = QFrame()
        bar.setObjectName("bar")
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(8, 5, 8, 5)
        layout.setSpacing(8)
        self._modes = Segments(
            {
                "wipe": (self.tr("Wipe"), "1"),
                "side": (self.tr("Side by side"), "2"),
                "toggle": (self.tr("Toggle"), "3"),
                "difference": (self.tr("Difference"), "4"),
            }
        )
        self._modes.show_choice("wipe")
        self._modes.chosen.connect(self.set_mode)
        self._note = Elided("", "caption")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._faces = tool("face-recognition", self.tr("Show the faces that were found"), "F", checkable=True)
        self._faces.setChecked(True)
        self._faces.toggled.connect(self._show_boxes)
        self._zoom = QComboBox()
        for zoom, text in ZOOM_CHOICES:
            self._zoom.addItem(self.tr("Fit") if zoom == FIT else text, zoom)
        name_it(self._zoom, self.tr("Zoom of the viewer"))
        self._zoom.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._zoom.setMinimumWidth(84)
        self._zoom.activated.connect(lambda _: self.compare.set_zoom(self._zoom.currentData()))
        layout.addWidget(self._modes)
        layout.addWidget(self._note, 1)
        layout.addWidget(self._faces)
        layout.addWidget(self._zoom)
        return bar

    def _connect(self) -> None:
        workspace = self._workspace
        workspace.playhead.moved.connect(self._moved)
        workspace.pictures.ready.connect(self._picture_came)
        workspace.preview.made.connect(self._preview_made)
        workspace.preview.changed.connect(self._show_pictures)
        workspace.project.changed.connect(self.refresh)
        workspace.analyses.changed.connect(self.refresh)
        workspace.queue.changed.connect(self._job_changed)
        workspace.queue.listed.connect(self.refresh)
        workspace.core.state_changed.connect(self._moved)
        self.compare.face_clicked.connect(self._face_clicked)
        self.compare.zoom_changed.connect(self._zoomed)
        self.strip.sought.connect(workspace.playhead.seek)
        self.strip.person_clicked.connect(workspace.project.select_person)
        self.transport.mark_in.connect(self.mark_in)
        self.transport.mark_out.connect(self.mark_out)
        self.transport.marks_cleared.connect(lambda: workspace.project.set_range(None))
        self._curve_read.connect(self._take_curve)

    # ---- commands

    def set_mode(self, key: str) -> None:
        """Compare in another way; toggle again flips."""
        mode = MODES[key]
        if mode == Mode.TOGGLE and self.compare.mode == Mode.TOGGLE:
            self.compare.flip()
            return
        self._modes.show_choice(key)
        self.compare.set_mode(mode)

    def toggle_faces(self) -> None:
        """Show or hide the boxes."""
        self._faces.toggle()

    def mark_in(self) -> None:
        """The frame on screen is the first that is worked on."""
        clip, frame = self._workspace.clip, self._workspace.playhead.frame
        if clip is not None:
            stop = clip.range.stop if clip.range.stop > frame else clip.media.frame_count
            self._workspace.project.set_range(FrameRange(frame, stop))

    def mark_out(self) -> None:
        """The frame on screen is the last that is worked on."""
        clip, frame = self._workspace.clip, self._workspace.playhead.frame
        if clip is not None:
            start = clip.range.start if clip.range.start <= frame else 0
            self._workspace.project.set_range(FrameRange(start, frame + 1))

    def next_problem(self, direction: int) -> None:
        """Go to the next marked frame of the identity curve, or the one before."""
        frame, problems = self._workspace.playhead.frame, self.strip.problems()
        further = [problem for problem in problems if (problem - frame) * direction > 0]
        if further:
            self._workspace.playhead.seek(min(further) if direction > 0 else max(further))

    # ---- binding

    def refresh(self, *_: object) -> None:
        """Show the clip as it is."""
        clip = self._workspace.clip
        self._stage.setCurrentIndex(0 if clip is None else 1)
        self.transport.set_media(clip.media if clip else None)
        self.transport.set_marks(clip.frames if clip else None)
        for widget in (self._tools, self.transport, self.strip):
            widget.setVisible(clip is not None)
        if clip is None:
            self._note.put("")
            return
        media = clip.media
        if getattr(self.strip, "_media", None) != media:
            self.strip.set_media(media)
        self.compare.set_size(round(media.width * float(media.pixel_aspect)), media.height)
        self.strip.set_marks(clip.range)
        self.strip.set_busy(self._workspace.analyses.running(clip.key))
        findings = self._workspace.findings
        self.strip.set_found(findings.result.shots if findings else (), self._strip_people(clip))
        self._show_job()
        self._moved()

    def _strip_people(self, clip: Clip) -> tuple[StripPerson, ...]:
        findings = self._workspace.findings
        people = []
        for person in clip.people:
            found = findings.person(person.number) if findings else None
            keys = tuple(frame for frame, _ in person.settings.strength_keys)
            people.append(StripPerson(person.number, person.name, found.spans if found else (), person.restore, keys))
        return tuple(people)

    def _moved(self, *_: object) -> None:
        clip, playhead = self._workspace.clip, self._workspace.playhead
        if clip is None:
            return
        self.strip.set_frame(playhead.frame)
        ahead = AHEAD_FRAMES * (playhead.speed or 0)
        side = side_for(self.compare.shown_px())
        count = clip.media.frame_count
        footage = Footage(clip.media.path, clip.rate)
        self._workspace.pictures.want(footage, playhead.frame, count, max(-count, min(count, ahead)), side)
        result = self._result_at(playhead.frame)
        if result is not None:
            self._workspace.pictures.want(
                Footage(result.output.folder, clip.rate), playhead.frame, result.frames.stop, ahead, side
            )
        self._show_pictures()
        self._show_boxes()

    def _picture_came(self, source: str, frame: int) -> None:
        if frame in (self._workspace.playhead.frame, -1):
            self._show_pictures()

    def _show_pictures(self, *_: object) -> None:
        pair = self._pair()
        self.compare.set_pictures(pair.before, pair.after)
        self.compare.set_message(self.tr("Reading …"))
        self._note.put(pair.note)
        self._modes.enable("difference", pair.after is not None)

    def _pair(self) -> Pair:
        clip, frame = self._workspace.clip, self._workspace.playhead.frame
        if clip is None:
            return Pair(None, None, "")
        pictures, source = self._workspace.pictures, clip.media.path
        side = side_for(self.compare.shown_px())
        before = pictures.image(source, frame, side)
        preview, job = self._workspace.preview.of(source, frame), self._result_at(frame)
        if preview is not None and (job is None or self._workspace.preview_is_newer(frame, job)):
            own = pictures.file(preview.before, source, frame)
            return Pair(own or before, pictures.file(preview.after, source, frame), self._about(preview, frame))
        if job is not None:
            after = pictures.image(job.output.folder, frame, side)
            name = job.output.folder.replace("\\", "/").rpartition("/")[2]
            return Pair(before, after, self.tr("Result: {0}").format(name))
        note = self.tr("Restoring this frame …") if self._workspace.preview.running else ""
        return Pair(before, None, note)

    def _about(self, preview: PreviewResult, frame: int) -> str:
        name = self.tr("Preview")
        if not self._workspace.preview_is_current(frame):
            name = self.tr("Preview with earlier settings")
        if not preview.faces:
            return self.tr("{0}: no face was restored in this frame").format(name)
        face = preview.faces[0]
        text = self.tr("{0}  ·  likeness {1:.2f} → {2:.2f}  ·  {3:.1f} s")
        return text.format(name, face.likeness_before, face.likeness_after, preview.seconds)

    def _result_at(self, frame: int) -> JobStatus | None:
        job = self._workspace.result()
        if job is None or frame not in job.frames:
            return None
        if job.state == JobState.DONE:
            return job
        progress = job.progress
        written = progress is not None and progress.stage in ("restore", "write") and progress.frame is not None
        return job if written and progress is not None and frame <= (progress.frame or -1) else None

    def _show_boxes(self, *_: object) -> None:
        clip, findings = self._workspace.clip, self._workspace.findings
        self.compare.faces_shown = self._faces.isChecked()
        if clip is None or findings is None:
            self.compare.set_faces(())
            return
        aspect = float(clip.media.pixel_aspect)
        faces = []
        for number, (x, y, width, height) in findings.at(self._workspace.playhead.frame).items():
            person = clip.person(number)
            if person is not None:
                box = (x * aspect, y, width * aspect, height)
                faces.append(FaceBox(number, person.name, box, person.restore, number == clip.selected))
        self.compare.set_faces(tuple(faces))
        self.compare.update()

    def _face_clicked(self, number: int) -> None:
        """Open the card of whose face it is; a click on the open one says that it is to be restored."""
        clip = self._workspace.clip
        person = clip.person(number) if clip else None
        if clip is None or person is None:
            return
        if clip.selected == number or not person.restore:
            self._workspace.choose(person, not person.restore)
        self._workspace.project.select_person(number)

    def _preview_made(self, source: str, frame: int) -> None:
        self._show_pictures()

    def _zoomed(self, zoom: float) -> None:
        index = self._zoom.findData(zoom)
        self._zoom.setCurrentIndex(index)
        if index < 0:
            self._zoom.setPlaceholderText(f"{zoom:.0%}")
        self._moved()

    # ---- the job of this clip

    def _job_changed(self, job: str) -> None:
        status = self._workspace.queue.jobs.get(job)
        clip = self._workspace.clip
        if status is None or clip is None or status.request.footage.source != clip.media.path:
            return
        if status.state == JobState.RUNNING:
            self._workspace.pictures.forget(status.output.folder)
        self._show_job()
        self._moved()

    def _show_job(self) -> None:
        job = self._workspace.result()
        if job is None:
            self.strip.set_done(None)
            self.strip.set_scores(())
            return
        running = job.state == JobState.RUNNING and job.progress is not None
        self.strip.set_done(job.frames.start + job.progress.done if running and job.progress else None)
        if job.state == JobState.DONE and job.job not in self._curves:
            self._curves[job.job] = ()
            folder, key = job.output.folder, job.job
            QThreadPool.globalInstance().start(lambda: self._curve_read.emit(key, read_curve(folder)))
        self.strip.set_scores(self._curves.get(job.job, ()) if job.state == JobState.DONE else ())

    def _take_curve(self, job: str, scores: tuple[Score, ...]) -> None:
        self._curves[job] = scores
        self._show_job()
