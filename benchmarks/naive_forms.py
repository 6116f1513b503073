"""What streaming, batches and key frames are worth, each beside its naive form in one run.

    python benchmarks/naive_forms.py --data UCSDped2 [--frames 100] [--repeats 5] [--auc] BUNDLE...

`daml`: each frame encoded once and one new convolution a layer, against all frames of the window
encoded, and the whole motion model evaluated, at every step. `ssmtl`: all objects of a frame at
once, against one at a time; and the detector on every frame, against every fourth (`detect_every`),
with what that costs in micro AUC. Networks run wherever the bundle has them run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path

import numpy as np
import torch

from awry.datasets import open_dataset
from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.evaluation.clip_scoring import SCORES_ALONE, score_clips
from awry.evaluation.metrics.frame import micro_auc
from awry.exporting.parity import watched
from awry.frames import Frame
from awry.methods.daml import DAML
from awry.methods.daml.network import motion_name, to_input
from awry.methods.ssmtl import SSMTL
from awry.studies.speed import SpeedOptions, measure_speed
from awry.video.pictures import resized

KEY_FRAMES = 4


def median(work: Callable[[], object], repeats: int) -> float:
    """Seconds; one more run before them warms up."""
    taken = []
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        with torch.inference_mode():
            work()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:]))


def daml(method: DAML, frames: list[Frame], repeats: int) -> None:
    """Frames a second of the networks, streamed and naive."""
    from awry.methods.daml.motion import MotionStream

    config, model, networks = method.config, method.model, method.networks
    assert model is not None
    assert config.width is not None
    size = (config.height, config.width)
    pictures = np.stack([resized(f.image, size, bool(config.grey)) for f in frames])
    inputs, span = to_input(pictures, model.mean_of("*")), model.motion.span
    taps = model.motion.taps
    stages = [networks[motion_name(number)] for number in range(len(taps))]

    def streamed() -> None:
        stream = MotionStream(taps, stages)
        for one in inputs:
            stream.push(networks["encoder"](one[None])[0])

    def naive() -> None:
        for first in range(len(inputs) - span + 1):
            window = inputs[first : first + span : config.input_stride]
            (codes,) = networks["encoder"](window)
            for stage in stages:  # each joins neighbours, until one is left
                codes = codes if len(taps[0]) > 2 else codes.unflatten(0, (-1, 2))
                (codes,) = stage(codes if codes.ndim == 5 else codes[None])

    steps = len(inputs) - span + 1
    # Both count scored steps; the stream encodes the first window on top of that.
    fast, slow = (steps / median(work, repeats) for work in (streamed, naive))
    print(f"daml: streamed {fast:.1f} frames/s, naive {slow:.1f}, {fast / slow:.2f} times")


def objects(
    detector: Detector, method: SSMTL, clip: str, frames: list[Frame], repeats: int
) -> None:
    """Milliseconds an object of the network, batched and one at a time."""
    before, asked = method.runtime, watched(method)
    scorer = detector.scorer(clip=clip)
    for frame in frames:
        scorer.push(frame)
    method.runtime = before
    for name, one in asked.items():
        count = sum(len(batch[0]) for batch in one.batches)
        network, batches = one.network, one.batches

        def together(network=network, batches=batches) -> None:
            for batch in batches:
                network(*batch)

        def alone(network=network, batches=batches) -> None:
            for batch in batches:
                for place in range(len(batch[0])):
                    network(*(given[place : place + 1] for given in batch))

        fast, slow = (1000 * median(work, repeats) / count for work in (together, alone))
        share = count / len(one.batches)
        print(
            f"ssmtl {name}: {fast:.2f} ms an object with {share:.1f} a frame, "
            f"{slow:.2f} one at a time, {slow / fast:.2f} times"
        )


def key_frames(bundle: Path, data: Dataset, options: SpeedOptions, *, auc: bool) -> None:
    """Frames a second from files with the detector on every n-th frame; micro AUC if wanted.

    Once with the views that the bundle was fitted with, once with the whole frame alone: that is
    another detector, so only its speed says something.
    """
    for one_view, every in product((False, True), (1, KEY_FRAMES)):
        detector = Detector.load(bundle)
        method = detector.model_of(data.test[0].scene)
        changes = {"tiles": (1, 1), "detector_fingerprint": ""} if one_view else {}
        method.config = method.config.model_copy(update={"detect_every": every, **changes})
        speed = measure_speed(detector, data.test, options)
        stages = ", ".join(f"{name} {ms:.1f}" for name, ms in speed["stages_ms"].items())
        print(
            f"ssmtl{' one view' * one_view} detect_every={every}: "
            f"{speed['end_to_end_fps']:.1f} frames/s ({stages} ms)"
        )
        if auc and not one_view:
            clips = score_clips(detector, data.test, SCORES_ALONE).clips
            known = [(clip.scores, clip.labels) for clip in clips if clip.labels is not None]
            found = micro_auc(*zip(*known, strict=True))
            print(f"ssmtl detect_every={every}: micro AUC {found:.4f}")


def main() -> None:
    """Measure the bundles that are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--auc", action="store_true", help="score all test clips, twice")
    given = parser.parse_args()
    data = open_dataset(given.data)
    frames = list(islice(data.test[0].open(), given.frames))
    for bundle in given.bundles:
        detector = Detector.load(bundle)
        method = detector.model_of(data.test[0].scene)
        print(f"{bundle}: {detector.runs_in}, {torch.get_num_threads()} threads")
        if isinstance(method, DAML):
            daml(method, frames, given.repeats)
        elif isinstance(method, SSMTL):
            objects(detector, method, f"test/{data.test[0].name}", frames, given.repeats)
            key_frames(bundle, data, SpeedOptions(given.frames, given.repeats), auc=given.auc)


if __name__ == "__main__":
    main()
