"""Whether an exported detector finds what its original finds: boxes, matched picture by picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import ExportError
from awry.frames import Objects
from awry.teachers.objects.onnx import NOTHING, NetworkDetector
from awry.teachers.objects.onnx_layouts import Floats
from awry.teachers.objects.selection import box_iou, select

SAME_BOX = 0.5
"""IoU from which two boxes of one class are the same object."""
BOUND = 0.1
"""Share of the original's boxes that int8 may lose, and of its own that may be new."""
LEAST_BOXES = 10
"""Fewer boxes of the original say nothing about shares."""


@dataclass(frozen=True, slots=True)
class BoxParity:
    """How far an exported object detector is from its original.

    Attributes:
        pictures: that both were shown; each tile is one.
        boxes: that the original found, above its threshold.
        lost: share of them that the exported one did not find, in [0, 1].
        new: share of the exported one's boxes that the original did not find, in [0, 1].
        iou: mean over the boxes that both found; 0 where there is none.
        confidence: mean absolute difference of their confidences.
        difference: largest difference of an output, relative to its largest value, or to 0.001
            where that is less: nobody looks at such scores; infinite where something is no number.
        ms: milliseconds for one picture, the original's and the exported one's, medians.
    """

    pictures: int
    boxes: int
    lost: float
    new: float
    iou: float
    confidence: float
    difference: float
    ms: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """As a manifest keeps it."""
        return {**asdict(self), "ms": list(self.ms)}


def compare_boxes(
    original: NetworkDetector, exported: NetworkDetector, pictures: Sequence[Floats]
) -> BoxParity:
    """Show the same pictures to both.

    Args:
        original: whose threshold and options count.
        exported: its network elsewhere.
        pictures: as `original.layout` prepares them, float32 (1, 3, h, w) each.
    """
    boxes = others = 0
    ious: list[float] = []
    apart: list[float] = []
    differences = [0.0]
    seconds = []
    for picture in pictures:
        begun = time.perf_counter()
        expected = original.network(picture)
        between = time.perf_counter()
        found = exported.network(picture)
        seconds.append((between - begun, time.perf_counter() - between))
        differences.append(_difference(expected, found))
        one, other = (_objects(original, outputs) for outputs in (expected, found))
        boxes, others = boxes + len(one.scores), others + len(other.scores)
        for first, second, iou in matched(one, other):
            ious.append(iou)
            apart.append(abs(float(one.scores[first] - other.scores[second])))
    both = len(ious)
    milliseconds = 1000 * np.median(seconds, axis=0)
    return BoxParity(
        len(pictures),
        boxes,
        1 - both / boxes if boxes else 0.0,
        1 - both / others if others else 0.0,
        float(np.mean(ious)) if ious else 0.0,
        float(np.mean(apart)) if apart else 0.0,
        max(differences),
        (float(milliseconds[0]), float(milliseconds[1])),
    )


def matched(one: Objects, other: Objects) -> list[tuple[int, int, float]]:
    """Pairs of boxes of one class that overlap most, each box once: both indices and the IoU."""
    if not len(one.scores) or not len(other.scores):
        return []
    overlap = box_iou(one.boxes, other.boxes)
    overlap = np.where(one.class_ids[:, None] == other.class_ids[None], overlap, 0)
    pairs: list[tuple[int, int, float]] = []
    for flat in np.argsort(-overlap, axis=None, kind="stable"):
        first, second = divmod(int(flat), overlap.shape[1])
        iou = float(overlap[first, second])
        if iou < SAME_BOX:
            break
        if all(first != a and second != b for a, b, _ in pairs):
            pairs.append((first, second, iou))
    return pairs


def too_different(boxes: Mapping[str, Any], export: Mapping[str, Any]) -> str:
    """A sentence where an exported detector is too far from its original; else empty.

    Args:
        boxes: as `BoxParity.to_json`.
        export: `precision` and `runtime`, `tolerance` of an fp32 output, `bound` of int8's boxes.
    """
    what = f"{export['runtime']} {export['precision']}"
    if not np.isfinite(boxes["difference"]):
        return f"{what} gives answers that are no numbers."
    if export["precision"] == "fp32":
        if boxes["difference"] <= export["tolerance"]:
            return ""
        return (
            f"{what} gives an output of the detector that differs by {boxes['difference']:.2g} "
            f"relative; at most {export['tolerance']:.2g} is allowed."
        )
    if boxes["boxes"] < LEAST_BOXES:
        return (
            f"The detector finds {boxes['boxes']} boxes in {boxes['pictures']} pictures of the "
            f"footage; int8 is compared on {LEAST_BOXES} at least. Give footage with more objects."
        )
    if max(boxes["lost"], boxes["new"]) <= export["bound"]:
        return ""
    return (
        f"{what} loses {boxes['lost']:.1%} of the detector's {boxes['boxes']} boxes, and "
        f"{boxes['new']:.1%} of its own are new; at most {export['bound']:.1%} is allowed of each."
    )


def _objects(detector: NetworkDetector, outputs: Sequence[Floats]) -> Objects:
    """What a detector makes of its network's outputs, in pixels of the network's input."""
    side = detector.layout.side
    boxes, scores, probabilities = detector.layout.read(outputs, side, NOTHING)
    keep: NDArray[np.bool_] = scores >= detector.threshold
    return select(boxes[keep], scores[keep], probabilities[keep], side, detector.options)


def _difference(expected: Sequence[Floats], found: Sequence[Floats]) -> float:
    if [one.shape for one in expected] != [other.shape for other in found]:
        raise ExportError("The exported network's outputs have other shapes than the original's.")
    worst = 0.0
    for one, other in zip(expected, found, strict=True):
        apart = float(np.abs(one - other).max() / max(float(np.abs(one).max()), NOTHING))
        worst = max(worst, apart if np.isfinite(apart) else np.inf)
    return worst
