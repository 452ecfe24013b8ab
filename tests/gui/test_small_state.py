"""Playhead, next step, curve, notices, preferences: decisions without a window."""

from fractions import Fraction
from pathlib import Path

import pytest
from likeness_core.api import FrameRange
from likeness_core.errors import MediaError
from likeness_gui.state.curve import Score, read_curve
from likeness_gui.state.estimates import BYTES_PER_PIXEL, readable, result_bytes
from likeness_gui.state.notices import Gravity, Notice, Notices
from likeness_gui.state.playhead import Playhead
from likeness_gui.state.preferences import Preferences
from likeness_gui.state.steps import Situation, Step, next_step
from likeness_gui.state.timecodes import duration, span, timecode
from likeness_gui.views.formats import format_names
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from tests.gui.clips import media


@pytest.fixture
def playhead(qtbot: QtBot) -> Playhead:
    made = Playhead()
    made.load(96, Fraction(24), FrameRange(0, 96))
    return made


def test_l_plays_and_plays_faster_and_j_turns_round(playhead: Playhead) -> None:
    speeds = []
    for direction in (1, 1, 1, 1, 1, -1, -1):
        playhead.faster(direction)
        speeds.append(playhead.speed)
    assert speeds == [1, 2, 4, 8, 8, -1, -2]
    playhead.pause()
    assert playhead.speed == 0


def test_it_plays_by_the_clock(playhead: Playhead, qtbot: QtBot) -> None:
    playhead.toggle()
    qtbot.wait(500)
    played = playhead.frame
    playhead.pause()
    assert 10 <= played <= 40  # 12 frames, and what a loaded machine adds to the wait
    qtbot.wait(50)
    assert playhead.frame == played


def test_it_loops_between_the_marks(playhead: Playhead, qtbot: QtBot) -> None:
    playhead.loop = FrameRange(20, 24)
    playhead.seek(23)
    seen: set[int] = set()
    playhead.moved.connect(seen.add)
    playhead.toggle()
    qtbot.waitUntil(lambda: len(seen) >= 4, timeout=5000)
    playhead.pause()
    assert seen <= {20, 21, 22, 23}


def test_steps_end_at_the_ends(playhead: Playhead) -> None:
    playhead.step(-5)
    assert playhead.frame == 0
    playhead.step(1000)
    assert playhead.frame == 95


def test_with_no_clip_nothing_plays(qtbot: QtBot) -> None:
    playhead = Playhead()
    playhead.toggle()
    assert playhead.speed == 0


ANALYSED = {"has_clip": True, "analysed": True, "people": 2}
STEPS = [
    ({}, Step.OPEN),
    ({"has_clip": True}, Step.ANALYSE),
    ({"has_clip": True, "analysing": True}, Step.ANALYSING),
    ({"has_clip": True, "analysed": True}, Step.NOBODY),
    (ANALYSED, Step.CHOOSE),
    (ANALYSED | {"chosen": 1, "without_photographs": 1}, Step.REFERENCE),
    (ANALYSED | {"chosen": 1, "without_photographs": 1, "previewed": True}, Step.RESTORE),
    (ANALYSED | {"chosen": 1}, Step.PREVIEW),
    (ANALYSED | {"chosen": 1, "previewing": True}, Step.PREVIEWING),
    (ANALYSED | {"chosen": 1, "previewed": True}, Step.RESTORE),
    (ANALYSED | {"chosen": 1, "previewed": True, "restoring": True}, Step.RESTORING),
    (ANALYSED | {"chosen": 1, "previewed": True, "restored": True}, Step.RESULT),
]


@pytest.mark.parametrize(("now", "step"), STEPS)
def test_there_is_always_one_next_step(now: dict[str, bool | int], step: Step) -> None:
    assert next_step(Situation(**now)) == step  # type: ignore[arg-type]


def test_a_curve_marks_the_frames_to_look_at(tmp_path: Path) -> None:
    rows = ["0,1,0.5000,0.6000,1.000", "1,1,0.5000,0.4700,1.000", "2,1,0.5000,0.6000,0.300", "3,1,0.5000,0.4900,1.000"]
    (tmp_path / "identity.csv").write_text("\n".join(["frame,person,source,result,trust", *rows]), encoding="utf-8")
    scores = read_curve(str(tmp_path))
    assert scores[0] == Score(0, 1, 0.5, 0.6, 1.0)
    assert [score.is_problem for score in scores] == [False, True, True, False]


@pytest.mark.parametrize("content", [None, "", "frame\n1\n", "frame,person,source,result,trust\n1,x,2,3,4\n"])
def test_a_curve_that_is_not_there_is_empty(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "identity.csv").write_text(content, encoding="utf-8")
    assert read_curve(str(tmp_path)) == ()


def test_a_notice_takes_the_place_of_an_earlier_one(qtbot: QtBot) -> None:
    notices = Notices()
    notices.show(Notice("a", Gravity.NEWS, "first"))
    notices.error(MediaError("media.missing", "it is gone", "Bring it back."), key="b")
    notices.show(Notice("a", Gravity.NEWS, "second"))
    assert [notice.text for notice in notices.shown] == ["second", "It is gone"]
    notices.dismiss("a")
    notices.dismiss("a")
    assert [notice.hint for notice in notices.shown] == ["Bring it back."]


def test_recent_projects_are_the_latest_first(tmp_path: Path, qtbot: QtBot) -> None:
    store = str(tmp_path / "settings.ini")
    preferences = Preferences(QSettings(store, QSettings.Format.IniFormat))
    for i in range(12):
        preferences.add_recent(f"/{i % 10}.likeness")
    again = Preferences(QSettings(store, QSettings.Format.IniFormat))
    assert again.recent[:3] == ["/1.likeness", "/0.likeness", "/9.likeness"]
    assert len(again.recent) == len(set(again.recent)) == 8


def test_a_setting_that_somebody_broke_is_its_default(tmp_path: Path, qtbot: QtBot) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("threads", "many")
    assert Preferences(store).machine.threads == 0


def test_timecode_is_the_clips_own() -> None:
    reel = media()
    assert timecode(reel, 25) == "10:00:01:01"
    assert span(reel, FrameRange(0, 24)) == "10:00:00:00 – 10:00:00:23"


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (59, "59 s"), (600, "10 min"), (7260, "2 h 01 min")])
def test_time_left_is_coarse(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_room_is_guessed_for_every_format() -> None:
    from likeness_core.api import FORMATS

    assert set(BYTES_PER_PIXEL) == set(FORMATS) == set(format_names())
    assert result_bytes(media(), 10, "exr", 2) == 4 * result_bytes(media(), 10, "exr", 1) > 0
    assert [readable(size) for size in (900, 1_234_567, 25_000_000_000)] == ["900 B", "1.2 MB", "25 GB"]
