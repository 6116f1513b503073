"""A small detector of attributes, fitted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.detector import Detector
from awry.fitting import FitOptions, fit_detector
from support import moving_square_data


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Of the moving square, with nearest neighbours alone."""
    folder: Path = tmp_path_factory.mktemp("attributes")
    changes = {
        "classifier": "random:resnet18",  # its features are far enough apart for 16 bits
        "velocity_density": "knn",
        "quantile": {"velocity": 1.0, "deep": 1.0},
    }
    options = FitOptions(preset="tiny", changes=changes)
    return fit_detector("attributes", moving_square_data(), folder / "bundle", options)
