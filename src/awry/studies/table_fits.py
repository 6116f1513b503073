"""The fits of a published table: run one after another, each kept with its figures."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from awry.detector import Detector
from awry.errors import AwryError, InputError
from awry.evaluation.clip_scoring import Scored
from awry.evaluation.declaration import declared, time_notes
from awry.fitting import FitOptions
from awry.foreign import read_json, reading
from awry.methods.base import MethodConfig
from awry.methods.registry import method_class
from awry.progress import Reporter
from awry.storage import write_json
from awry.studies.archive_ranking import ranked_archive
from awry.studies.measurements import fitted, labelled, score_labelled
from awry.studies.part_figures import measure_parts
from awry.studies.table_fit import FORMAT, TableFit
from awry.teachers.outputs import keep_outputs
from awry.training.environment import hardware
from awry.version import __version__

FRAMES = "frames.work"
Record = dict[str, Any]


def run_fits(
    fits: Iterable[TableFit], out: Path, reporter: Reporter
) -> tuple[dict[str, Record], list[str]]:
    """Run each different fit once; one that fails does not stop the others.

    Args:
        fits: some may be the same.
        out: `OUT/KEY.json` holds each finished fit's figures, `OUT/KEY/` its bundle.
        reporter: shows progress.

    Returns:
        Fit's key -> its record; and what failed, one sentence each.

    Raises:
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    different = {fit.key: fit for fit in fits}
    records: dict[str, Record] = {}
    failed = []
    for number, (key, fit) in enumerate(different.items(), 1):
        reporter.message(f"{number} of {len(different)}: {key}")
        try:
            record = _finished(fit, out / f"{key}.json") or _run(fit, out, reporter)
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


def _finished(fit: TableFit, file: Path) -> Record | None:
    """What an earlier run wrote; None where a clip or a protocol is still owed."""
    if not file.is_file():
        return None
    what, cure = "a result of awry reproduce", "Move it away and run again."
    record: Record = read_json(file, what, InputError, cure)
    with reading(file, what, InputError, cure):
        whole = record["format"] == FORMAT and not record["failed"] and record["figures"]
        owed = set(_protocols(fit))
        whole = whole and all(owed <= set(figures) for figures in record["figures"].values())
    return record if whole else None


def _protocols(fit: TableFit) -> tuple[str, ...]:
    """By which each part of its score is measured."""
    publication = method_class(fit.method).publication()
    return () if publication is None else publication.protocols


def _run(fit: TableFit, out: Path, reporter: Reporter) -> Record:
    publication = method_class(fit.method).publication()
    if publication is not None and publication.rank_archive is not None:
        work = out / f"{fit.key}.work"
        ranked = ranked_archive(fit, publication.rank_archive, work, out / FRAMES, reporter)
        record = {**_settings(fit, ranked.config), **ranked.record}
        write_json(out / f"{fit.key}.json", record)
        shutil.rmtree(work, ignore_errors=True)
        return record
    with keep_outputs(out / FRAMES):  # fits share what teachers said of the test frames too
        detector = fitted_bundle(fit, out, reporter)
        started = time.monotonic()
        scores = score_labelled(detector, labelled(fit.data), ("all",), reporter)
    record = {
        **_settings(fit, next(iter(detector.models.values())).config),
        **_measured(fit, detector, scores),
        "evaluate_seconds": round(time.monotonic() - started, 1),
    }
    write_json(out / f"{fit.key}.json", record)
    return record


def _measured(fit: TableFit, detector: Detector, scores: Scored) -> Record:
    """What a record holds of a fitted detector and its scores."""
    facts = detector.facts
    first = scores.clips[0]
    scorer = declared(detector.scorer(first.scene, fps=first.fps, maps=False))
    return {
        "data": facts.data.model_dump(include={"layout", "fps", "fingerprint"}),
        "clips": [clip.name for clip in scores.clips],
        "figures": _figures(fit, scores),
        "validation": best_validation(facts.history),
        "fit_seconds": facts.fit_seconds,
        "training_seconds": _training_seconds(facts.history),
        "scorer": scorer,
        "notes": [
            *fit.data.notes,
            *facts.data.notes,
            *facts.data.failed,
            *time_notes(scorer),
        ],
        "failed": scores.failed,
        "fitted_with": dict(facts.versions),
    }


def _figures(fit: TableFit, scores: Scored) -> Record:
    publication = method_class(fit.method).publication()
    if publication is None:
        return measure_parts(scores.clips)
    return measure_parts(scores.clips, publication.protocols, publication.maxima)


def _settings(fit: TableFit, config: MethodConfig) -> Record:
    """What every record begins with."""
    return {
        "format": FORMAT,
        "method": fit.method,
        "scale": fit.scale,
        "dataset": fit.dataset,
        "seed": fit.seed,
        "settings": dict(fit.changes),
        "config": config.model_dump(mode="json"),
        "hardware": hardware(),
        "awry": __version__,
    }


def _training_seconds(history: Mapping[str, Sequence[Mapping[str, Any]]]) -> float:
    """Of all epochs, with those before an interruption, which `fit_seconds` leaves out."""
    return round(sum(epoch.get("seconds", 0) for epochs in history.values() for epoch in epochs), 1)


def best_validation(
    history: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, dict[str, float]]:
    """For each phase the validation figures of the epoch with the lowest validation loss."""
    start = "validation_"
    best: dict[str, dict[str, float]] = {}
    for epochs in history.values():
        for entry in epochs:
            figures = {k[len(start) :]: v for k, v in entry.items() if k.startswith(start)}
            before = best.get(entry["phase"], {}).get("total", math.inf)
            if figures.get("total", math.inf) < before:
                best[entry["phase"]] = figures
    return best


def fitted_bundle(fit: TableFit, out: Path, reporter: Reporter) -> Detector:
    """The detector of a fit: its bundle `OUT/KEY/` where there is one, else fitted now.

    Raises:
        AwryError: as `awry.fit`.
    """
    options = FitOptions(preset=fit.scale, changes=fit.changes, seed=fit.seed)
    # The table's data set, not the folder's looks, decides on the settings that depend on it.
    data = replace(fit.data, variant=fit.dataset)
    return fitted(fit.method, data, out / fit.key, out / FRAMES, options, reporter)
