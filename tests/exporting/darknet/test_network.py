"""The network against an independent one in NumPy, and boxes that were computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from awry.exporting.darknet.network import DarknetNetwork
from awry.exporting.darknet.settings import read_settings
from awry.exporting.darknet.weights import Kernel, read_weights
from darknet_files import conv, header, net, text_of, yolo, yolov3

SECTIONS = [
    *net(32),
    *conv(4, 3, 2),  # 0
    *conv(4, 1),  # 1
    ("shortcut", {"from": -2, "activation": "linear"}),  # 2
    *conv(6, 3, 2),  # 3
    *conv(255, 1, plain=True),  # 4
    *yolo("6,7,8"),  # 5
    ("route", {"layers": "-3"}),  # 6: of layer 3
    ("upsample", {"stride": 2}),  # 7
    ("route", {"layers": "-1, 2"}),  # 8
    *conv(255, 1, plain=True),  # 9
    *yolo("0,1,2"),  # 10
]


class Reference:
    """Plain loops over positions, and a plain reading of the numbers one after the other."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, self.at = values.astype(float), 0

    def take(self, *shape: int) -> np.ndarray:
        count = int(np.prod(shape))
        self.at += count
        return self.values[self.at - count : self.at].reshape(shape)

    def conv(self, x: np.ndarray, filters: int, size: int, stride: int = 1, plain: bool = False):
        beta = self.take(filters)
        gamma, mean, variance = (np.ones(filters), np.zeros(filters), np.ones(filters) - 1e-5)
        if not plain:
            gamma, mean, variance = (self.take(filters) for _ in range(3))
        kernel = self.take(filters, len(x), size, size)
        around = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2))
        rows = (x.shape[1] + 2 * (size // 2) - size) // stride + 1
        out = np.zeros((filters, rows, rows))
        for r in range(rows):
            for c in range(rows):
                seen = around[:, r * stride : r * stride + size, c * stride : c * stride + size]
                out[:, r, c] = (kernel * seen).sum((1, 2, 3))
        out = (out - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None]
        out = out * gamma[:, None, None] + beta[:, None, None]
        return out if plain else np.where(out > 0, out, 0.1 * out)


def decoded(raw: np.ndarray, anchors: list[tuple[int, int]], side: int) -> np.ndarray:
    """Candidate by candidate, as the paper's Fig. 2 has it."""
    rows, found = raw.shape[1], []
    for k, (wide, high) in enumerate(anchors):
        for r in range(rows):
            for c in range(rows):
                t = raw[85 * k : 85 * (k + 1), r, c]
                rest = 1 / (1 + np.exp(-t))
                x, y = (c + rest[0]) * side / rows, (r + rest[1]) * side / rows
                found.append([x, y, wide * np.exp(t[2]), high * np.exp(t[3]), *rest[4:]])
    return np.array(found)


def test_the_network_is_the_one_that_plain_loops_compute(tmp_path: Path) -> None:
    cfg, weights = tmp_path / "net.cfg", tmp_path / "net.weights"
    cfg.write_text(text_of(SECTIONS))
    settings = read_settings(cfg)
    values = np.random.default_rng(0).uniform(0.1, 0.5, settings.numbers).astype("<f4")
    values[np.random.default_rng(1).random(len(values)) < 0.3] *= 0.5
    weights.write_bytes(header() + values.tobytes())
    picture = np.random.default_rng(2).uniform(-1, 1, (3, 32, 32)).astype(np.float32)

    plain = Reference(values)
    a = plain.conv(picture, 4, 3, 2)
    b = plain.conv(a, 4, 1) + a
    c = plain.conv(b, 6, 3, 2)
    coarse = plain.conv(c, 255, 1, plain=True)
    joined = np.concatenate([c.repeat(2, 1).repeat(2, 2), b])
    fine = plain.conv(joined, 255, 1, plain=True)
    assert plain.at == len(values)
    expected = np.concatenate(
        [
            decoded(coarse, [(50, 60), (80, 56), (90, 100)], 32),
            decoded(fine, [(4, 5), (8, 6), (10, 14)], 32),
        ]
    )
    network = DarknetNetwork(settings, read_weights(weights, settings)).eval()
    with torch.inference_mode():
        found = network(torch.from_numpy(picture)[None])[0].numpy()
    assert found.shape == (3 * 64 + 3 * 256, 85)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


def test_boxes_by_hand(tmp_path: Path) -> None:
    cfg = tmp_path / "net.cfg"
    cfg.write_text(text_of([*net(64), *conv(255, 1, 32, plain=True), *yolo("3,0,1")]))
    settings = read_settings(cfg)
    bias = np.full((3, 85), -20, np.float32)
    bias[1, :5] = (0, np.log(3), np.log(2), np.log(0.5), np.log(9))  # anchor 0 of 4 x 5 pixels
    bias[1, 5 + 2] = np.log(4)
    kernel = Kernel(np.zeros((255, 3, 1, 1), np.float32), bias.ravel())
    (found,) = DarknetNetwork(settings, [kernel])(torch.zeros(1, 3, 64, 64))
    assert found.shape == (3 * 2 * 2, 85)
    # Anchor 1 of 3, row 1, column 0 of cells of 32 pixels.
    x, y, wide, high, sure, *chances = found[4 + 2].tolist()
    assert (x, y) == pytest.approx((0.5 * 32, (1 + 0.75) * 32))
    assert (wide, high) == pytest.approx((4 * 2, 5 * 0.5))
    assert (sure, chances[2]) == pytest.approx((0.9, 0.8))
    assert max(chances[:2] + chances[3:]) < 1e-6


def test_pooling_pads_as_darknet_does(tmp_path: Path) -> None:
    cfg = tmp_path / "net.cfg"
    pools = [("maxpool", {"size": 2, "stride": 2}), ("maxpool", {"size": 2, "stride": 1})]
    cfg.write_text(text_of([*net(5), *pools, *conv(255, 1, plain=True), *yolo("0,1,2")]))
    kernel = Kernel(np.zeros((255, 3, 1, 1), np.float32), np.zeros(255, np.float32))
    network = DarknetNetwork(read_settings(cfg), [kernel])
    picture = -torch.arange(75.0).reshape(1, 3, 5, 5)
    halved = network.parts[0](picture)
    # The last column and row see what is there, not a border of zeros.
    assert halved[0, 0].tolist() == [[0, -2, -4], [-10, -12, -14], [-20, -22, -24]]
    again = network.parts[1](halved)
    assert again[0, 0].tolist() == halved[0, 0].tolist()
    assert network.parts[1](-halved)[0, 0].tolist() == [[12, 14, 14], [22, 24, 24], [22, 24, 24]]


def test_yolov3_in_miniature_has_three_scales(tmp_path: Path) -> None:
    cfg = tmp_path / "net.cfg"
    cfg.write_text(text_of(yolov3(64, 2, blocks=(1, 1, 1, 1, 1))))
    settings = read_settings(cfg)
    kernels = [
        Kernel(np.zeros(layer.kernel, np.float32), np.zeros(layer.shape[0], np.float32))
        for layer in settings.convolutions
    ]
    (found,) = DarknetNetwork(settings, kernels)(torch.rand(1, 3, 64, 64))
    assert len(found) == 3 * (2 * 2 + 4 * 4 + 8 * 8)
    # Without any weights each box is its anchor, in the middle of its cell, all chances even.
    assert found[0, :5].tolist() == [16, 16, 50, 60, 0.5]
    assert found[-1].tolist() == [60, 60, 10, 14, *[0.5] * 81]
