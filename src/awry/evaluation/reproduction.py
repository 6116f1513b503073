"""Which cells of the published tables can be run here, and how they are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from awry.errors import ConfigError, InputError
from awry.evaluation.bootstrap import bootstrap_interval
from awry.evaluation.frame import frame_metrics, micro_auc
from awry.evaluation.published import PublishedRow, published_rows, published_table
from awry.evaluation.scored_clip import ScoredClip, shared_parts, unscored_dropped
from awry.registry import method_names
from awry.scoring.normalisation import normalise

PRIMARY, CONVENTION = "none", "clip_unscored_dropped"

# Table -> the detail that tells its fits apart.
_FITS = {"daml-table2": "motion", "daml-table4": "loss", "daml-table5": "motion"}
_PARTS = {"Z-MSE": "latent", "P-MSE": "prediction", "R-MSE": "reconstruction"}
_FIGURES = {"macro": "macro_auc", "macro with sentinels": "macro_auc_sentinels"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One published value of a system that is here, and what has to be run for it.

    Attributes:
        name: `FIT/DATASET/PART`, e.g. `convlstm/ped2/latent`.
        row: the published value.
        method: a method's name.
        changes: settings that differ from a preset's.
        part: which part of the method's score is measured.
    """

    name: str
    row: PublishedRow
    method: str
    changes: Mapping[str, Any]
    part: str

    @property
    def figure(self) -> str:
        """The key of `frame_metrics` that is averaged over clips as the published value is."""
        return _FIGURES.get(self.row.protocol.averaging, "micro_auc")


def why_not(table: str) -> str | None:
    """Why a table cannot be run; None where it can.

    Raises:
        ConfigError: there is no such table; suggests the nearest.
    """
    published_table(table)
    method = published_rows(table=table)[0].paper
    if method not in method_names():
        return (
            f"the method '{method}' is not in this version (here: {', '.join(method_names())}); "
            "its published values can be listed"
        )
    if table not in _FITS:
        return "its values can be listed, but nothing is run for them"
    return None


def cells_of(table: str) -> list[Cell]:
    """The cells of a table that can be run, in the paper's order.

    Raises:
        ConfigError: there is no such table, or none of its cells can be run.
    """
    if reason := why_not(table):
        raise ConfigError(f"{table} cannot be run: {reason}.")
    return [_daml_cell(row) for row in published_rows(table=table) if not row.others]


def _daml_cell(row: PublishedRow) -> Cell:
    motion, losses = row.details["motion"].lower(), row.details["loss"].lower()
    fit, part = row.details[_FITS[row.table]].lower(), _PARTS[row.details["score"]]
    changes = {"motion": motion, "reconstruction_losses": losses.split("+")}
    return Cell(f"{fit}/{row.dataset}/{part}", row, row.paper, changes, part)


def measure_parts(clips: Sequence[ScoredClip]) -> dict[str, dict[str, Any]]:
    """The figures of each part of the score, as we measure and as the DAML paper does.

    Args:
        clips: scored clips; those without labels are left out.

    Returns:
        part -> `none` and `clip_unscored_dropped` (see `awry.evaluation.protocol.VARIANTS`) ->
        the figures of `frame_metrics`, and `interval`, that of the micro AUC or None.

    Raises:
        InputError: no clip has labels, or one has no scored frame, or a score is not finite.
    """
    labelled = [clip for clip in clips if clip.labels is not None]
    if not labelled:
        raise InputError("No clip has labels: there is nothing to measure by.")
    for clip in labelled:
        if not clip.scored.any():
            raise InputError(f"Clip {clip.name} is too short: none of its frames was scored.")
    measured = {}
    for part in shared_parts(labelled):
        ours = [replace(clip, scores=clip.parts[part]) for clip in labelled]
        theirs = [
            replace(clip, scores=normalise(clip.scores, "clip")) for clip in unscored_dropped(ours)
        ]
        measured[part] = {PRIMARY: _figures(ours), CONVENTION: _figures(theirs)}
    return measured


def _figures(clips: Sequence[ScoredClip]) -> dict[str, Any]:
    scores = [clip.scores for clip in clips]
    labels = [clip.labels for clip in clips if clip.labels is not None]
    figures = frame_metrics(
        scores, labels, [clip.scored for clip in clips], [clip.name for clip in clips]
    )
    interval = bootstrap_interval(micro_auc, scores, labels)
    return {**figures, "interval": None if interval is None else list(interval)}
