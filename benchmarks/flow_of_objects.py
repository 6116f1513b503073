"""How much of its speed a flow gives to detected objects, on training footage.

    python benchmarks/flow_of_objects.py --data UCSDped2 --detector onnx:FILE [--tiles 2 1] FLOW...

What truly moved is found by matching: the middle of each box is looked for half a second later.
Printed for each flow: the median of its speed over that of the match, of objects that move, and
the rank correlation over all objects. No label is read.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from awry.datasets import open_dataset
from awry.datasets.base import Dataset
from awry.teachers.flow import FlowTeacher, grey_of, load_flow
from awry.teachers.objects import DetectorOptions, ObjectDetector, load_detector
from awry.teachers.objects.base import view_of
from awry.training.scale import ASSUMED_RATE, STEP_SECONDS

LATER_S = 0.5
LOOKS_EVERY_S = 4.0
LEAST_MATCH = 0.7
MOVING = 0.1
"""Of its own length in a second: slower objects stand."""
EDGE = 10
Pictures = list[NDArray[np.uint8]]


def looks(data: Dataset) -> Iterator[tuple[Pictures, float, int]]:
    """Each clip's pictures and rate, and the frames to look at."""
    for clip in data.train:
        source = clip.open()
        rate = data.fps or source.fps or ASSUMED_RATE
        images = [frame.image for frame in source]
        edge = round(LATER_S * rate) + 1
        for place in range(edge, len(images) - edge, round(LOOKS_EVERY_S * rate)):
            yield images, rate, place


def matched_speed(
    now: NDArray[np.uint8], later: NDArray[np.uint8], box: NDArray[np.int64], reach: int
) -> float | None:
    """Pixels that the middle of a box moved; None where it is not found again."""
    left, top, right, bottom = (int(one) for one in box)
    height, width = now.shape
    if min(left, top, width - right, height - bottom) < EDGE:
        return None
    quarter = (right - left) // 4
    piece = now[top:bottom, left + quarter : right - quarter]
    first = max(0, top - reach), max(0, left + quarter - reach)
    field = later[first[0] : bottom + reach, first[1] : right - quarter + reach]
    _, best, _, place = cv2.minMaxLoc(cv2.matchTemplate(field, piece, cv2.TM_CCOEFF_NORMED))
    if best < LEAST_MATCH:
        return None
    return float(np.hypot(first[1] + place[0] - left - quarter, first[0] + place[1] - top))


def measure(
    data: Dataset, detector: ObjectDetector, flows: dict[str, FlowTeacher]
) -> tuple[list[float], list[float], dict[str, list[float]], dict[str, list[float]]]:
    """Each object's length and matched speed, each flow's speed of it, and seconds of each look."""
    lengths: list[float] = []
    truth: list[float] = []
    found: dict[str, list[float]] = {name: [] for name in flows}
    spent: dict[str, list[float]] = {name: [] for name in flows}
    for images, rate, place in looks(data):
        step, far = max(1, round(STEP_SECONDS * rate)), round(LATER_S * rate)
        view = view_of(images, place, 0, 0, "", place, images[place].shape[:2])
        boxes = detector.detect(view).boxes.round().astype(int)
        before, now, later = (grey_of(images[n]) for n in (place - step, place, place + far))
        fields = {}
        for name, flow in flows.items():
            begun = time.perf_counter()
            fields[name] = np.hypot(*np.moveaxis(flow(before, now), -1, 0))
            spent[name].append(time.perf_counter() - begun)
        for box in boxes:
            moved = matched_speed(now, later, box, max(EDGE, 3 * far))
            if moved is not None:
                lengths.append(float(max(box[2:] - box[:2])))
                truth.append(moved / far * rate)
                for name, field in fields.items():
                    inside = field[box[1] : box[3], box[0] : box[2]]
                    found[name].append(float(inside.mean()) / step * rate)
    return lengths, truth, found, spent


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--detector", required=True)
    parser.add_argument("--tiles", type=int, nargs=2, default=(1, 1))
    parser.add_argument("flows", nargs="+")
    given = parser.parse_args()
    options = DetectorOptions(tiles=tuple(given.tiles), across_classes=True, least_side=4.0)
    flows = {name: load_flow(name) for name in given.flows}
    data = open_dataset(given.data)
    detector = load_detector(given.detector, options)
    lengths, truth, found, spent = measure(data, detector, flows)
    speed = np.array(truth)
    moving = speed > MOVING * np.array(lengths)
    middle = np.median(speed)
    print(f"{len(speed)} objects, {int(moving.sum())} of them move; median {middle:.1f} pixels/s")
    for name, values in found.items():
        share = np.median(np.array(values)[moving] / speed[moving])
        rank = spearmanr(speed, values).statistic
        cost = 1000 * np.mean(spent[name])
        print(f"{name:18} {share:.2f} of the speed, rank correlation {rank:.2f}, {cost:.0f} ms")


if __name__ == "__main__":
    main()
