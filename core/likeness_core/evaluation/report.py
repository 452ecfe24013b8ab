"""The table of an evaluation as text, CSV and JSON."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from likeness_core.evaluation.gates import Gate, gates
from likeness_core.evaluation.run import BASELINES, Result, Row
from likeness_core.evaluation.table import METRICS, Line, Measured, Metric, Table, table
from likeness_core.jobs import write_whole

# The text's blocks: what does not fit beside each other stands below each other.
_PICTURE = ("psnr_db", "ssim", "structural", "features", "fine_energy", "detail")
_IDENTITY = ("ids_dlib", "ids_sface", "ref_ids_dlib", "ref_ids_sface", "wrong_ids_dlib", "wrong_ids_sface")
_TIME = ("vidd_dlib", "deviation_dlib", "slope_dlib", "jump_dlib", "landmarks", "jitter", "flicker")
_WITH_INTERVAL = ("psnr_db", "ids_dlib")


@dataclass(frozen=True, slots=True)
class Section:
    """Everything that is said of one factor."""

    findings: Measured
    table: Table  # over the subjects that have every row
    everyone: Table | None  # over all subjects, the rows that all have; None where that is the same
    gates: tuple[Gate, ...]
    groups: tuple[tuple[str, Table], ...]  # "column: value", the same by group


def sections(results: Sequence[Result], rows: Sequence[Row]) -> list[Section]:
    """One for each factor that has results."""
    found = []
    for factor in sorted({result.factor for result in results}):
        findings = Measured(results, factor)
        served = [row for row in rows if findings.subjects([row.name])]
        whole = findings.subjects([*BASELINES, *(row.name for row in served)])
        all_subjects = findings.subjects(BASELINES)
        common = [row for row in served if set(findings.subjects([row.name])) >= set(all_subjects)]
        if not whole:  # no subject can serve every row
            whole, served = all_subjects, common
        main = table(findings, served, whole)
        everyone = table(findings, common, all_subjects) if all_subjects != whole else None
        by_group = []
        for column, value in findings.groups():
            members = tuple(name for name in all_subjects if findings.in_group(name, (column, value)))
            if members and len(members) < len(all_subjects):
                rows_of = [row for row in served if set(members) <= set(findings.subjects([row.name]))]
                by_group.append((f"{column}: {value}", table(findings, rows_of, members)))
        found.append(Section(findings, main, everyone, tuple(gates(findings, main, served)), tuple(by_group)))
    return found


def as_text(found: Sequence[Section]) -> str:
    """Everything for the terminal."""
    parts = []
    for section in found:
        parts.append(f"x{section.findings.factor}: {_over(section.table)}")
        parts += [_block(section.table, names) for names in (_PICTURE, _IDENTITY, _TIME) if _has(section.table, names)]
        if section.everyone is not None:
            parts.append(f"x{section.findings.factor}, every subject: {_over(section.everyone)}")
            parts += [_block(section.everyone, names) for names in (_PICTURE, _IDENTITY)]
        for name, group in section.groups:
            parts.append(f"x{section.findings.factor}, {name}: {_over(group)}")
            parts.append(_block(group, ("psnr_db", "ids_dlib", "ids_sface")))
        if section.gates:
            lines = [f"  {'yes' if gate.met else 'NO ':3}  {gate.text}: {gate.figure}" for gate in section.gates]
            parts.append("\n".join([f"x{section.findings.factor}, what is asked of weights:", *lines]))
    notes = [f"  {metric.title:15} {metric.meaning}" for metric in METRICS]
    notes.append(f"  {'closed':15} share of the identity distance between input and truth; negative: further off")
    return "\n\n".join([*parts, "\n".join(["columns:", *notes])])


def _over(found: Table) -> str:
    count = len(found.subjects)
    return f"{count} subject{'s' if count > 1 else ''}; intervals are 95 %, by {found.unit}"


def _has(found: Table, names: Sequence[str]) -> bool:
    return any(math.isfinite(line.means[name]) for line in found.lines for name in names)


def _block(found: Table, names: Sequence[str]) -> str:
    columns = [metric for metric in METRICS if metric.field in names and _has(found, [metric.field])]
    head = [_titled(metric) for metric in columns]
    if "ids_dlib" in names:
        head += [f"{'closed dlib':>25}", f"{'closed SFace':>13}"]
    width = max(len(line.row) for line in found.lines)
    lines = ["  ".join([" " * width, *head]).rstrip()]
    for line in found.lines:
        cells = [_cell(line, metric) for metric in columns]
        if "ids_dlib" in names:
            closed = line.closed_dlib
            spread = f" ({closed.low:+.1%}, {closed.high:+.1%})" if closed.low < closed.high else ""
            cells += [f"{f'{closed.mean:+.1%}{spread}':>25}", f"{line.closed_sface.mean:+13.1%}"]
        lines.append("  ".join([f"{line.row:{width}}", *cells]))
    return "\n".join(lines)


def _titled(metric: Metric) -> str:
    return f"{metric.title:>{_width(metric)}}"


def _width(metric: Metric) -> int:
    return 24 if metric.field in _WITH_INTERVAL else max(len(metric.title), 7)


def _cell(line: Line, metric: Metric) -> str:
    mean, interval = line.means[metric.field], line.intervals.get(metric.field)
    text = f"{mean:.{metric.digits}f}" if math.isfinite(mean) else "-"
    if metric.field in _WITH_INTERVAL and interval is not None and interval.low < interval.high:
        text += f" ({interval.low:.{metric.digits}f}, {interval.high:.{metric.digits}f})"
    return f"{text:>{_width(metric)}}"


def as_json(found: Sequence[Section]) -> str:
    """Tables and gates; what was not measured is null."""
    stored = [
        {
            "factor": section.findings.factor,
            "table": asdict(section.table),
            "everyone": asdict(section.everyone) if section.everyone else None,
            "groups": {name: asdict(group) for name, group in section.groups},
            "gates": [asdict(gate) for gate in section.gates],
        }
        for section in found
    ]
    return json.dumps(_without_nan(stored), indent=2)


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_csv(folder: Path, found: Sequence[Section], results: Sequence[Result]) -> None:
    """`table.csv`, a line a row; `results.csv`, a line a restoration."""
    fields = [metric.field for metric in METRICS]
    bounds = [f"{field}_{bound}" for field in fields for bound in ("low", "high")]
    closed = [f"closed_{name}{end}" for name in ("dlib", "sface") for end in ("", "_low", "_high")]
    rows: list[list[object]] = [["factor", "row", "subjects", *fields, *bounds, *closed]]
    for section in found:
        for line in section.table.lines:
            ranges = [line.intervals.get(field) for field in fields]
            edges = [edge for i in ranges for edge in ((i.low, i.high) if i else ("", ""))]
            shares = [v for share in (line.closed_dlib, line.closed_sface) for v in (share.mean, share.low, share.high)]
            means = [_or_blank(line.means[field]) for field in fields]
            rows.append([section.findings.factor, line.row, line.subjects, *means, *edges, *shares])
    _write(folder / "table.csv", rows)
    lines: list[list[object]] = [["factor", "subject", "row", "seed", "frames", *fields]]
    for result in results:
        values = [_or_blank(getattr(result.scores, field)) for field in fields]
        lines.append([result.factor, result.subject, result.row, result.seed, result.frames, *values])
    _write(folder / "results.csv", lines)


def _or_blank(value: float) -> float | str:
    return value if math.isfinite(value) else ""


def _write(path: Path, rows: list[list[object]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(path, text.getvalue().encode())
