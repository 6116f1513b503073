"""What is counted is right; what is timed is only asked for its shape."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import ConfigError, FootageError
from awry.exporting.bundles import ExportOptions, export_detector
from awry.exporting.clips import made_up
from awry.fitting import FitOptions, fit_detector
from awry.studies.speed import (
    SpeedOptions,
    compiled,
    gemm_gflops,
    measure_speed,
    multiply_adds,
    speed_alone,
)
from support import moving_square_data


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    out = tmp_path_factory.mktemp("daml") / "bundle"
    return fit_detector("daml", moving_square_data(), out, FitOptions(preset="tiny", seed=3))


def test_multiply_adds_of_a_convolution_by_hand() -> None:
    layer = nn.Conv2d(3, 8, 3, padding=1, bias=False)
    batches = [(torch.zeros(2, 3, 10, 12),), (torch.zeros(1, 3, 10, 12),)]
    assert multiply_adds(layer, batches) == 3 * 10 * 12 * 8 * 3 * 9


def test_a_detector_is_measured_from_its_files(detector: Detector) -> None:
    found = measure_speed(detector, moving_square_data().test, SpeedOptions(80, 1))
    assert found["every"] == 1
    assert found["frames"] == 80  # of two clips of 60 frames
    assert found["end_to_end_fps"] > 0
    assert set(found["latency_ms"]) == {"median", "p95", "p99"}
    assert set(found["stages_ms"]) == {"read", "resize", "network", "maps"}
    network = found["network"]
    # One clip of 60 frames, each encoded once, two stages of the motion model once each.
    calls = {name: graph["calls"] for name, graph in network["graphs"].items()}
    config = next(iter(detector.models.values())).config
    spans = {"motion_1": config.input_stride, "motion_2": 3 * config.input_stride}  # type: ignore[attr-defined]
    assert calls == {"encoder": 60} | {name: 60 - span for name, span in spans.items()}
    assert network["gemm_gflops"] > 0
    assert 0 < network["fraction"] < math.inf
    assert network["multiply_adds_per_frame"] == pytest.approx(
        sum(graph["multiply_adds_per_frame"] for graph in network["graphs"].values())
    )
    assert found["lookahead_frames"] == 0
    assert found["lookahead_ms"] == 0
    assert next(iter(detector.models.values())).runtime is None


def test_no_frames(detector: Detector) -> None:
    with pytest.raises(FootageError, match="no clip with frames"):
        measure_speed(detector, (), SpeedOptions())


def test_an_exported_bundle_is_not_compiled(detector: Detector, tmp_path: Path) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(), made_up(detector))
    clips: tuple[Clip, ...] = moving_square_data().test
    with pytest.raises(ConfigError, match="no networks to compile"):
        measure_speed(Detector.load(tmp_path / "out"), clips, SpeedOptions(compiled=True))
    model = next(iter(detector.models.values()))
    made = compiled(model, backend="eager")
    assert set(made) == {"encoder", "motion_1", "motion_2"}
    inputs = list(model.graphs()["encoder"].inputs.values())
    with torch.inference_mode():
        torch.testing.assert_close(made["encoder"](*inputs), model.networks["encoder"](*inputs))


def test_the_peak_is_a_number() -> None:
    assert 0 < gemm_gflops() < math.inf


def test_speed_alone(detector: Detector) -> None:
    found = speed_alone(detector, moving_square_data().test, SpeedOptions(20, 1))
    assert list(found) == ["frames_per_second"]
    assert found["frames_per_second"] > 0
