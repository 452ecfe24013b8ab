"""The viewer, by the pixels that it paints."""

import pytest
from likeness_gui.views.compare_view import FIT, CompareView, FaceBox, Mode
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

SIZE = (320, 240)
RED, BLUE = QColor(200, 30, 30), QColor(30, 30, 200)


def plain(color: QColor) -> QImage:
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.fill(color)
    return image


def numbered() -> QImage:
    """Each pixel tells where it is."""
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    for y in range(SIZE[1]):
        for x in range(SIZE[0]):
            image.setPixelColor(x, y, QColor(x % 256, y, 128))
    return image


@pytest.fixture
def view(qtbot: QtBot) -> CompareView:
    made = CompareView()
    qtbot.addWidget(made)
    made.resize(640, 480)  # the footage at twice its size
    made.set_size(*SIZE)
    made.set_pictures(plain(RED), plain(BLUE))
    with qtbot.waitExposed(made):
        made.show()
    return made


def at(view: CompareView, x: int, y: int) -> QColor:
    return view.grab().toImage().pixelColor(x, y)


def test_the_wipe_shows_source_left_and_result_right(view: CompareView) -> None:
    assert at(view, 100, 240) == RED
    assert at(view, 540, 240) == BLUE
    view.set_wipe(0.1)
    assert at(view, 100, 240) == BLUE


def test_the_wipe_is_dragged(view: CompareView, qtbot: QtBot) -> None:
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(view, left, pos=QPoint(320, 240))
    qtbot.mouseMove(view, QPoint(160, 240))
    qtbot.mouseRelease(view, left, pos=QPoint(160, 240))
    assert view.wipe == pytest.approx(0.25, abs=0.01)


def test_side_by_side_shows_both_whole(view: CompareView) -> None:
    view.set_mode(Mode.SIDE_BY_SIDE)
    assert at(view, 160, 240) == RED
    assert at(view, 480, 240) == BLUE


def test_toggle_shows_one_then_the_other(view: CompareView) -> None:
    view.set_mode(Mode.TOGGLE)
    assert at(view, 100, 240) == BLUE
    view.flip()
    assert at(view, 100, 240) == RED


def test_the_difference_is_black_where_nothing_changed(view: CompareView) -> None:
    view.set_mode(Mode.DIFFERENCE)
    view.set_pictures(plain(RED), plain(RED))
    assert at(view, 300, 240) == QColor(0, 0, 0)
    view.set_pictures(plain(QColor(100, 100, 100)), plain(QColor(110, 95, 100)))
    assert at(view, 300, 240) == QColor(40, 20, 0)  # four times as much


def test_with_no_result_the_source_is_shown_everywhere(view: CompareView) -> None:
    view.set_pictures(plain(RED), None)
    for mode in Mode:
        view.set_mode(mode)
        assert at(view, 540, 300) == RED, mode


@pytest.mark.parametrize("zoom", [1.0, 2.0, 4.0])
def test_at_whole_zooms_each_pixel_is_its_own_square(view: CompareView, zoom: float) -> None:
    view.set_pictures(numbered(), None)
    view.faces_shown = False
    view.set_zoom(zoom)
    shown = view.grab().toImage()
    ratio = view.devicePixelRatioF()
    middle = shown.pixelColor(round(320 * ratio), round(240 * ratio))
    assert (middle.red(), middle.green()) == (160, 120)
    if zoom > 1:  # the neighbours inside the square are the same pixel
        beside = shown.pixelColor(round(320 * ratio) + int(zoom) - 1, round(240 * ratio))
        assert beside == middle
    after = shown.pixelColor(round(320 * ratio) + int(zoom), round(240 * ratio))
    assert after.red() == 161


def test_both_sides_are_in_step(view: CompareView, qtbot: QtBot) -> None:
    view.set_mode(Mode.SIDE_BY_SIDE)
    view.set_pictures(numbered(), numbered())
    view.set_zoom(4.0)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(view, left, pos=QPoint(100, 100))
    qtbot.mouseMove(view, QPoint(60, 130))
    qtbot.mouseRelease(view, left, pos=QPoint(60, 130))
    shown = view.grab().toImage()
    assert shown.pixelColor(100, 200) == shown.pixelColor(100 + 321, 200)


def test_panning_stops_at_the_edge(view: CompareView, qtbot: QtBot) -> None:
    view.set_pictures(numbered(), None)
    view.set_zoom(4.0)
    left = Qt.MouseButton.LeftButton
    for _ in range(8):
        qtbot.mousePress(view, left, pos=QPoint(10, 10))
        qtbot.mouseMove(view, QPoint(600, 400))
        qtbot.mouseRelease(view, left, pos=QPoint(600, 400))
    corner = view.grab().toImage().pixelColor(2, 470)
    assert corner.red() == 0  # the picture's left edge is the view's


def test_zooming_keeps_the_point_under_the_pointer(view: CompareView) -> None:
    view.set_pictures(numbered(), None)
    view.set_zoom(2.0)
    before = at(view, 200, 150)
    view.zoom_in_steps(1, QPointF(200, 150))
    assert view.zoom == 4.0
    after = at(view, 200, 150)
    assert abs(before.red() - after.red()) <= 1
    assert abs(before.green() - after.green()) <= 1


def test_zooming_out_ends_at_the_whole_picture(view: CompareView) -> None:
    view.set_zoom(4.0)
    for _ in range(6):
        view.zoom_in_steps(-1)
    assert view.zoom == FIT


def test_a_click_on_a_face_says_whose_it_is(view: CompareView, qtbot: QtBot) -> None:
    view.set_faces((FaceBox(3, "Anna", (10, 20, 40, 50), True, True),))
    clicked: list[int] = []
    view.face_clicked.connect(clicked.append)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(60, 90))  # (30, 45) in the footage
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 90))
    assert clicked == [3]


def test_a_face_that_is_compared_has_only_corners_around_it(view: CompareView) -> None:
    view.set_faces((FaceBox(3, "Anna", (10, 20, 40, 50), True, True),))
    corner, edge = at(view, 24, 40), at(view, 60, 40)  # of the box's upper edge
    assert corner.blue() > 2 * RED.blue()  # drawn in the colour of person 3
    assert edge == RED
    view.set_pictures(plain(RED), None)
    assert at(view, 60, 40).blue() > 2 * RED.blue()
