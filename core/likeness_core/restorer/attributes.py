"""Face2Text for the compact backbone: a fixed vocabulary of attributes in place of a sentence encoder.

The paper's: an attribute detector writes a sentence that conditions the text stream. Our reading here: attributes with
a degree from 0 to 1 each. The first nine are measured from dense landmarks and the picture; the rest can be said by
the user and carry no training yet.
"""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]  # (468, 2), any unit

MEASURED = (
    "mouth open", "smiling", "eyes closed", "looking left", "looking right", "looking up", "looking down",
    "brows raised", "black and white",
)  # fmt: skip
VOCABULARY = (
    *MEASURED, "beard", "moustache", "glasses", "bald", "long hair", "child", "young", "middle-aged", "old",
    "wrinkles", "freckles", "make-up", "blurred", "noisy", "blocky",
)  # fmt: skip

# Where each ratio of `_ratios` stands for degree 0 and for degree 1. From its percentiles over 2,145 training crops:
# 50th to 99th (1st where less is more); a smile from the 25th to the 95th.
_RANGES = {
    "mouth open": (0.037, 0.12),
    "smiling": (0.38, 0.52),
    "eyes closed": (0.27, 0.17),
    "looking left": (0.0, -0.33),
    "looking right": (0.0, 0.33),
    "looking up": (0.54, 0.38),
    "looking down": (0.54, 0.70),
    "brows raised": (0.123, 0.160),
}


def measure_attributes(dense: Points, monochrome: bool) -> npt.NDArray[np.float32]:
    """Degrees (len(VOCABULARY),) in [0, 1] of a face with these landmarks; what is not measured is 0."""
    ratios = _ratios(dense)
    degrees = np.zeros(len(VOCABULARY), np.float32)
    for name, (none, full) in _RANGES.items():
        degrees[VOCABULARY.index(name)] = np.clip((ratios[name] - none) / (full - none), 0, 1)
    degrees[VOCABULARY.index("black and white")] = float(monochrome)
    return degrees


def mirrored_attributes(degrees: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The degrees of the mirrored picture."""
    left, right = VOCABULARY.index("looking left"), VOCABULARY.index("looking right")
    out = degrees.copy()
    out[left], out[right] = degrees[right], degrees[left]
    return out


DEFECTS = ("blurred", "noisy", "blocky")
_OPPOSITES = {"looking left": "looking right", "looking up": "looking down"}
_NEVER_NEGATED = (*DEFECTS, "black and white")  # the first belong to quality, the last is the footage's


LEARNT = (
    *MEASURED,
    *DEFECTS,
)  # words that the shipped weights were trained with; the others are understood by none yet


def parse_attributes(text: str) -> tuple[tuple[str, float], ...]:
    """ "smiling:0.3, eyes closed:0, beard" as words with degrees; a word alone is said wholly.

    Raises ValueError that names what is no word of the vocabulary, or no degree from 0 to 1.
    """
    said = []
    for part in filter(None, (part.strip() for part in text.lower().split(","))):
        word, _, number = (piece.strip() for piece in part.partition(":"))
        if word not in VOCABULARY:
            raise ValueError(f"'{word}' is not one of: {', '.join(VOCABULARY)}")
        try:
            degree = float(number) if number else 1.0
        except ValueError:
            degree = -1.0
        if not 0 <= degree <= 1:
            raise ValueError(f"'{part}' is no word with a degree from 0 to 1")
        said.append((word, degree))
    return tuple(said)


def as_said(degrees: npt.NDArray[np.float32], said: tuple[tuple[str, float], ...]) -> npt.NDArray[np.float32]:
    """Measured degrees, but for what the user says."""
    out = degrees.copy()
    for word, degree in said:
        out[VOCABULARY.index(word)] = degree
    return out


def sentence(degrees: npt.NDArray[np.float32]) -> str:
    """Face2Text's sentence: "smiling, mouth slightly open"; "no expression" where nothing stands out."""
    words = []
    for word, degree in zip(VOCABULARY, degrees, strict=True):
        if degree >= 0.6:
            words.append(word)
        elif degree >= 0.3:
            words.append(f"slightly {word}" if " " not in word else word.replace(" ", " slightly ", 1))
    return ", ".join(words) or "no expression"


def with_defects(degrees: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same degrees, and every word for low quality said."""
    out = degrees.copy()
    out[[VOCABULARY.index(word) for word in DEFECTS]] = 1
    return out


def negated(degrees: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The opposite of what was measured; words that carry no training stay unsaid."""
    out = degrees.copy()
    for word in MEASURED:
        if word not in _NEVER_NEGATED:
            out[VOCABULARY.index(word)] = 1 - degrees[VOCABULARY.index(word)]
    for word, opposite in _OPPOSITES.items():
        one, other = VOCABULARY.index(word), VOCABULARY.index(opposite)
        out[one], out[other] = degrees[other], degrees[one]
    return out


def _ratios(dense: Points) -> dict[str, float]:
    def distance(a: int, b: int) -> float:
        return float(np.linalg.norm(dense[a] - dense[b]))

    height, width = max(distance(10, 152), 1e-6), max(distance(234, 454), 1e-6)
    lids = distance(159, 145) / max(distance(33, 133), 1e-6) + distance(386, 374) / max(distance(362, 263), 1e-6)
    eyes, mouth = (dense[33] + dense[263]) / 2, (dense[61] + dense[291]) / 2
    down = (mouth - eyes) / max(float(np.linalg.norm(mouth - eyes)), 1e-6)
    across = np.array([down[1], -down[0]])
    nose = dense[4] - eyes
    turn = float(nose @ across) / width * 2
    tilt = float(nose @ down) / max(float(np.linalg.norm(mouth - eyes)), 1e-6)
    brows = (distance(105, 159) + distance(334, 386)) / 2 / height
    return {
        "mouth open": distance(13, 14) / height,
        "smiling": distance(61, 291) / width,
        "eyes closed": lids / 2,
        "looking left": turn,
        "looking right": turn,
        "looking up": tilt,
        "looking down": tilt,
        "brows raised": brows,
    }
