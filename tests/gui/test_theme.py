"""Contrast, computed from the theme itself."""

import re
from pathlib import Path

import likeness_gui
import pytest
from likeness_gui import theme


def test_contrast_is_what_wcag_says() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the well-known near miss


@pytest.mark.parametrize(("text", "ground"), theme.PAIRS)
def test_text_reaches_aa(text: str, ground: str) -> None:
    assert theme.contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), theme.MARKS)
def test_what_is_no_text_reaches_three(mark: str, ground: str) -> None:
    assert theme.contrast(mark, ground) >= 3


def test_every_colour_of_text_in_the_style_sheet_is_among_the_pairs() -> None:
    text = (Path(likeness_gui.__file__).parent / "style.qss").read_text(encoding="utf-8")
    used = {getattr(theme, name) for name in re.findall(r"[ {]color: @([A-Z_]+)", text)}
    assert used - {theme.DISABLED} <= {pair[0] for pair in theme.PAIRS}


def test_the_style_sheet_is_filled_in() -> None:
    sheet = theme.style_sheet()
    assert "@" not in sheet
    for path in re.findall(r'url\("(.+?)"\)', sheet):
        assert Path(path).is_file(), path


def test_greys_are_neutral() -> None:
    for name in ("VIEWER", "WINDOW", "PANEL", "RAISED", "HOVER", "FIELD", "LINE", "TEXT", "MUTED", "FAINT"):
        color = getattr(theme, name)
        assert color[1:3] == color[3:5] == color[5:7], name


def test_people_differ_in_lightness_or_hue_from_their_neighbours() -> None:
    colors = [theme.person_color(number) for number in range(1, len(theme.PEOPLE) + 1)]
    assert len({color.name() for color in colors}) == len(theme.PEOPLE)
    assert theme.person_color(1) == theme.person_color(1 + len(theme.PEOPLE))
