"""A card that nothing drives is said."""

import sys
from pathlib import Path

import pytest
from likeness_core.errors import DeviceError
from likeness_core.gpu_driver import check_driver

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looked for on Linux only")


def card(root: Path, vendor: str, kind: str) -> None:
    device = root / "sys/bus/pci/devices/0000:01:00.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text(f"{vendor}\n")
    (device / "class").write_text(f"{kind}\n")


def test_no_card_is_no_complaint(tmp_path: Path) -> None:
    assert check_driver(tmp_path) == "no NVIDIA card"
    card(tmp_path, "0x8086", "0x030000")
    assert check_driver(tmp_path) == "no NVIDIA card"


def test_the_sound_of_a_card_is_no_card(tmp_path: Path) -> None:
    card(tmp_path, "0x10de", "0x040300")
    assert check_driver(tmp_path) == "no NVIDIA card"


def test_a_card_without_its_driver_is_said_with_a_hint(tmp_path: Path) -> None:
    card(tmp_path, "0x10de", "0x030200")
    with pytest.raises(DeviceError) as caught:
        check_driver(tmp_path)
    assert caught.value.code == "device.no_driver" and "nvidia-smi" in caught.value.hint
    version = tmp_path / "sys/module/nvidia/version"
    version.parent.mkdir(parents=True)
    version.write_text("580.65\n")
    assert check_driver(tmp_path) == "NVIDIA 580.65"
