"""How much of a window is computed at once: chosen from the device's memory, and less of it once that ran out.

The window itself (`api.WindowPlan`) is the job's and stays. What is chosen at the start depends on the machine, not on
what else runs there, so that a job which is begun again computes as before. Running out is the last resort: from there
on results may differ in the last bit of float32, see `restorer.parts`.
"""

import gc
from collections.abc import Iterable

import psutil
import torch

from likeness_core.restorer.compact_backbone import CompactBackbone
from likeness_core.restorer.parts import MOST_PARTS, set_parts
from likeness_core.restorer.pipeline import Restorer

# What the compact network holds at once for each pixel of a window, with its widest blocks in flight, times the bytes
# of a number: 24 crops of 256 px in bfloat16 took 0.6 GB above the weights.
_NUMBERS_PER_PIXEL = 200
_SHARE = 0.3  # of the memory; the rest is for frames, and for whoever else is at work


def device_bytes(device: torch.device) -> int:
    """The memory of a device, whoever holds it now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    return int(psutil.virtual_memory().total)


def parts_for(memory: int, pixels: int, dtype: torch.dtype) -> int:
    """In how many parts a window of so many crop pixels, all frames together, fits into so many bytes."""
    wanted = pixels * _NUMBERS_PER_PIXEL * dtype.itemsize
    parts = -(-wanted // max(1, round(memory * _SHARE)))
    return max(1, min(MOST_PARTS, parts))


class Thrift:
    """Keeps restorers that work in turn within the memory of their device."""

    def __init__(self, restorers: Iterable[Restorer], device: torch.device, dtype: torch.dtype, pixels: int) -> None:
        """`pixels`: of a window's crops, all frames together."""
        backbones = [restorer.backbone for restorer in restorers]
        self._models = [backbone.model for backbone in backbones if isinstance(backbone, CompactBackbone)]
        self.parts = parts_for(device_bytes(device), pixels, dtype)
        if self.parts > 1:
            self._set_parts()

    def step_down(self) -> bool:
        """Use less memory from now on, after it ran out; False where that is not possible any more."""
        if not self._models or self.parts >= MOST_PARTS:
            return False
        self.parts = min(MOST_PARTS, 2 * self.parts)
        self._set_parts()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return True

    def _set_parts(self) -> None:
        for model in self._models:
            set_parts(model, self.parts)
