"""YOLOv3 from Darknet's files to an ONNX file that a detector takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import awry
from awry.errors import ConfigError, ExportError
from awry.exporting import convert
from awry.exporting.convert import convert_weights
from awry.exporting.darknet.network import DarknetNetwork
from awry.exporting.darknet.settings import read_settings
from awry.exporting.darknet.weights import Kernel, read_weights
from awry.output.own import is_ours
from awry.runtimes import onnx_session
from awry.teachers.catalogue import facts_of
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.onnx_layouts import DarknetBoxes
from awry.teachers.presence import presence_of
from darknet_files import conv, header, net, text_of, write_network, yolo, yolov3
from support import write_images


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that has every kind of layer that YOLOv3 has, and two scales."""
    folder = tmp_path_factory.mktemp("small")
    write_network(folder, yolov3(64, 2, blocks=(1, 1), scales=2, repeats=1))
    return folder


@pytest.fixture(scope="module")
def converted(small: Path) -> awry.ConvertedWeights:
    return convert_weights(
        "yolov3", cfg=small / "net.cfg", weights=small / "net.weights", out=small / "net.onnx"
    )


def test_the_file_gives_what_the_network_gives(small: Path, converted) -> None:
    assert (converted.size, converted.published, converted.found) == ((64, 64), False, None)
    assert converted.numbers * 4 + 20 == (small / "net.weights").stat().st_size
    assert converted.difference < 1e-4
    settings = read_settings(small / "net.cfg")
    network = DarknetNetwork(settings, read_weights(small / "net.weights", settings)).eval()
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(7))
    (found,) = onnx_session(small / "net.onnx").run(None, {"picture": picture.numpy()})
    assert found.shape == (1, 3 * (16**2 + 32**2), 85)
    with torch.inference_mode():
        np.testing.assert_allclose(found, network(picture).numpy(), rtol=1e-3, atol=1e-5)


def test_the_file_says_where_it_comes_from(small: Path, converted) -> None:
    model = onnx.load(small / "net.onnx")
    assert {prop.key: prop.value for prop in model.metadata_props} == {
        "awry.layout": "darknet",
        "awry.network": "yolov3",
        "awry.weights_sha256": converted.sha256,
    }
    known = replace(facts_of(f"onnx:{small / 'net.onnx'}"), made_of=converted.sha256)
    assert presence_of(known).checked
    assert presence_of(known).state == "there"
    assert is_ours(small / "net.onnx", "network")
    assert not is_ours(small / "net.weights", "network")


@pytest.mark.slow
def test_the_whole_plan_in_miniature(tmp_path: Path) -> None:
    cfg, weights = write_network(tmp_path, yolov3(64, 2))
    result = convert_weights("yolov3", cfg=cfg, weights=weights, out=tmp_path / "net.onnx")
    assert (result.layers, result.convolutions) == (107, 75)
    (found,) = onnx_session(result.out).run(
        None, {"picture": np.random.default_rng(0).random((1, 3, 64, 64), np.float32)}
    )
    assert found.shape == (1, 3 * (4 + 16 + 64), 85)


def test_a_detector_reads_it_and_the_check_shows_what_it_finds(tmp_path: Path) -> None:
    cfg, weights, out = (tmp_path / f"net{ending}" for ending in (".cfg", ".weights", ".onnx"))
    cfg.write_text(text_of([*net(64), *conv(255, 1, 32, plain=True), *yolo("6,7,8")]))
    bias = np.full((3, 85), -20, np.float32)
    bias[0, :4], bias[0, 4], bias[0, 5 + 2] = 0, np.log(9), np.log(9)  # 50 x 60, a car
    values = np.concatenate([bias.ravel(), np.zeros(255 * 3, np.float32)])
    weights.write_bytes(header() + values.astype("<f4").tobytes())
    write_images(tmp_path, np.full((1, 100, 200, 3), 90, np.uint8))
    picture = next(tmp_path.glob("*.png"))
    result = convert_weights("yolov3", cfg=cfg, weights=weights, out=out, check=picture)
    # Cells of 32 pixels have centres at 16 and 48; a pixel of the input is 3.125 of the picture,
    # whose 32 rows lie in the middle of the input: rows 16 and 48 are its first and last.
    assert result.found is not None
    assert {one.name for one in result.found} == {"car"}
    assert [one.confidence for one in result.found] == pytest.approx([0.81] * len(result.found))
    boxes = sorted(one.box for one in result.found)
    assert boxes[0] == pytest.approx((0, 0, (16 + 25) * 3.125, 30 * 3.125), abs=0.01)
    detector = load_detector(f"onnx:{out}", DetectorOptions(threshold=0.8))
    assert isinstance(getattr(detector, "layout", None), DarknetBoxes)
    assert (detector.classes, detector.threshold) == ("sigmoid", 0.8)
    image = np.full((100, 200, 3), 90, np.uint8)
    assert detector.detect(View(image, image, image)).class_ids.tolist() == [2] * len(boxes)
    assert result.to_dict()["found"] == result.rows()
    assert [row["name"] for row in result.rows()] == ["car"] * len(boxes)


def test_what_is_refused(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"cfg": small / "net.cfg", "weights": small / "net.weights"}
    with pytest.raises(ConfigError, match=r"No network 'yolov4' is converted: .*yolov3"):
        convert_weights("yolov4", **files, out=tmp_path / "n.onnx")
    with pytest.raises(ConfigError, match=r"give --cfg FILE\.cfg, --weights FILE\.weights and"):
        convert_weights("yolov3", **files)
    with pytest.raises(ConfigError, match="which is read: it would be lost"):
        convert_weights("yolov3", **files, out=files["weights"])
    write_network(tmp_path, [*net(32), *conv(255, 1, plain=True), *yolo("0,1,2")])
    with pytest.raises(ConfigError, match="something follows"):
        convert_weights("yolov3", **{**files, "cfg": tmp_path / "net.cfg"}, out=tmp_path / "n.onnx")
    other = (tmp_path / "net.cfg").read_text().replace("classes = 80", "classes = 20")
    (tmp_path / "net.cfg").write_text(other.replace("filters = 255", "filters = 75"))
    with pytest.raises(ConfigError, match="tells 20 classes apart"):
        convert_weights("yolov3", **{**files, "cfg": tmp_path / "net.cfg"}, out=tmp_path / "n.onnx")
    assert not (tmp_path / "n.onnx").exists()


def test_a_file_that_gives_something_else_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg, weights = write_network(tmp_path, [*net(32), *conv(255, 1, plain=True), *yolo("0,1,2")])
    settings = read_settings(cfg)
    wrong = [Kernel(k.weight + 0.1, k.bias) for k in read_weights(weights, settings)]
    to_onnx = convert.to_onnx

    def spoiled(graph, *names: str) -> bytes:
        module = DarknetNetwork(settings, wrong).eval()
        return to_onnx(type(graph)(module, graph.inputs, graph.outputs), *names)

    monkeypatch.setattr(convert, "to_onnx", spoiled)
    with pytest.raises(ExportError, match=r"differs from PyTorch's by .* Nothing was written"):
        convert_weights("yolov3", cfg=cfg, weights=weights, out=tmp_path / "n.onnx")
    assert not (tmp_path / "n.onnx").exists()
