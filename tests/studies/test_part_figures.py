from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import savgol_filter
from sklearn.metrics import roc_auc_score

from awry.errors import InputError
from awry.evaluation.declaration import PUBLISHED_VARIANTS, VARIANTS
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip
from awry.studies.part_figures import MEASURED, measure_parts


def clip(seed: int, length: int = 40) -> ScoredClip:
    generator = np.random.default_rng(seed)
    labels = (np.arange(length) >= length // 2).astype(np.uint8)
    latent = generator.normal(size=length) + labels + 3 * seed
    scored = np.arange(length) >= 5
    return ScoredClip(
        f"clip{seed}",
        "yard",
        10.0,
        latent,
        scored,
        labels,
        parts={"latent": latent, "prediction": -latent},
    )


def test_parts_are_measured_by_both_protocols() -> None:
    clips = [clip(0), clip(1), replace(clip(2), labels=None)]
    measured = measure_parts(clips)
    whole = evaluate_frames(clips)
    assert measured["latent"]["none"]["micro_auc"] == whole["frame"]["micro_auc"]
    convention = measured["latent"]["clip_unscored_dropped"]
    expected = whole["variants"]["clip_unscored_dropped"]
    assert {key: convention[key] for key in expected} == expected
    assert set(measured["latent"]) == {"none", "clip_unscored_dropped", "offline"}
    assert convention["n_frames"] == 70
    assert measured["latent"]["none"]["n_frames"] == 80
    # The clips' levels differ, so that min-max must change the figure.
    assert convention["micro_auc"] > measured["latent"]["none"]["micro_auc"]
    opposite = measured["prediction"]["clip_unscored_dropped"]["micro_auc"]
    assert opposite == pytest.approx(1 - convention["micro_auc"])


def test_the_papers_filter_runs_once_over_each_branch() -> None:
    clips = [
        replace(one, parts={"a": one.scores, "b": noise, "maximum": np.maximum(one.scores, noise)})
        for one, noise in ((clip(seed), clip(seed + 5).scores) for seed in range(2))
    ]
    maxima = {"maximum": ("a", "b", "c")}  # a fit without that branch has no such part
    measured = measure_parts(clips, MEASURED, maxima)
    once = [
        {name: savgol_filter(one.parts[name], 31, 3, mode="nearest") for name in ("a", "b")}
        for one in clips
    ]
    expected = {
        "a": [one["a"] for one in once],
        "maximum": [np.maximum(one["a"], one["b"]) for one in once],
    }
    labels = np.concatenate([one.labels for one in clips if one.labels is not None])
    for part, series in expected.items():
        auc = roc_auc_score(labels, np.concatenate(series))
        assert measured[part]["savgol"]["micro_auc"] == pytest.approx(auc)
    assert set(measured["b"]) == set(MEASURED)
    assert "savgol" not in measure_parts(clips)["a"]


def test_without_labels_or_scores_nothing_is_measured() -> None:
    with pytest.raises(InputError, match="No clip has labels"):
        measure_parts([replace(clip(0), labels=None)])
    with pytest.raises(InputError, match="clip1 is too short"):
        measure_parts([clip(0), replace(clip(1), scored=np.zeros(40, bool))])


def test_what_is_measured_are_protocols_of_the_evaluation() -> None:
    assert set(MEASURED) <= set(VARIANTS) | set(PUBLISHED_VARIANTS)
    assert "order 3 over 31 frames" in PUBLISHED_VARIANTS["savgol"]
