"""Object detectors behind one seam, chosen as `KIND:WHAT`.

torchvision:NAME       Faster R-CNN, Mask R-CNN, RetinaNet; weights by name on first use
hf:NAME                D-FINE, RT-DETRv2 and their like from the Hugging Face hub, or a folder
onnx:FILE              a local file: NanoDet, YOLOX or YOLOv3
openvino:FILE.xml      the same, as awry export --detector writes it for OpenVINO
darknet:FILE           YOLOv3 as its authors publish it; needs OpenCV 4
boxes:FILE or FOLDER   boxes that were detected before, as CSV
foreground             regions that move; needs no weights, knows no classes
random:NAME            a torchvision model with random weights: for tests alone

Other packages may add kinds, see `awry.extensions`.
"""

from __future__ import annotations

from collections.abc import Mapping

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, nearest
from awry.teachers.kinds import added_kinds, added_teacher
from awry.teachers.objects.base import ObjectDetector, View
from awry.teachers.objects.exported import NOTHING_EXPORTED, ExportedNetwork
from awry.teachers.objects.options import DetectorOptions

__all__ = [
    "NOTHING_EXPORTED",
    "DetectorOptions",
    "ExportedNetwork",
    "ObjectDetector",
    "View",
    "load_detector",
]

KINDS = ("torchvision", "hf", "onnx", "openvino", "darknet", "boxes", "foreground")


def load_detector(
    what: str,
    options: DetectorOptions | None = None,
    exported: Mapping[str, ExportedNetwork] = NOTHING_EXPORTED,
    *,
    compute: Compute = PROCESSOR,
) -> ObjectDetector:
    """An object detector by `KIND:WHAT`.

    Args:
        what: `KIND:WHAT`, see the top of this file.
        options: what is asked of it.
        exported: networks that answer in the place of such detectors, by the same `KIND:WHAT`.
        compute: where networks run. Its key is the same wherever that is. Boxes, moving regions and
            Darknet's own files stay on the processor.

    Raises:
        ConfigError: an unknown kind or model, or a file that is not what it should be.
        MissingError: weights or a package are not there; says where they come from, and what to
            use instead.
        InputError: a box file that cannot be read.
    """
    options = options or DetectorOptions()
    if what in exported:
        return exported[what].detector(options, compute)
    kind, _, name = what.partition(":")
    if kind == "foreground" and not name:
        from awry.teachers.objects.foreground import ForegroundDetector

        return ForegroundDetector(options)
    added: ObjectDetector | None = added_teacher("objects", kind, compute, name, options)
    if added is not None:
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
    if kind in ("onnx", "openvino"):
        from awry.teachers.objects.onnx import file_detector

        return file_detector(kind, name, options, compute=compute)
    if kind == "darknet":
        from awry.teachers.objects.onnx import DarknetDetector

        return DarknetDetector(name, options)
    if kind == "hf":
        from awry.teachers.objects.huggingface import HuggingFaceDetector

        return HuggingFaceDetector(name, options, compute=compute)
    from awry.teachers.objects.torchvision import TorchvisionDetector

    return TorchvisionDetector(name, options, random=kind == "random", compute=compute)
