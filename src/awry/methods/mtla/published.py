"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from awry.methods.published import (
    PRIMARY,
    SMOOTHED,
    VALIDATION,
    Paper,
    Publication,
    TableCell,
    load_paper,
)

# The detail that tells a table's fits apart, and for each of them the settings and the parts of
# the score that stand for it. A fit of both branches serves several columns.
_PLAIN: dict[str, Any] = {"appearance": "none", "scse": [], "attention": "none"}
_BOTH = ("maximum", "sum")
_TABLES: dict[str, tuple[str, dict[str, tuple[dict[str, Any], tuple[str, ...]]]]] = {
    "mtla-table2": (
        "tasks",
        {
            "Seg": ({"appearance": "current"}, ("appearance",)),
            "OFM": ({"appearance": "current"}, ("motion",)),
            "Seg+Pred": ({"appearance": "next"}, ("appearance",)),
            "Seg+OFM": ({"appearance": "current"}, _BOTH),
            "Seg+OFM+Pred": ({"appearance": "next"}, _BOTH),
        },
    ),
    "mtla-table3": (
        "network",
        {
            "UNet": (_PLAIN, ("motion",)),
            "UNet+Att": ({**_PLAIN, "attention": "decoder"}, ("motion",)),
            "UNet+Att+SCSE": ({"appearance": "none", "attention": "decoder"}, ("motion",)),
        },
    ),
    "mtla-table4": (
        "position",
        {
            "No map": (_PLAIN, ("motion",)),
            "Encoder": ({**_PLAIN, "attention": "encoder"}, ("motion",)),
            "Decoder": ({**_PLAIN, "attention": "decoder"}, ("motion",)),
            "Skip connection": ({**_PLAIN, "attention": "skip"}, ("motion",)),
            "Final layer": ({**_PLAIN, "attention": "final"}, ("motion",)),
        },
    ),
}
_ALSO_ON = ("ped2", "perspective")
"""ShanghaiTech alone is printed; these two are measured beside it."""


@cache
def publication() -> Publication:
    """Tables 2 to 4: tasks, networks, and where attention stands."""
    paper = load_paper("awry.methods.mtla")
    return Publication(paper, tuple(_TABLES), partial(_cells, paper))


def _cells(paper: Paper, table: str) -> list[TableCell]:
    """Each column: its parts' AUC, and for the motion branch the error on normal footage."""
    detail, fits = _TABLES[table]
    rows = {row.details[detail]: row for row in paper.own_rows(table)}
    datasets = {row.dataset for row in rows.values()}
    cells = []
    for dataset in (*datasets, *_ALSO_ON):
        for name, (changes, parts) in fits.items():
            row = rows[name] if dataset in datasets else None
            start = f"{name.lower().replace(' ', '-')}/{dataset}"
            figures = {PRIMARY: "micro_auc", SMOOTHED: "micro_auc"}
            cells += [
                TableCell(f"{start}/{part}", row, dataset, "mtla", changes, part, SMOOTHED, figures)
                for part in parts
            ]
            if parts == ("motion",):
                error = {VALIDATION: "error"}
                called = f"{start}/flow-error"
                cells.append(
                    TableCell(
                        called, None, dataset, "mtla", changes, "motion", VALIDATION, error, "px"
                    )
                )
    return cells
