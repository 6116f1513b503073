from __future__ import annotations

import numpy as np

from awry.evaluation.figure_record import interval_record, pair_of


def test_intervals_stand_beside_the_draws_that_they_come_from() -> None:
    draws = np.arange(101) / 100
    record = interval_record("event", ["a", "b"], {"f1": draws, "recall": np.full(3, np.nan)})
    # The quantiles at 2.5 and 97.5 % of 0, 0.01, ..., 1 are these numbers themselves.
    assert np.allclose(record["intervals"].pop("f1"), [0.025, 0.975])
    assert record["intervals"] == {"recall": None}
    assert record["bootstrap"]["clips"] == ["a", "b"]
    assert record["bootstrap"]["values"]["event.f1"][:3] == [0, 0.01, 0.02]
    assert record["bootstrap"]["values"]["event.recall"] == [None] * 3


def test_a_pair_of_a_record() -> None:
    assert pair_of([0.25, 0.5]) == (0.25, 0.5)
    assert pair_of(None) is None
