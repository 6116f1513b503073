"""Darknet's two files, made up: settings of any network of YOLOv3's kind, and random weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from awry.exporting.darknet.settings import Settings

ANCHORS = "4,5, 8,6, 10,14, 20,12, 24,30, 40,28, 50,60, 80,56, 90,100"
Sections = list[tuple[str, Mapping[str, object]]]


def text_of(sections: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    """Sections as they stand in a `.cfg`."""
    parts = [
        "\n".join([f"[{kind}]", *(f"{key} = {value}" for key, value in values.items())])
        for kind, values in sections
    ]
    return "# made up\n" + "\n\n".join(parts) + "\n"


def conv(filters: int, size: int, stride: int = 1, *, plain: bool = False) -> Sections:
    values: dict[str, object] = {} if plain else {"batch_normalize": 1}
    values |= {"filters": filters, "size": size, "stride": stride, "pad": 1}
    return [("convolutional", values | {"activation": "linear" if plain else "leaky"})]


def yolo(mask: str, anchors: str = ANCHORS) -> Sections:
    count = len(anchors.split(",")) // 2
    return [
        ("yolo", {"mask": mask, "anchors": anchors, "classes": 80, "num": count, "jitter": 0.3})
    ]


def net(side: int) -> Sections:
    return [("net", {"batch": 64, "width": side, "height": side, "channels": 3, "decay": 0.0005})]


def yolov3(
    side: int,
    width: int,
    blocks: tuple[int, ...] = (1, 2, 8, 8, 4),
    scales: int = 3,
    repeats: int = 3,
) -> Sections:
    """YOLOv3's plan: Darknet-53 without its last layer, then three scales.

    Args:
        side: of the input in pixels.
        width: filters of the first convolution; the published network has 32.
        blocks: residual blocks of each stage; these are the published network's.
        scales: of the boxes, the coarsest first.
        repeats: pairs of convolutions before each scale's boxes.
    """
    sections = [*net(side), *conv(width, 3)]
    ends = []
    for stage, count in enumerate(blocks, 1):
        filters = width * 2**stage
        sections += conv(filters, 3, 2)
        for _ in range(count):
            sections += [*conv(filters // 2, 1), *conv(filters, 3)]
            sections.append(("shortcut", {"from": -3, "activation": "linear"}))
        ends.append(len(sections) - 2)  # the first section is no layer
    for scale, mask in enumerate(("6,7,8", "3,4,5", "0,1,2")[:scales]):
        filters = width * 2 ** (len(blocks) - scale)
        if scale:
            sections.append(("route", {"layers": "-4"}))
            sections += [*conv(filters // 2, 1), ("upsample", {"stride": 2})]
            sections.append(("route", {"layers": f"-1, {ends[-1 - scale]}"}))
        for _ in range(repeats):
            sections += [*conv(filters // 2, 1), *conv(filters, 3)]
        sections += [*conv(255, 1, plain=True), *yolo(mask)]
    return sections


def header(version: tuple[int, int, int] = (0, 2, 0), seen: int = 32013312) -> bytes:
    wide = version[0] * 10 + version[1] >= 2
    return np.array(version, "<i4").tobytes() + np.array([seen], "<i8" if wide else "<i4").tobytes()


def random_weights(settings: Settings, seed: int = 0) -> bytes:
    """What a `.weights` file holds: small kernels, scales and variances around 1."""
    generator = np.random.default_rng(seed)
    parts = []
    for layer in settings.convolutions:
        filters = layer.shape[0]
        parts.append(generator.normal(0, 0.1, filters))
        if layer.normalised:
            parts.append(generator.uniform(0.8, 1.2, filters))
            parts.append(generator.normal(0, 0.1, filters))
            parts.append(generator.uniform(0.8, 1.2, filters))
        spread = 1 / np.sqrt(np.prod(layer.kernel[1:]))
        parts.append(generator.standard_normal(layer.kernel, np.float32).ravel() * spread)
    return header() + np.concatenate(parts).astype("<f4").tobytes()


def write_network(folder: Path, sections: Sections, seed: int = 0) -> tuple[Path, Path]:
    """Both files of a network with random weights."""
    from awry.exporting.darknet.settings import read_settings

    cfg, weights = folder / "net.cfg", folder / "net.weights"
    cfg.write_text(text_of(sections))
    weights.write_bytes(random_weights(read_settings(cfg), seed))
    return cfg, weights
