"""The fits of a published table: run one after another, each kept with its figures."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from awry.cluster import PROCESSES, Pool
from awry.cluster.pool import RETRIES
from awry.detector import Detector
from awry.devices import Inheriting, current
from awry.errors import AwryError, InputError
from awry.evaluation.clip_scoring import Scored
from awry.evaluation.declaration import declared, time_notes
from awry.fitting import FitOptions
from awry.foreign import read_json, reading
from awry.methods.base import MethodConfig
from awry.methods.published import REGIONS
from awry.methods.registry import method_class
from awry.progress import Reporter, Silent
from awry.storage import write_json
from awry.studies.archive_ranking import ranked_archive
from awry.studies.measurements import fitted, labelled, measured_on, score_labelled
from awry.studies.part_figures import measure_parts, measure_regions
from awry.studies.speed import SpeedOptions, speed_alone
from awry.studies.table_fit import FORMAT, TableFit
from awry.teachers.outputs import keep_outputs
from awry.training.history import best_validation
from awry.version import __version__

FRAMES = "frames.work"
Record = dict[str, Any]


def run_fits(
    fits: Iterable[TableFit],
    out: Path,
    reporter: Reporter,
    jobs: int = 1,
    on: str | None = None,
) -> tuple[dict[str, Record], list[str]]:
    """Run each different fit once; one that fails does not stop the others.

    Args:
        fits: some may be the same; what one of these asks for is measured.
        out: `OUT/KEY.json` holds each finished fit's figures, `OUT/KEY/` its bundle.
        reporter: shows progress; of several fits at a time, only which of them are done.
        jobs: fits at a time, each in a process of its own where there are more than one.
        on: where these are, as `Pool`; None: on this machine, without Ray.

    Returns:
        Fit's key -> its record; and what failed, one sentence each.

    Raises:
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    different: dict[str, TableFit] = {}
    for fit in fits:
        known = different.get(fit.key, fit)
        regions, speed = fit.regions or known.regions, fit.speed or known.speed
        different[fit.key] = replace(known, regions=regions, speed=speed)
    records: dict[str, Record] = {}
    failed = []
    try:
        for key, answer in _each(list(different.values()), out, reporter, jobs, on):
            if isinstance(answer, AwryError):
                failed.append(f"{key}: {answer}")
            else:
                records[key] = answer
                failed += [f"{key}: {sentence}" for sentence in answer["failed"]]
        # Last, when nothing else runs.
        for key, record in records.items():
            if different[key].speed and "speed" not in record:
                records[key] = _with_speed(different[key], record, out, reporter)
    except KeyboardInterrupt as error:
        said = str(error) or "stopped"
        raise KeyboardInterrupt(f"{said}; the same command goes on from there.") from error
    shutil.rmtree(out / FRAMES, ignore_errors=True)
    return records, failed


def _each(
    fits: Sequence[TableFit], out: Path, reporter: Reporter, jobs: int, on: str | None
) -> Iterator[tuple[str, Record | AwryError]]:
    """Every fit's key with its record, or why there is none, as they end."""
    if jobs == 1 and on is None:
        for number, fit in enumerate(fits, 1):
            reporter.message(f"{number} of {len(fits)}: {fit.key}")
            try:
                yield fit.key, _finished(fit, out) or _run(fit, out, reporter)
            except AwryError as error:
                yield fit.key, error
        return
    owed = []
    for fit in fits:
        try:
            record = _finished(fit, out)
        except AwryError as error:
            yield fit.key, error
            continue
        if record is None:
            owed.append(fit)
        else:
            yield fit.key, record
    # Without Ray one fit's process may end for want of memory, as it would again.
    place, retries = (PROCESSES, 0) if on is None else (on, RETRIES)
    with Pool(jobs, place, retries=retries) as pool:
        answers = pool.run(Inheriting.of(partial(_run, out=out)), owed)
        for number, (fit, answer) in enumerate(answers, 1):
            reporter.message(f"{number} of {len(owed)} done: {fit.key}")
            yield fit.key, answer


def _finished(fit: TableFit, out: Path) -> Record | None:
    """What an earlier run wrote; None where a clip, a protocol or the regions are owed."""
    file = out / f"{fit.key}.json"
    if not file.is_file():
        return None
    what, cure = "a result of awry reproduce", "Move it away and run again."
    record: Record = read_json(file, what, InputError, cure)
    with reading(file, what, InputError, cure):
        whole = record["format"] == FORMAT and not record["failed"] and record["figures"]
        owed = set(_protocols(fit))
        whole = whole and all(owed <= set(figures) for figures in record["figures"].values())
    return record if whole and (REGIONS in record or not fit.regions) else None


def _protocols(fit: TableFit) -> tuple[str, ...]:
    """By which each part of its score is measured."""
    publication = method_class(fit.method).publication()
    return () if publication is None else publication.protocols


def _run(fit: TableFit, out: Path, reporter: Reporter | None = None) -> Record:
    reporter = reporter or Silent()
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
        clips = labelled(fit.data)
        scores = score_labelled(detector, clips, ("all",), reporter, regions=fit.regions)
    record = {
        **_settings(fit, next(iter(detector.models.values())).config),
        **_measured(fit, detector, scores),
        "evaluate_seconds": round(time.monotonic() - started, 1),
    }
    write_json(out / f"{fit.key}.json", record)
    return record


def _with_speed(fit: TableFit, record: Record, out: Path, reporter: Reporter) -> Record:
    """The record of a finished fit with its frames a second; kept beside its figures."""
    detector = fitted_bundle(fit, out, reporter)
    timed = {**record, "speed": speed_alone(detector, labelled(fit.data), SpeedOptions())}
    write_json(out / f"{fit.key}.json", timed)
    return timed


def _measured(fit: TableFit, detector: Detector, scores: Scored) -> Record:
    """What a record holds of a fitted detector and its scores."""
    facts = detector.facts
    first = scores.clips[0]
    scorer = declared(detector.scorer(first.scene, fps=first.fps, maps=False))
    regions = measure_regions(scores.clips) if fit.regions else {}
    unmeasured = [f"RBDC and TBDC: {regions['why_not']}"] if "why_not" in regions else []
    return {
        "data": facts.data.model_dump(include={"layout", "fps", "fingerprint"}),
        "clips": [clip.name for clip in scores.clips],
        "figures": _figures(fit, scores),
        **({REGIONS: regions} if fit.regions else {}),
        "validation": best_validation(facts.history),
        "fit_seconds": facts.fit_seconds,
        "training_seconds": _training_seconds(facts.history),
        "scorer": scorer,
        "notes": [
            *fit.data.notes,
            *facts.data.notes,
            *facts.data.failed,
            *time_notes(scorer),
            *unmeasured,
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
        **measured_on(current()),
        "awry": __version__,
    }


def _training_seconds(history: Mapping[str, Sequence[Mapping[str, Any]]]) -> float:
    """Of all epochs, with those before an interruption, which `fit_seconds` leaves out."""
    return round(sum(epoch.get("seconds", 0) for epochs in history.values() for epoch in epochs), 1)


def fitted_bundle(fit: TableFit, out: Path, reporter: Reporter) -> Detector:
    """The detector of a fit: its bundle `OUT/KEY/` where there is one, else fitted now.

    Raises:
        AwryError: as `awry.fit`.
    """
    options = FitOptions(preset=fit.scale, changes=fit.changes, seed=fit.seed)
    # The table's data set, not the folder's looks, decides on the settings that depend on it.
    data = replace(fit.data, variant=fit.dataset)
    return fitted(fit.method, data, out / fit.key, out / FRAMES, options, reporter)
