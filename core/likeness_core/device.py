"""Which device computes, and in which number format."""

import torch

from likeness_core.errors import DeviceError

CHOICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str) -> torch.device:
    """The device for `--device NAME`; "auto" takes CUDA, then Apple's GPU, then the CPU.

    Raises DeviceError `device.unknown` or `device.missing`.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if name not in available:
        raise DeviceError("device.unknown", f"there is no device '{name}'", f"Choose one of {', '.join(CHOICES)}.")
    if not available[name]:
        hint = "Use --device auto. For CUDA, check the driver with nvidia-smi."
        raise DeviceError("device.missing", f"this machine offers no '{name}' device to torch", hint)
    return torch.device(name)


def choose_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device computes it fast, else float32.

    On a CPU that means AVX-512 BF16 or AMX: elsewhere torch emulates bfloat16 and is slower than float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return torch.float32
