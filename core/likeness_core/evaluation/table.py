"""From results to the table: means over subjects, intervals, and whether the gates are met."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from likeness_core.evaluation import measure
from likeness_core.evaluation.measure import Interval
from likeness_core.evaluation.run import BASELINES, Result, Row
from likeness_core.evaluation.scores import Scores

Values = npt.NDArray[np.float64]  # one for each unit


@dataclass(frozen=True, slots=True)
class Metric:
    """A column."""

    field: str  # of Scores
    title: str
    digits: int
    meaning: str


METRICS = (
    Metric("psnr_db", "PSNR dB", 2, "of the face's box; higher is nearer to the truth"),
    Metric("ssim", "SSIM", 3, "structural similarity of luma, 1 is the truth"),
    Metric("structural", "GMSD", 3, "gradient magnitude similarity deviation, 0 is the truth"),
    Metric("features", "VGG", 3, "VGG feature distance (HED's weights; not LPIPS), 0 is the truth"),
    Metric("fine_energy", "fine", 2, "energy of waves of 8 px and shorter over the truth's"),
    Metric("detail", "detail", 2, "gradient energy over the truth's"),
    Metric("ids_dlib", "IDS dlib", 4, "cosine to the truth by dlib, the judge that trained nothing (strangers .84)"),
    Metric("ids_sface", "IDS SFace", 3, "the same by SFace, which also conditions and rewards: no evidence alone"),
    Metric("ref_ids_dlib", "Ref dlib", 4, "cosine to the right photographs, dlib"),
    Metric("ref_ids_sface", "Ref SFace", 3, "cosine to the right photographs, SFace"),
    Metric("wrong_ids_dlib", "stranger dlib", 4, "cosine to the wrong person's photographs, dlib"),
    Metric("wrong_ids_sface", "stranger SFace", 3, "the same by SFace"),
    Metric("vidd_dlib", "VIDD", 3, "mean distance of neighbouring frames' dlib embeddings"),
    Metric("deviation_dlib", "deviation", 4, "standard deviation of IDS dlib over a shot"),
    Metric("slope_dlib", "slope", 4, "drift of IDS dlib over 24 frames"),
    Metric("jump_dlib", "jump", 4, "of IDS dlib where the restorer's windows meet"),
    Metric("landmarks", "landmarks", 3, "distance of 468 points to the truth's, in eye distances"),
    Metric("jitter", "jitter", 3, "the same of their movement from frame to frame"),
    Metric("flicker", "flicker", 4, "flow-warped error between neighbours beyond the truth's (DIS flow)"),
)
assert {metric.field for metric in METRICS} == {field.name for field in fields(Scores)}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table at one factor."""

    row: str
    subjects: int
    means: dict[str, float]  # by field of Scores; NaN where nothing was measured
    intervals: dict[str, Interval]  # of the same, where there is more than one unit
    closed_dlib: Interval  # share of the identity distance between input and truth
    closed_sface: Interval


@dataclass(frozen=True, slots=True)
class Table:
    """All rows at one factor, over the same subjects."""

    factor: int
    subjects: tuple[str, ...]
    unit: str  # over what the intervals are: "subject" or "half-second block"
    lines: tuple[Line, ...]

    def line(self, row: str) -> Line | None:
        """The row of that name."""
        return next((line for line in self.lines if line.row == row), None)


class Measured:
    """The results at one factor, averaged over seeds."""

    def __init__(self, results: Sequence[Result], factor: int) -> None:
        self.factor = factor
        self._by: dict[tuple[str, str], list[Result]] = {}
        for result in results:
            if result.factor == factor:
                self._by.setdefault((result.row, result.subject), []).append(result)

    def subjects(self, rows: Sequence[str]) -> tuple[str, ...]:
        """Those that have every one of `rows`."""
        names = dict.fromkeys(subject for _, subject in self._by)
        return tuple(name for name in names if all((row, name) in self._by for row in rows))

    def in_group(self, subject: str, group: tuple[str, str]) -> bool:
        """Whether a subject belongs to a group."""
        return any(group in results[0].groups for (_, name), results in self._by.items() if name == subject)

    def groups(self) -> list[tuple[str, str]]:
        """Every (column, value) that a subject has."""
        return sorted({group for results in self._by.values() for group in results[0].groups})

    def values(self, row: str, subjects: Sequence[str], field: str) -> Values:
        """One figure a subject, the mean over seeds."""
        return np.array([np.mean([getattr(r.scores, field) for r in self._by[row, name]]) for name in subjects])

    def curve(self, row: str, subject: str) -> tuple[tuple[int, ...], Values]:
        """Frames, and identity (dlib) in each: the mean over seeds."""
        found = self._by[row, subject]
        return found[0].numbers, np.mean([result.ids_dlib for result in found], axis=0)

    def identity(self, row: str, subjects: Sequence[str], blocks: bool) -> Values:
        """IDS dlib of each unit."""
        if not blocks:
            return self.values(row, subjects, "ids_dlib")
        curves = [self.curve(row, name)[1] for name in subjects]
        return np.concatenate([measure.blocks(np.asarray(curve, np.float32)) for curve in curves]).astype(np.float64)


FEW_SUBJECTS = 5  # with fewer, intervals are over half-second blocks of their clips


def table(findings: Measured, rows: Sequence[Row], subjects: tuple[str, ...]) -> Table:
    """The figures of `rows` and the baselines over `subjects`."""
    names = [*BASELINES, *(row.name for row in rows)]
    blocks = len(subjects) < FEW_SUBJECTS
    before = findings.identity("input", subjects, blocks)
    before_sface = findings.values("input", subjects, "ids_sface")
    lines = []
    for name in names:
        values = {metric.field: findings.values(name, subjects, metric.field) for metric in METRICS}
        measured = {field: found[np.isfinite(found)] for field, found in values.items()}
        units = {"ids_dlib": findings.identity(name, subjects, blocks)} if blocks else measured  # known frame by frame
        intervals = {field: measure.confidence_interval(v.tolist()) for field, v in units.items() if len(v) > 1}
        lines.append(
            Line(
                row=name,
                subjects=len(subjects),
                means={field: float(found.mean()) if len(found) else float("nan") for field, found in measured.items()},
                intervals=intervals,
                closed_dlib=measure.closed_interval(before, findings.identity(name, subjects, blocks)),
                closed_sface=measure.closed_interval(before_sface, values["ids_sface"]),
            )
        )
    return Table(findings.factor, subjects, "half-second block" if blocks else "subject", tuple(lines))


def difference(findings: Measured, subjects: tuple[str, ...], one: str, other: str) -> Interval:
    """How much more of the identity distance (dlib) row `one` closes than row `other`, as a share."""
    blocks = len(subjects) < FEW_SUBJECTS
    before, a, b = (findings.identity(row, subjects, blocks) for row in ("input", one, other))

    def figure(units: npt.NDArray[np.int64]) -> measure.Values:
        return measure.distance_closed(before[units], a[units]) - measure.distance_closed(before[units], b[units])

    return measure.resampled(figure, len(before))
