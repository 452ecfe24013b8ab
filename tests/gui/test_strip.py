"""The strip: what a click on it means, and what it draws."""

import pytest
from likeness_core.api import FrameRange, Shot
from likeness_gui import theme
from likeness_gui.state.curve import Score
from likeness_gui.views.strip import CURVE_PX, GUTTER_PX, ROW_PX, RULER_PX, SHOTS_PX, Strip, StripPerson
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from tests.gui.clips import media

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def strip(qtbot: QtBot) -> Strip:
    made = Strip()
    qtbot.addWidget(made)
    made.set_media(media(frames=100))
    shots = (Shot(0, FrameRange(0, 40)), Shot(1, FrameRange(40, 100)))
    people = (StripPerson(1, "Anna", (FrameRange(0, 40),), True), StripPerson(2, "Ben", (FrameRange(50, 90),), False))
    made.set_found(shots, people)
    made.set_marks(FrameRange(0, 100))
    made.set_scores(tuple(Score(i, 1, 0.5, 0.4 if i in (70, 71) else 0.6, 1.0) for i in range(100)))
    made.resize(GUTTER_PX + 1000 + 8, made.sizeHint().height())
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_a_click_goes_to_the_frame_under_it(strip: Strip, qtbot: QtBot) -> None:
    sought: list[int] = []
    strip.sought.connect(sought.append)
    for frame in (0, 1, 42, 99):
        qtbot.mouseClick(strip, LEFT, pos=QPoint(GUTTER_PX + frame * 10 + 5, 5))
    assert sought == [0, 1, 42, 99]


def test_a_click_near_a_marked_frame_goes_to_it(strip: Strip, qtbot: QtBot) -> None:
    sought: list[int] = []
    strip.sought.connect(sought.append)
    qtbot.mouseClick(strip, LEFT, pos=QPoint(GUTTER_PX + 70 * 10 + 9, strip.height() - CURVE_PX // 2))
    assert sought == [70]
    assert strip.problems() == [70]  # a run of frames is one place to look at


def test_a_click_on_a_name_selects_the_person(strip: Strip, qtbot: QtBot) -> None:
    clicked: list[int] = []
    strip.person_clicked.connect(clicked.append)
    qtbot.mouseClick(strip, LEFT, pos=QPoint(20, RULER_PX + SHOTS_PX + 4 + ROW_PX + 5))
    assert clicked == [2]


def test_people_are_drawn_where_they_are_seen(strip: Strip) -> None:
    shown = strip.grab().toImage()
    y = RULER_PX + SHOTS_PX + 4 + ROW_PX // 2
    assert shown.pixelColor(GUTTER_PX + 200, y) == theme.person_color(1)
    assert shown.pixelColor(GUTTER_PX + 600, y) != theme.person_color(1)


def test_zoomed_in_a_click_is_still_exact(strip: Strip, qtbot: QtBot) -> None:
    strip._look_at(40, 20)
    sought: list[int] = []
    strip.sought.connect(sought.append)
    qtbot.mouseClick(strip, LEFT, pos=QPoint(GUTTER_PX + 3 * 50 + 25, 5))
    assert sought == [43]
    strip.set_frame(90)  # it follows the playhead
    assert 90 in strip._seen
