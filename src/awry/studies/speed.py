"""How fast a bundle scores, where the time goes, and how far that is from the machine's peak."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awry.datasets.base import Clip, name_in_test
from awry.detector import Detector
from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, FootageError
from awry.evaluation.clip_scoring import ClipOptions, score_clip, seconds_by_stage
from awry.exporting.parity import Watched, watched
from awry.methods.base import Method
from awry.methods.folding import folded
from awry.methods.graphs import Network, there

if TYPE_CHECKING:
    from torch import Tensor, nn

GEMM_SIDES = (512, 1024, 2048)
CARD_SIDES = (4096, 8192)
"""More, where that is not the processor: smaller ones do not fill a card."""
GEMM_SECONDS = 0.3
NETWORK_BATCHES = 24

Chosen = tuple[Clip, int]
"""A clip, and how many of its frames are taken."""


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """How speed is measured.

    Attributes:
        frames: of each pass.
        repeats: passes, of which the median counts; one more before them warms up.
        compiled: let `torch.compile` make the networks, where they run in PyTorch.
    """

    frames: int = 200
    repeats: int = 3
    compiled: bool = False


def measure_speed(
    detector: Detector, clips: Sequence[Clip], options: SpeedOptions
) -> dict[str, Any]:
    """Measure a detector on a data set's clips, frame after frame from their files.

    Args:
        detector: in whatever runtime.
        clips: read from the first on, until there are enough frames; each is a stream of its own.
        options: how.

    Returns:
        JSON-ready: `end_to_end_fps` (from files, a clip at a time; frames that the bundle's
        `every` leaves out are counted, as in all figures a frame), `latency_ms` of
        frames that come one at a time (median, 95th and 99th percentile), `stages_ms` a frame
        (`read` and what the method measures), `network` (see `network_speed`), `lookahead`.

    Raises:
        FootageError: the clips have no frames.
        ConfigError: compiling is wanted of an exported bundle.
    """
    chosen = _enough(clips, options.frames)
    before = {scene: model.runtime for scene, model in detector.models.items()}
    try:
        if options.compiled:
            for model in detector.models.values():
                model.runtime = compiled(model)
        return _measured(detector, chosen, options)
    finally:
        for scene, model in detector.models.items():
            model.runtime = before[scene]


def _measured(
    detector: Detector, chosen: Sequence[Chosen], options: SpeedOptions
) -> dict[str, Any]:
    passes = [_pass(detector, chosen) for _ in range(options.repeats + 1)][1:]
    seconds, count, stages = sorted(passes, key=lambda timed: timed[0])[len(passes) // 2]
    read = float(np.median([_read(chosen) for _ in range(options.repeats)]))
    latency = _latency(detector, chosen[0], options.repeats)
    peak = peak_mib()  # before questions are kept and asked again
    clip = chosen[0][0]
    scorer, fps = detector.scorer(clip.scene, clip=name_in_test(clip.name)), clip.open().fps
    return {
        "frames": count,
        "every": detector.every,
        "repeats": options.repeats,
        "end_to_end_fps": count / seconds,
        "latency_ms": latency,
        "stages_ms": {"read": 1000 * read / count}
        | {name: 1000 * spent / count for name, spent in stages.items()},
        "all_ms": 1000 * seconds / count,
        "network": network_speed(detector, chosen[0], options.repeats),
        "lookahead_frames": scorer.lookahead,
        "lookahead_ms": None if not fps else 1000 * scorer.lookahead * detector.every / fps,
        "peak_mib": peak,
    }


def speed_alone(
    detector: Detector, clips: Sequence[Clip], options: SpeedOptions
) -> dict[str, float]:
    """Frames a second from files, and nothing else of what `measure_speed` measures.

    Args:
        detector: in whatever runtime.
        clips: as `measure_speed`.
        options: `frames` of a pass, and `repeats`, of which the median counts.

    Returns:
        `frames_per_second`.

    Raises:
        FootageError: the clips have no frames.
    """
    chosen = _enough(clips, options.frames)
    passes = [_pass(detector, chosen)[:2] for _ in range(options.repeats + 1)][1:]
    return {"frames_per_second": float(np.median([count / seconds for seconds, count in passes]))}


def peak_mib() -> float | None:
    """The most memory that this process ever had, in MiB; None where the system does not say."""
    status = Path("/proc/self/status")  # `ru_maxrss` is inherited from the parent there
    if status.is_file():
        lines = status.read_text("utf-8").splitlines()
        return next((int(line.split()[1]) / 2**10 for line in lines if "VmHWM" in line), None)
    try:
        import resource
    except ImportError:  # Windows
        return None
    per_mib = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mib


def compiled(model: Method, backend: str = "inductor") -> dict[str, Network]:
    """The method's graphs, made by `torch.compile` when they are first asked.

    Raises:
        ConfigError: there are none, or they run elsewhere.
    """
    import torch

    if model.runtime is not None:
        raise ConfigError("An exported bundle has no networks to compile: give the plain one.")
    graphs = model.graphs()
    if not graphs:
        raise ConfigError(f"{model.name} has no network to compile.")
    modules = {
        name: torch.compile(model.compute.copy_of(graph.module), dynamic=True, backend=backend)
        for name, graph in graphs.items()
    }
    return {name: there(model.compute, module) for name, module in modules.items()}


def _enough(clips: Sequence[Clip], frames: int) -> list[Chosen]:
    """Clips from the first on, each with how many of its frames are taken."""
    chosen: list[Chosen] = []
    for clip in clips:
        there = sum(1 for _ in islice(clip.open(), frames))
        chosen += [(clip, there)] if there else []
        frames -= there
        if frames <= 0:
            break
    if not chosen:
        raise FootageError("There is no clip with frames to measure on.")
    return chosen


def _pass(detector: Detector, chosen: Sequence[Chosen]) -> tuple[float, int, Mapping[str, float]]:
    """Seconds, frames, and seconds of each stage of one pass."""
    alone = ClipOptions(labels=False, regions=False, peaks=False, flow=False)
    begun = time.perf_counter()
    scores = [score_clip(detector, clip, replace(alone, first=frames)) for clip, frames in chosen]
    seconds = time.perf_counter() - begun
    return seconds, sum(len(each.clip.scores) for each in scores), seconds_by_stage(scores)


def _read(chosen: Sequence[Chosen]) -> float:
    begun = time.perf_counter()
    for clip, frames in chosen:
        for _ in islice(clip.open(), frames):
            pass
    return time.perf_counter() - begun


def _latency(detector: Detector, chosen: Chosen, repeats: int) -> dict[str, float]:
    """Milliseconds of each `push` that gives a score, once the first one is out."""
    clip, count = chosen
    taken = []
    for _ in range(repeats):
        scorer, warm = detector.scorer(clip.scene, clip=name_in_test(clip.name)), False
        for frame in islice(clip.open(), 0, count, detector.every):
            begun = time.perf_counter()
            scored_now = any(score.score is not None for score in scorer.push(frame))
            if warm and scored_now:
                taken.append(1000 * (time.perf_counter() - begun))
            warm = warm or scored_now
    if not taken:
        return {}
    middle, high, highest = np.percentile(taken, [50, 95, 99])
    return {"median": float(middle), "p95": float(high), "p99": float(highest)}


def network_speed(detector: Detector, chosen: Chosen, repeats: int) -> dict[str, Any]:
    """The networks alone, asked again what scoring a clip asked them.

    Returns:
        `ms_per_frame` of the clip, `multiply_adds_per_frame` (counted by PyTorch), `gemm_gflops`
        (measured with a large matrix product, where the networks run and in their precision),
        `fraction` of it that is reached; and `graphs`, the same for each network, with
        `ms_per_item` of a batch.
    """
    clip, count = chosen
    model = detector.model_of(clip.scene)
    recorded = _recorded_networks(detector, model, chosen)
    exported = detector.runs_in["runtime"] != "pytorch"
    peak = gemm_gflops(PROCESSOR if exported else model.compute)
    graphs: dict[str, Any] = {}
    for name, network in recorded.items():
        if not network.batches:
            continue
        seconds = float(np.median([_seconds_of(network) for _ in range(repeats + 1)][1:]))
        items = sum(len(batch[0]) for batch in network.batches)
        adds = multiply_adds(folded(model.graphs()[name].module), network.batches)
        share = network.calls / len(network.batches)  # not all questions were kept
        graphs[name] = {
            "calls": network.calls,
            "ms_per_item": 1000 * seconds / items,
            "ms_per_frame": 1000 * seconds * share / count,
            "multiply_adds_per_frame": adds * share / count,
            "fraction": 2e-9 * adds / seconds / peak,
        }
    whole = {
        key: sum(graph[key] for graph in graphs.values())
        for key in ("ms_per_frame", "multiply_adds_per_frame")
    }
    reached = 2e-6 * whole["multiply_adds_per_frame"] / max(whole["ms_per_frame"], 1e-9)
    return {**whole, "gemm_gflops": peak, "fraction": reached / peak, "graphs": graphs}


def _recorded_networks(detector: Detector, model: Method, chosen: Chosen) -> dict[str, Watched]:
    """What scoring a clip's frames, one at a time, asks of each network."""
    clip, count = chosen
    before = model.runtime
    networks = watched(model)
    for network in networks.values():
        network.most = NETWORK_BATCHES
    try:
        scorer = detector.scorer(clip.scene, clip=name_in_test(clip.name))
        for frame in islice(clip.open(), 0, count, detector.every):
            scorer.push(frame)
        scorer.flush()
    finally:
        model.runtime = before
    return networks


def _seconds_of(recorded: Watched) -> float:
    import torch

    begun = time.perf_counter()
    with torch.inference_mode():
        for batch in recorded.batches:
            recorded.network(*batch)
    return time.perf_counter() - begun


def multiply_adds(module: nn.Module, batches: Sequence[tuple[Tensor, ...]]) -> int:
    """Multiply-adds that a module needs for some batches, as PyTorch counts them."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for batch in batches:
            module(*(tensor.to("cpu", copy=True) for tensor in batch))
    return counter.get_total_flops() // 2


def gemm_gflops(compute: Compute = PROCESSOR) -> float:
    """Thousand million floating-point operations a second of the best matrix product.

    Args:
        compute: where, and how exactly.
    """
    sides = GEMM_SIDES if compute.device == "cpu" else (*GEMM_SIDES, *CARD_SIDES)
    with compute.rounding():
        return max(_product_gflops(side, compute) for side in sides)


def _product_gflops(side: int, compute: Compute) -> float:
    import torch

    first, second = (compute.put(torch.rand(side, side)) for _ in range(2))
    if compute.rounds:
        first, second = (one.to(compute.narrow) for one in (first, second))
    wait = compute.waiter()
    best, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < GEMM_SECONDS:
        start = time.perf_counter()
        torch.mm(first, second)
        wait()
        best = min(best, time.perf_counter() - start)
    return 2e-9 * side**3 / best
