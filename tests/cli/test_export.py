"""What `awry export` prints."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from awry.cli.export import show_detector, show_export
from awry.exporting.detector_file import DetectorExport
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
    more["boxes"] = {what: one["boxes"] for what, one in facts.get("detectors", {}).items()}
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


BOXES = {
    **{"pictures": 64, "boxes": 303, "lost": 0.063, "new": 0.027, "iou": 0.953},
    **{"confidence": 0.01, "difference": 0.21, "ms": [30.0, 12.0]},
}


def test_a_detector_that_went_with_its_bundle(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    detectors = {"onnx:a.onnx": {"precision": "int8", "boxes": BOXES}}
    said = shown(capsys, "fp32", detectors=detectors, with_detector={"score": 0.5})
    assert "detector, int8 (6.3% of 303 boxes lost, 2.7% new, IoU 0.953" in said
    for words in ("0.21", "30.0", "12.0", "scores differ by up to 0.5 relative"):
        assert words in said
    assert "its accuracy was not measured here" in said


def test_a_detector_alone(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    facts = {"original": "onnx:a.onnx", "runtime": "openvino", "precision": "int8"}
    result = SimpleNamespace(facts=facts, boxes=BOXES, detector="openvino:out/a.xml")
    show_detector(cast(DetectorExport, result))
    said = " ".join(capsys.readouterr().out.split())
    assert "onnx:a.onnx in openvino, int8" in said
    assert "64 pictures: 6.3% of 303 boxes lost" in said
    assert "one picture takes 30.0 ms as it was, 12.0 ms exported" in said
    assert said.endswith("--detector openvino:out/a.xml")
    result.boxes = {**BOXES, "boxes": 0}
    show_detector(cast(DetectorExport, result))
    assert "64 pictures: no boxes" in capsys.readouterr().out


def test_what_int8_costs(capsys) -> None:
    assert "its accuracy was not measured here" in shown(capsys, "int8")
    accuracy = {"before": 0.9, "after": 0.8912}
    said = shown(capsys, "int8", accuracy=accuracy)
    assert "micro AUC 0.9000 -> 0.8912" in said
    assert "not measured" not in said
    said = shown(capsys, "int8", accuracy_at_export=accuracy)
    assert "micro AUC 0.9000 -> 0.8912 when it was exported, on Fast One" in said
