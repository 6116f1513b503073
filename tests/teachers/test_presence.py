"""Whether weights are here: every place, and damaged files."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from onnx import TensorProto, helper

from awry.teachers import presence
from awry.teachers.catalogue import MADE_OF, YOLOV3_SHA256, WeightFacts, facts_of
from awry.teachers.presence import Presence, presence_of
from awry.teachers.weights import FOLDER

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty caches and no folder of weights."""
    for name in (FOLDER, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path


def facts(what: str, file: str, sha256: str | None) -> WeightFacts:
    return replace(facts_of("onnx:none.onnx"), what=what, file=file, sha256=sha256)


def put(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_torchvision_s_cache(caches: Path) -> None:
    known = facts("torchvision:thing", "thing.pth", SHA256[:8])
    assert presence_of(known) == Presence("missing")
    file = put(caches / "hub/checkpoints/thing.pth")
    assert presence_of(known) == Presence("there", str(file), checked=True)
    assert presence_of(replace(known, sha256=None)) == Presence("there", str(file))
    put(file, CONTENT + b"!")  # another size: it is not read from the memory of hashes
    assert presence_of(known) == Presence("differs", str(file), checked=True)


@pytest.mark.parametrize(
    ("variable", "root"),
    [("XDG_CACHE_HOME", "huggingface/hub"), ("HF_HOME", "hub"), ("HF_HUB_CACHE", "")],
)
def test_the_hub_s_cache(
    caches: Path, monkeypatch: pytest.MonkeyPatch, variable: str, root: str
) -> None:
    known = facts_of("hf:some/model")
    assert presence_of(known) == Presence("missing")
    monkeypatch.setenv(variable, str(caches / "here"))
    folder = caches / "here" / root / "models--some--model"
    blob = put(folder / "blobs" / SHA256)
    link = folder / "snapshots/a1/model.safetensors"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    assert presence_of(known) == Presence("there", str(link), checked=True)
    put(blob, b"torn")
    assert presence_of(known) == Presence("differs", str(link), checked=True)


def test_a_folder_in_the_hub_s_layout(caches: Path) -> None:
    file = put(caches / "own/model.safetensors")
    assert presence_of(facts_of(f"hf:{caches / 'own'}")) == Presence("there", str(file))


def test_files_by_path_and_in_the_folder_of_weights(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(caches / "weights/yolov3.weights")
    assert presence_of(facts_of("darknet:yolov3.weights")).state == "missing"
    monkeypatch.setenv(FOLDER, str(caches / "weights"))
    # It is no published file: its SHA-256 says so.
    assert presence_of(facts_of("darknet:yolov3.weights")) == Presence(
        "differs", str(file), checked=True
    )
    own = put(caches / "own.onnx")
    assert presence_of(facts_of(f"onnx:{own}")) == Presence("there", str(own))
    assert presence_of(facts_of("added:thing")) == Presence("unknown")


def test_what_a_converted_file_was_made_of(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(caches))
    known = facts_of("onnx:yolov3.onnx")

    def state(made_of: str) -> Presence:
        value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
        nodes = [helper.make_node("Identity", ["x"], ["y"])]
        model = helper.make_model(helper.make_graph(nodes, "g", [value], [value]))
        helper.set_model_props(model, {"awry.layout": "darknet", MADE_OF: made_of, "z": "z" * 900})
        put(caches / "yolov3.onnx", b"weights" * 1000 + model.SerializeToString())
        return presence_of(known)

    file = str(caches / "yolov3.onnx")
    assert state(YOLOV3_SHA256) == Presence("there", file, checked=True)
    assert state(SHA256) == Presence("differs", file, checked=True)
    put(caches / "yolov3.onnx")  # by another program
    assert presence_of(known) == Presence("there", file)


def test_an_installed_package_by_its_list_of_files(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = facts("pip:thing", "thing.pth", SHA256[:8])
    file = put(caches / "thing.pth")
    digest = base64.urlsafe_b64encode(hashlib.sha256(CONTENT).digest()).decode().rstrip("=")
    entry = SimpleNamespace(
        name="thing.pth", locate=lambda: file, hash=SimpleNamespace(value=digest)
    )
    package = SimpleNamespace(files=[entry])
    monkeypatch.setattr(presence, "distribution", lambda name: package)
    assert presence_of(known) == Presence("there", str(file), checked=True)
    put(file, b"something else")
    assert presence_of(known).state == "differs"
    entry.hash = None
    assert presence_of(known).state == "differs"
    package.files = []
    assert presence_of(known).state == "missing"

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(presence, "distribution", missing)
    assert presence_of(known) == Presence("missing")
