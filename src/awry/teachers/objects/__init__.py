"""Object detectors behind one seam, chosen as `KIND:WHAT`.

torchvision:NAME       Faster R-CNN, Mask R-CNN, RetinaNet; weights by name on first use
hf:NAME                D-FINE, RT-DETRv2 and their like from the Hugging Face hub, or a folder
onnx:FILE              a local file: NanoDet, YOLOX or YOLOv3
darknet:FILE           YOLOv3 as its authors publish it; needs OpenCV 4
boxes:FILE or FOLDER   boxes that were detected before, as CSV
foreground             regions that move; needs no weights, knows no classes
random:NAME            a torchvision model with random weights: for tests alone

Other packages may add kinds, see `awry.extensions`.
"""

from __future__ import annotations

from awry.errors import ConfigError, nearest
from awry.teachers.kinds import added_kinds, added_loader
from awry.teachers.objects.base import ObjectDetector, View
from awry.teachers.objects.options import DetectorOptions

__all__ = ["DetectorOptions", "ObjectDetector", "View", "load_detector"]

KINDS = ("torchvision", "hf", "onnx", "darknet", "boxes", "foreground")


def load_detector(what: str, options: DetectorOptions | None = None) -> ObjectDetector:
    """An object detector by `KIND:WHAT`.

    Raises:
        ConfigError: an unknown kind or model, or a file that is not what it should be.
        MissingError: weights or a package are not there; says where they come from, and what to
            use instead.
        InputError: a box file that cannot be read.
    """
    options = options or DetectorOptions()
    kind, _, name = what.partition(":")
    if kind == "foreground" and not name:
        from awry.teachers.objects.foreground import ForegroundDetector

        return ForegroundDetector(options)
    if loader := added_loader("objects", kind):
        added: ObjectDetector = loader(name, options)
        return added
    if kind not in (*KINDS, "random") or not name or kind == "foreground":
        known = [*KINDS, *added_kinds("objects")]
        raise ConfigError(
            f"There is no object detector '{what}': {nearest(kind, known)}. Write KIND:WHAT, e.g. "
            "onnx:FILE or boxes:FILE, or plainly foreground."
        )
    if kind == "boxes":
        from awry.teachers.objects.boxes import BoxesDetector

        return BoxesDetector(name, options)
    if kind in ("onnx", "darknet"):
        from awry.teachers.objects.onnx import DarknetDetector, ONNXDetector

        return ONNXDetector(name, options) if kind == "onnx" else DarknetDetector(name, options)
    if kind == "hf":
        from awry.teachers.objects.huggingface import HuggingFaceDetector

        return HuggingFaceDetector(name, options)
    from awry.teachers.objects.torchvision import TorchvisionDetector

    return TorchvisionDetector(name, options, random=kind == "random")
