"""Choosing what computes; no test claims a device that this machine lacks."""

import pytest
import torch
from likeness_core.device import CHOICES, choose_device, choose_dtype
from likeness_core.errors import DeviceError


def test_auto_takes_the_fastest_that_is_there() -> None:
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device("auto").type == best


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


def test_every_choice_gives_itself_or_says_that_it_is_missing() -> None:
    for name in CHOICES[1:]:
        try:
            assert choose_device(name).type == name
        except DeviceError as error:
            assert error.code == "device.missing"
            assert name in error.message


def test_a_device_that_nobody_knows_is_refused() -> None:
    with pytest.raises(DeviceError) as caught:
        choose_device("tpu")
    assert caught.value.code == "device.unknown"
    assert all(name in caught.value.hint for name in CHOICES)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_missing_is_refused() -> None:
    with pytest.raises(DeviceError) as caught:
        choose_device("cuda")
    assert caught.value.code == "device.missing"


def test_apples_gpu_is_taken_where_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto") == choose_device("mps") == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")


def test_cuda_goes_first_and_gets_bfloat16_only_where_it_computes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")
    for native in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, native=native: native)
        assert choose_dtype(torch.device("cuda")) is (torch.bfloat16 if native else torch.float32)


def test_the_number_format_is_one_that_the_device_computes() -> None:
    device = choose_device("cpu")
    dtype = choose_dtype(device)
    assert dtype in (torch.float32, torch.bfloat16)
    ones = torch.ones((4, 4), dtype=dtype, device=device)
    assert (ones @ ones).sum().item() == 64
    assert choose_dtype(torch.device("mps")) is torch.float32
