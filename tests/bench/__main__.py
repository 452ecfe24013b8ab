"""`python3 dev.py bench`: ours against what would be used instead, and the whole pipeline, as text and JSON.

Everything is measured in one run on one machine with the same number of threads. Let nothing else run meanwhile.
"""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from likeness_core.device import choose_device

from tests.bench import ceilings, face_restorers, whole_pipeline
from tests.bench.face_restorers import CODEFORMER, FAST, QUALITY, FaceTiming

HD, UHD, SMALL = (1920, 1080), (3840, 2160), (640, 360)


def main() -> int:
    """Measure, print, and write the JSON file where one was named."""
    given = _arguments()
    torch.set_num_threads(given.threads)
    device = choose_device(given.device)
    report: dict[str, Any] = {"threads": given.threads, "device": str(device), "torch": torch.__version__}
    if given.only != "pipeline":
        report["ceilings"] = asdict(ceilings.measure(device, given.rounds, given.quick))
        found, missing = face_restorers.measure(device, given.batch, given.rounds, given.extra_arches, given.quick)
        report["per_face"] = [asdict(one) for one in found]
        report["not_measured"] = missing
        report["speedup_over_codeformer"] = _speedups(found)
        report["speedup_over_codeformer_in_processor_time"] = _speedups(found, processor=True)
        print(_faces_as_text(found, missing, report))
    if given.only != "faces":
        report["start_up_s"] = whole_pipeline.start_up(given.threads)
        report["waiting_s"] = whole_pipeline.previews(SMALL if given.quick else HD, given.threads)
        for what, seconds in (report["start_up_s"] | report["waiting_s"]).items():
            print(f"{what}: {seconds:.2f} s")
        report["pipeline"] = []
        for size, frames, faces, more in _plans(given):
            run = whole_pipeline.measure(size, frames, faces, given.threads, "--device", given.device, *more)
            report["pipeline"].append(run)
            print(_run_as_text(run), flush=True)
        one_face = [run["fps"] for run in report["pipeline"] if run["faces"] == 1 and not run["options"][2:]]
        report["pipeline_1080p_fast_fps"] = None if given.quick else one_face[-1]
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("dev.py bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--quick", action="store_true", help="whether it runs; the figures mean nothing")
    parser.add_argument("--only", choices=("faces", "pipeline"), help="leave the other out")
    parser.add_argument("--frames", type=int, nargs="+", default=[120, 1200], help="lengths of the 1080p clips")
    parser.add_argument("--faces", type=int, nargs="+", default=[1, 3], choices=(1, 2, 3), help="people in them")
    parser.add_argument("--uhd", action="store_true", help="a clip of 2160p too")
    parser.add_argument("--batch", type=int, default=4, help="faces at once, for every restorer")
    parser.add_argument("--rounds", type=int, default=5, help="times that each restorer is measured")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--extra-arches", type=Path, metavar="FOLDER", help="where spandrel_extra_arches lies")
    given = parser.parse_args()
    if given.quick:
        given.batch, given.rounds = 1, 1
    return given


def _plans(given: argparse.Namespace) -> list[tuple[tuple[int, int], int, int, list[str]]]:
    if given.quick:
        return [(SMALL, 6, 1, [])]
    plans: list[tuple[tuple[int, int], int, int, list[str]]] = [
        (HD, frames, faces, []) for faces in reversed(given.faces) for frames in given.frames
    ]
    plans.insert(0, (HD, min(given.frames), 1, ["--preset", "quality"]))
    if given.uhd:
        plans.insert(0, (UHD, min(given.frames), 1, ["--preset", "fast"]))
    return plans


def _speedups(found: list[FaceTiming], processor: bool = False) -> dict[str, float | None]:
    """Best number format against best; by the clock, or by processor time."""
    theirs = face_restorers.best(found, CODEFORMER, processor)
    ours = {"fast": FAST, "quality": QUALITY}
    seconds = {name: face_restorers.best(found, label, processor) for name, label in ours.items()}
    return {name: theirs / own if theirs and own else None for name, own in seconds.items()}


def _faces_as_text(found: list[FaceTiming], missing: list[str], report: dict[str, Any]) -> str:
    lines = [
        f"per face, {report['threads']} threads, {report['device']}: seconds, median (least - most), processor seconds",
        "",
    ]
    lines.append(f"{'':32}{'float32':>26}{'bfloat16':>26}{'Tflop':>9}")
    for name in dict.fromkeys(one.name for one in found):
        cells = {one.dtype: one for one in found if one.name == name}
        text = [_cell(cells.get(dtype)) for dtype in face_restorers.DTYPES]
        lines.append(f"{name:32}{text[0]:>26}{text[1]:>26}{next(iter(cells.values())).tflop:9.3f}")
    lines += ["", *(f"not measured: {line}" for line in missing)]
    ceiling = report["ceilings"]
    lines.append(
        f"ceilings: float32 {ceiling['float32_tflops']:.2f} Tflop/s, bfloat16 {ceiling['bfloat16_tflops']:.2f}, "
        f"copying {ceiling['copy_gb_per_s']:.1f} GB/s"
    )
    for name, speedup in report["speedup_over_codeformer"].items():
        lines.append(f"{name}: {'?' if speedup is None else f'{speedup:.1f}'} times as fast as CodeFormer")
    return "\n".join(lines)


def _cell(one: FaceTiming | None) -> str:
    if one is None:
        return "-"
    wall = one.seconds
    return f"{wall.median_s:.2f} ({wall.least_s:.2f} - {wall.most_s:.2f}) {wall.processor_s:.2f}"


def _run_as_text(run: dict[str, Any]) -> str:
    width, height = run["size"]
    stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in run["wall_s"].items())
    return (
        f"{width}x{height}, {run['frames']} frames, {run['faces']} faces {' '.join(run['options'][2:])}: "
        f"{run['fps']:.2f} frames/s, {run['processor_ms_per_frame']:.0f} ms of processor time a frame, "
        f"{run['peak_mb']:.0f} MB ({stages})"
    )


if __name__ == "__main__":
    raise SystemExit(main())
