"""Shots restored on a Ray cluster: one task a shot, since shots are independent once the cast is known.

Each task writes its frames itself, under the paths that this machine uses, and sends back what the record of the job
needs; units are noted in their order, so a job that was stopped goes on, here or on the farm. A task whose worker dies
is begun again by Ray on another one: the frames that it wrote are written over with the same bytes.
"""

import logging
import os
from collections.abc import Iterator
from typing import Any

import torch

from likeness_core.errors import DeviceError, LikenessError
from likeness_core.evidence import FrameNotes
from likeness_core.faces import open_face_analyser
from likeness_core.render import State, Unit, pack_state, unpack_state
from likeness_core.rendering import Steps, UnitDone, UnitWork, render_units

_RETRIES = 5  # of a shot whose worker died
_LOOK_UP_S = 0.5  # how long a report is waited for before the job may be stopped

UnitReport = tuple[list[FrameNotes], bytes]  # of one unit: its frames, and the state it leaves, packed


def on_farm(address: str, work: UnitWork, units: list[Unit], state: State) -> Steps:
    """As `rendering.render_units`, on the Ray cluster at `address` ("auto": the one that runs on this machine).

    Raises DeviceError `farm.missing`, `farm.unreachable`, `farm.died`, and every error of a task.
    """
    ray = _connected(address)
    shots = sorted({unit.shot for unit in units})
    shared = ray.put(work)
    task = ray.remote(_restore_shot).options(
        num_returns="streaming", max_retries=_RETRIES, num_cpus=work.job.threads,
        num_gpus=1 if work.job.device.startswith("cuda") else 0,
    )  # fmt: skip
    reports = {}
    for shot in shots:
        own = [unit for unit in units if unit.shot == shot]
        reports[shot] = task.remote(shared, own, pack_state(state if own[0] is units[0] else {}))
    waiting = dict(reports)
    try:
        for unit in units:
            yield None
            while not ray.wait([reports[unit.shot]], timeout=_LOOK_UP_S, fetch_local=False)[0]:
                yield None
            notes, left = _next_report(ray, reports[unit.shot])
            yield from notes
            yield UnitDone(unit, unpack_state(left))
        waiting.clear()
    finally:
        for report in waiting.values():
            ray.cancel(report, force=False)


def _restore_shot(work: UnitWork, units: list[Unit], state: bytes) -> Iterator[UnitReport]:
    """What runs on a worker."""
    torch.set_num_threads(work.job.threads)
    notes: list[FrameNotes] = []
    for step in render_units(work, units, unpack_state(state), open_face_analyser(1)):
        if isinstance(step, UnitDone):
            yield notes, pack_state(step.state)
            notes = []
        elif step is not None:
            notes.append(step)


def _next_report(ray: Any, reports: Any) -> UnitReport:  # Ray has no types of its own for these
    try:
        report: UnitReport = ray.get(next(reports))
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, LikenessError):
            raise error.cause from error
        raise
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[0]
        hint = "See whether the machines have enough memory, then --resume."
        raise DeviceError("farm.died", f"the farm gave a shot up ({reason})", hint) from error
    return report


def _connected(address: str) -> Any:
    """Ray, connected. Nothing is reported to its makers."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError:
        hint = 'Install it with: pip install "likeness[farm]"'
        raise DeviceError("farm.missing", "--ray needs the package ray, which is not installed", hint) from None
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[0]
            hint = "Start one with `ray start --head`, and name its address HOST:PORT."
            raise DeviceError("farm.unreachable", f"no Ray cluster answers at {address} ({reason})", hint) from error
    return ray
