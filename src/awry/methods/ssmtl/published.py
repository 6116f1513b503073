"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, partial
from typing import Any

from awry.methods.published import (
    PRIMARY,
    SMOOTHED,
    VALIDATION,
    Paper,
    Publication,
    PublishedRow,
    TableCell,
    load_paper,
)

_TASKS = ("arrow_of_time", "motion_irregularity", "middle_box", "distillation")
_LEVELS = {"late fusion": "fused"}


@cache
def publication() -> Publication:
    """Tables 2 and 4: the levels; tasks and networks."""
    paper = load_paper("awry.methods.ssmtl")
    return Publication(paper, ("ssmtl-table2", "ssmtl-table4"), partial(_cells, paper))


def _cells(paper: Paper, table: str) -> list[TableCell]:
    """Table 2: the levels; Table 4: tasks, networks and levels, with a task's own figures."""
    own = paper.own_rows(table)
    cells: list[TableCell] = []
    for dataset in dict.fromkeys(row.dataset for row in own):
        mine = [row for row in own if row.dataset == dataset]
        for details in _different(row.details for row in mine):
            found = {row.metric: row for row in mine if row.details == details}
            cells += _line(dataset, details, found)
    return cells


def _different(every: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for details in every:
        if details not in found:
            found.append(details)
    return found


def _line(
    dataset: str, details: Mapping[str, str], rows: Mapping[str, PublishedRow]
) -> list[TableCell]:
    """The cells of one printed line on one data set: the AUC, and each task's own figure."""
    level = _LEVELS.get(details["level"], details["level"])
    changes: dict[str, Any] = {"level": level}
    words = [level]
    if "network" in details:
        depth, width = details["network"].split("+")
        numbers = [int(word) for word in details["tasks"].split(",")]
        tasks = [_TASKS[number - 1] for number in numbers]
        changes |= {"depth": depth, "width": width, "tasks": tasks, "frame_tasks": tasks}
        words = ["+".join(map(str, numbers)), details["network"], level]
    fit = "/".join([*words, dataset])
    figures = {PRIMARY: "micro_auc", SMOOTHED: "macro_auc_sentinels"}
    auc = rows.get("AUC")
    cells = [TableCell(f"{fit}/auc", auc, dataset, "ssmtl", changes, level, SMOOTHED, figures)]
    for metric, row in rows.items():
        if metric == "AUC":
            continue
        task = _TASKS[int(metric[-1]) - 1]
        key = f"{task}_accuracy" if metric.startswith("accuracy") else task
        named = {VALIDATION: key}
        cells.append(
            TableCell(f"{fit}/{key}", row, dataset, "ssmtl", changes, level, VALIDATION, named)
        )
    return cells
