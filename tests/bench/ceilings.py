"""What this machine can do at best: products of matrices, and bytes copied in memory."""

from dataclasses import dataclass

import numpy as np
import torch

from tests.bench.measuring import in_turn

SIDE, SMALL_SIDE = 2048, 256
BYTES, FEW_BYTES = 256 << 20, 8 << 20


@dataclass(frozen=True)
class Ceilings:
    """Measured, with the bench's threads."""

    float32_tflops: float
    bfloat16_tflops: float
    copy_gb_per_s: float  # read plus written, on the CPU


def measure(device: torch.device, rounds: int, quick: bool = False) -> Ceilings:
    """The ceilings of the device; the copy is always the CPU's, which reads and writes frames. `quick`: far below."""
    side = SMALL_SIDE if quick else SIDE
    operations = 2.0 * side**3
    calls = {}
    for dtype in (torch.float32, torch.bfloat16):
        a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
        calls[str(dtype)] = lambda a=a, b=b: a @ b
    source = np.zeros(FEW_BYTES if quick else BYTES, np.uint8)
    target = np.ones_like(source)
    calls["copy"] = lambda: np.copyto(target, source)
    timings = in_turn(calls, max(3, rounds))
    return Ceilings(
        operations / timings["torch.float32"].least_s / 1e12,
        operations / timings["torch.bfloat16"].least_s / 1e12,
        2 * source.nbytes / timings["copy"].least_s / 1e9,
    )
