"""Exporting as everywhere else."""

from __future__ import annotations

import pytest

from awry.exporting import bundles
from awry.exporting.networks import to_onnx


@pytest.fixture
def exported_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network that was exported before is taken."""
    monkeypatch.setattr(bundles, "to_onnx", to_onnx)
