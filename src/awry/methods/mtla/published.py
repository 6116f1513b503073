"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from awry.methods.mtla.config import BRANCHES
from awry.methods.published import (
    CONVENTION,
    FILTERED,
    PRIMARY,
    SMOOTHED,
    VALIDATION,
    Paper,
    Publication,
    PublishedRow,
    TableCell,
    load_paper,
)

# The detail that tells a table's fits apart, and for each of them the settings and the parts of
# the score that stand for it. A fit of both branches serves several columns.
_WHOLE = "Seg+OFM+Pred"
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
            _WHOLE: ({"appearance": "next"}, _BOTH),
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
"""Tables 2 to 4 print ShanghaiTech alone; these two are measured beside it."""
_OF_ALL = {"smoothing": "none", "weights": "equal"}
"""Whatever the preset: scores come as they are, and `FILTERED` smooths each branch once (eq. 5)."""


@cache
def publication() -> Publication:
    """Tables 1 to 4: the whole, tasks, networks, and where attention stands."""
    paper = load_paper("awry.methods.mtla")
    return Publication(
        *(paper, ("mtla-table1", *_TABLES), partial(_cells, paper)),
        protocols=(PRIMARY, CONVENTION, SMOOTHED, FILTERED),
        maxima={"maximum": BRANCHES},
    )


def _cells(paper: Paper, table: str) -> list[TableCell]:
    """Each column: its parts' AUC, and for the motion branch the error on normal footage."""
    whole = {(row.dataset, _WHOLE): row for row in paper.own_rows("mtla-table1")}
    if table == "mtla-table1":
        tasks = _TABLES["mtla-table2"][1]
        return _cells_of(whole, {_WHOLE: tasks[_WHOLE]})
    detail, fits = _TABLES[table]
    rows = {(row.dataset, row.details[detail]): row for row in paper.own_rows(table)}
    # Table 2's last column is Table 1's system, which is printed for Ped2 too.
    return _cells_of(whole | rows, fits)


def _cells_of(
    rows: Mapping[tuple[str, str], PublishedRow],
    fits: Mapping[str, tuple[dict[str, Any], tuple[str, ...]]],
) -> list[TableCell]:
    cells = []
    for dataset in dict.fromkeys([*(dataset for dataset, _ in rows), *_ALSO_ON]):
        for name, (own, parts) in fits.items():
            row, changes = rows.get((dataset, name)), {**_OF_ALL, **own}
            start = f"{name.lower().replace(' ', '-')}/{dataset}"
            figures = {PRIMARY: "micro_auc", FILTERED: "micro_auc"}
            cells += [
                TableCell(f"{start}/{part}", row, dataset, "mtla", changes, part, FILTERED, figures)
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
