"""Networks of exported bundles in the place of a detector's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import MissingError
from awry.exporting.detectors import DetectorTarget, export_network, random_pictures, write_files
from awry.teachers.objects import DetectorOptions, ExportedNetwork, load_detector
from awry.teachers.objects.onnx import file_detector
from detector_files import write_bright_detector


def test_an_exported_network_is_known_by_its_original(tmp_path: Path) -> None:
    file = write_bright_detector(tmp_path / "bright.onnx")
    original = file_detector("onnx", str(file), DetectorOptions())
    files, _ = export_network(
        original, DetectorTarget("onnx", "fp32", 1e-4), random_pictures(original), "own"
    )
    stands = ExportedNetwork(
        write_files(tmp_path, files), "onnx", "onnx:bright.onnx", original.opened.content
    )
    file.unlink()
    what = f"onnx:{file}"
    found = load_detector(what, DetectorOptions(), {what: stands})
    assert found.fingerprint == original.fingerprint
    assert found.name == "onnx:bright.onnx"
    assert found.key != original.key  # what it says is not taken for the original's words
    others = DetectorOptions(tiles=(2, 1))
    assert load_detector(what, others, {what: stands}).fingerprint != original.fingerprint
    with pytest.raises(MissingError):
        load_detector(what)
