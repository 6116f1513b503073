"""Figures with their intervals, as measurements record them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from awry.evaluation.metrics.bootstrap import interval
from awry.evaluation.protocol import bootstrap_record
from awry.results import Result


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


class MeasuredFigures(Result):
    """What measurements of plain files say beside their own figures.

    Attributes:
        metrics: everything as plain values.
    """

    __slots__ = ()
    metrics: Mapping[str, Any]

    @property
    def intervals(self) -> dict[str, tuple[float, float] | None]:
        """The 95 % intervals over clips, by figure; of regions empty where no lengths are known."""
        return {name: pair_of(pair) for name, pair in self.metrics["intervals"].items()}

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a reader must know to believe the figures."""
        settings: Mapping[str, Any] = self.metrics["settings"]
        return settings

    @property
    def notes(self) -> list[str]:
        """What was odd, one sentence each."""
        return list(self.settings["notes"])
