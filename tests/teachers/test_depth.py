"""Relative depth by name: 1 is nearest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ray import cloudpickle

from awry.devices import Compute
from awry.errors import ConfigError, MissingError
from awry.teachers.depth import load_depth
from awry.teachers.outputs import keep_outputs
from fake_devices import fake_card, for_card, on_card

PICTURE = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)


def test_the_ramp_is_nearest_at_the_bottom() -> None:
    found = load_depth("ramp")(PICTURE)
    assert found.shape == (40, 60)
    assert (found[0, 0], found[-1, 0]) == (0, 1)
    assert (np.diff(found, axis=0) > 0).all()


class _Session:
    """Stands for a file: says how bright the picture is, at a size of its own."""

    shape: Any = (1, 3, 32, 64)
    seen: Any = None

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def get_inputs(self) -> list[Any]:
        return [type("Input", (), {"name": "x", "shape": list(self.shape)})]

    def run(self, _: Any, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        type(self).seen = given["x"].shape
        return [given["x"].mean(1, keepdims=True)]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("onnxruntime.InferenceSession", _Session)
    file = tmp_path / "depth.onnx"
    file.write_bytes(b"stands for weights")
    return file


def test_a_file_of_another_input_size_is_resized_to(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bright = np.zeros((40, 60, 3), np.uint8)
    bright[20:] = 200
    found = load_depth(f"onnx:{weights}")(bright)
    assert _Session.seen == (1, 3, 32, 64)
    assert found.shape == (40, 60)
    assert (found[0, 0], found[-1, 0]) == (0, 1)
    monkeypatch.setattr(_Session, "shape", (1, 3, "h", None))
    load_depth(f"onnx:{weights}")(bright)
    assert _Session.seen == (1, 3, 32, 64)


def test_where_nothing_differs_depth_is_zero(weights: Path) -> None:
    assert load_depth(f"onnx:{weights}")(np.full((8, 8, 3), 9, np.uint8)).max() == 0


def test_a_file_that_is_no_depth_model_is_refused(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Session, "shape", (1, 10))
    with pytest.raises(ConfigError, match=r"a depth model takes RGB pictures"):
        load_depth(f"onnx:{weights}")
    monkeypatch.setattr(_Session, "shape", (1, 3, 32, 64))
    monkeypatch.setattr(_Session, "run", lambda *_: [np.zeros((1, 1000))])
    with pytest.raises(ConfigError, match="a depth model gives one picture"):
        load_depth(f"onnx:{weights}")(PICTURE)


def test_a_file_that_cannot_be_read_or_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"no model")
    with pytest.raises(ConfigError, match=r"Cannot read .* as an ONNX model"):
        load_depth(f"onnx:{file}")
    with pytest.raises(MissingError, match="--depth ramp"):
        load_depth("onnx:nowhere.onnx")
    with pytest.raises(MissingError, match="--depth ramp"):
        load_depth(f"hf:{tmp_path / 'nothing'}")
    with pytest.raises(ConfigError, match="no depth estimator"):
        load_depth("rampe")


def test_depth_is_kept_on_disk(weights: Path, tmp_path: Path) -> None:
    teacher = load_depth(f"onnx:{weights}")
    with keep_outputs(tmp_path):
        first, _Session.seen = teacher(PICTURE), None
        again = teacher(PICTURE)
    assert _Session.seen is None
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, teacher(PICTURE))  # kept or not, the same


def test_transformers_depth_from_a_folder(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.DepthAnythingConfig(
        backbone_config=transformers.Dinov2Config(
            image_size=28,
            patch_size=14,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            out_features=["stage1", "stage2"],
            reshape_hidden_states=False,
        ),
        patch_size=14,
        reassemble_hidden_size=16,
        reassemble_factors=[2, 1],
        neck_hidden_sizes=[8, 8],
        fusion_hidden_size=8,
        head_in_index=-1,
        head_hidden_size=8,
    )
    folder = str(tmp_path / "model")
    transformers.DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    size = {"height": 28, "width": 42}
    transformers.DPTImageProcessor(size=size, do_rescale=True).save_pretrained(folder)
    found = load_depth(f"hf:{folder}")(PICTURE)
    assert found.shape == (40, 60)
    assert 0 <= found.min() <= found.max() <= 1
    rounded = load_depth(f"hf:{folder}", compute=Compute("cpu", "bf16"))
    assert np.abs(rounded(PICTURE) - found).max() < 0.1
    there = for_card(lambda card: load_depth(f"hf:{folder}", compute=card))
    assert rounded.key == there.key == load_depth(f"hf:{folder}").key
    with fake_card():
        on_card(there.raw.args[2])  # type: ignore[attr-defined]
        assert there(PICTURE).shape == (40, 60)


@pytest.mark.shared
def test_the_small_depth_file_sees_a_ground_plane(shared: Path) -> None:
    frame = cv2.imread(str(next((shared / "data/UCSDped2").rglob("Test001/*.*"))))
    assert frame is not None
    what = f"onnx:{shared / 'weights/tcmonodepth_tcsmallnet_192x320.onnx'}"
    picture = np.asarray(frame[..., ::-1], np.uint8)
    teacher = load_depth(what)
    found = teacher(picture)
    assert found[-20:].mean() > found[:60].mean() + 0.3
    there = cloudpickle.loads(cloudpickle.dumps(teacher))  # as it goes to a worker
    assert np.array_equal(there(picture), found)
