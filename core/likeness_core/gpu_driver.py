"""Is there an NVIDIA card that nothing drives? torch only says that there is no CUDA."""

import sys
from pathlib import Path

from likeness_core.errors import DeviceError

NVIDIA = "0x10de"  # as PCI numbers makers
DISPLAY = "0x03"  # class of the devices that make pictures


def check_driver(root: Path = Path("/")) -> str:
    """The driver's version, or that no card of NVIDIA is here; Linux only.

    Raises DeviceError `device.no_driver` where there is a card without its driver.
    """
    if not sys.platform.startswith("linux"):
        return "not looked for on this system"
    cards = [path for path in (root / "sys/bus/pci/devices").glob("*") if _is_card(path)]
    if not cards:
        return "no NVIDIA card"
    try:
        return f"NVIDIA {(root / 'sys/module/nvidia/version').read_text(encoding='ascii').strip()}"
    except OSError:
        message = f"this machine has {len(cards)} NVIDIA card(s), but no driver for them: the CPU does the work"
        hint = "Install NVIDIA's driver for Linux and start the machine again; nvidia-smi then lists the card."
        raise DeviceError("device.no_driver", message, hint) from None


def _is_card(device: Path) -> bool:
    try:
        vendor = (device / "vendor").read_text(encoding="ascii").strip()
        return vendor == NVIDIA and (device / "class").read_text(encoding="ascii").startswith(DISPLAY)
    except OSError:
        return False
