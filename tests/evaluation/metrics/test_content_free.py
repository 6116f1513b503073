"""The values for UCSD Ped2 in docs/measurement.md, from the makers' published label ranges."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from awry.evaluation.metrics.content_free import content_free_scores, triangle_scores
from awry.evaluation.metrics.frame import frame_metrics
from awry.scoring.normalisation import normalise
from awry.scoring.smoothing import smooth

LENGTHS = (180, 180, 150, 180, 150, 180, 180, 180, 120, 150, 180, 180)
# Counted from 1, both ends inclusive.
ABNORMAL = (
    (61, 180), (95, 180), (1, 146), (31, 180), (1, 129), (1, 159),
    (46, 180), (1, 180), (1, 120), (1, 150), (1, 180), (88, 180),
)  # fmt: skip


def ped2_labels() -> list[np.ndarray]:
    labels = [np.zeros(length, np.uint8) for length in LENGTHS]
    for one, (first, last) in zip(labels, ABNORMAL, strict=True):
        one[first - 1 : last] = 1
    return labels


@pytest.mark.parametrize(
    ("name", "micro", "macro", "sentinels"),
    [("constant", 0.5000, 0.5000, 0.6852), ("triangle", 0.6627, 0.7890, 0.8610)],
)
def test_the_table_of_the_protocol(name: str, micro: float, macro: float, sentinels: float) -> None:
    found = frame_metrics(content_free_scores(LENGTHS)[name], ped2_labels())
    assert (found["n_frames"], found["n_abnormal"], found["macro_n"]) == (2010, 1648, 8)
    assert found["micro_auc"] == pytest.approx(micro, abs=1e-4)
    assert found["macro_auc"] == pytest.approx(macro, abs=1e-4)
    assert found["macro_auc_sentinels"] == pytest.approx(sentinels, abs=1e-4)


def test_a_constant_stays_at_exactly_one_half_under_every_variant() -> None:
    constant = content_free_scores(LENGTHS)["constant"]
    for variant in (
        constant,
        [smooth(one, "gaussian") for one in constant],
        [smooth(one, "causal") for one in constant],
        [normalise(one, "clip") for one in constant],
        [normalise(one, "window", window=25) for one in constant],
    ):
        found = frame_metrics(variant, ped2_labels())
        assert (found["micro_auc"], found["macro_auc"]) == (0.5, 0.5)


@pytest.mark.parametrize(("length", "expected"), [(0, []), (1, [1]), (2, [0, 0]), (3, [0, 1, 0])])
def test_short_triangles(length: int, expected: list[float]) -> None:
    assert triangle_scores(length).tolist() == expected


@pytest.mark.shared
def test_the_ranges_above_are_those_of_the_data(shared: Path) -> None:
    folder = shared / "data" / "UCSDped2" / "Test"
    text = (folder / "UCSDped2.m").read_text()
    published = re.findall(r"\[(\d+):(\d+)\]", text)
    assert tuple((int(a), int(b)) for a, b in published) == ABNORMAL
    counted = [len(list((folder / f"Test{n:03d}").glob("*.jpg"))) for n in range(1, 13)]
    assert tuple(counted) == LENGTHS
