"""What a fit comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.detector import Detector
from awry.results import FigureCard, Result
from awry.scoring.calibration import POOLED, SceneCalibration, threshold_in_figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class StrangestMoment:
    """A moment of the training footage that stands out most.

    Attributes:
        clip, frame: the clip's name, and the frame's index in it.
        score: in the detector's own unit.
        reason: where, what and how far above the rest, in a sentence.
    """

    clip: str
    frame: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class FitResult(Result):
    """A fitted detector, whose bundle is saved.

    Attributes:
        detector: ready to score, in memory.
        bundle: its folder.
        page: `strangest.html` in it, with pictures of the strangest moments.
        strangest: the strangest moments of the training footage, strongest first.
        notes: what was odd of the footage, in sentences.
        failed: what could not be read of it, likewise.
    """

    detector: Detector = field(repr=False)
    bundle: Path
    page: Path
    strangest: Sequence[StrangestMoment]
    notes: Sequence[str]
    failed: Sequence[str]

    @property
    def calibration(self) -> SceneCalibration:
        """The thresholds for all scenes pooled."""
        return self.detector.calibration.scene(POOLED)

    @property
    def threshold(self) -> float | None:
        """An alarm has a frame above it; of all scenes pooled. None: nothing was held back."""
        return self.calibration.threshold

    def to_dict(self) -> dict[str, Any]:
        """What `awry fit --json` prints."""
        return {
            "bundle": str(self.bundle),
            "method": self.detector.method,
            "seconds": self.detector.facts.fit_seconds,
            "threshold": self.threshold,
            "calibration": self.calibration.how,
            "strangest": list(self.rows()),
            "page": str(self.page),
            "notes": list(self.notes),
            "failed": list(self.failed),
        }

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One for each of the strangest moments."""
        return [
            {"clip": m.clip, "frame": m.frame, "score": m.score, "reason": m.reason}
            for m in self.strangest
        ]

    def draw(self, ax: Axes) -> None:
        """The training loss of each epoch, a line for each phase; empty where nothing trains."""
        for scene, epochs in self.detector.facts.history.items():
            for phase in dict.fromkeys(epoch["phase"] for epoch in epochs):
                mine = [epoch for epoch in epochs if epoch["phase"] == phase]
                numbers = [epoch["epoch"] for epoch in mine]
                label = phase if scene == POOLED else f"{scene}, {phase}"
                ax.plot(numbers, [epoch["total"] for epoch in mine], label=label)
        ax.set(xlabel="epoch", ylabel="training loss", title=f"fit of {self.detector.method}")
        if ax.lines:
            ax.legend()

    def cards(self) -> Sequence[FigureCard]:
        """Threshold, footage and time."""
        frames, threshold = self.calibration.frames, self.threshold
        held_back = 0 if threshold is None else frames
        return [
            FigureCard("threshold", threshold_in_figures(threshold), self.calibration.requested),
            FigureCard("calibration frames", str(held_back), self.calibration.how),
            FigureCard("seconds", f"{self.detector.facts.fit_seconds:g}", str(self.bundle)),
        ]
