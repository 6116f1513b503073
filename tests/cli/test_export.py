"""What `awry export` prints."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from awry.cli.export import show_export
from awry.exporting.export import ExportResult


def shown(capsys: pytest.CaptureFixture[str], precision: str, **facts: Any) -> str:
    """What is printed of an export of two networks."""
    parity = {
        **{"frames": 48, "score": 1.5e-6, "unseen": ["decoder"]},
        "networks": {"encoder": 2.5e-7, "decoder": 3e-7},
        "ms": {"encoder": (4.0, 3.0), "decoder": (2.0, facts.pop("decoder_ms", 1.0))},
    }
    facts = {"machine": "Fast One", **facts}
    known = {"bundle": Path("out/yard"), "runtime": "onnx", "precision": precision}
    more = {"parity": parity, "facts": facts, "accuracy": facts.get("accuracy")}
    show_export(cast(ExportResult, SimpleNamespace(**known, **more)))
    return " ".join(capsys.readouterr().out.split())


def test_differences_and_times(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    said = shown(capsys, "fp32")
    for words in ("out/yard: onnx, fp32", "scores of 48 frames", "1.5e-06", "4.0", "3.0"):
        assert words in said
    assert "network decoder (random inputs)" in said
    assert "encoder (random inputs)" not in said
    assert "slower" not in said
    # 7 ms of both networks against 6 in PyTorch.
    assert "Its networks are slower here" in shown(capsys, "fp32", decoder_ms=4.0)


def test_what_int8_costs(capsys) -> None:
    assert "its accuracy was not measured here" in shown(capsys, "int8")
    accuracy = {"before": 0.9, "after": 0.8912}
    said = shown(capsys, "int8", accuracy=accuracy)
    assert "micro AUC 0.9000 -> 0.8912" in said
    assert "not measured" not in said
    said = shown(capsys, "int8", accuracy_at_export=accuracy)
    assert "micro AUC 0.9000 -> 0.8912 when it was exported, on Fast One" in said
