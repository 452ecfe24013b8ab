"""The window, with two faces: wide and standing alone, or narrow beside the editing application."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from likeness_core.api import MOST_CARRIED
from likeness_core.protocol import JobStatus
from PySide6.QtCore import QByteArray, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QKeyEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from likeness_gui import theme
from likeness_gui.state.core import CoreState
from likeness_gui.state.edit_files import SUFFIXES as TIMELINES
from likeness_gui.state.identities import PACK_SUFFIX
from likeness_gui.state.project import SUFFIX
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.banner import Banners
from likeness_gui.views.drops import FileDrops
from likeness_gui.views.hosts_page import HostsPage
from likeness_gui.views.inspector import Inspector
from likeness_gui.views.next_step import NextStep
from likeness_gui.views.parts import Elided, icon, label, name_it, set_role
from likeness_gui.views.people_panel import PeoplePanel
from likeness_gui.views.queue_page import QueuePage
from likeness_gui.views.settings_page import SettingsPage
from likeness_gui.views.viewer_pane import ViewerPane

FOOTAGE = "*.mov *.mp4 *.m4v *.mxf *.mkv *.avi *.mpg *.mts *.webm *.exr *.dpx *.tif *.tiff *.png *.jpg"
PHOTOGRAPHS = "*.jpg *.jpeg *.png *.tif *.tiff *.webp *.avif"


class MainWindow(QMainWindow):
    """Puts the views together, and carries out what needs a dialog or the desktop."""

    def __init__(self, workspace: Workspace, beside_host: bool = False) -> None:
        super().__init__()
        self.workspace, self._beside_host = workspace, beside_host
        FileDrops(self, workspace.open_paths, lambda over: None)
        self.people = PeoplePanel(workspace)
        self.viewer = ViewerPane(workspace)
        self.inspector = Inspector(workspace)
        self.next_step = NextStep(workspace)
        self.inspector.foot.addWidget(self.next_step)
        self.queue_page = QueuePage(workspace.queue)
        self.hosts_page = HostsPage(workspace.host)
        self.settings_page = SettingsPage(workspace)
        self._pages = QStackedWidget()
        self._page_buttons: list[QToolButton] = []
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Banners(workspace.notices))
        layout.addWidget(self._pages, 1)
        self._page_bar = self._make_page_bar()
        self._add_page(self._restore_page(), self.tr("Restore"), "face-man-shimmer-outline", "F1")
        self._add_page(self.queue_page, self.tr("Queue"), "format-list-checks", "F2")
        self._add_page(self.hosts_page, self.tr("Hosts"), "lan-connect", "F3")
        self._add_page(self.settings_page, self.tr("Settings"), "cog-outline", "F4")
        layout.addWidget(self._page_bar)
        self.setCentralWidget(centre)
        self._menus()
        self._shortcuts()
        self._connect()
        self._restore_place()
        self.show_page(0)
        self._show_state()
        self.viewer.compare.setFocus()

    # ---- layout

    def _restore_page(self) -> QWidget:
        splitter = QSplitter(Qt.Orientation.Vertical if self._beside_host else Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        if self._beside_host:
            self.viewer.setMinimumHeight(300)
            below = QSplitter(Qt.Orientation.Horizontal)
            below.setHandleWidth(1)
            below.addWidget(self.people)
            below.addWidget(self.inspector)
            below.setSizes([250, 330])
            splitter.addWidget(self.viewer)
            splitter.addWidget(below)
            splitter.setSizes([430, 470])
            return splitter
        for widget, width in ((self.people, 270), (self.viewer, 900), (self.inspector, 330)):
            splitter.addWidget(widget)
            widget.setMinimumWidth(min(width, 240 if widget is self.people else 310))
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([270, 900, 330])
        return splitter

    def _make_page_bar(self) -> QFrame:
        bar = QFrame()
        bar.setObjectName("pages")
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.setSpacing(0)
        self._project_name = Elided("", "caption")
        self._core_state = label("", "caption")
        self._group = QButtonGroup(bar)
        layout.addWidget(self._project_name, 1)
        self._tabs = QHBoxLayout()
        self._tabs.setSpacing(2)
        layout.addLayout(self._tabs)
        self._core_state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._core_state, 1)
        return bar

    def _add_page(self, page: QWidget, name: str, icon_name: str, shortcut: str) -> None:
        made = QToolButton()
        made.setText(name)
        made.setIcon(icon(icon_name, theme.MUTED))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setCheckable(True)
        made.setProperty("role", "page")
        name_it(made, name, shortcut)
        index = self._pages.addWidget(page)
        made.clicked.connect(lambda: self.show_page(index))
        QShortcut(QKeySequence(shortcut), self, lambda: self.show_page(index))
        self._group.addButton(made)
        self._tabs.addWidget(made)
        self._page_buttons.append(made)

    def show_page(self, index: int) -> None:
        """Restore, queue, hosts, settings."""
        self._pages.setCurrentIndex(index)
        if self._pages.currentWidget() is self.hosts_page and self.workspace.host.report is None:
            self.workspace.host.look()
        self._page_buttons[index].setChecked(True)
        self._page_buttons[index].setFocus()

    # ---- menus and keys

    def _menus(self) -> None:
        project, stack = self.workspace.project, self.workspace.project.undo_stack
        bar = self.menuBar()
        file = bar.addMenu(self.tr("&File"))
        self._action(file, self.tr("Open footage …"), self.open_footage, "Ctrl+O")
        self._action(file, self.tr("Open project …"), self.open_project, "Ctrl+Shift+O")
        self._recent = file.addMenu(self.tr("Recent projects"))
        self._recent.aboutToShow.connect(self._fill_recent)
        file.addSeparator()
        self._action(file, self.tr("New project"), project.begin, "Ctrl+N")
        self._action(file, self.tr("Save project as …"), self.save_as, "Ctrl+Shift+S")
        file.addSeparator()
        self._action(file, self.tr("Quit"), self.close, "Ctrl+Q")
        edit = bar.addMenu(self.tr("&Edit"))
        undo, redo = stack.createUndoAction(self, self.tr("Undo")), stack.createRedoAction(self, self.tr("Redo"))
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo.setShortcut(QKeySequence.StandardKey.Redo)
        edit.addActions([undo, redo])
        edit.addSeparator()
        self._action(edit, self.tr("Mark in"), self.viewer.mark_in, "I")
        self._action(edit, self.tr("Mark out"), self.viewer.mark_out, "O")
        self._action(edit, self.tr("Work on the whole clip"), lambda: project.set_range(None), "Alt+X")
        edit.addSeparator()
        look = self.inspector.look
        self._action(edit, self.tr("Keyframe of the strength, set or remove"), look.toggle_key, "Ctrl+K")
        self._action(edit, self.tr("Next keyframe"), lambda: look.go_to_key(1), "B")
        self._action(edit, self.tr("Keyframe before"), lambda: look.go_to_key(-1), "Shift+B")
        view = bar.addMenu(self.tr("&View"))
        self._view_menu(view)
        act = bar.addMenu(self.tr("&Restore"))
        self._action(act, self.tr("Analyse"), self.workspace.analyse, "Ctrl+Shift+A")
        self._action(act, self.tr("Preview this frame"), self.workspace.start_preview, "P")
        self._action(act, self.tr("Restore"), self.workspace.restore, "Ctrl+Return")
        act.addSeparator()
        self._action(act, self.tr("Choose photographs …"), self.choose_photographs, "Ctrl+R")
        self._action(act, self.tr("Use this frame as a photograph"), self.grab_photograph, "Ctrl+G")

    def _view_menu(self, view: QMenu) -> None:
        names = {"wipe": self.tr("Wipe"), "side": self.tr("Side by side"), "toggle": self.tr("Toggle"),
                 "difference": self.tr("Difference")}  # fmt: skip
        for i, (key, name) in enumerate(names.items()):
            self._action(view, name, partial(self.viewer.set_mode, key), str(i + 1))
        view.addSeparator()
        compare = self.viewer.compare
        self._action(view, self.tr("Zoom in"), lambda: compare.zoom_in_steps(1), "Ctrl++")
        self._action(view, self.tr("Zoom out"), lambda: compare.zoom_in_steps(-1), "Ctrl+-")
        self._action(view, self.tr("Fit"), lambda: compare.set_zoom(0.0), "Ctrl+0")
        self._action(view, self.tr("Every pixel"), lambda: compare.set_zoom(1.0), "Ctrl+1")
        view.addSeparator()
        self._action(view, self.tr("Faces"), self.viewer.toggle_faces, "F")
        self._action(view, self.tr("Next frame to look at"), lambda: self.viewer.next_problem(1), "N")
        self._action(view, self.tr("Last frame to look at"), lambda: self.viewer.next_problem(-1), "Shift+N")

    def _action(self, menu: QMenu, name: str, act: Callable[[], object], shortcut: str = "") -> QAction:
        made = menu.addAction(name)
        made.triggered.connect(lambda _=False: act())
        if shortcut:
            made.setShortcut(QKeySequence(shortcut))
        return made

    def _shortcuts(self) -> None:
        playhead = self.workspace.playhead
        for keys, act in (("J", lambda: playhead.faster(-1)), ("K", playhead.pause), ("L", lambda: playhead.faster(1))):
            QShortcut(QKeySequence(keys), self, act)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that other widgets may want first come here when nobody took them."""
        playhead, key = self.workspace.playhead, event.key()
        stride = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        acts: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Space: playhead.toggle,
            Qt.Key.Key_Left: lambda: playhead.step(-stride),
            Qt.Key.Key_Right: lambda: playhead.step(stride),
            Qt.Key.Key_Home: lambda: playhead.step(-playhead.count),
            Qt.Key.Key_End: lambda: playhead.step(playhead.count),
        }
        focused = QApplication.focusWidget()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QAbstractButton):
            focused.click()  # Qt presses with the space bar only
            return
        act = acts.get(Qt.Key(key))
        if act is None or self._pages.currentIndex() != 0:
            super().keyPressEvent(event)
        else:
            act()

    # ---- binding

    def _connect(self) -> None:
        workspace = self.workspace
        self.people.open_wanted.connect(self.open_footage)
        self.viewer.welcome.open_wanted.connect(self.open_footage)
        self.viewer.welcome.sample_wanted.connect(workspace.open_sample)
        self.next_step.open_wanted.connect(self.open_footage)
        self.next_step.photographs_wanted.connect(self.choose_photographs)
        self.next_step.reveal_wanted.connect(self.reveal)
        self.next_step.queue_wanted.connect(lambda: self.show_page(1))
        self.inspector.browse_photographs.connect(self.choose_photographs)
        self.inspector.grab_photograph.connect(self.grab_photograph)
        self.inspector.choose_folder.connect(self.choose_folder)
        self.inspector.browse_identity.connect(self.choose_identity)
        self.inspector.make_identity.connect(self.make_identity)
        self.queue_page.reveal_wanted.connect(self.reveal)
        self.hosts_page.diagnostics_wanted.connect(self.save_diagnostics)
        workspace.host.imported.connect(lambda _: self.show_page(0))
        workspace.project.changed.connect(self._show_state)
        workspace.core.state_changed.connect(self._show_state)
        workspace.queue.listed.connect(self._show_state)
        workspace.queue.changed.connect(self._show_state)

    def _show_state(self, *_: object) -> None:
        project, core = self.workspace.project, self.workspace.core
        name = project.path.stem if project.has_name else self.tr("Unnamed project")
        self.setWindowTitle(f"{name} – Likeness")
        self._project_name.put(self.tr("{0}  ·  saved by itself").format(name))
        texts = {
            CoreState.STARTING: (self.tr("Engine starting …"), "caption"),
            CoreState.READY: (self.tr("● Engine ready"), "good"),
            CoreState.ENDED: (self.tr("● Engine stopped"), "error"),
        }
        text, role = texts[core.state]
        self._core_state.setText(text)
        set_role(self._core_state, role)
        left = len(self.workspace.queue.unfinished())
        self._page_buttons[1].setText(self.tr("Queue ({0})").format(left) if left else self.tr("Queue"))

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.workspace.preferences.recent:
            self._action(self._recent, path, partial(self.workspace.open_project, Path(path)))
        self._recent.setEnabled(True)
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("None yet")).setEnabled(False)

    # ---- dialogs and the desktop

    def open_footage(self) -> None:
        """Ask which footage."""
        timelines = " ".join(f"*{suffix}" for suffix in TIMELINES)
        kinds = self.tr("Footage, timelines and projects ({0});;All files (*)").format(
            f"{FOOTAGE} {timelines} *{SUFFIX}"
        )
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Open footage"), self._last_folder(), kinds)
        self._open(paths)

    def open_project(self) -> None:
        """Ask which project."""
        kinds = self.tr("Projects ({0})").format(f"*{SUFFIX}")
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open project"), self._last_folder(), kinds)
        self._open([path] if path else [])

    def save_as(self) -> None:
        """Ask for a name; the project saves itself there from now on."""
        kinds = self.tr("Projects ({0})").format(f"*{SUFFIX}")
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save project as"), self._last_folder(), kinds)
        if path:
            target = Path(path if path.endswith(SUFFIX) else path + SUFFIX)
            self.workspace.project.save_as(target)
            self.workspace.preferences.add_recent(str(target))

    def choose_photographs(self) -> None:
        """Ask for photographs of the person whose card is open."""
        kinds = self.tr("Photographs ({0});;All files (*)").format(PHOTOGRAPHS)
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Choose photographs"), self._last_folder(), kinds)
        if paths:
            self.workspace.add_photographs(tuple(paths), self._person_for_photographs())

    def choose_identity(self) -> None:
        """Ask for an identity pack that was made before."""
        folder = str(self.workspace.identities.folder)
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Choose an identity pack"), folder, f"*{PACK_SUFFIX}")
        if path:
            self.workspace.use_identity(path)

    def make_identity(self) -> None:
        """Ask for photographs to make an identity pack of, together with those of the open card."""
        kinds = self.tr("Photographs ({0});;All files (*)").format(PHOTOGRAPHS)
        title = self.tr("Photographs for the identity pack: up to {0}").format(MOST_CARRIED)
        paths, _ = QFileDialog.getOpenFileNames(self, title, self._last_folder(), kinds)
        if paths:
            self.workspace.create_identity(tuple(paths))

    def _person_for_photographs(self) -> int:
        """The person whose card is open, else the first that is to be restored."""
        clip, chosen = self.workspace.clip, self.workspace.chosen()
        if clip is not None and clip.person(clip.selected) is not None:
            return clip.selected
        return chosen[0].number if chosen else 0

    def grab_photograph(self) -> None:
        """Take the face on screen as a photograph."""
        self.workspace.grab_photograph()

    def choose_folder(self) -> None:
        """Ask where results go."""
        project = self.workspace.project
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of the results"), self._last_folder())
        if folder:
            project.set_delivery(replace(project.project.delivery, folder=folder))

    def save_diagnostics(self) -> None:
        """Ask where the zip goes."""
        name = str(Path(self._last_folder()) / "likeness-diagnostics.zip")
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save diagnostics"), name, "*.zip")
        if path:
            self.workspace.save_diagnostics(Path(path))

    def reveal(self, job: JobStatus) -> None:
        """Show a result in the platform's file manager; where there is none, say where it is."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(job.output.folder)):
            self.workspace.say_where(job)

    def _open(self, paths: list[str]) -> None:
        if paths:
            self.workspace.preferences.set("last_folder", str(Path(paths[0]).parent))
            self.workspace.open_paths(paths)

    def _last_folder(self) -> str:
        return self.workspace.preferences.text("last_folder", str(Path.home()))

    # ---- its place on the screen

    def _place_key(self) -> str:
        return "place_beside_host" if self._beside_host else "place"

    def _restore_place(self) -> None:
        stored = self.workspace.preferences.bytes_of(self._place_key())
        if not stored or not self.restoreGeometry(QByteArray(stored)):
            self.resize(600, 960) if self._beside_host else self.resize(1440, 900)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save and let the core end; what it was doing goes on at the next start."""
        self.workspace.preferences.set_bytes(self._place_key(), bytes(self.saveGeometry().data()))
        self.hide()  # the core may take a moment to end
        self.workspace.close()
        event.accept()
