"""What an object detector costs in each runtime and precision: one view, three one by one, a batch.

    OMP_NUM_THREADS=1 python benchmarks/detector_runtimes.py --data UCSDped2 --detector onnx:FILE

Exports the detector as `awry export --detector` does, with int8's ranges from training clips, and
shows all of them the whole frame and two tiles beside each other of one training frame. The
runtimes take turns, and the least of all repeats counts: other programs on the machine only ever
add to a time. Printed is the processor's time, which others change less than the clock's; with one
thread and an idle machine the two are alike. Pictures are prepared before, and outputs are not
read: the networks alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from awry.datasets import open_dataset
from awry.exporting.detector_file import pictures_of
from awry.exporting.detectors import DetectorTarget, export_network, write_files
from awry.runtimes import threads
from awry.teachers.objects import DetectorOptions, load_detector
from awry.teachers.objects.onnx import NetworkDetector
from awry.training.environment import hardware, versions

VIEWS = 3
TARGETS = [
    (runtime, precision) for runtime in ("onnx", "openvino") for precision in ("fp32", "int8")
]


def exported(original: NetworkDetector, pictures: list[np.ndarray]) -> dict[str, NetworkDetector]:
    """Every form of the detector, by its name in the table."""
    forms = {"original file, ONNX Runtime": original}
    for runtime, precision in TARGETS:
        target = DetectorTarget(runtime, precision, tolerance=1e-3, force=True)
        with tempfile.TemporaryDirectory() as folder:
            files, boxes = export_network(original, target, pictures, "detector")
            path = write_files(Path(folder), files)
            form = load_detector(f"{runtime}:{path}", original.options)
        assert isinstance(form, NetworkDetector)
        title = {"onnx": "ONNX Runtime", "openvino": "OpenVINO"}[runtime]
        forms[f"{title}, {precision}"] = form
        print(f"{title}, {precision}: {boxes.to_json()}")
    return forms


def seconds(work: Callable[[], object]) -> float:
    """Of one call, of the processor."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def measure(
    forms: dict[str, NetworkDetector], views: list[np.ndarray], repeats: int
) -> dict[str, list[float]]:
    """Least milliseconds of the processor: one view, all views one by one, all as a batch."""
    together = np.concatenate(views)
    least = {name: [np.inf] * 3 for name in forms}
    for _ in range(repeats):
        for name, form in forms.items():
            ask = form.network
            ways: list[Callable[[], object]] = [
                lambda ask=ask: ask(views[0]),
                lambda ask=ask: [ask(view) for view in views],
                lambda ask=ask: ask(together),
            ]
            for place, way in enumerate(ways if form.batches else ways[:2]):
                least[name][place] = min(least[name][place], 1000 * seconds(way))
    return least


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--detector", required=True)
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    original = load_detector(given.detector, DetectorOptions(tiles=(2, 1)))
    if not isinstance(original, NetworkDetector):
        parser.error("--detector must be onnx:FILE")
    clips = open_dataset(given.data).train
    pictures = pictures_of(original, clips[:: max(1, len(clips) // 4)][:4])
    forms = exported(original, pictures)
    least = measure(forms, pictures[:VIEWS], given.repeats)
    known = versions()
    print(f"{hardware()}, {threads()} threads")
    print(f"ONNX Runtime {known['onnxruntime']}, OpenVINO {known['openvino']}")
    print(f"| ms | one view | {VIEWS} one by one | {VIEWS} as a batch |")
    print("| -- | --: | --: | --: |")
    for name, times in least.items():
        cells = ["-" if time == np.inf else f"{time:.0f}" for time in times]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
