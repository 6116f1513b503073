"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, partial
from typing import Any

from awry.methods.published import (
    PRIMARY,
    REGIONS,
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
    """Tables 2 to 4 and the authors' README: levels, regions, tasks and networks."""
    paper = load_paper("awry.methods.ssmtl")
    runnable = ("ssmtl-table2", "ssmtl-table3", "ssmtl-table4", "ssmtl-readme")
    return Publication(paper, runnable, partial(_cells, paper))


def _cells(paper: Paper, table: str) -> list[TableCell]:
    """Tables 2 and 3: the levels; Table 4: tasks, networks and levels, with a task's figures."""
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
    """The cells of one printed line on one data set: AUC, regions, and each task's own figure."""
    level = _LEVELS.get(details["level"], details["level"])
    changes, words = _system(level, details)
    fit = "/".join([*words, dataset])
    measured = {"auc": (SMOOTHED, _auc_figures(rows.get("AUC")), rows.get("AUC"))}
    for metric, row in rows.items():
        if metric in ("RBDC", "TBDC"):
            key = metric.lower()
            measured[key] = (REGIONS, {REGIONS: key}, row)
        elif metric != "AUC":
            task = _TASKS[int(metric[-1]) - 1]
            key = f"{task}_accuracy" if metric.startswith("accuracy") else task
            measured[key] = (VALIDATION, {VALIDATION: key}, row)
    return [
        TableCell(f"{fit}/{key}", row, dataset, "ssmtl", changes, level, convention, figures)
        for key, (convention, figures, row) in measured.items()
    ]


def _system(level: str, details: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The settings of a printed line, and the words of its cells' names.

    Table 2's caption: deep and wide, with four proxy tasks, at each level. So its lines, Table 3's
    and the README's are one system with Table 4's of the same level. The frame level scores by
    `frame_tasks` in all of them.
    """
    tasks, network = details.get("tasks", "1,2,3,4"), details.get("network", "deep+wide")
    numbers = [int(word) for word in tasks.split(",")]
    depth, width = network.split("+")
    changes = {
        "level": level,
        "depth": depth,
        "width": width,
        "tasks": [_TASKS[number - 1] for number in numbers],
    }
    named = ["+".join(map(str, numbers)), network] if "network" in details else []
    return changes, [*named, level]


def _auc_figures(row: PublishedRow | None) -> dict[str, str]:
    """As the value was measured: the README's is micro, the paper's macro with sentinels."""
    micro = row is not None and row.protocol.averaging == "micro"
    return {PRIMARY: "micro_auc", SMOOTHED: "micro_auc" if micro else "macro_auc_sentinels"}
