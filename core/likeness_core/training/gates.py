"""Whether a set of weights deserves to ship: the sample and the clips, by the recogniser that trained nothing.

    python -m likeness_core.training.gates [--clips CLIPS] [--seeds 3] [--every 5] [--pack FOLDER and the like]

CLIPS is a folder as `likeness evaluate` takes it; its ready-made degraded clips are used, after the sample (`footage`).
Default settings but for the seed; without references, with the right ones, and with another clip's. What `gates` does
not know goes to `likeness restore`.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from likeness_core import packs
from likeness_core.cli import RestoreOptions, parser, restore_options
from likeness_core.evaluation.pairs import Evaluation, evaluate_pair
from likeness_core.evaluation.subjects import Subject, read_set
from likeness_core.jobs import cache_at
from likeness_core.request import prepare_output, request
from likeness_core.restore import restore
from likeness_core.steps import carry_out


@dataclass(frozen=True, slots=True)
class Case:
    """One degraded clip."""

    name: str
    subject: Subject
    degraded: Path


def cases(clips: Path | None) -> list[Case]:
    """The sample, then every ready-made degraded clip of the folder."""
    subjects = [*read_set(packs.resources() / "sample"), *(read_set(clips) if clips else ())]
    return [Case(path.stem, subject, path) for subject in subjects for _, path in subject.degraded]


def measured(case: Case, references: tuple[Path, ...], arguments: list[str], every: int, cache: Path) -> Evaluation:
    """Restore one case and compare it with its truth. `cache` keeps the analysis for the next run of the same case."""
    with tempfile.TemporaryDirectory() as scratch, cache_at(cache):
        who = ["--reference", *map(str, references), "--person", "all"] if references else ["--no-reference"]
        words = ["restore", str(case.degraded), *who, "-o", str(Path(scratch) / "out"), *arguments]
        options: RestoreOptions = restore_options(parser().parse_args(words))
        job = request(options)
        prepare_output(job, resume=False, overwrite=False)
        carry_out(restore(job))
        first = min((Path(scratch) / "out" / "frames").iterdir())
        return evaluate_pair(case.subject.truth[0], case.degraded, first, case.subject.cuts, every)


def line(name: str, kind: str, evaluation: Evaluation) -> str:
    """One row of the table."""
    before, after = evaluation.degraded, evaluation.restored
    gain, likeness = evaluation.psnr_gain_db, evaluation.ids_gain_dlib
    return (
        f"{name:16} {kind:12} PSNR {before.psnr_db:6.2f} -> {after.psnr_db:6.2f} ({gain.mean:+.2f})"
        f"  dlib {before.ids_dlib:.4f} -> {after.ids_dlib:.4f} ({likeness.low:+.4f} to {likeness.high:+.4f})"
        f"  SFace {before.ids_sface:.3f} -> {after.ids_sface:.3f}  detail {before.detail:.2f} -> {after.detail:.2f}"
    )


def main() -> None:
    """Print the table, a line a run."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--clips", type=Path, help="folder; the sample alone without it")
    words.add_argument("--seeds", type=int, default=3)
    words.add_argument("--every", type=int, default=5, help="look at each so many frames")
    words.add_argument("--only", default="", help="cases whose name holds this")
    words.add_argument("--kinds", default="none,right,wrong")
    given, more = words.parse_known_args()
    for case in cases(given.clips):
        if given.only not in case.name:
            continue
        kinds = {"none": (), "right": case.subject.references, "wrong": case.subject.wrong}
        with tempfile.TemporaryDirectory() as cache:
            for kind in given.kinds.split(","):
                if kind == "wrong" and not case.subject.wrong:
                    continue
                for seed in range(given.seeds):
                    arguments = ["--seed", str(seed), *more]
                    found = measured(case, kinds[kind], arguments, given.every, Path(cache))
                    print(line(case.name, f"{kind} {seed}", found), flush=True)


if __name__ == "__main__":
    main()
