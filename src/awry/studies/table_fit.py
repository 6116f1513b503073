"""What has to be fitted for a published table: each fit once, whichever cells need it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awry.datasets.base import Clip, Dataset
from awry.devices import current
from awry.errors import AwryError
from awry.methods.paper_figures import PaperFigures
from awry.methods.published import REGIONS, SPEED, TableCell
from awry.methods.registry import method_class
from awry.methods.shared_settings import settings_by_method
from awry.progress import Reporter
from awry.studies.measurements import data_key, labelled, rounded
from awry.weight_list import missing_weights

FORMAT = 3
"""Of a fit's record; another one is not read, and what it holds is fitted again."""


@dataclass(frozen=True, slots=True)
class TableFit:
    """One fit with one seed, measured once; all cells that need it share it.

    Attributes:
        key: names its files.
        method, changes, scale: the method's name, settings, preset.
        dataset: the table's name of the data.
        seed: every random choice follows from it.
        data: what is fitted on and measured.
        rate: share of abnormal frames that an archive is thinned to; None: as it is.
        scene: the one scene of an archive that is meant; None: all of it.
        regions: whether RBDC and TBDC are wanted too, which takes maps.
        speed: frames a second are asked for too.
    """

    key: str
    method: str
    changes: Mapping[str, Any]
    scale: str
    dataset: str
    seed: int
    data: Dataset
    rate: float | None = None
    scene: str | None = None
    regions: bool = False
    speed: bool = False


def fits_of(
    cells: Sequence[TableCell],
    data: Dataset,
    dataset: str,
    scale: str,
    seeds: Sequence[int],
    changes: Mapping[str, Any],
) -> dict[tuple[str, int], TableFit]:
    """(cell's name, seed) -> the fit that it needs; all of one seed come first.

    Args:
        cells: of one data set.
        data: the footage.
        dataset: the table's name of it.
        scale: the method's preset.
        seeds: one fit each.
        changes: settings of every fit; a cell's own go before them. Where cells are of several
            methods, each takes those that it has.

    Raises:
        ConfigError: a setting that none of them has.
    """
    given = settings_by_method({cell.method for cell in cells}, changes)
    labels = [_label_key(clip) for clip in labelled(data)]
    clips = [data.name, [clip.name for clip in data.train], labels]
    return {
        (cell.name, seed): TableFit(
            _key(cell, clips, dataset, scale, given[cell.method], seed),
            cell.method,
            {**given[cell.method], **cell.changes},
            scale,
            dataset,
            seed,
            data,
            cell.rate,
            cell.scene,
            REGIONS in cell.figures,
            SPEED in cell.figures,
        )
        for seed in seeds
        for cell in cells
    }


def announce(fits: Iterable[TableFit], out: Path, reporter: Reporter) -> None:
    """Say what the fits that are still to be made take, and which ready-made networks they lack.

    Args:
        fits: some may be the same.
        out: where `KEY.json` holds what was made before.
        reporter: is told, one sentence each.
    """
    owed = [
        fit
        for key, fit in {fit.key: fit for fit in fits}.items()
        if not (out / f"{key}.json").is_file()
    ]
    kinds = [method_class(fit.method) for fit in owed]
    for (kind, scale), count in Counter(
        (kind, fit.scale) for kind, fit in zip(kinds, owed, strict=True)
    ).items():
        publication = kind.publication()
        known = PaperFigures() if publication is None else publication.paper.figures
        fits_of_it = "1 fit" if count == 1 else f"{count} fits"
        reporter.message(
            f"{fits_of_it} of {kind.name} with the preset {scale}. Time of one: "
            f"{known.time_of_a_fit(scale)}."
        )
    wanted = [
        (kind, kind.configure(fit.scale, fit.changes, fit.dataset))
        for kind, fit in zip(kinds, owed, strict=True)
    ]
    for one in missing_weights(wanted):
        reporter.message(f"Not here: {one.in_words()}")


def _label_key(clip: Clip) -> str:
    try:
        return data_key([clip])
    except AwryError:  # scoring will list it
        return clip.name


def _key(
    cell: TableCell,
    clips: Sequence[Any],
    dataset: str,
    scale: str,
    changes: Mapping[str, Any],
    seed: int,
) -> str:
    """Names a fit's files: equal for equal settings, seed and clips, whatever the table."""
    kind = method_class(cell.method)
    config = kind.configure(scale, {**changes, **cell.changes}, dataset).model_dump(mode="json")
    plain = kind.configure(scale, changes, dataset).model_dump(mode="json")
    different = [
        "+".join(value) if isinstance(value, list) else str(value)
        for name, value in config.items()
        if value != plain[name]
    ]
    thinned = [] if cell.rate is None else [cell.rate]
    different += [f"rate{rate}" for rate in thinned]
    bits = list(rounded(current()).values())
    different += bits
    content = json.dumps([FORMAT, config, clips, *thinned, *bits], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return "-".join([cell.method, scale, dataset, *different, f"seed{seed}", digest])
