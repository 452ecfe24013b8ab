"""Watches over the core's life: says that it ended, starts it again, and lets its queue go on."""

from PySide6.QtCore import QObject, Signal

from likeness_gui.state.core import Core, CoreState
from likeness_gui.state.job_queue import JobQueue
from likeness_gui.state.notices import Gravity, Notice, Notices


class CoreWatch(QObject):
    """One for the window's lifetime."""

    ready = Signal()  # a core answers: the first, or the next one

    def __init__(self, core: Core, queue: JobQueue, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core, self._queue, self._notices = core, queue, notices
        self._go_on = False  # with what was interrupted, without asking
        core.state_changed.connect(self._changed)
        core.ended.connect(self.say_ended)

    def restart(self) -> None:
        """Start the core again, and let the queue go on."""
        self._notices.dismiss("core")
        self._go_on = True
        self._core.start()

    def say_ended(self, *_: object) -> None:
        """Say that there is no core, with the button that starts one."""
        text = self.tr("The restoring engine has stopped.")
        hint = self.tr("Your project and everything that was finished are safe.")
        again = self.tr("Restart and go on")
        self._notices.show(Notice("core", Gravity.ERROR, text, hint, again, self.restart))

    def _changed(self) -> None:
        if self._core.state == CoreState.READY:
            self._notices.dismiss("core")
            self._queue.refresh(self._queue_known)
            self.ready.emit()

    def _queue_known(self) -> None:
        interrupted = self._queue.interrupted()
        if self._go_on:
            self._continue()
        elif interrupted:
            text = self.tr("%n restoration(s) did not finish last time.", "", len(interrupted))
            hint = self.tr("Nothing that was finished is lost.")
            self._notices.show(Notice("interrupted", Gravity.NEWS, text, hint, self.tr("Continue"), self._continue))
        self._go_on = False

    def _continue(self) -> None:
        """Go on with everything that a core's end cut short."""
        self._notices.dismiss("interrupted")
        for job in self._queue.interrupted():
            self._queue.resume(job.job)
