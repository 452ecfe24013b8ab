"""`likeness evaluate`: what is asked, and what is printed. Nothing heavy is imported before it runs."""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from likeness_core.api import PARTS
from likeness_core.errors import FaceError, InputError

if TYPE_CHECKING:
    from likeness_core.evaluation.run import Plan, Row
    from likeness_core.evaluation.subjects import Subject

KINDS = {
    "none": "no reference", "right": "right reference", "wrong": "wrong reference", "identity": "identity pack",
}  # fmt: skip
_ABLATIONS = (
    *(f"without {part} (switched off)=--without {part}" for part in PARTS),
    "with negatives (switched on)=--negatives quality=0.3 attributes=0.3 identity=0.3",
)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    command = commands.add_parser(
        "evaluate", help="measure restorations against the truth",
        description=(
            "Restores everybody in FOLDER and compares with the truth: fidelity, identity, texture and steadiness, for "
            "the input, bicubic enlargement and each way to restore. FOLDER has a manifest.json, a manifest.csv of "
            "stills, or movies NAME_gt.mp4 (docs/evaluation.md). Low quality that the folder does not have is made by "
            "the field's recipe. OUT gets index.html, table.csv, results.csv, table.json and results.jsonl; the same "
            "command goes on where it was stopped."
        ),
    )  # fmt: skip
    command.add_argument("folder", type=Path, metavar="FOLDER", help="truths, references, a manifest")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder of the report")
    what = command.add_argument_group("what")
    what.add_argument("--only", default="", metavar="TEXT", help="subjects whose name holds this")
    what.add_argument("--kinds", default="none,right,wrong,identity", help="of rows (%(default)s)")
    what.add_argument("--factors", type=int, nargs="+", default=[4, 8], help="how much smaller (%(default)s)")
    what.add_argument("--seeds", type=int, default=3, help="restorations of each kind (%(default)s)")
    what.add_argument("--every", type=int, default=1, metavar="N", help="look at each Nth frame (%(default)s)")
    what.add_argument("--frames", type=int, metavar="N", help="the first N frames of each subject only")
    what.add_argument("--groups", nargs="*", metavar="COLUMN", help="columns of manifest.csv for rows by group")
    how = command.add_argument_group("how it is restored")
    how.add_argument("--pack", type=Path, nargs="+", default=[], metavar="FOLDER", help="model packs to compare")
    how.add_argument("--identities", type=Path, metavar="FOLDER", help="NAME.identity.safetensors by identity")
    how.add_argument(
        "--row", action="append", default=[], metavar="NAME=OPTIONS",
        help="a further row: the right reference with these options of `likeness restore`, "
        "as in --row '4 steps=--steps 4'; may be repeated",
    )  # fmt: skip
    how.add_argument(
        "--ablations", action="store_true",
        help=f"a row without each part of the method ({', '.join(PARTS)}), and one with negatives; all switched, not "
        "retrained: give weights that were trained otherwise as --row 'NAME=--pack FOLDER'",
    )  # fmt: skip
    how.add_argument("--grain", type=float, default=0.0, help="put back, 0 to 1 (%(default)s)")
    how.add_argument(
        "--fading", action=argparse.BooleanOptionalAction, default=False, help="fade where a result is doubtful"
    )
    how.add_argument("--steps", type=int, choices=(1, 2, 4, 8), help="denoising steps, in place of the default")
    how.add_argument("--device", default="auto", help="as for restore")
    how.add_argument("--threads", type=int, default=2, help="CPU threads (%(default)s)")
    command.add_argument("--json", action="store_true", help="print JSON in place of text")
    command.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Evaluate, print the table, write the report."""
    from rich.console import Console

    from likeness_core.evaluation.page import write_page
    from likeness_core.evaluation.report import as_json, as_text, sections, write_csv
    from likeness_core.evaluation.run import evaluate_set
    from likeness_core.jobs import write_whole
    from likeness_core.media.write import make_folder
    from likeness_core.progress_bar import follow

    subjects, plan = _subjects(given), _plan(given)
    make_folder(plan.folder)
    console = Console(stderr=True)
    findings = follow(evaluate_set(subjects, plan), console)
    for line in findings.left_out:
        console.print(f"left out: {line}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    found = sections(findings.results, plan.rows)
    if not found:
        raise FaceError("evaluate.no_face", "nothing could be measured", "See what was left out, and why, above.")
    write_csv(plan.folder, found, findings.results)
    write_whole(plan.folder / "table.json", as_json(found).encode())
    write_page(plan, found, findings.left_out)
    print(as_json(found) if given.json else as_text(found))
    return 0


def _subjects(given: argparse.Namespace) -> "tuple[Subject, ...]":
    from likeness_core.evaluation.subjects import GROUP_COLUMNS, read_set

    columns = tuple(given.groups) if given.groups is not None else GROUP_COLUMNS
    subjects = tuple(one for one in read_set(given.folder, columns) if given.only in one.name)
    if not subjects:
        raise InputError("evaluate.nobody", f"no subject's name holds '{given.only}'", "Leave --only out to see all.")
    if given.identities is None:
        return subjects
    named = [(one, given.identities / f"{one.identity}.identity.safetensors") for one in subjects]
    return tuple(replace(one, identity_pack=path) if path.is_file() else one for one, path in named)


def _plan(given: argparse.Namespace) -> "Plan":
    from likeness_core.evaluation.run import Plan

    if min(given.seeds, given.every, *given.factors, given.frames or 1) < 1:
        raise InputError("input.count", "--seeds, --every, --frames and --factors start at 1", "Correct the number.")
    arguments = ["--grain", str(given.grain), "--device", given.device]
    arguments += [] if given.fading else ["--no-fading"]
    arguments += ["--steps", str(given.steps)] if given.steps else []
    return Plan(
        folder=given.output,
        factors=tuple(given.factors),
        rows=_rows(given),
        seeds=given.seeds,
        every=given.every,
        frames=given.frames,
        arguments=tuple(arguments),
        threads=given.threads,
    )


def _rows(given: argparse.Namespace) -> "tuple[Row, ...]":
    from likeness_core.evaluation.run import BASELINES, Row

    kinds = [kind for kind in given.kinds.split(",") if kind]
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise InputError("input.kinds", f"there is no kind '{unknown[0]}'", f"Choose from {', '.join(KINDS)}.")
    packs: list[Path | None] = list(given.pack) or [None]
    titled = [*(_ABLATIONS if given.ablations else ()), *given.row]
    rows = []
    for pack in packs:
        name, options = (f"{pack.resolve().name}: ", ("--pack", str(pack))) if pack else ("", ())
        rows += [Row((name if len(packs) > 1 else "") + KINDS[kind], kind, options) for kind in kinds]
        for text in titled:
            title, separator, words = text.partition("=")
            if not (separator and title):
                raise InputError("input.row", f"--row {text} is not NAME=OPTIONS", "Write --row '4 steps=--steps 4'.")
            rows.append(Row((name if len(packs) > 1 else "") + title, "right", (*options, *shlex.split(words))))
    names = [*BASELINES, *(row.name for row in rows)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        hint = "Give each --row a name of its own, and each --pack a folder of another name."
        raise InputError("input.row", f"two rows are called '{twice[0]}'", hint)
    return tuple(rows)
