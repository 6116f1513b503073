"""`awry reproduce`: a published table's cells, run here, beside what the paper prints."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.errors import AwryError, ConfigError, DatasetError, InputError, nearest
from awry.evaluation.clip_scoring import Scored
from awry.evaluation.declaration import VARIANTS, declared, time_notes
from awry.fitting import FitOptions
from awry.foreign import read_json, reading
from awry.methods.base import MethodConfig
from awry.methods.published import VALIDATION, PublishedRow, TableCell
from awry.registry import method_class
from awry.storage import write_json
from awry.studies.cells import Unit, data_key, fitted, labelled, score_plainly
from awry.studies.published import cells_of
from awry.studies.reproduction import MEASURED, measure_parts
from awry.studies.sifted_cells import ranked_archive
from awry.teachers.outputs import keep_outputs
from awry.terminal import Console, progress_bars
from awry.training.environment import hardware
from awry.version import __version__

FORMAT = 2
FRAMES = "frames.work"
OURS = {
    **{
        name: VARIANTS[name].replace("smoothing ", "smoothing after the scorer ")
        for name in MEASURED
    },
    VALIDATION: "the proxy tasks on held-back training footage, at the epoch that was kept",
}
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReproduceOptions:
    """Which cells to run, and how.

    Attributes:
        scale: the method's preset.
        seeds: one fit each.
        cells: pattern of the cells' names, with `*` and `?`.
        dataset: which of the table's data sets the data are; None: as they were recognised.
        changes: settings of every fit that differ from the preset's; a cell's own go before them.
    """

    scale: str = "cpu"
    seeds: tuple[int, ...] = (0, 1, 2)
    cells: str = "*"
    dataset: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


def _units_of(
    cells: Sequence[TableCell], data: Dataset, dataset: str, options: ReproduceOptions
) -> dict[tuple[str, int], Unit]:
    """(cell's name, seed) -> what has to be run for it; all of one seed come first."""
    labels = [_label_key(clip) for clip in labelled(data)]
    clips = [data.name, [clip.name for clip in data.train], labels]
    return {
        (cell.name, seed): Unit(
            _key(cell, clips, dataset, options, seed),
            cell.method,
            {**options.changes, **cell.changes},
            options.scale,
            dataset,
            seed,
            data,
            cell.rate,
            cell.scene,
        )
        for seed in options.seeds
        for cell in cells
    }


def _label_key(clip: Clip) -> str:
    try:
        return data_key([clip])
    except AwryError:  # scoring will list it
        return clip.name


def _key(
    cell: TableCell, clips: Sequence[Any], dataset: str, options: ReproduceOptions, seed: int
) -> str:
    """Names a unit's files: equal for equal settings, seed and clips, whatever the table."""
    kind, scale = method_class(cell.method), options.scale
    changes = {**options.changes, **cell.changes}
    config = kind.configure(scale, changes, dataset).model_dump(mode="json")
    plain = kind.configure(scale, options.changes, dataset).model_dump(mode="json")
    words = [
        "+".join(value) if isinstance(value, list) else str(value)
        for name, value in config.items()
        if value != plain[name]
    ]
    thinned = [] if cell.rate is None else [cell.rate]
    words += [f"rate{rate}" for rate in thinned]
    content = json.dumps([FORMAT, config, clips, *thinned], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return "-".join([cell.method, scale, dataset, *words, f"seed{seed}", digest])


def run_reproduce(
    table: str, data: Dataset, out: Path, options: ReproduceOptions, console: Console
) -> dict[str, Any]:
    """Run a table's cells on one data set; what was finished before is not run again.

    `OUT/FIT.json` holds each finished fit's figures, `OUT/FIT/` its bundle, `OUT/TABLE.json`
    what is returned. Tables that share a fit share it where they share `OUT`.

    Returns:
        `table`, `scale`, `seeds`, `cells` (see `_cell_row`) and `failed`, one sentence each.

    Raises:
        ConfigError: an unknown table, cell, data set or scale, or nothing of it can be run here.
        DatasetError: no test clip has labels.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    cells = _chosen(table, options.cells)
    dataset = options.dataset or data.variant
    known = list(dict.fromkeys(cell.dataset for cell in cells))
    if dataset not in known:
        raise ConfigError(
            f"{table} has no cell for the data set '{dataset}': {nearest(dataset, known)}. "
            "Say with --dataset which one the data are, if they are one of these."
        )
    if not labelled(data):
        raise DatasetError(
            f"No test clip in {data.root or data.name} has labels: nothing could be measured."
        )
    mine = [cell for cell in cells if cell.dataset == dataset]
    units = _units_of(mine, data, dataset, options)
    records, failed = _run_units(units.values(), out, console)
    found = {name: record for name, unit in units.items() if (record := records.get(unit.key))}
    summary = {
        "table": table,
        "scale": options.scale,
        "seeds": list(options.seeds),
        "changes": dict(options.changes),
        "data": {"layout": data.name, "variant": data.variant, "taken_as": dataset},
        "ours": {name: OURS[name] for name in OURS if any(name in c.figures for c in mine)},
        "cells": [_cell_row(cell, dataset, options.seeds, found) for cell in cells],
        "failed": [*data.failed, *failed],
    }
    write_json(out / f"{table}.json", summary)
    return summary


def _chosen(table: str, pattern: str) -> list[TableCell]:
    cells = cells_of(table)
    chosen = [cell for cell in cells if fnmatchcase(cell.name, pattern)]
    if not chosen:
        names = ", ".join(cell.name for cell in cells)
        raise ConfigError(f"No cell of {table} is called like '{pattern}' (known: {names}).")
    return chosen


def _run_units(
    units: Iterable[Unit], out: Path, console: Console
) -> tuple[dict[str, Record], list[str]]:
    """Run each different unit once; one that fails does not stop the others."""
    different = {unit.key: unit for unit in units}
    records: dict[str, Record] = {}
    failed = []
    for number, (key, unit) in enumerate(different.items(), 1):
        console.print(f"{number} of {len(different)}: {key}", highlight=False, markup=False)
        try:
            record = _finished(out / f"{key}.json") or _run_unit(unit, out, console)
        except AwryError as error:
            failed.append(f"{key}: {error}")
            continue
        except KeyboardInterrupt as error:
            said = str(error) or "stopped"
            hint = "the same command goes on from there"
            raise KeyboardInterrupt(f"{said}; {hint}.") from error
        records[key] = record
        failed += [f"{key}: {sentence}" for sentence in record["failed"]]
    shutil.rmtree(out / FRAMES, ignore_errors=True)
    return records, failed


def _finished(file: Path) -> Record | None:
    """What an earlier run wrote; None where a clip is still owed."""
    if not file.is_file():
        return None
    what, cure = "a result of awry reproduce", "Move it away and run again."
    record: Record = read_json(file, what, InputError, cure)
    with reading(file, what, InputError, cure):
        whole = record["format"] == FORMAT and not record["failed"] and record["figures"]
    return record if whole else None


def _run_unit(unit: Unit, out: Path, console: Console) -> Record:
    publication = method_class(unit.method).publication()
    if publication is not None and publication.rank_archive is not None:
        work = out / f"{unit.key}.work"
        ranked = ranked_archive(unit, publication.rank_archive, work, out / FRAMES, console)
        record = {**_record_of(unit, ranked.config), **ranked.record}
        write_json(out / f"{unit.key}.json", record)
        shutil.rmtree(work, ignore_errors=True)
        return record
    with keep_outputs(out / FRAMES):  # units share what teachers said of the test frames too
        detector = _fitted(unit, out, console)
        started = time.monotonic()
        scores = _scored(detector, labelled(unit.data), console)
    facts = detector.facts
    first = scores.clips[0]
    about = declared(detector.scorer(first.scene, fps=first.fps, maps=False))
    record = {
        **_record_of(unit, next(iter(detector.models.values())).config),
        "data": facts.data.model_dump(include={"layout", "fps", "fingerprint"}),
        "clips": [clip.name for clip in scores.clips],
        "figures": measure_parts(scores.clips),
        "validation": _best_validation(facts.history),
        "fit_seconds": facts.fit_seconds,
        "training_seconds": _training_seconds(facts.history),
        "evaluate_seconds": round(time.monotonic() - started, 1),
        "scorer": about,
        "notes": [
            *unit.data.notes,
            *facts.data.notes,
            *facts.data.failed,
            *time_notes(about),
        ],
        "failed": scores.failed,
        "fitted_with": dict(facts.versions),
    }
    write_json(out / f"{unit.key}.json", record)
    return record


def _record_of(unit: Unit, config: MethodConfig) -> Record:
    """What every unit's record begins with."""
    return {
        "format": FORMAT,
        "method": unit.method,
        "scale": unit.scale,
        "dataset": unit.dataset,
        "seed": unit.seed,
        "settings": dict(unit.changes),
        "config": config.model_dump(mode="json"),
        "hardware": hardware(),
        "awry": __version__,
    }


def _scored(detector: Detector, clips: Sequence[Clip], console: Console) -> Scored:
    with progress_bars(console) as progress:
        task = progress.add_task("scoring", total=len(clips))
        return score_plainly(detector, clips, ("all",), lambda: progress.advance(task))


def _training_seconds(history: Mapping[str, Sequence[Mapping[str, Any]]]) -> float:
    """Of all epochs, with those before an interruption, which `fit_seconds` leaves out."""
    return round(sum(epoch.get("seconds", 0) for one in history.values() for epoch in one), 1)


def _best_validation(
    history: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, dict[str, float]]:
    """For each phase the validation figures of the epoch with the lowest validation loss."""
    start = "validation_"
    best: dict[str, dict[str, float]] = {}
    for epochs in history.values():
        for entry in epochs:
            found = {k[len(start) :]: v for k, v in entry.items() if k.startswith(start)}
            before = best.get(entry["phase"], {}).get("total", math.inf)
            if found.get("total", math.inf) < before:
                best[entry["phase"]] = found
    return best


def _fitted(unit: Unit, out: Path, console: Console) -> Detector:
    options = FitOptions(preset=unit.scale, changes=unit.changes, seed=unit.seed)
    # The table's data set, not the folder's looks, decides on the settings that depend on it.
    data = replace(unit.data, variant=unit.dataset)
    return fitted(unit.method, data, out / unit.key, out / FRAMES, options, console)


def _cell_row(
    cell: TableCell, dataset: str, seeds: Sequence[int], records: Mapping[tuple[str, int], Record]
) -> dict[str, Any]:
    """A cell with its published value and, for each of our protocols, our figures by seed."""
    by_seed = {seed: records[cell.name, seed] for seed in seeds if (cell.name, seed) in records}
    row: dict[str, Any] = {
        "cell": cell.name,
        "dataset": cell.dataset,
        "method": cell.method,
        "settings": dict(cell.changes),
        "part": cell.part,
        "figures": dict(cell.figures),
        "convention": cell.convention,
        "published": None if cell.row is None else _published(cell.row),
        "unit": cell.unit if cell.row is None else cell.row.unit,
        "status": f"{len(by_seed)} of {len(seeds)}",
        "ours": {},
    }
    if cell.dataset != dataset:
        return row | {"status": "not run: other data"}
    for protocol, figure in cell.figures.items():
        values = {
            str(seed): _figure(record, cell.part, protocol, figure)
            for seed, record in by_seed.items()
        }
        row["ours"][protocol] = _over_seeds(values) | {
            "intervals": {
                str(seed): _interval(record, cell.part, protocol, figure)
                for seed, record in by_seed.items()
            }
        }
    row["notes"] = list(dict.fromkeys(n for record in by_seed.values() for n in record["notes"]))
    seconds = [record["training_seconds"] for record in by_seed.values()]
    return row | {"training_seconds": seconds}


def _figure(record: Record, part: str, protocol: str, figure: str) -> float | None:
    """One figure of a fit; None where it has none."""
    if protocol == VALIDATION:
        value = record.get("validation", {}).get(part, {}).get(figure)
    else:
        value = record["figures"].get(part, {}).get(protocol, {}).get(figure)
    return None if value is None else float(value)


def _interval(record: Record, part: str, protocol: str, figure: str) -> list[float] | None:
    """The 95 % interval over clips of one figure of a fit; older records have it of one alone."""
    figures = record["figures"].get(part, {}).get(protocol, {})
    former = {"micro_auc": figures.get("interval")}
    pair: list[float] | None = figures.get("intervals", former).get(figure)
    return pair


def _published(row: PublishedRow) -> dict[str, Any]:
    return {
        "value": row.value,
        "spread": row.spread,
        "spread_is": row.spread_is,
        "metric": row.metric,
        "unit": row.unit,
        "printed": row.printed,
        "protocol": row.protocol.in_words(),
        "basis": row.protocol.basis,
        "notes": list(row.notes),
    }


def _over_seeds(values: Mapping[str, float | None]) -> dict[str, Any]:
    known = [value for value in values.values() if value is not None]
    return {
        "mean": fmean(known) if known else None,
        "deviation": stdev(known) if len(known) > 1 else None,
        "by_seed": dict(values),
    }
