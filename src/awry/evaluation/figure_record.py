"""Figures with their intervals, as measurements record them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from awry.evaluation.metrics.bootstrap import interval
from awry.evaluation.protocol import bootstrap_record


def interval_record(
    section: str, clips: Sequence[str], values: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """`intervals` by figure, and the draws that they were taken from as `bootstrap`.

    Args:
        section: `region` or `event`, the draws' place in `metrics.json`.
        clips: that were drawn from, in order.
        values: figure -> float64 (resamples,).
    """
    intervals = {name: interval(series) for name, series in values.items()}
    record = bootstrap_record(clips, {f"{section}.{name}": s for name, s in values.items()})
    return {
        "intervals": {name: None if pair is None else list(pair)
                      for name, pair in intervals.items()},
        "bootstrap": record,
    }  # fmt: skip


def pair_of(pair: Sequence[float] | None) -> tuple[float, float] | None:
    """An interval of such a record."""
    return None if pair is None else (pair[0], pair[1])
