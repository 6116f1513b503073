"""Which cells of the published tables can be run here, and how they are measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.bootstrap import Metric, bootstrap_interval
from awry.evaluation.metrics.frame import frame_metrics, macro_auc, macro_auc_sentinels, micro_auc
from awry.evaluation.protocol import offline
from awry.evaluation.scored_clip import ScoredClip, shared_parts, unscored_dropped
from awry.registry import method_names
from awry.scoring.normalisation import normalise
from awry.studies.published import (
    SHARE,
    PublishedRow,
    paper_of,
    published_rows,
    published_table,
)

PRIMARY, CONVENTION = "none", "clip_unscored_dropped"
SMOOTHED, VALIDATION = "offline", "validation"
MEASURED = (PRIMARY, CONVENTION, SMOOTHED)
WITH_INTERVAL: Mapping[str, Metric] = {
    "micro_auc": micro_auc,
    "macro_auc": macro_auc,
    "macro_auc_sentinels": macro_auc_sentinels,
}

# Table -> the detail that tells its fits apart.
_FITS = {"daml-table2": "motion", "daml-table4": "loss", "daml-table5": "motion"}
_PARTS = {"Z-MSE": "latent", "P-MSE": "prediction", "R-MSE": "reconstruction"}
_FIGURES = {"macro": "macro_auc", "macro with sentinels": "macro_auc_sentinels"}

_TASKS = ("arrow_of_time", "motion_irregularity", "middle_box", "distillation")
_LEVELS = {"late fusion": "fused"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a published table of a system that is here, and what has to be run for it.

    Attributes:
        name: `FIT/DATASET/PART`, e.g. `convlstm/ped2/latent`.
        row: the published value; None where none is printed for it, or the text has lost it.
        dataset: as the data sets' variants are called here.
        method: a method's name.
        changes: settings that differ from a preset's.
        part: which part of the method's score is measured, or of its validation which figure.
        convention: the variant of `MEASURED` that is closest to the paper's own protocol, or
            `VALIDATION` for figures of the proxy tasks on held-back footage.
        figures: variant -> key of `frame_metrics`, or the validation figure's name.
        unit: of our figure where none is printed: `share`, or what it counts.
        rate: share of abnormal frames that the footage is thinned to; None: as it is.
    """

    name: str
    row: PublishedRow | None
    dataset: str
    method: str
    changes: Mapping[str, Any]
    part: str
    convention: str
    figures: Mapping[str, str]
    unit: str = SHARE
    rate: float | None = None


def why_not(table: str) -> str | None:
    """Why a table cannot be run; None where it can.

    Raises:
        ConfigError: there is no such table; suggests the nearest.
    """
    method = paper_of(table)
    if method not in method_names():
        return (
            f"the method '{method}' is not in this version (here: {', '.join(method_names())}); "
            "its published values can be listed"
        )
    if table not in (*_FITS, *_SSMTL, *_MTLA, *_SDOR):
        return "its values can be listed, but nothing is run for them"
    return None


def cells_of(table: str) -> list[Cell]:
    """The cells of a table that can be run, in the paper's order.

    Raises:
        ConfigError: there is no such table, or none of its cells can be run.
    """
    if reason := why_not(table):
        raise ConfigError(f"{table} cannot be run: {reason}.")
    if table in _SSMTL:
        return _ssmtl_cells(table)
    if table in _MTLA:
        return _mtla_cells(table)
    if table in _SDOR:
        return _sdor_cells(table)
    return [_daml_cell(row) for row in published_rows(table=table) if not row.others]


def _ssmtl_cells(table: str) -> list[Cell]:
    """Table 2: the levels; Table 4: tasks, networks and levels, with a task's own figures."""
    own = [row for row in published_rows(table=table) if not row.others]
    cells: list[Cell] = []
    for dataset in dict.fromkeys(row.dataset for row in own):
        mine = [row for row in own if row.dataset == dataset]
        for details in _different(row.details for row in mine):
            found = {row.metric: row for row in mine if row.details == details}
            cells += _ssmtl_line(dataset, details, found)
    return cells


def _different(every: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for details in every:
        if details not in found:
            found.append(details)
    return found


def _ssmtl_line(
    dataset: str, details: Mapping[str, str], rows: Mapping[str, PublishedRow]
) -> list[Cell]:
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
    cells = [Cell(f"{fit}/auc", auc, dataset, "ssmtl", changes, level, SMOOTHED, figures)]
    for metric, row in rows.items():
        if metric == "AUC":
            continue
        task = _TASKS[int(metric[-1]) - 1]
        key = f"{task}_accuracy" if metric.startswith("accuracy") else task
        named = {VALIDATION: key}
        cells.append(Cell(f"{fit}/{key}", row, dataset, "ssmtl", changes, level, VALIDATION, named))
    return cells


_SSMTL = ("ssmtl-table2", "ssmtl-table4")

# The detail that tells a table's fits apart, and for each of them the settings and the parts of
# the score that stand for it. A fit of both branches serves several columns.
_PLAIN: dict[str, Any] = {"appearance": "none", "scse": [], "attention": "none"}
_BOTH = ("maximum", "sum")
_MTLA: dict[str, tuple[str, dict[str, tuple[dict[str, Any], tuple[str, ...]]]]] = {
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
_MTLA_ALSO_ON = ("ped2", "perspective")
"""ShanghaiTech alone is printed; these two are measured beside it."""


def _mtla_cells(table: str) -> list[Cell]:
    """Each column: its parts' AUC, and for the motion branch the error on normal footage."""
    detail, fits = _MTLA[table]
    rows = {row.details[detail]: row for row in published_rows(table=table) if not row.others}
    datasets = {row.dataset for row in rows.values()}
    cells = []
    for dataset in (*datasets, *_MTLA_ALSO_ON):
        for name, (changes, parts) in fits.items():
            row = rows[name] if dataset in datasets else None
            start = f"{name.lower().replace(' ', '-')}/{dataset}"
            figures = {PRIMARY: "micro_auc", SMOOTHED: "micro_auc"}
            cells += [
                Cell(f"{start}/{part}", row, dataset, "mtla", changes, part, SMOOTHED, figures)
                for part in parts
            ]
            if parts == ("motion",):
                error = {VALIDATION: "error"}
                called = f"{start}/flow-error"
                cells.append(
                    Cell(called, None, dataset, "mtla", changes, "motion", VALIDATION, error, "px")
                )
    return cells


# What of a sifted archive stands for a printed line.
_SDOR_LINES = {
    "Del Giorno et al. [8] #1": "discriminative_1",
    "Del Giorno et al. [8] #2": "discriminative_2",
    "Sp + iForest [23,36]": "initial",
    "Our method": "score",
}
_SDOR_BACKBONES = {
    "VGG": "torchvision:vgg16",
    "3DConv": "torchvision:r3d_18",
    "ResNet-50": "torchvision:resnet50",
}
_SDOR = ("sdor-table1", "sdor-table2", "sdor-fig5", "sdor-fig6")


def _sdor_cells(table: str) -> list[Cell]:
    """Each is measured on an archive that is sifted as a whole, training and test part merged."""
    if table == "sdor-table1":
        rows = [row for row in published_rows(table=table) if row.method in _SDOR_LINES]
        return [_sdor_cell(row.dataset, _SDOR_LINES[row.method], row=row) for row in rows]
    if table == "sdor-table2":
        return [
            _sdor_cell(
                row.dataset,
                "score",
                row.details["backbone"],
                row=row,
                changes={"backbone": _SDOR_BACKBONES[row.details["backbone"]]},
            )
            for row in published_rows(table=table)
        ]
    printed = published_table(table)
    cells = []
    for column in printed.columns:
        for line in printed.rows:
            if "rounds" in line.details:
                part = f"after_{line.details['rounds']}"
                cells.append(_sdor_cell(column.dataset, part))
                continue
            rate = line.details["rate"]
            cells += [
                _sdor_cell(column.dataset, part, f"rate-{rate}", rate=float(rate))
                for part in ("initial", "score")
            ]
    return cells


def _sdor_cell(
    dataset: str,
    part: str,
    word: str = "merged",
    *,
    row: PublishedRow | None = None,
    changes: Mapping[str, Any] | None = None,
    rate: float | None = None,
) -> Cell:
    figures = {PRIMARY: "micro_auc", SMOOTHED: "micro_auc"}
    name = f"{word.lower()}/{dataset}/{part}"
    settings = dict(changes or {})
    return Cell(name, row, dataset, "sdor", settings, part, PRIMARY, figures, rate=rate)


def _daml_cell(row: PublishedRow) -> Cell:
    motion, losses = row.details["motion"].lower(), row.details["loss"].lower()
    fit, part = row.details[_FITS[row.table]].lower(), _PARTS[row.details["score"]]
    changes = {"motion": motion, "reconstruction_losses": losses.split("+")}
    figure = _FIGURES.get(row.protocol.averaging, "micro_auc")
    figures = {PRIMARY: figure, CONVENTION: figure}
    name = f"{fit}/{row.dataset}/{part}"
    return Cell(name, row, row.dataset, row.paper, changes, part, CONVENTION, figures)


def measure_parts(clips: Sequence[ScoredClip]) -> dict[str, dict[str, Any]]:
    """The figures of each part of the score, as we measure and as the DAML paper does.

    Args:
        clips: scored clips; those without labels are left out.

    Returns:
        part -> each of `MEASURED` (see `awry.evaluation.protocol.VARIANTS`) -> the figures of
        `frame_metrics`, and `intervals`, by figure, None where there is none.

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
        smoothed = [replace(clip, scores=offline(clip.scores)) for clip in ours]
        variants = {PRIMARY: ours, CONVENTION: theirs, SMOOTHED: smoothed}
        measured[part] = {name: _figures(clips) for name, clips in variants.items()}
    return measured


def _figures(clips: Sequence[ScoredClip]) -> dict[str, Any]:
    scores = [clip.scores for clip in clips]
    labels = [clip.labels for clip in clips if clip.labels is not None]
    figures = frame_metrics(
        scores, labels, [clip.scored for clip in clips], [clip.name for clip in clips]
    )
    intervals = {
        name: bootstrap_interval(metric, scores, labels) for name, metric in WITH_INTERVAL.items()
    }
    found = {name: None if pair is None else list(pair) for name, pair in intervals.items()}
    return {**figures, "intervals": found}
