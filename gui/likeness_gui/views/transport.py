"""Under the viewer: where the playhead is, and the buttons that move it."""

from likeness_core.api import FrameRange, Media
from likeness_core.errors import InputError
from likeness_core.timing import Timecode, frames_per_day, start_of
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from likeness_gui import theme
from likeness_gui.state.playhead import Playhead
from likeness_gui.state.timecodes import timecode
from likeness_gui.views.parts import icon, label, name_it, tool

FRAME_PX = 130  # room for six figures twice, so that the buttons stay where they are


class Transport(QFrame):
    """Play, step, mark; timecode that can be typed into."""

    mark_in = Signal()
    mark_out = Signal()
    marks_cleared = Signal()

    def __init__(self, playhead: Playhead) -> None:
        super().__init__()
        self._playhead = playhead
        self._media: Media | None = None
        self.setObjectName("bar")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(2)
        self._time = QLineEdit()
        self._time.setFont(theme.numbers_font(13))
        self._time.setProperty("role", "plain")
        self._time.setFixedWidth(96)
        name_it(self._time, self.tr("Timecode of the frame on screen; type one to go there"))
        self._time.returnPressed.connect(self._typed)
        self._frame = label("", "caption")
        self._frame.setFont(theme.numbers_font(12))
        self._frame.setMinimumWidth(FRAME_PX)
        self._marks = label("", "caption")
        self._marks.setFont(theme.numbers_font(12))
        self._play = tool("play", self.tr("Play or stop"), "Space")
        buttons = (
            (tool("skip-previous", self.tr("First frame"), "Home"), lambda: playhead.step(-playhead.count)),
            (tool("step-backward", self.tr("One frame back"), "Left"), lambda: playhead.step(-1)),
            (tool("rewind", self.tr("Play backwards; again for faster"), "J"), lambda: playhead.faster(-1)),
            (self._play, playhead.toggle),
            (tool("fast-forward", self.tr("Play forwards; again for faster"), "L"), lambda: playhead.faster(1)),
            (tool("step-forward", self.tr("One frame on"), "Right"), lambda: playhead.step(1)),
            (tool("skip-next", self.tr("Last frame"), "End"), lambda: playhead.step(playhead.count)),
        )
        layout.addWidget(self._time)
        layout.addWidget(self._frame)
        layout.addStretch(1)
        for made, act in buttons:
            made.clicked.connect(lambda _=False, act=act: act())
            layout.addWidget(made)
        layout.addStretch(1)
        layout.addWidget(self._marks)
        self._clear = tool("selection-off", self.tr("Work on the whole clip"), "Alt+X")
        self._clear.clicked.connect(self.marks_cleared)
        mark_in, mark_out = (
            tool("contain-start", self.tr("Mark in"), "I"),
            tool("contain-end", self.tr("Mark out"), "O"),
        )
        mark_in.clicked.connect(self.mark_in)
        mark_out.clicked.connect(self.mark_out)
        for made in (mark_in, mark_out, self._clear):
            layout.addWidget(made)
        playhead.moved.connect(self.show_frame)
        playhead.speed_changed.connect(self._show_speed)
        self.set_media(None)

    def set_media(self, media: Media | None) -> None:
        """Another clip."""
        self._media = media
        self.setEnabled(media is not None)
        self.show_frame(self._playhead.frame)

    def set_marks(self, marks: FrameRange | None) -> None:
        """The frames that will be worked on; None: all."""
        self._clear.setEnabled(marks is not None)
        if marks is None or self._media is None:
            self._marks.setText("")
        else:
            last = timecode(self._media, marks.stop - 1)
            count = self.tr("%n frame(s)", "", len(marks))
            self._marks.setText(f"{timecode(self._media, marks.start)} – {last}   {count}   ")

    def show_frame(self, frame: int) -> None:
        """The playhead has moved."""
        if self._media is None:
            self._time.setText("--:--:--:--")
            self._frame.setText("")
            return
        if not self._time.hasFocus():
            self._time.setText(timecode(self._media, frame))
        self._frame.setText(self.tr("frame {0} of {1}").format(frame, self._media.frame_count))

    def _show_speed(self, speed: int) -> None:
        self._play.setIcon(icon("pause" if speed else "play", theme.ACCENT if speed else theme.MUTED))

    def _typed(self) -> None:
        """A timecode, or a frame number."""
        media, text = self._media, self._time.text().strip()
        self._time.clearFocus()
        if media is None:
            return
        if text.isdecimal():
            self._playhead.step(int(text) - self._playhead.frame)
        else:
            try:
                there, start = Timecode.parse(text, media.rate), start_of(media)
            except InputError:
                self.show_frame(self._playhead.frame)
                return
            frame = (there.frames - start.frames) % frames_per_day(media.rate, there.drop)
            self._playhead.step(min(frame, media.frame_count) - self._playhead.frame)
        self.show_frame(self._playhead.frame)
