"""Whether a set of weights deserves to ship: the sample and the clips, by the recogniser that trained nothing.

    python -m likeness_core.training.gates [--clips CLIPS] [--seeds 3] [--every 5] [--pack FOLDER and the like]

CLIPS is a folder of `NAME_gt.mp4`, `NAME_lq_x4.mp4`, `NAME_lq_x8.mp4`, `NAME_ref0.jpg` ...; the sample comes first.
Default settings but for the seed; without references, with the right ones, and with another clip's. What `gates` does
not know goes to `likeness restore`.
"""

import argparse
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from likeness_core import packs
from likeness_core.cli import RestoreOptions, parser, restore_options
from likeness_core.evaluate import Evaluation, evaluate_pair
from likeness_core.request import prepare_output, request
from likeness_core.restore import restore


@dataclass(frozen=True, slots=True)
class Case:
    """One degraded clip."""

    name: str
    truth: Path
    degraded: Path
    references: tuple[Path, ...]
    others: tuple[Path, ...]  # photographs of somebody else
    cuts: tuple[int, ...] = ()


def cases(clips: Path | None) -> list[Case]:
    """The sample, then every clip of the folder."""
    sample = packs.resources() / "sample"
    photos = tuple(sorted(sample.glob("*.jpg")))
    found = [Case("sample", sample / "truth.mp4", sample / "footage.mp4", photos, (), (48,))]
    truths = sorted(clips.glob("*_gt.mp4")) if clips else []
    people = [truth.name.removesuffix("_gt.mp4") for truth in truths]
    for truth, person, other in zip(truths, people, people[1:] + people[:1], strict=True):
        for low in sorted(truth.parent.glob(f"{person}_lq_*.mp4")):
            own, others = (tuple(sorted(truth.parent.glob(f"{name}_ref*.jpg"))) for name in (person, other))
            found.append(Case(low.stem, truth, low, own, others if other != person else ()))
    return found


def measured(case: Case, references: tuple[Path, ...], arguments: list[str], every: int) -> Evaluation:
    """Restore one case and compare it with its truth."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["LIKENESS_CACHE"] = str(Path(scratch) / "cache")  # cold
        who = ["--reference", *map(str, references), "--person", "all"] if references else ["--no-reference"]
        words = ["restore", str(case.degraded), *who, "-o", str(Path(scratch) / "out"), *arguments]
        options: RestoreOptions = restore_options(parser().parse_args(words))
        job = request(options)
        prepare_output(job, resume=False, overwrite=False)
        for _ in restore(job):
            pass
        first = min((Path(scratch) / "out" / "frames").iterdir())
        return evaluate_pair(case.truth, case.degraded, first, case.cuts, every)


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
        kinds = {"none": (), "right": case.references, "wrong": case.others}
        for kind in given.kinds.split(","):
            if kind == "wrong" and not case.others:
                continue
            for seed in range(given.seeds):
                arguments = ["--seed", str(seed), *more]
                print(
                    line(case.name, f"{kind} {seed}", measured(case, kinds[kind], arguments, given.every)), flush=True
                )


if __name__ == "__main__":
    main()
