"""Analyses that are kept by the content of the footage, so that a second job on it finds its faces at once.

What is kept are the very files that `analyse` leaves in a job's folder.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime

from likeness_core.api import RestorationJob
from likeness_core.carried_weights import FACE_LANDMARK, SFACE, YUNET
from likeness_core.jobs import write_whole
from likeness_core.onnx_networks import providers_for
from likeness_core.reuse import Reuse, content_key

_RECORD = "analysis.json"


def bring_analysis(job: RestorationJob, folder: Path) -> None:
    """Put what an earlier analysis of the same footage left into a job's folder, where there is such and none yet."""
    if (folder / _RECORD).exists():
        return
    kept = _reuse().load(_key(job))
    if kept is None or _RECORD not in kept:
        return
    for name in sorted(kept, key=lambda name: name == _RECORD):  # last: it says that the others are there
        write_whole(folder / name, kept[name].tobytes())


def keep_analysis(job: RestorationJob, folder: Path) -> None:
    """Keep what `analyse` left in a job's folder."""
    if (_reuse().folder / _key(job)[:2] / _key(job)).exists():
        return
    paths = [folder / _RECORD, *sorted(folder.glob("track-*.npz"))]
    _reuse().store(_key(job), {path.name: np.frombuffer(path.read_bytes(), np.uint8) for path in paths})


def _reuse() -> Reuse:
    return Reuse.of("footage", limit_gb=1.0)


def _key(job: RestorationJob) -> str:
    """What decides an analysis: the footage's content, the range, the edit, and what finds faces."""
    footage = (replace(job.media, path=""), job.source.sha256, job.frames)
    edit = (job.cuts, job.through_edits, job.dissolves)
    networks = (job.face_models_sha256, YUNET.sha256, SFACE.sha256, FACE_LANDMARK.sha256)
    return content_key(footage, edit, networks, onnxruntime.__version__, providers_for("auto"))
