"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from awry.methods.published import (
    AHEAD,
    CONVENTION,
    DROPPED,
    PRIMARY,
    SMOOTHED,
    SPEED,
    Paper,
    Publication,
    PublishedRow,
    TableCell,
    load_paper,
)

# Table -> the detail that tells its fits apart.
_FITS = {"daml-table2": "motion", "daml-table4": "loss", "daml-table5": "motion"}
# "Autoregressive density estimation layers (Abati et al., 2019)": 100 bins, of a bounded code.
_DENSITY = {"bins": 100, "code_tanh": True}
_SPEED = "daml-table3"
_PARTS = {"Z-MSE": "latent", "P-MSE": "prediction", "R-MSE": "reconstruction"}
# How scores are normalised: eq. 3 by clip where the text says so; else as the published code does.
_CONVENTIONS = {"avenue": DROPPED, "shanghaitech": AHEAD}
_FIGURES = {"macro": "macro_auc", "macro with sentinels": "macro_auc_sentinels"}
# First word of a printed system's name -> the method that stands for it here, and its score.
_SYSTEMS = {
    "ConvAE": ("convae", "reconstruction"),
    "FFP-MC": ("ffp", "prediction"),
    "FFP+MC": ("ffp", "prediction"),
    "FFP": ("ffp", "prediction"),
    "MEMAE": ("memae", "reconstruction"),
    "Ours": ("daml", "latent"),
}


@cache
def publication() -> Publication:
    """Tables 2 to 5: each score of each system, motion model or reconstruction loss."""
    paper = load_paper("awry.methods.daml")
    return Publication(
        paper,
        (*_FITS, _SPEED),
        partial(_cells, paper),
        protocols=(PRIMARY, CONVENTION, SMOOTHED, DROPPED, AHEAD),
    )


def _cells(paper: Paper, table: str) -> list[TableCell]:
    """The paper's own system, and of the others those that are here."""
    rows = [row for row in paper.rows_of(paper.table(table)) if _is_here(row)]
    if table == _SPEED:
        return [_speed(row) for row in rows]
    return [_peer(row) if row.others else _cell(row) for row in rows]


def _is_here(row: PublishedRow) -> bool:
    return not row.others or _first_word(row.method) in _SYSTEMS


def _first_word(method: str) -> str:
    return method.partition(" ")[0]


def _cell(row: PublishedRow) -> TableCell:
    motion, losses = row.details["motion"].lower(), row.details["loss"].lower()
    fit, part = row.details[_FITS[row.table]].lower(), _PARTS[row.details["score"]]
    changes: dict[str, Any] = {"motion": motion, "reconstruction_losses": losses.split("+")}
    if motion == "autoregressive":
        changes |= _DENSITY
    figure = _FIGURES.get(row.protocol.averaging, "micro_auc")
    convention = _convention(row.dataset, part)
    figures = {PRIMARY: figure, convention: figure}
    name = f"{fit}/{row.dataset}/{part}"
    return TableCell(name, row, row.dataset, row.paper, changes, part, convention, figures)


def _convention(dataset: str, part: str) -> str:
    """The protocol of a table's cell; the published code never normalises R-MSE on ShanghaiTech."""
    if (dataset, part) == ("shanghaitech", "reconstruction"):
        return DROPPED
    return _CONVENTIONS.get(dataset, CONVENTION)


def _peer(row: PublishedRow) -> TableCell:
    """Another system's figure: its paper normalises the scores of each clip."""
    method, part = _SYSTEMS[_first_word(row.method)]
    figures = {PRIMARY: "micro_auc", CONVENTION: "micro_auc"}
    name = f"{method}/{row.dataset}/{part}"
    return TableCell(name, row, row.dataset, method, {}, part, CONVENTION, figures)


def _speed(row: PublishedRow) -> TableCell:
    """Frames a second of a system."""
    method, _ = _SYSTEMS[_first_word(row.method)]
    figures = {SPEED: "frames_per_second"}
    name = f"{method}/{row.dataset}/speed"
    return TableCell(name, row, row.dataset, method, {}, "speed", SPEED, figures)
