"""The core's words for what a face shows, in the language of the window; what is sent stays the core's."""

from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

# As restorer.attributes.VOCABULARY, which cannot be imported here: it is of the core's heavy part.
_FACE: Final = (
    QT_TRANSLATE_NOOP("Face", "mouth open"), QT_TRANSLATE_NOOP("Face", "smiling"),
    QT_TRANSLATE_NOOP("Face", "eyes closed"), QT_TRANSLATE_NOOP("Face", "looking left"),
    QT_TRANSLATE_NOOP("Face", "looking right"), QT_TRANSLATE_NOOP("Face", "looking up"),
    QT_TRANSLATE_NOOP("Face", "looking down"), QT_TRANSLATE_NOOP("Face", "brows raised"),
    QT_TRANSLATE_NOOP("Face", "black and white"), QT_TRANSLATE_NOOP("Face", "beard"),
    QT_TRANSLATE_NOOP("Face", "moustache"), QT_TRANSLATE_NOOP("Face", "glasses"), QT_TRANSLATE_NOOP("Face", "bald"),
    QT_TRANSLATE_NOOP("Face", "long hair"), QT_TRANSLATE_NOOP("Face", "child"), QT_TRANSLATE_NOOP("Face", "young"),
    QT_TRANSLATE_NOOP("Face", "middle-aged"), QT_TRANSLATE_NOOP("Face", "old"), QT_TRANSLATE_NOOP("Face", "wrinkles"),
    QT_TRANSLATE_NOOP("Face", "freckles"), QT_TRANSLATE_NOOP("Face", "make-up"), QT_TRANSLATE_NOOP("Face", "blurred"),
    QT_TRANSLATE_NOOP("Face", "noisy"), QT_TRANSLATE_NOOP("Face", "blocky"),
)  # fmt: skip
_SIDES: Final = (
    QT_TRANSLATE_NOOP("Face", "front"), QT_TRANSLATE_NOOP("Face", "half left"), QT_TRANSLATE_NOOP("Face", "half right"),
    QT_TRANSLATE_NOOP("Face", "left"), QT_TRANSLATE_NOOP("Face", "right"),
)  # fmt: skip
WORDS: Final = frozenset((*_FACE, *_SIDES))


def said(word: str) -> str:
    """A word of the core's in the window's language; one that is not known stays as it is."""
    return QCoreApplication.translate("Face", word) if word in WORDS else word
