"""Time and memory of RBDC and TBDC at the size of a large data set.

Measures `awry.evaluation.metrics.region.region_figures` from arrays (checks of the input
included, files not): 45 000 frames in 107 clips, 20 000 true boxes and 550 000 detections, made
from a seed. A part of the detections follows the true boxes, the rest lies anywhere. Also
measures 1 000 draws of clips with `resampled_region`. Prints the best and the median of five
runs, the process's peak memory and the figures. python benchmarks/region_metrics.py [--seed N]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from awry.datasets.tracks import Tracks
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.metrics.region import region_figures, resampled_region

CLIPS, FRAMES, BOXES, DETECTIONS = 107, 45_000, 20_000, 550_000
TRACK, FOLLOWING, WIDTH, HEIGHT = 100, 60_000, 856, 480
RUNS, RESAMPLES = 5, 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    truth, detections, n_frames = made(np.random.default_rng(seed))
    draws = np.random.default_rng(seed).integers(CLIPS, size=(RESAMPLES, CLIPS))
    print(f"{FRAMES} frames, {BOXES} true boxes, {DETECTIONS} detections, seed {seed}")
    print(f"peak memory before measuring: {peak_megabytes():.0f} MB")
    figures = timed("region_figures", lambda: region_figures(truth, detections, n_frames))
    print(f"peak memory: {peak_megabytes():.0f} MB")
    timed(
        "region_figures, compat", lambda: region_figures(truth, detections, n_frames, compat=True)
    )
    rbdc, tbdc = timed(
        f"resampled_region, {RESAMPLES} draws",
        lambda: resampled_region(truth, detections, n_frames, draws),
    )
    print(f"peak memory: {peak_megabytes():.0f} MB")
    for name, value, values in (("RBDC", figures.rbdc, rbdc), ("TBDC", figures.tbdc, tbdc)):
        low, high = np.quantile(values, [0.025, 0.975])
        print(f"{name} {value:.6f} (95 % interval over clips {low:.4f} to {high:.4f})")
    print(f"FPR reached {figures.fpr_reached:.4f}, {figures.n_tracks} tracks")


def made(
    generator: np.random.Generator,
) -> tuple[dict[str, Tracks], dict[str, Detections], dict[str, int]]:
    """Truth, detections and number of frames of each clip."""
    sizes = np.full(CLIPS, FRAMES // CLIPS)
    sizes[: FRAMES % CLIPS] += 1
    starts = generator.integers(sizes.min() - TRACK, size=BOXES // TRACK)
    owner = np.repeat(generator.integers(CLIPS, size=len(starts)), TRACK)
    frames = (starts[:, None] + np.arange(TRACK)).ravel()
    ids = np.repeat(np.arange(len(starts)), TRACK)
    drift = generator.uniform(-2, 2, (len(starts), 1, 2)) * np.arange(TRACK)[:, None]
    places = generator.uniform(0.2, 0.8, (len(starts), 1, 2)) * [WIDTH, HEIGHT]
    sides = np.repeat(generator.uniform(20, 100, (len(starts), 2)), TRACK, axis=0)
    corners = (places + drift).reshape(-1, 2)
    boxes = np.hstack([corners, corners + sides])

    followed = generator.integers(BOXES, size=FOLLOWING)
    n_stray = DETECTIONS - FOLLOWING
    stray_owner = generator.choice(CLIPS, n_stray, p=sizes / sizes.sum())
    stray_frames = (generator.random(n_stray) * sizes[stray_owner]).astype(np.int64)
    stray = generator.random((n_stray, 2)) * [WIDTH - 100, HEIGHT - 100]
    stray = np.hstack([stray, stray + generator.uniform(10, 100, (n_stray, 2))])
    near = boxes[followed] + np.sort(generator.normal(0, 10, (FOLLOWING, 2, 2)), axis=1).reshape(
        -1, 4
    )
    all_owner = np.concatenate([owner[followed], stray_owner])
    all_frames = np.concatenate([frames[followed], stray_frames])
    all_boxes = np.concatenate([near, stray])
    scores = np.concatenate([generator.normal(1.5, 1, FOLLOWING), generator.normal(0, 1, n_stray)])

    truth, detections = {}, {}
    for clip in range(CLIPS):
        mine, seen = owner == clip, all_owner == clip
        truth[f"{clip:03d}"] = Tracks(ids[mine], frames[mine], boxes[mine])
        detections[f"{clip:03d}"] = Detections(all_frames[seen], all_boxes[seen], scores[seen])
    return truth, detections, {f"{clip:03d}": int(sizes[clip]) for clip in range(CLIPS)}


def timed(what: str, run: Callable[[], Any]) -> Any:
    """What `run` gives; prints the best and the median time of several runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    print(f"{what}: best {min(seconds):.3f} s, median {statistics.median(seconds):.3f} s of {RUNS}")
    return result


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main()
