"""What networks are asked on normal footage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from awry.detector import Detector
from awry.errors import ExportError
from awry.exporting.ranges import inputs_on
from awry.fitting import FitOptions, fit_detector
from awry.testing.footage import moving_square_data


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    out = tmp_path_factory.mktemp("attributes") / "bundle"
    return fit_detector("attributes", moving_square_data(), out, FitOptions(preset="tiny", seed=1))


def test_each_network_is_watched_and_answers_as_before(detector: Detector, tmp_path: Path) -> None:
    asked = inputs_on(detector, moving_square_data(seed=3).train[:2])
    assert set(asked["*"]) == {"features", "energy_velocity"}
    pictures = asked["*"]["features"]
    assert all(batch[0].dtype == torch.float32 and batch[0].shape[1] == 3 for batch in pictures)
    assert next(iter(detector.models.values())).runtime is None


def test_a_scene_needs_footage_of_its_own(detector: Detector) -> None:
    gate = replace(detector, models={"gate": detector.models["*"]})
    with pytest.raises(ExportError, match="no normal footage of the scene 'gate'"):
        inputs_on(gate, moving_square_data().train)
