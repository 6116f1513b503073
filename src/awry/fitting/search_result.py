"""What a search for settings comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.fitting.result import FitResult
from awry.fitting.trials import Trial
from awry.results import FigureCard, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class TuneResult(Result):
    """The best settings that were found without labels, and the detector fitted with them.

    Attributes:
        method: its name.
        best: the trial that was best in the last round.
        trials: all, in the order in which they were made.
        fit: the detector with the best settings, and its bundle.
        notes: what the figures rest on, in sentences.
        by: what the trials' figures are: of `synthetic` anomalies, the highest best, or sums of
            validation `losses`, the lowest best.
    """

    method: str
    best: Trial
    trials: Sequence[Trial]
    fit: FitResult = field(repr=False)
    notes: Sequence[str]
    by: str = "synthetic"

    @property
    def measure(self) -> str:
        """What the trials' figures are, in words."""
        return "validation losses" if self.by == "losses" else "blind figure"

    @property
    def bundle(self) -> Path:
        """The detector's folder."""
        return self.fit.bundle

    def to_dict(self) -> dict[str, Any]:
        """What `awry tune --json` prints."""
        return {
            "method": self.method,
            "best": asdict(self.best),
            "trials": [asdict(trial) for trial in self.trials],
            "fit": self.fit.to_dict(),
            "notes": list(self.notes),
        }

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One for each trial, the best first within each share."""
        losses = self.by == "losses"
        sign, name = (1.0, "losses") if losses else (-1.0, "blind")
        last = math.inf if losses else 0.0
        ordered = sorted(
            self.trials,
            key=lambda t: (-t.share, last if t.figure is None else sign * t.figure),
        )
        return [
            {
                "settings": ", ".join(f"{k}={v}" for k, v in trial.settings.items()) or "preset",
                "share": trial.share,
                name: trial.figure,
                "low": trial.low,
                "high": trial.high,
                "seconds": trial.seconds,
            }
            for trial in ordered
        ]

    def draw(self, ax: Axes) -> None:
        """The figure of each trial over its share of a whole fit."""
        known = [trial for trial in self.trials if trial.figure is not None]
        ax.scatter([t.share for t in known], [t.figure or 0.0 for t in known])
        ax.set(xlabel="share of a whole fit", ylabel=self.measure, title=self.method)

    def cards(self) -> list[FigureCard]:
        """The best settings' figure."""
        best = self.best
        known = best.figure is not None
        value = f"{best.figure:.3f}" if known else "-"
        remark = "" if best.low is None else f"90 % interval {best.low:.3f} to {best.high:.3f}"
        return [FigureCard(self.measure, value, remark)]
