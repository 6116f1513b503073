from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from awry.errors import BundleError, TrainingError
from awry.fitting import fit_detector
from awry.methods.base import Setting
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import SSMTLConfig
from awry.training.footage import Footage, Run
from awry.training.split import WHOLE, Split
from awry.video.cache import FrameCache
from support import moving_square

from .conftest import SMALL, MakeModel, options, training_data


def test_a_model_comes_back_from_its_state(make_model: MakeModel) -> None:
    method, other = (SSMTL(SSMTLConfig(**SMALL)) for _ in range(2))
    method.model = make_model()
    tensors = method.state()
    other.load_state(dict(tensors))
    again = other.state()
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], value) for name, value in tensors.items())
    del tensors[next(iter(tensors))]  # weights of parts, at the end, older bundles do not have
    with pytest.raises(BundleError, match="tensors do not fit its SSMTL settings"):
        other.load_state(tensors)


def test_what_is_not_fitted_has_no_state_and_cannot_score() -> None:
    method = SSMTL(SSMTLConfig(**SMALL))
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="This SSMTL has not been fitted"):
            use()


@pytest.mark.parametrize(
    ("split", "trained", "unseen"),
    [
        (WHOLE, {"c0": 100, "c1": 40}, {}),
        (Split(0.15, 0, per_clip=True), {"c0": 85, "c1": 34}, {"c0": 15, "c1": 6}),
        (Split(0.1, 0.1), {"c0": 85, "c1": 10}, {"c0": 15, "c1": 2 + 14}),
    ],
)
def test_ends_of_clips_are_held_back_once(
    tmp_path: Path, split: Split, trained: dict[str, int], unseen: dict[str, int]
) -> None:
    """SSMTL section 4.2: 85 % of each training video, no less."""
    data = training_data([np.zeros((length, 16, 24, 3), np.uint8) for length in (100, 40)])
    footage = Footage(data.train, FrameCache(tmp_path, 2**28), split=split)
    method = SSMTL(SSMTL.configure("tiny"))

    def frames(runs: Sequence[Run]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for run in runs:
            counts[run.clip] += len(run.images)
        return dict(counts)

    first, last = method._runs("object", footage)
    assert (frames(first), frames(last)) == (trained, unseen)


def test_blind_weights_without_held_back_footage_stay_as_they_are_set(tmp_path: Path) -> None:
    data = training_data([moving_square(30, seed) for seed in range(2)])
    how = replace(options(weights="blind", level="object"), validation=0, calibration=0)
    detector = fit_detector("ssmtl", data, tmp_path / "b", how)
    notes = " ".join(detector.facts.data.notes)
    assert "No footage was held back for validation: what is normal was measured" in notes
    assert "weights=blind needs held-back footage" in notes
    assert "networks keep the weights of their last epoch" in notes
    assert sum(len(range(*span[1:])) for span in detector.facts.data.parts["train"]) == 60
