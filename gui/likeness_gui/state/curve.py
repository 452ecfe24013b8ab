"""The identity curve of a finished job: how like the person each frame was, and is; and which frames to look at."""

import csv
from dataclasses import dataclass
from pathlib import Path

LESS_ALIKE = 0.02  # SFace cosine; smaller losses are its noise between neighbouring frames
DOUBTFUL = 0.5  # of trust: more than half of the source shows through


@dataclass(frozen=True, slots=True)
class Score:
    """One face of one frame."""

    frame: int
    person: int
    source: float  # cosine to the person, before
    result: float  # after
    trust: float  # share of the result that was used

    @property
    def is_problem(self) -> bool:
        """Whether the editor should look at it: less like the person than it was, or hardly restored."""
        return self.result < self.source - LESS_ALIKE or self.trust < DOUBTFUL


def read_curve(folder: str) -> tuple[Score, ...]:
    """The curve in a job's output folder; empty where there is none."""
    try:
        with (Path(folder) / "identity.csv").open(encoding="utf-8", newline="") as handle:
            return tuple(_score(row) for row in csv.DictReader(handle))
    except (OSError, KeyError, TypeError, ValueError):
        return ()


def _score(row: dict[str, str]) -> Score:
    return Score(int(row["frame"]), int(row["person"]), float(row["source"]), float(row["result"]), float(row["trust"]))
