"""Detectors' files, opened."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from ray import cloudpickle

from awry.errors import BundleError, ConfigError, MissingError
from awry.exporting.networks import to_openvino
from awry.teachers.objects import load_detector
from awry.teachers.objects.network_file import open_network
from awry.teachers.objects.onnx_layouts import NanoDet
from detector_files import SIDE, write_bright_detector


def test_both_runtimes_say_the_same_of_a_file(tmp_path: Path) -> None:
    file = write_bright_detector(tmp_path / "bright.onnx", metadata={"awry.layout": "other"})
    facts = {("awry", "awry.layout"): "other", ("awry", "awry.precision"): "fp32"}
    for name, data in zip(
        ("a.xml", "a.bin"), to_openvino(file.read_bytes(), "", facts), strict=True
    ):
        (tmp_path / name).write_bytes(data)
    one, other = open_network("onnx", file), open_network("openvino", tmp_path / "a.xml")
    assert (one.name, other.name) == ("onnx:bright.onnx", "openvino:a.xml")
    assert list(one.input) == list(other.input) == [1, 3, SIDE, SIDE]
    assert (one.side, one.takes_batches) == ((SIDE, SIDE), False)
    assert [list(shape) for shape in one.outputs] == [list(shape) for shape in other.outputs]
    assert one.metadata == {"awry.layout": "other"}
    assert other.metadata == {"awry.layout": "other", "awry.precision": "fp32"}
    assert isinstance(one.layout(), NanoDet)
    assert one.content != other.content
    picture = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)
    for first, second in zip(one.ask(picture), other.ask(picture), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-4)


def test_what_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noise.xml").write_text("no network")
    with pytest.raises(ConfigError, match=r"Cannot read noise\.xml as a detector in OpenVINO's"):
        open_network("openvino", tmp_path / "noise.xml")
    with pytest.raises(BundleError, match="no runtime 'tensorrt'"):
        open_network("tensorrt", tmp_path / "noise.xml")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingError, match=r"pip install 'awry\[openvino\]'"):
        open_network("openvino", tmp_path / "noise.xml")


def test_a_detector_can_be_sent_to_another_process(tmp_path: Path) -> None:
    file = write_bright_detector(tmp_path / "bright.onnx")
    detector = load_detector(f"onnx:{file}")
    other = cloudpickle.loads(cloudpickle.dumps(detector))
    assert other.key == detector.key
    picture = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)
    for first, second in zip(detector.network(picture), other.network(picture), strict=True):
        np.testing.assert_array_equal(first, second)
