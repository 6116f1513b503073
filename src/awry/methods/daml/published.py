"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from functools import cache
from typing import Any

from awry.methods.published import (
    AHEAD,
    CONVENTION,
    DROPPED,
    PRIMARY,
    SMOOTHED,
    Publication,
    PublishedRow,
    TableCell,
    load_paper,
)

# Table -> the detail that tells its fits apart.
_FITS = {"daml-table2": "motion", "daml-table4": "loss", "daml-table5": "motion"}
# "Autoregressive density estimation layers (Abati et al., 2019)": 100 bins, of a bounded code.
_DENSITY = {"bins": 100, "code_tanh": True}
_PARTS = {"Z-MSE": "latent", "P-MSE": "prediction", "R-MSE": "reconstruction"}
# How scores are normalised: eq. 3 by clip where the text says so; else as the published code does.
_CONVENTIONS = {"avenue": DROPPED, "shanghaitech": AHEAD}
_FIGURES = {"macro": "macro_auc", "macro with sentinels": "macro_auc_sentinels"}


@cache
def publication() -> Publication:
    """Tables 2, 4 and 5: each score of each motion model or reconstruction loss."""
    paper = load_paper("awry.methods.daml")
    return Publication(
        paper,
        tuple(_FITS),
        lambda table: [_cell(row) for row in paper.own_rows(table)],
        protocols=(PRIMARY, CONVENTION, SMOOTHED, DROPPED, AHEAD),
    )


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
