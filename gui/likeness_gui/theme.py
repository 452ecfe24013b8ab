"""Colours and letters: one place, so that contrast can be computed and tested.

Greys are neutral, because a tinted surround shifts how an editor sees colour; there is one accent. Every pair of text
and ground that the window uses is in `PAIRS`, and reaches WCAG's AA.
"""

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

VIEWER = "#101010"  # behind footage
WINDOW = "#1b1b1b"
PANEL = "#242424"
RAISED = "#303030"  # buttons, cards
HOVER = "#3b3b3b"
FIELD = "#161616"
LINE = "#3a3a3a"
HANDLE = "#4a4a4a"  # of scroll bars
EDGE = "#6e6e6e"  # borders that say "this can be used": 3:1 against the grounds

TEXT = "#e6e6e6"
MUTED = "#b0b0b0"
FAINT = "#979797"  # units, captions
DISABLED = "#6f6f6f"  # WCAG asks nothing of what cannot be used

ACCENT = "#3fb6a8"
ACCENT_HOVER = "#56c9bb"
ACCENT_PRESSED = "#33998d"
ON_ACCENT = "#06110f"
ACCENT_GROUND = "#17332f"  # a selected card

WARNING = "#e8b04a"
ERROR = "#f0806e"
WARNING_GROUND = "#352a14"
ERROR_GROUND = "#3a1d18"
NEWS_GROUND = "#1c2f2d"

# Of people, in the strip and around faces: apart in hue and in lightness, so that they differ in grey too.
PEOPLE = ("#5fd0c2", "#f2b866", "#a9a2f5", "#ef8fb4", "#9ccc65", "#64b5f6", "#d7a98c", "#d4d4d4")

PAIRS = (
    *((text, ground) for text in (TEXT, MUTED, FAINT) for ground in (VIEWER, WINDOW, PANEL, FIELD)),
    *((text, RAISED) for text in (TEXT, MUTED)),
    *((text, ground) for text in (TEXT, MUTED) for ground in (ACCENT_GROUND, NEWS_GROUND)),
    *((text, ground) for text in (TEXT, MUTED) for ground in (WARNING_GROUND, ERROR_GROUND)),
    (TEXT, HOVER), (ON_ACCENT, ACCENT), (ON_ACCENT, ACCENT_HOVER), (ON_ACCENT, ACCENT_PRESSED),
    (ACCENT, PANEL), (ACCENT_HOVER, PANEL), (ACCENT, WINDOW), (ACCENT, ACCENT_GROUND), (WARNING, PANEL), (ERROR, PANEL),
    (WARNING, WARNING_GROUND),
    (ERROR, ERROR_GROUND), *((person, PANEL) for person in PEOPLE),
)  # fmt: skip
MARKS = ((EDGE, FIELD), (EDGE, PANEL), (ACCENT, VIEWER), (ACCENT, LINE))  # what is no text needs 3:1

SPACE = 8  # px; every gap is this, its half or its double


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def person_color(number: int) -> QColor:
    """The colour of a person, by number from 1."""
    return QColor(PEOPLE[(number - 1) % len(PEOPLE)])


def apply(application: QApplication) -> None:
    """Dress the application."""
    application.setStyle("Fusion")
    for _ in _load_fonts():
        pass
    family = "Source Sans Pro" if "Source Sans Pro" in QFontDatabase.families() else application.font().family()
    font = QFont(family)
    font.setPixelSize(13)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    application.setFont(font)
    application.setPalette(_palette())
    application.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """style.qss in these colours."""
    text = (Path(__file__).parent / "style.qss").read_text(encoding="utf-8")
    text = re.sub(r"@([A-Z_]+)", lambda name: str(globals()[name[1]]), text.partition("*/")[2])
    icons = (Path(__file__).parent / "icons").as_posix().replace('"', '\\"')
    # Quoted, because an installation may lie in a folder with spaces.
    return re.sub(r"url\(icons/([\w.]+)\)", lambda file: f'url("{icons}/{file[1]}")', text)


def numbers_font(size: int = 12) -> QFont:
    """For timecode and counts: figures of one width, so that they do not dance."""
    font = QFont(QApplication.font())
    font.setPixelSize(size)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _load_fonts() -> Iterator[int]:
    try:
        folder = resources.files("font_source_sans_pro") / "files"
    except ModuleNotFoundError:  # a packager may leave it out; the platform's letters serve
        return
    for weight in ("Regular", "Semibold", "It"):
        file = folder / f"SourceSansPro-{weight}.ttf"
        if file.is_file():
            yield QFontDatabase.addApplicationFontFromData(file.read_bytes())


def _luminance(color: str) -> float:
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: WINDOW, QPalette.ColorRole.WindowText: TEXT, QPalette.ColorRole.Base: FIELD,
        QPalette.ColorRole.AlternateBase: PANEL, QPalette.ColorRole.Text: TEXT, QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT, QPalette.ColorRole.BrightText: ERROR, QPalette.ColorRole.Highlight: ACCENT,
        QPalette.ColorRole.HighlightedText: ON_ACCENT, QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT, QPalette.ColorRole.PlaceholderText: FAINT,
        QPalette.ColorRole.Link: ACCENT,
        QPalette.ColorRole.Mid: LINE, QPalette.ColorRole.Dark: FIELD, QPalette.ColorRole.Light: HOVER,
    }  # fmt: skip
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(DISABLED))
    return palette
