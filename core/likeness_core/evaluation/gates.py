"""Whether a set of weights meets what is asked of it: each line with its figure, whichever way it goes.

By the judge (dlib), SFace's figure beside it. A line that the results cannot tell is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from likeness_core.evaluation.measure import Interval
from likeness_core.evaluation.run import Row
from likeness_core.evaluation.table import Line, Measured, Table, difference

PSNR_GAIN_DB = 1.5  # x4, over bicubic
CLOSED = 0.40  # x8, with the right reference
REFERENCE_WORTH = 0.20  # over none
IDENTITY_WORTH = 0.10  # an identity pack over a reference
STRANGER = 0.03  # most that a wrong reference may move
TEXTURE = 0.60  # of the truth's fine energy


@dataclass(frozen=True, slots=True)
class Gate:
    """One line of what is asked."""

    text: str
    figure: str
    met: bool


def gates(findings: Measured, table: Table, rows: Sequence[Row]) -> list[Gate]:
    """The lines for one factor, for the first row of each kind."""
    first = {row.kind: row.name for row in reversed(rows)}
    lines = {kind: line for kind, name in first.items() if (line := table.line(name)) is not None}
    before, bicubic = table.line("input"), table.line("bicubic")
    if before is None or bicubic is None:
        return []
    found: list[Gate] = []
    if table.factor == 4:
        found += _mild(lines, before, bicubic)
    if table.factor >= 8:
        found += _heavy(findings, table, lines, first)
    found += _texture(lines, bicubic)
    return found


def _mild(lines: dict[str, Line], before: Line, bicubic: Line) -> list[Gate]:
    found = []
    if "right" in lines:
        gain, ids = _gain(lines["right"], bicubic, "psnr_db"), _gain(lines["right"], bicubic, "ids_dlib")
        text = f"with a reference: PSNR at least {PSNR_GAIN_DB} dB over bicubic"
        found.append(Gate(text, f"{gain:+.2f} dB", gain >= PSNR_GAIN_DB))
        found.append(Gate("with a reference: identity above bicubic's", f"{ids:+.4f}", ids > 0))
    if "none" in lines:
        psnr, ids = _gain(lines["none"], before, "psnr_db"), _gain(lines["none"], before, "ids_dlib")
        text = "without a reference nothing is below the input (PSNR, identity)"
        found.append(Gate(text, f"{psnr:+.2f} dB, {ids:+.4f}", psnr >= 0 and ids >= 0))
    return found


def _heavy(findings: Measured, table: Table, lines: dict[str, Line], first: dict[str, str]) -> list[Gate]:
    found = []
    if "right" in lines:
        closed, other = lines["right"].closed_dlib, lines["right"].closed_sface
        text = f"the right reference closes at least {CLOSED:.0%} of the identity distance"
        found.append(Gate(text, f"{_share(closed)}, SFace {other.mean:+.1%}", closed.mean >= CLOSED))
    if "none" in lines:
        closed = lines["none"].closed_dlib
        found.append(Gate("without a reference none is opened", _share(closed), closed.mean >= 0))
    if "right" in lines and "none" in lines:
        worth = difference(findings, table.subjects, first["right"], first["none"])
        text = f"the right reference is worth at least {100 * REFERENCE_WORTH:.0f} points over none"
        found.append(Gate(text, _share(worth), worth.mean >= REFERENCE_WORTH))
        steady = [_gain(lines["right"], lines["none"], field) for field in ("vidd_dlib", "slope_dlib")]
        if all(value == value for value in steady):  # stills have neither
            figure = f"VIDD {steady[0]:+.4f}, slope {steady[1]:+.4f}"
            found.append(Gate("VIDD and drift no worse than without", figure, steady[0] <= 0 <= steady[1]))
    if "identity" in lines and "right" in lines:
        worth = difference(findings, table.subjects, first["identity"], first["right"])
        text = f"an identity pack is worth at least {100 * IDENTITY_WORTH:.0f} points over the reference"
        found.append(Gate(text, _share(worth), worth.mean >= IDENTITY_WORTH))
    if "wrong" in lines and "none" in lines:
        moved = difference(findings, table.subjects, first["wrong"], first["none"])
        text = f"a wrong reference moves it by at most {100 * STRANGER:.0f} points either way"
        found.append(Gate(text, _share(moved), abs(moved.mean) <= STRANGER))
        raised = _gain(lines["wrong"], lines["none"], "wrong_ids_dlib")
        sface = _gain(lines["wrong"], lines["none"], "wrong_ids_sface")
        figure = f"{raised:+.4f}, SFace {sface:+.4f}"
        found.append(Gate("a wrong reference never raises likeness to the wrong person", figure, raised <= 0))
    return found


def _texture(lines: dict[str, Line], bicubic: Line) -> list[Gate]:
    if "right" not in lines:
        return []
    right, found = lines["right"], []
    energy = right.means["fine_energy"]
    text = f"with a reference: fine detail at least {TEXTURE:.0%} of the truth's"
    found.append(Gate(text, f"{energy:.0%} (bicubic {bicubic.means['fine_energy']:.0%})", energy >= TEXTURE))
    others = [bicubic, *([lines["none"]] if "none" in lines else [])]
    distances = [line.means["features"] for line in others]
    mine = right.means["features"]
    figure = f"{mine:.3f} against {', '.join(f'{distance:.3f}' for distance in distances)}"
    text = "its feature distance is below bicubic's and below the one without"
    found.append(Gate(text, figure, all(mine < distance for distance in distances)))
    return found


def _gain(one: Line, other: Line, field: str) -> float:
    return one.means[field] - other.means[field]


def _share(interval: Interval) -> str:
    doubt = f" ({interval.low:+.1%} to {interval.high:+.1%})" if interval.low < interval.high else ""
    return f"{interval.mean:+.1%}{doubt}"
