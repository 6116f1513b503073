"""What an evaluation gives: figures, scored clips, alarms, and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError, InputError, nearest
from awry.evaluation.levels import Level
from awry.evaluation.metrics.event import Runs
from awry.evaluation.scored_clip import ScoredClip
from awry.results import FigureCard, Result
from awry.storage import write_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class EvaluationResult(Result):
    """The figures of a detector, of a sifted run, or of scores from elsewhere.

    Attributes:
        metrics: what `metrics.json` holds; see `docs/measurement.md`.
        clips: the clips with their scores and labels.
        title: of the report.
        alarms: clip -> first and last frame of each alarm, both inclusive.
        thresholds: clip -> its alarm threshold.
        levels: `region`, `pixel` and `event` with their curves, or why they cannot be had.
        figures: captioned pictures for the report, uint8 (H, W, 3), RGB.
        ignore_preview: uint8 (H, W, 3), RGB, a frame with the ignored regions drawn; or None.
        report: the page that was written; None before.
    """

    metrics: Mapping[str, Any] = field(repr=False)
    clips: tuple[ScoredClip, ...] = field(repr=False)
    title: str
    alarms: Mapping[str, Runs] = field(default_factory=dict, repr=False)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    levels: Mapping[str, Level | str] = field(default_factory=dict, repr=False)
    figures: Sequence[tuple[str, Picture]] = field(default=(), repr=False)
    ignore_preview: Picture | None = field(default=None, repr=False)
    report: Path | None = None

    @property
    def micro_auc(self) -> float | None:
        """Area under the ROC curve of all frames together, 0 to 1; None without labels of both
        kinds.
        """
        return self._frame("micro_auc")

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the micro AUC over clips; None with fewer than two of them."""
        pair = self.metrics["intervals"]["frame"]
        return None if pair is None else (pair[0], pair[1])

    @property
    def macro_auc(self) -> float | None:
        """Mean of the clips' own areas under the ROC curve, of clips with frames of both kinds."""
        return self._frame("macro_auc")

    @property
    def ap(self) -> float | None:
        """Average precision over all frames, 0 to 1."""
        return self._frame("ap")

    @property
    def region(self) -> Mapping[str, Any] | None:
        """RBDC, TBDC and their counts; None where they cannot be had, see `metrics["why_not"]`."""
        return self.metrics.get("region")

    @property
    def pixel(self) -> Mapping[str, Any] | None:
        """Pixel AUC; None where it cannot be had."""
        return self.metrics.get("pixel")

    @property
    def event(self) -> Mapping[str, Any] | None:
        """Precision, recall, delay and false alarms; None where there are no alarms to count."""
        return self.metrics.get("event")

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a reader must know to believe the figures."""
        settings: Mapping[str, Any] = self.metrics["settings"]
        return settings

    @property
    def notes(self) -> list[str]:
        """What was odd about data set and clips, one sentence each."""
        return [*self.settings.get("notes", ()), *self.settings["clip_notes"]]

    @property
    def failed(self) -> list[str]:
        """Clips that could not be read, one sentence each."""
        return list(self.metrics.get("failed", ()))

    @property
    def interactions(self) -> list[dict[str, Any]]:
        """Of a sifted run: the figures after each simulated round of feedback, from 0.

        See `awry.sifting.interactions.simulate_interactions` for the keys.
        """
        return list(self.metrics.get("interactions", {}).get("mean", ()))

    def _frame(self, name: str) -> float | None:
        value: float | None = self.metrics["frame"][name]
        return value

    def to_dict(self) -> dict[str, Any]:
        """The metrics, and `report`, the path of the page; None where none was written."""
        return {**self.metrics, "report": None if self.report is None else str(self.report)}

    def save(self, path: str | Path) -> Path:
        """Write `metrics.json` and `report.html` into a folder.

        Returns:
            the folder.

        Raises:
            WriteError: they cannot be written.
        """
        from awry.evaluation.report.page import write_report

        folder = Path(path)
        write_json(folder / "metrics.json", dict(self.metrics))
        write_report(
            folder / "report.html",
            self.metrics,
            self.clips,
            title=self.title,
            settings=self.settings,
            levels=self.levels,
            thresholds=self.thresholds,
            alarms=self.alarms,
            ignore_preview=self.ignore_preview,
            extra_figures=self.figures,
        )
        return folder

    def rows(self) -> list[dict[str, Any]]:
        """A row for each clip: its AUC and its numbers of frames."""
        return [dict(row) for row in self.metrics["clips"]]

    def draw(self, ax: Axes) -> None:
        """The ROC curve of all labelled frames together.

        Raises:
            InputError: there are no labels, or of one kind alone.
        """
        from awry.evaluation.report.figures import draw_roc

        labelled = [clip for clip in self.clips if clip.labels is not None]
        if self.micro_auc is None:
            raise InputError("There is no ROC curve: the clips have no labels of both kinds.")
        labels = np.concatenate([clip.labels for clip in labelled if clip.labels is not None])
        draw_roc(ax, np.concatenate([clip.scores for clip in labelled]), labels)
        ax.set_title(f"micro AUC {100 * self.micro_auc:.2f} %")

    def plot_clip(self, name: str, ax: Axes | None = None) -> Axes:
        """A clip's scores over its frames, with true events, threshold and alarms.

        Args:
            name: of the clip.
            ax: where to; new axes if None.

        Raises:
            ConfigError: there is no such clip; the nearest name is suggested.
        """
        from awry.evaluation.report.figures import draw_timeline, score_limits
        from awry.results import new_axes

        clips = {clip.name: clip for clip in self.clips}
        if name not in clips:
            raise ConfigError(f"There is no clip '{name}': {nearest(name, clips)}.")
        ax = new_axes() if ax is None else ax
        limits = score_limits(self.clips, [self.thresholds.get(each) for each in clips])
        draw_timeline(ax, clips[name], self.thresholds.get(name), self.alarms.get(name, ()), limits)
        ax.set_title(name)
        return ax

    def cards(self) -> list[FigureCard]:
        """The report's cards, and what simulated feedback makes of a sifted run."""
        from awry.evaluation.report.overview import cards

        return cards(self.metrics)
