"""What devices are called, and that none is found where PyTorch cannot use it."""

from __future__ import annotations

import os
import warnings
from types import SimpleNamespace

import pytest
import torch

from awry import device_list
from awry.device_list import available, best, described, name_of


def test_a_driver_that_warns_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def warned() -> bool:
        warnings.warn("CUDA initialization: The NVIDIA driver is too old", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", warned)
    assert available() == ("cpu",)


def test_apple_graphics_are_taken_on_demand_alone() -> None:
    assert best(("mps:0", "cpu")) == "cpu"
    assert best(("xpu:0", "mps:0", "cpu")) == "xpu:0"


def test_names_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimpleNamespace(
        get_device_name=lambda number: f"Card {number}",
        get_device_properties=lambda device: SimpleNamespace(total_memory=24 * 2**30),
    )
    apple = SimpleNamespace(recommended_max_memory=lambda: 12 * 2**30)
    monkeypatch.setattr(device_list, "module_of", {"cuda": card, "mps": apple}.get)
    assert name_of("cuda:1") == "Card 1"
    assert described("cuda:1") == "Card 1, 24.0 GiB"
    assert name_of("mps:0") == "Apple graphics"
    assert described("mps:0") == "Apple graphics, 12.0 GiB"
    assert name_of("cpu") == ""
    assert f"of {os.cpu_count()} processors" in described("cpu")
