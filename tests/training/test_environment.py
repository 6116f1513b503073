"""What results say of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from awry.devices import Compute
from awry.training.environment import hardware, processor


def test_the_processor_is_named_as_linux_names_it(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: Fast One 3000\nmodel name\t: other\n")
    assert processor(told) == "Fast One 3000"


def test_elsewhere_its_kind_is_enough(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    assert processor(told)
    told.write_text("Hardware\t: a small board\n")
    assert processor(told)
    assert "cores" in hardware()


def test_a_card_is_named_where_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"Card {number}")
    assert hardware(Compute("cuda:1", "bf16")) == f"{hardware(Compute())}; Card 1"
