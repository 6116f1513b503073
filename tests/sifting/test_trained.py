"""A run together with what it learns by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awry.errors import TrainingError
from awry.methods.sdor import SDOR
from awry.sifting.trained import TrainedRun


def test_learners_that_are_not_there_are_refused(trained: TrainedRun) -> None:
    assert trained.model is trained.method.model
    untrained = replace(trained, method=SDOR(trained.run.config))
    with pytest.raises(TrainingError, match="has no learners"):
        _ = untrained.model
