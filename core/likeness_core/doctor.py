"""`likeness doctor`: what this machine has, and what Likeness makes of it."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from likeness_core import __version__, carried_weights, packs
from likeness_core.api import FORMATS
from likeness_core.errors import LikenessError
from likeness_core.gpu_driver import check_driver
from likeness_core.jobs import cache_folder
from likeness_core.protocol import Check


def doctor() -> int:
    """Print one page; the exit status is 1 where something needed is missing."""
    console = Console()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    found = examine()
    for check in found:
        mark = "[green]ok[/green]" if check.passed else "[red]no[/red]"
        table.add_row(mark, check.name, f"{check.text}. {check.hint}" if check.hint else check.text)
    console.print(table)
    return int(not all(check.passed for check in found))


def examine() -> list[Check]:
    """What is here and what is missing, line by line."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("Likeness", _version),
        ("device", _device),
        ("GPU driver", check_driver),
        ("threads", lambda: f"{os.cpu_count()} CPU threads"),
        ("onnxruntime", _providers),
        ("codecs", _codecs),
        ("cache", _cache),
        *((f"pack {path.name}", lambda path=path: _pack(path)) for path in packs.find_packs()),
        *((weights.name, lambda weights=weights: _weights(weights)) for weights in carried_weights.ALL),
    ]  # fmt: skip
    found = []
    if not packs.find_packs():
        found.append(Check("packs", False, "no model pack found", "Install Likeness again."))
    for name, check in checks:
        try:
            found.append(Check(name, True, check()))
        except LikenessError as error:
            found.append(Check(name, False, error.message, error.hint))
    return found


def _version() -> str:
    return f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _device() -> str:
    import torch

    from likeness_core.device import choose_device, choose_dtype

    device = choose_device("auto")
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine()
    return f"{device.type} ({name}), {str(choose_dtype(device)).removeprefix('torch.')}, torch {torch.__version__}"


def _providers() -> str:
    import onnxruntime

    names = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    return f"{onnxruntime.__version__}: {', '.join(names)}"


def _codecs() -> str:
    from likeness_core.media.mux import check_encoders

    check_encoders()
    return f"writes {', '.join(FORMATS)}"


def _cache() -> str:
    folder = cache_folder()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return f"{folder}, {shutil.disk_usage(there).free / 1e9:.0f} GB free"


def _pack(path: Path) -> str:
    pack = packs.check_pack(path)
    return f"{pack.version}, {pack.licence}, checked"


def _weights(weights: carried_weights.CarriedWeights) -> str:
    carried_weights.read(weights)
    return f"{weights.licence}, checked"


if __name__ == "__main__":
    sys.exit(doctor())
