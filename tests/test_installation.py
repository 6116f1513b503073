from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

import pytest

from awry.installation import doctor


def test_what_is_there_and_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path / "nowhere"))
    examination = doctor()
    found = {thing.name: thing for thing in examination}
    assert (found["torch"].there, found["torch"].about) == (True, version("torch"))
    assert not found["$AWRY_WEIGHTS"].there
    assert found["$AWRY_WEIGHTS"].about == str(tmp_path / "nowhere")
    assert examination.to_dict()[0] == {
        "name": "python",
        "there": True,
        "about": examination.examined[0].about,
    }
    assert "$AWRY_WEIGHTS" in [card.label for card in examination.cards()]
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    assert {thing.name: thing.there for thing in doctor()}["$AWRY_WEIGHTS"]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one card."""
    about = SimpleNamespace(name="NVIDIA H200", total_memory=139 * 2**30)
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: about)
    monkeypatch.setattr("awry.installation.available", lambda: ("cuda:0", "cpu"))


@pytest.mark.usefixtures("card")
def test_devices_are_listed_with_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awry.installation.onnx_providers", lambda: ("CPUExecutionProvider",))
    monkeypatch.setattr("awry.installation.openvino_devices", lambda: ("CPU", "GPU"))
    monkeypatch.setattr("awry.installation.openable", lambda: ("cuda", "vaapi"))
    found = {thing.name: thing for thing in doctor()}
    assert found["device cuda:0"].about == "NVIDIA H200, 139.0 GiB"
    assert "GiB" in found["device cpu"].about
    assert "device cuda" not in found
    assert found["ONNX Runtime's providers"].about == "CPU"
    missing = found["ONNX Runtime's CUDAExecutionProvider"]
    assert (missing.there, missing.about) == (False, "for cuda: pip install 'awry[gpu]' brings it")
    assert found["OpenVINO's devices"].about == "CPU, GPU"
    decoders = found["hardware video decoders"]
    assert (decoders.there, decoders.about) == (True, "cuda, vaapi; AWRY_DECODE=cuda takes one")


def test_a_kind_of_device_that_is_not_there_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awry.installation.available", lambda: ("cpu",))
    monkeypatch.setattr(
        "awry.installation.why_not", lambda kind: "Its driver is old." if kind == "cuda" else ""
    )
    monkeypatch.setattr("awry.installation.openable", lambda: ())
    monkeypatch.setattr("awry.installation.built_in", lambda: ("cuda",))
    found = {thing.name: thing for thing in doctor()}
    assert (found["device cuda"].there, found["device cuda"].about) == (False, "Its driver is old.")
    assert "device xpu" not in found
    assert found["hardware video decoders"].about.startswith("PyAV was built with cuda; none")


def test_a_package_that_stands_in_anothers_place_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def only(name: str) -> str:
        if name != "onnxruntime-gpu":
            raise PackageNotFoundError(name)
        return "1.23"

    monkeypatch.setattr("awry.installation.version", only)
    names = [thing.name for thing in doctor() if thing.there]
    assert "onnxruntime-gpu" in names
    assert "onnxruntime" not in names
