"""Which cells of the paper's tables can be run here, and with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from awry.methods.published import (
    PRIMARY,
    SMOOTHED,
    Paper,
    Publication,
    PublishedRow,
    TableCell,
    load_paper,
)
from awry.methods.sdor.discriminative import discriminative_scores
from awry.methods.sdor.initial import reduce
from awry.methods.sdor.normality import Series
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import Ranking, for_all_frames
from awry.methods.sdor.unmasking import two_sample_scores, unmasking_scores

if TYPE_CHECKING:
    from awry.methods.sdor import SDOR
    from awry.training.loop import FitContext

# What of a sifted archive stands for a printed line.
_LINES = {
    "Ionescu et al. [40]": "unmasking",
    "Liu et al. [25]": "two_sample",
    "Del Giorno et al. [8] #1": "discriminative_1",
    "Del Giorno et al. [8] #2": "discriminative_2",
    "Sp + iForest [23,36]": "initial",
    "Our method": "score",
}
# Their papers smooth scores over time.
_SMOOTHED = ("unmasking", "two_sample")
_BACKBONES = {
    "VGG": "torchvision:vgg16",
    "3DConv": "torchvision:r3d_18",
    "ResNet-50": "torchvision:resnet50@IMAGENET1K_V1",
}
_TABLES = ("sdor-table1", "sdor-table2", "sdor-fig5", "sdor-fig6")
# The scenes of the paper, as the data sets' layouts name them.
_SCENES = {
    "umn-scene1": "lawn",
    "umn-scene2": "indoor",
    "umn-scene3": "plaza",
    "subway-entrance": "entrance",
    "subway-exit": "exit",
}


@cache
def publication() -> Publication:
    """Tables 1 and 2, Figs. 5 and 6."""
    paper = load_paper("awry.methods.sdor")
    return Publication(paper, _TABLES, partial(_cells, paper), rank_archive)


def _cells(paper: Paper, table: str) -> list[TableCell]:
    """Each is measured on an archive that is sifted as a whole, training and test part merged."""
    printed = paper.table(table)
    if table == "sdor-table1":
        rows = [row for row in paper.rows_of(printed) if row.method in _LINES]
        return [_cell(row.dataset, _LINES[row.method], row=row) for row in rows]
    if table == "sdor-table2":
        return [
            _cell(
                row.dataset,
                "score",
                row.details["backbone"],
                row=row,
                changes={"backbone": _BACKBONES[row.details["backbone"]]},
            )
            for row in paper.rows_of(printed)
        ]
    cells = []
    for column in printed.columns:
        for line in printed.rows:
            if "rounds" in line.details:
                part = f"after_{line.details['rounds']}"
                cells.append(_cell(column.dataset, part))
                continue
            rate = line.details["rate"]
            cells += [
                _cell(column.dataset, part, f"rate-{rate}", rate=float(rate))
                for part in ("initial", "score")
            ]
    return cells


def _cell(
    dataset: str,
    part: str,
    word: str = "merged",
    *,
    row: PublishedRow | None = None,
    changes: Mapping[str, Any] | None = None,
    rate: float | None = None,
) -> TableCell:
    figures = {PRIMARY: "micro_auc", SMOOTHED: "micro_auc"}
    name = f"{word.lower()}/{dataset}/{part}"
    settings = dict(changes or {})
    convention = SMOOTHED if part in _SMOOTHED else PRIMARY
    return TableCell(
        *(name, row, dataset, "sdor", settings, part, convention, figures),
        rate=rate,
        scene=_SCENES.get(dataset),
    )


def rank_archive(
    method: SDOR, archive: Archive, context: FitContext
) -> tuple[Mapping[str, Series], list[str]]:
    """As `awry.methods.published.RankArchive`: every detector's and every round's scores."""
    initial, ranking = method.learn(archive, context)
    parts = {**initial.detectors, "initial": initial.scores}
    parts |= _compared_with(method, archive, context)
    return parts | _after_rounds(method, ranking), list(initial.notes)


def _compared_with(method: SDOR, archive: Archive, context: FitContext) -> dict[str, Series]:
    """The other methods of Table 1 that need no labelled data.

    The discriminative framework has the backbone's features after PCA (#1) and the trained model's
    last dense layer (#2). Unmasking and the two-sample test have the backbone's features whole,
    since they take features away.
    """
    seed = context.seed
    reduced, _ = reduce(archive.features, method.config.components, seed)
    assert method.model is not None
    last = context.compute.copy_of(list(method.model.learners)[-1].eval())
    learned = for_all_frames(last.dense, archive, context.compute)
    clips = [archive.slice_of(number) for number in range(len(archive.clips))]
    return {
        "discriminative_1": discriminative_scores(reduced, seed=seed),
        "discriminative_2": discriminative_scores(learned, seed=seed),
        "unmasking": unmasking_scores(archive.features, clips),
        "two_sample": two_sample_scores(archive.features, clips, seed=seed),
    }


def _after_rounds(method: SDOR, ranking: Ranking) -> dict[str, Series]:
    """The final score, and what it would be after fewer rounds (Fig. 6)."""
    assert method.model is not None
    rounds = len(method.model.rounds)
    every = [ranking.of_round(method.model, number) for number in range(rounds)]
    means = {f"after_{n + 1}": np.mean(every[: n + 1], axis=0) for n in range(rounds)}
    return {**means, "score": method.final_scores(ranking)}
