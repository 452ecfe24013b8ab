"""An evaluation as one HTML page that needs nothing else: tables, gates, curves of identity, faces side by side."""

import base64
import html
import io
import math
from collections.abc import Sequence
from pathlib import Path

import cv2

from likeness_core.evaluation.measure import Interval
from likeness_core.evaluation.report import Section
from likeness_core.evaluation.run import BASELINES, Plan, picture_path
from likeness_core.evaluation.table import METRICS, Line, Measured, Metric, Table
from likeness_core.jobs import write_whole

MOST_SUBJECTS = 12  # with pictures, of each factor: a page of a hundred people opens slowly
_ENLARGED_PX = 300  # least width of a face as shown
_COLOURS = (
    "#1a1a1a",
    "#8a8a8a",
    "#c9a227",
    "#0b6e4f",
    "#c8553d",
    "#2d5fa8",
    "#7a3e9d",
    "#2a9d8f",
    "#b5651d",
    "#d1495b",
)

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1500px; padding: 0 1.5rem;
  color: #1d1d1f; background: #fbfaf8; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.3rem; }
h3 { margin: 1.6rem 0 .4rem; font-size: 1rem; }
p.note { color: #66635c; margin: .2rem 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .3rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #e3dfd6; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fbfaf8; }
td small { display: block; color: #85817a; font-size: 11px; }
tr.baseline td { color: #6d6a64; }
td.best { font-weight: 650; }
ul.gates { list-style: none; padding: 0; } ul.gates li { padding: .15rem 0; }
.yes, .no { display: inline-block; min-width: 2.2rem; text-align: center; border-radius: 4px; margin-right: .5rem;
  color: #fff; font-size: 12px; }
.yes { background: #0b6e4f; } .no { background: #b23a2e; }
.faces { display: flex; gap: .6rem; overflow-x: auto; padding-bottom: .5rem; }
figure { margin: 0; } figcaption { font-size: 12px; color: #66635c; text-align: center; }
.faces img { width: 300px; image-rendering: auto; display: block; border-radius: 3px; }
img.curve { max-width: 100%; background: #fff; border-radius: 4px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; font-size: 13px; }
dt { font-weight: 600; } dd { margin: 0; }
@media (prefers-color-scheme: dark) {
  body, th:first-child, td:first-child { background: #1c1b19; color: #eceae5; }
  th, td { border-color: #38352f; } tr.baseline td { color: #a5a198; }
}
"""

# Which way is better, for the bold figure of a column; others have none.
_HIGHER = {"psnr_db", "ssim", "ids_dlib", "ids_sface", "ref_ids_dlib", "ref_ids_sface"}
_LOWER = {"structural", "features", "vidd_dlib", "deviation_dlib", "jump_dlib", "landmarks", "jitter", "flicker"}


def write_page(plan: Plan, found: Sequence[Section], left_out: Sequence[str] = ()) -> Path:
    """Write OUT/index.html; pictures are those that the evaluation left in OUT/pictures."""
    rows = [*BASELINES, *(row.name for row in plan.rows)]
    parts = [_head(plan, found)]
    for section in found:
        factor = section.findings.factor
        parts.append(f"<h2>×{factor}</h2>")
        parts.append(_gates(section))
        parts.append(_table(section.table))
        if section.everyone is not None:
            parts.append(f"<h3>every subject ({len(section.everyone.subjects)})</h3>{_table(section.everyone)}")
        for name, group in section.groups:
            parts.append(f"<h3>{html.escape(name)} ({len(group.subjects)})</h3>{_table(group)}")
        shown = (section.everyone or section.table).subjects
        ordered = [*section.table.subjects, *(name for name in shown if name not in section.table.subjects)]
        for subject in ordered[:MOST_SUBJECTS]:
            parts.append(_subject(plan, section.findings, subject, rows))
        if len(ordered) > MOST_SUBJECTS:
            parts.append(f"<p class=note>Pictures of the first {MOST_SUBJECTS} of {len(ordered)} subjects.</p>")
    if left_out:
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in left_out)
        parts.append(f"<h2>Left out</h2><ul>{lines}</ul>")
    parts.append(_legend())
    path = plan.folder / "index.html"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Likeness: evaluation</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"{''.join(parts)}</body></html>"
    )
    write_whole(path, page.encode())
    return path


def _head(plan: Plan, found: Sequence[Section]) -> str:
    subjects = len({name for section in found for name in (section.everyone or section.table).subjects})
    facts = [f"{subjects} subject{'s' * (subjects > 1)}", f"{plan.seeds} seed{'s' * (plan.seeds > 1)}"]
    facts.append(f"one frame in {plan.every}" if plan.every > 1 else "every frame")
    facts.append(f"restored with: {' '.join(plan.arguments)}")
    return f"<h1>Likeness: evaluation</h1><p class=note>{html.escape(' · '.join(filter(None, facts)))}</p>"


def _gates(section: Section) -> str:
    lines = [
        f"<li><span class={'yes' if gate.met else 'no'}>{'yes' if gate.met else 'no'}</span>"
        f"{html.escape(gate.text)}: <b>{html.escape(gate.figure)}</b></li>"
        for gate in section.gates
    ]
    return f"<ul class=gates>{''.join(lines)}</ul>" if lines else ""


def _table(found: Table) -> str:
    columns = [metric for metric in METRICS if any(math.isfinite(line.means[metric.field]) for line in found.lines)]
    titles = "".join(f'<th title="{html.escape(m.meaning)}">{html.escape(m.title)}</th>' for m in columns)
    best = {metric.field: _best(found, metric) for metric in columns}
    lines = [_line(line, columns, best) for line in found.lines]
    count = f"{len(found.subjects)} subject{'s' if len(found.subjects) > 1 else ''}"
    return (
        f"<div class=wide><table><tr><th></th><th>closed (dlib)</th><th>closed (SFace)</th>{titles}</tr>"
        f"{''.join(lines)}</table></div><p class=note>{count}; 95 % intervals by {found.unit}</p>"
    )


def _line(line: Line, columns: Sequence[Metric], best: dict[str, float]) -> str:
    cells = [
        f"<td>{share.mean:+.1%}<small>{_spread(share, '+.1%')}</small></td>"
        for share in (line.closed_dlib, line.closed_sface)
    ]
    for metric in columns:
        mean, interval = line.means[metric.field], line.intervals.get(metric.field)
        text = f"{mean:.{metric.digits}f}" if math.isfinite(mean) else "–"
        spread = _spread(interval, f".{metric.digits}f") if interval else ""
        mark = " class=best" if mean == best[metric.field] else ""
        cells.append(f"<td{mark}>{text}<small>{spread}</small></td>")
    kind = " class=baseline" if line.row in BASELINES else ""
    return f"<tr{kind}><td>{html.escape(line.row)}</td>{''.join(cells)}</tr>"


def _spread(interval: Interval, form: str) -> str:
    """Its bounds; nothing where there is but one unit or no doubt."""
    return f"{interval.low:{form}} to {interval.high:{form}}" if interval.low < interval.high else ""


def _best(found: Table, metric: Metric) -> float:
    """The best figure that is not the truth's own; NaN where the column has no better side."""
    values = [line.means[metric.field] for line in found.lines if line.row != "truth"]
    known = [value for value in values if math.isfinite(value)]
    if not known or metric.field not in _HIGHER | _LOWER:
        return math.nan
    return max(known) if metric.field in _HIGHER else min(known)


def _subject(plan: Plan, findings: Measured, subject: str, rows: Sequence[str]) -> str:
    has = [row for row in rows if findings.subjects([row]) and subject in findings.subjects([row])]
    numbers = findings.curve("input", subject)[0]
    parts = [f"<h3>{html.escape(subject)}</h3>"]
    if len(numbers) > 2:
        parts.append(f'<img class=curve alt="identity of each frame" src="{_curves(findings, subject, has)}">')
    for number in _kept(plan, findings, subject):
        faces = []
        for row in has:
            path = picture_path(plan.folder, subject, findings.factor, row, number)
            if path.is_file():
                faces.append(
                    f'<figure><img alt="{html.escape(row)}" src="{_embedded(path)}">'
                    f"<figcaption>{html.escape(row)}</figcaption></figure>"
                )
        parts.append(f"<div class=faces>{''.join(faces)}</div>")
    return "".join(parts)


def _kept(plan: Plan, findings: Measured, subject: str) -> list[int]:
    """The frames of which pictures were kept."""
    folder = picture_path(plan.folder, subject, findings.factor, "input", 0).parent
    return sorted({int(path.name.partition("-")[0]) for path in folder.glob("*.png")})


def _embedded(path: Path) -> str:
    """A picture as a data URL: faces smaller than the page shows them are enlarged here, by cubic interpolation."""
    data = path.read_bytes()
    picture = cv2.imread(str(path))
    if picture is not None and picture.shape[1] < _ENLARGED_PX:
        ratio = _ENLARGED_PX / picture.shape[1]
        large = cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_CUBIC)
        done, encoded = cv2.imencode(".png", large)
        data = encoded.tobytes() if done else data
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def _curves(findings: Measured, subject: str, rows: Sequence[str]) -> str:
    """Identity (dlib) of each frame, a line a row, as a data URL."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 2.6), layout="constrained")
    axes = figure.add_subplot()
    for position, row in enumerate(row for row in rows if row != "truth"):
        numbers, values = findings.curve(row, subject)
        style = "--" if row in BASELINES else "-"
        axes.plot(numbers, values, style, color=_COLOURS[1:][position % 9], label=row, linewidth=1.4)
    axes.set_xlabel("frame")
    axes.set_ylabel("identity (dlib)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _legend() -> str:
    entries = [f"<dt>{html.escape(metric.title)}</dt><dd>{html.escape(metric.meaning)}</dd>" for metric in METRICS]
    closed = "share of the identity distance between input and truth that is closed; negative: further off"
    return f"<h2>Columns</h2><dl><dt>closed</dt><dd>{closed}</dd>{''.join(entries)}</dl>"
