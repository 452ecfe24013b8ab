"""Everything that the window works on, and what the editor can do with it.

The parts know nothing of each other; this joins them: it turns "restore" into requests to the core, answers into edits
of the project, and errors into notices.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

from likeness_core.api import MOST_CARRIED, FrameRange, JobState
from likeness_core.errors import LikenessError
from likeness_core.jobs import job_of_result
from likeness_core.packs import resources
from likeness_core.protocol import (
    AnalyseResult,
    CreateIdentityResult,
    Footage,
    JobStatus,
    PreviewParams,
    ProbeParams,
    ProbeResult,
    RestoreRequest,
)
from likeness_plugin.bridge import Written
from PySide6.QtCore import QObject, QStandardPaths, Signal

from likeness_gui.state.core import Core, CoreState
from likeness_gui.state.core_watch import CoreWatch
from likeness_gui.state.diagnostics import write_diagnostics
from likeness_gui.state.edit_files import Edits, OpenedEdit, is_edit
from likeness_gui.state.findings import Analyses, Findings
from likeness_gui.state.host import Host, Registration
from likeness_gui.state.identities import Identities
from likeness_gui.state.job_queue import JobQueue
from likeness_gui.state.machine_report import MachineReport
from likeness_gui.state.notices import Gravity, Notice, Notices, sentence
from likeness_gui.state.orders import Orders, chosen, footage_of, restored_by
from likeness_gui.state.photographs import Photographs
from likeness_gui.state.pictures import Pictures
from likeness_gui.state.playhead import Playhead
from likeness_gui.state.preferences import Preferences
from likeness_gui.state.preview import Preview
from likeness_gui.state.project import SUFFIX, Clip, Person
from likeness_gui.state.project_files import ProjectFiles
from likeness_gui.state.project_state import ProjectState
from likeness_gui.state.steps import Situation, Step, next_step
from likeness_gui.state.stills import Stills

SAMPLE = resources() / "sample"
SAMPLE_PHOTOGRAPHS = ("portrait.jpg", "smiling.jpg")
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".webp", ".avif", ".bmp")  # never footage; a PNG or a TIFF may be either


class Workspace(QObject):
    """Owns the state objects; lives as long as the window."""

    clip_changed = Signal()  # another clip is on screen, or another project
    step_changed = Signal()

    def __init__(
        self, core: Core, files: ProjectFiles, preferences: Preferences, registration: Registration | None = None
    ) -> None:
        super().__init__()
        self.core, self.preferences = core, preferences
        self.notices = Notices(self)
        self.project = ProjectState(files, self)
        self.playhead = Playhead(self)
        self.pictures = Pictures(core, self)
        self.analyses = Analyses(core, self)
        self.photographs = Photographs(core, self)
        self.preview = Preview(core, self)
        self.queue = JobQueue(core, self)
        self.machine = MachineReport(core, self)
        self.stills = Stills(core, files.stills, self)
        self.edits = Edits(self)
        self.host = Host(core, files.hosts, registration or Registration(), self)
        self.identities = Identities(core, files.identities, self)
        self._watch = CoreWatch(core, self.queue, self.notices, self)
        self._asked: set[str] = set()  # keys of clips whose findings were asked for again
        self._orders = Orders(self.photographs, self.preview, self.queue)
        self._shown: str | None = None  # key of the clip on screen
        self._step: Step | None = None
        self._probing = 0
        self._join()

    def _join(self) -> None:
        self.project.changed.connect(self._project_changed)
        self.analyses.found.connect(self._found)
        self.edits.opened.connect(self._edit_opened)
        self.identities.made.connect(self._identity_made)
        self.host.imported.connect(self._host_imported)
        self.host.placed.connect(self._placed)
        self.host.removed.connect(self._taken_away)
        self.analyses.changed.connect(self._ask_again)
        self.core.state_changed.connect(self._look_for_step)
        self.core.ended.connect(self._core_ended)
        self._watch.ready.connect(self._core_ready)
        self.queue.finished.connect(self._job_finished)
        self.queue.went_wrong.connect(self._job_failed)
        failing = (self.project, self.analyses, self.photographs, self.preview, self.queue, self.pictures, self.stills,
                   self.edits, self.host, self.identities)  # fmt: skip
        for part in failing:
            part.failed.connect(self.notices.error)
        self.core.refused.connect(self.notices.error)
        for part in (self.analyses, self.preview, self.queue, self.photographs):
            part.changed.connect(self._look_for_step)
        self.queue.listed.connect(self._look_for_step)

    # ---- what is on screen

    @property
    def clip(self) -> Clip | None:
        """The clip on screen."""
        return self.project.clip

    @property
    def findings(self) -> Findings | None:
        """What was found in the clip on screen."""
        return self.analyses.of(self.clip.key) if self.clip else None

    @property
    def opening(self) -> bool:
        """Whether footage is being looked at."""
        return self._probing > 0

    def job(self) -> JobStatus | None:
        """The job of the clip on screen that matters: one that runs, else the latest."""
        jobs = self.queue.of(self.clip) if self.clip else []
        return next((job for job in jobs if job.state == JobState.RUNNING), jobs[0] if jobs else None)

    def result(self) -> JobStatus | None:
        """The latest job of the clip on screen (and of the chosen person) with pictures to compare."""
        if self.clip is None:
            return None
        jobs = self.queue.of(self.clip)
        own = [job for job in jobs if str(self.clip.selected) in restored_by(job.request)] or jobs
        states = (JobState.DONE, JobState.RUNNING)
        return next((job for state in states for job in own if job.state == state), None)

    # ---- from start to end

    def begin(self, paths: list[str]) -> None:
        """Start the core, and open what was named, else what was open last."""
        self.core.start()
        if paths:
            self.open_paths(paths)
        else:
            self.open_last()

    def close(self) -> None:
        """Save, and let the core end."""
        self.project.save()
        self.host.close()
        self.core.stop()

    # ---- opening

    def open_sample(self) -> None:
        """The footage that ships; its photographs are given as soon as its one person is known.

        Results go to the editor's own films: the folder of an installation may not be written to.
        """
        delivery = self.project.project.delivery
        if not delivery.folder:
            films = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
            self.project.set_delivery(replace(delivery, folder=films))
        self.open_footage(str(SAMPLE / "footage.mp4"))

    def say_where(self, status: JobStatus) -> None:
        """Name the folder of a result."""
        text = self.tr("The result is in {0}").format(status.output.folder)
        self.notices.show(Notice(f"job-{status.job}", Gravity.NEWS, text))

    def open_paths(self, paths: list[str]) -> None:
        """Open what was dropped or chosen: a project, an edit, footage, a result, or photographs for the open card."""
        photographs = [path for path in paths if self._is_photograph(path)]
        if photographs:
            self.add_photographs(tuple(photographs))
        for path in paths:
            if path.endswith(SUFFIX):
                self.open_project(Path(path))
            elif is_edit(path):
                self.edits.open(path)
            elif Path(path).is_dir():
                self.open_result(Path(path))
            elif path not in photographs:
                self.open_footage(path)

    def open_result(self, folder: Path) -> None:
        """Open the footage of a result, named by its folder: what the OpenFX plug-in's button does."""
        try:
            self.open_footage(job_of_result(folder).media.path)
        except LikenessError as error:
            self.notices.error(error, f"open-{folder}")

    def _is_photograph(self, path: str) -> bool:
        suffix = PurePath(path).suffix.lower()
        return suffix in PICTURE_SUFFIXES and self.clip is not None

    def open_footage(self, path: str, rate: str | None = None) -> None:
        """Look at a file, and add it to the project."""
        self._probing += 1

        def done(result: ProbeResult) -> None:
            self._probing -= 1
            self.project.add_clip(Clip(result.media, rate))
            if result.media.lost_frames:
                text = self.tr("{0} is cut off: {1} frames at its end are missing.")
                self.notices.show(
                    Notice("lost", Gravity.WARNING, text.format(PurePath(path).name, result.media.lost_frames),
                           self.tr("What is there can be restored. Look for a whole copy."))
                )  # fmt: skip

        def failed(error: LikenessError) -> None:
            self._probing -= 1
            self._look_for_step()
            self.notices.error(error, f"open-{path}")

        if not self.core.call("probe", ProbeParams(path, rate), done, failed):
            self._probing -= 1
            self._watch.say_ended()
        self._look_for_step()

    def open_project(self, path: Path) -> None:
        """Open a project file."""
        try:
            recovered = self.project.open(path)
        except LikenessError as error:
            self.notices.error(error, "project")
            return
        self.preferences.add_recent(str(path))
        self.notices.dismiss("project")
        if recovered:
            self._say_recovered(path)

    def open_last(self) -> None:
        """Go on where the editor left off."""
        last = self.preferences.text("last_project")
        try:
            recovered = self.project.open_last(Path(last) if last else None)
        except LikenessError as error:
            self.notices.error(error, "project")
            return
        if recovered:
            self._say_recovered(self.project.path)

    def _say_recovered(self, path: Path) -> None:
        text = self.tr("{0} was damaged. This is the copy that was saved with it.").format(path.name)
        hint = self.tr("Check the latest edit. The project is saved again from now on.")
        self.notices.show(Notice("project", Gravity.WARNING, text, hint))

    def _edit_opened(self, path: str, opened: OpenedEdit) -> None:
        """The clips of a timeline file; what of it cannot be restored is said."""
        self.project.add_clips(list(opened.clips))
        if opened.skipped:
            text = self.tr("%n item(s) of {0} cannot be restored.", "", len(opened.skipped)).format(PurePath(path).name)
            hint = self.tr("Render them there as files of their own, and open those.")
            self.notices.show(Notice("edit", Gravity.WARNING, text, f"{'; '.join(opened.skipped[:3])}. {hint}"))

    # ---- the editing application

    def _host_imported(self, clips: list[Clip]) -> None:
        """Clips of the host's timeline; what goes back there must be frames."""
        self.project.add_clips(clips)
        delivery = self.project.project.delivery
        if delivery.format in ("prores", "prores4444", "h264"):
            self.project.set_delivery(replace(delivery, format="exr"))

    def place_result(self, status: JobStatus) -> None:
        """Put a finished job back over the clip that it was made from."""
        if self.clip is not None:
            self.host.place(self.clip, status)

    def _placed(self, written: Written) -> None:
        text = self.tr("The result is in the timeline, on a track of its own.")
        hint = "; ".join(written.warnings) or self.tr("The clip below it is untouched.")
        act = partial(self._take_away, written.job)
        self.notices.show(Notice("placed", Gravity.NEWS, text, hint, self.tr("Take it out again"), act))

    def _take_away(self, job: str) -> None:
        self.notices.dismiss("placed")
        self.host.take_away(job)

    def _taken_away(self, notes: tuple[str, ...]) -> None:
        text = self.tr("The result is out of the timeline again.")
        self.notices.show(Notice("placed", Gravity.NEWS, text, "; ".join(notes)))

    # ---- analysing

    def analyse(self) -> None:
        """Find shots and people between the marks."""
        if self.clip is None:
            return
        if self.core.state == CoreState.ENDED:
            self._watch.say_ended()
            return
        self.analyses.start(self.clip.key, footage_of(self.clip), self.preferences.machine)

    def _found(self, key: str, result: AnalyseResult) -> None:
        self.project.set_found(key, result.frames, tuple(person.number for person in result.people))
        if key == str(SAMPLE / "footage.mp4") and self.clip is not None and self.clip.key == key:
            self.project.add_references(1, tuple(str(SAMPLE / name) for name in SAMPLE_PHOTOGRAPHS))
        if not result.people:
            text = self.tr("No faces were found in {0}.").format(PurePath(result.media.path).name)
            hint = self.tr("Faces narrower than about 40 pixels are not found. Try another range.")
            self.notices.show(Notice(f"nobody-{key}", Gravity.WARNING, text, hint))

    # ---- people and photographs

    def add_photographs(self, paths: tuple[str, ...], number: int = 0) -> None:
        """Give photographs to a person; to the one whose card is open where no number is given."""
        clip = self.clip
        number = number or (clip.selected if clip else 0)
        if clip is None or clip.person(number) is None:
            text, hint = self.tr("Whose photographs are these?"), self.tr("Click a person first, then drop them again.")
            self.notices.show(Notice("photographs", Gravity.NEWS, text, hint))
            return
        self.notices.dismiss("photographs")
        left_out = self.project.add_references(number, paths)
        if left_out:
            text = self.tr("Five photographs are the most; {0} were left out.").format(left_out)
            hint = self.tr("Keep the sharpest, seen like the footage. An identity pack carries up to {0}.").format(
                MOST_CARRIED
            )
            self.notices.show(Notice("photographs", Gravity.NEWS, text, hint))

    def choose(self, person: Person, restore: bool) -> None:
        """Say whether a person is to be restored."""
        text = self.tr("Restore {0}") if restore else self.tr("Leave {0} alone")
        self.project.edit_person(text.format(person.name), replace(person, restore=restore))
        self.notices.dismiss("nobody-chosen")

    def create_identity(self, more: tuple[str, ...]) -> None:
        """Make an identity pack of the photographs of the person whose card is open, and of `more`."""
        clip, person = self.clip, self.project.person
        if clip is not None and person is not None:
            photographs = self.photographs.usable(person.references)
            together = tuple(dict.fromkeys((*photographs, *more)))
            self.identities.create(clip.key, person, together, self.preferences.machine)

    def use_identity(self, path: str) -> None:
        """Use a pack in place of the photographs of the person whose card is open; an empty path goes back to them."""
        person = self.project.person
        if person is not None:
            text = self.tr("Use an identity pack for {0}") if path else self.tr("Use the photographs of {0}")
            self.project.edit_person(text.format(person.name), replace(person, identity=path, restore=True))

    def _identity_made(self, key: str, number: int, result: CreateIdentityResult) -> None:
        text = self.tr("The identity pack brings the likeness from {0:.2f} to {1:.2f}.").format(
            result.before, result.after
        )
        hint = "; ".join(result.warnings) or self.tr("Measured on {0}, which it did not practise on.").format(
            result.held_out
        )
        self.notices.show(Notice("identity", Gravity.NEWS, text, hint))
        if self.clip is not None and self.clip.key == key and self.clip.selected == number:
            self.use_identity(result.path)

    def grab_photograph(self) -> None:
        """Take the face on screen as a photograph of the person whose card is open."""
        clip, findings, frame = self.clip, self.findings, self.playhead.frame
        box = findings.at(frame).get(clip.selected) if clip and findings else None
        if clip is None or box is None:
            hint = self.tr("Click a person, and move to a frame that shows the face.")
            self.notices.show(Notice("grab", Gravity.NEWS, self.tr("There is no face of this person on screen."), hint))
            return
        self.notices.dismiss("grab")
        aspect = float(clip.media.pixel_aspect)
        number, width = clip.selected, round(clip.media.width * aspect)
        x, y, w, h = box
        self.stills.grab(Footage(clip.media.path, clip.rate), frame, (x * aspect, y, w * aspect, h), width,
                         lambda path: self.add_photographs((path,), number))  # fmt: skip

    # ---- previewing and restoring

    def chosen(self) -> list[Person]:
        """The people to be restored in the clip on screen."""
        return chosen(self.clip)

    def preview_params(self) -> PreviewParams | None:
        """What a preview of the frame on screen would be made with."""
        return self._orders.preview(self.clip, self.playhead.frame, self.preferences.machine) if self.clip else None

    def start_preview(self) -> None:
        """Restore the frame on screen, moved to one that shows the person where it does not."""
        params = self.preview_params()
        if params is None:
            self._say_nobody_is_chosen()
            return
        frame = self._frame_with(int(params.person), params.frame)
        if frame != params.frame:
            self.playhead.seek(frame)
            params = replace(params, frame=frame)
        self.playhead.pause()
        self.notices.dismiss("preview")
        if self.core.state == CoreState.ENDED:
            self._watch.say_ended()
            return
        self.preview.start(params)

    def _frame_with(self, person: int, frame: int) -> int:
        """This frame where it shows the person, else the nearest one that does."""
        found = self.findings.person(person) if self.findings else None
        spans = found.spans if found else ()
        if not spans or any(frame in span for span in spans):
            return frame
        ends = [end for span in spans for end in (span.start, span.stop - 1)]
        return min(ends, key=lambda end: abs(end - frame))

    def preview_is_current(self, frame: int) -> bool:
        """Whether the preview of a frame was made with the settings of now."""
        return self.clip is not None and self._orders.preview_is_current(self.clip, frame, self.preferences.machine)

    def preview_is_newer(self, frame: int, job: JobStatus) -> bool:
        """Whether a preview shows the settings of now, and a job does not."""
        current = self.request()
        same = current is not None and replace(current, output=job.request.output) == job.request
        return self.preview_is_current(frame) and not same

    def request(self) -> RestoreRequest | None:
        """The job for everybody who is to be restored in the clip on screen."""
        delivery = self.project.project.delivery
        return self._orders.request(self.clip, delivery, self.preferences.machine) if self.clip else None

    def restore(self) -> None:
        """Queue the clip on screen."""
        if self.core.state == CoreState.ENDED:
            self._watch.say_ended()
            return
        request = self.request()
        if request is None:
            self._say_nobody_is_chosen()
        else:
            self.queue.submit(request)

    def go_on_in(self, status: JobStatus) -> None:
        """Take a result as footage, to restore somebody in it who was left as they were.

        Names, photographs and settings of the people come along.
        """
        result, clip = status.result, self.clip
        if result is None or clip is None:
            return
        self.notices.dismiss(f"job-{status.job}")
        path = Path(result.result)
        if not path.suffix:  # a folder of frames
            path = next(path.iterdir())
        done = restored_by(status.request)
        people = tuple(replace(one, restore=one.restore and str(one.number) not in done)
                       for one in clip.people)  # fmt: skip
        label = self.tr("{0}, {1} restored").format(clip.name, PurePath(status.output.folder).name)

        def described(probed: ProbeResult) -> None:
            made = Clip(probed.media, clip.rate, label=label, people=people)
            self.host.follow(clip, made, status.frames)
            self.project.add_clip(made)

        self.core.call("probe", ProbeParams(str(path), clip.rate), described, self.notices.error)

    def _say_nobody_is_chosen(self) -> None:
        if self.clip is not None and self.clip.people:
            text, hint = self.tr("Nobody is chosen yet."), self.tr("Tick who is to be restored.")
        else:
            text, hint = self.tr("Nobody is known yet."), self.tr("Analyse the clip first.")
        self.notices.show(Notice("nobody-chosen", Gravity.NEWS, text, hint))

    def save_diagnostics(self, target: Path) -> None:
        """Write the zip for a developer."""
        try:
            write_diagnostics(target, self.core, self.machine, self.queue, self.host.report)
        except OSError as error:
            hint = self.tr("Choose another folder.")
            self.notices.error(LikenessError("diagnostics.unsaved", f"{target} cannot be written ({error})", hint))

    # ---- the core's life

    def restart_core(self) -> None:
        """Start the core again, and let the queue go on."""
        self._watch.restart()

    def _core_ready(self) -> None:
        self._asked.clear()
        self.machine.refresh()
        self._ask_again()

    def _ask_again(self, *_: object) -> None:
        """What only the core knows of the clip on screen."""
        clip = self.clip
        if clip is None or self.core.state != CoreState.READY:
            return
        if clip.analysed is not None and self.findings is None and clip.key not in self._asked:
            self._asked.add(clip.key)  # once: footage that is gone does not come back by asking
            self.analyses.start(clip.key, replace(footage_of(clip), frames=clip.analysed), self.preferences.machine)
        for person in clip.people:
            self.photographs.check(person.references, self.preferences.machine)
        if self.findings is not None and clip.person(clip.selected) is not None:
            analysed = replace(footage_of(clip), frames=clip.analysed)
            self.stills.suggest(clip.key, analysed, clip.selected, self.preferences.machine)

    def _core_ended(self) -> None:
        for part in (self.pictures, self.analyses, self.photographs, self.preview, self.stills, self.identities):
            part.forget_requests()
        self._probing = 0
        self._look_for_step()

    # ---- following up

    def _project_changed(self) -> None:
        clip = self.clip
        key = clip.key if clip else None
        if clip is not None:
            self.playhead.loop = clip.range
        if key != self._shown:
            self._shown = key
            if clip is None:
                self.playhead.load(0, self.playhead.rate, FrameRange(0, 0))
            else:
                self.playhead.load(clip.media.frame_count, clip.media.rate, clip.range)
            self.clip_changed.emit()
        self._ask_again()
        self.preferences.set("last_project", str(self.project.path) if self.project.has_name else "")
        self._look_for_step()

    def _job_finished(self, status: JobStatus) -> None:
        self.pictures.forget(status.output.folder)
        name = PurePath(status.output.folder).name
        warnings = status.result.warnings if status.result else ()
        text = self.tr("{0} is restored.").format(name)
        hint = sentence("; ".join(warnings)) or self.tr("Compare it here, or open its folder from the queue.")
        notice = Notice(f"job-{status.job}", Gravity.NEWS, text, hint)
        left = {str(one.number) for one in self.clip.people} - restored_by(status.request) if self.clip else set()
        if self.clip is not None and left and status in self.queue.of(self.clip):
            act = partial(self.go_on_in, status)
            notice = replace(notice, action=self.tr("Restore somebody else in it"), act=act)
        self.notices.show(notice)

    def _job_failed(self, status: JobStatus) -> None:
        error = status.error
        if error is not None:
            act = partial(self._retry, status.job)
            notice = Notice(f"job-{status.job}", Gravity.ERROR, error.message, error.hint, self.tr("Try again"), act)
            self.notices.show(notice)

    def _retry(self, job: str) -> None:
        self.notices.dismiss(f"job-{job}")
        self.queue.retry(job)

    # ---- the next step

    def situation(self) -> Situation:
        """What the next step depends on, gathered."""
        clip = self.clip
        if clip is None:
            return Situation()
        found = self._orders.situation(clip, self.playhead.frame, self.request(), self.preferences.machine)
        return replace(found, analysing=self.analyses.running(clip.key) and not clip.people)

    @property
    def step(self) -> Step:
        """The editor's next step."""
        return next_step(self.situation())

    def _look_for_step(self, *_: object) -> None:
        step = self.step
        if step != self._step:
            self._step = step
        self.step_changed.emit()
