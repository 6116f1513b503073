"""`awry robustness BUNDLE`: what bad weather and bad cameras do to a fitted detector."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.errors import ConfigError
from awry.evaluation.declaration import declared, time_notes
from awry.evaluation.metrics.event import EventRule
from awry.methods.base import Scorer
from awry.score_run.options import check_parts
from awry.storage import write_json
from awry.studies.cells import (
    Cell,
    Cells,
    data_key,
    labelled_clips,
    score_plainly,
    whole_numbers,
)
from awry.studies.corruptions import CORRUPTIONS, Corruption, choose, corrupted_clip
from awry.studies.robustness_figures import alarm_figures, auc_figures
from awry.studies.robustness_output import plot_robustness, show_robustness
from awry.terminal import Console, progress_bars

CLEAN = "clean"

__all__ = ["RobustnessOptions", "check_choice", "run_robustness", "show_robustness"]


@dataclass(frozen=True, slots=True)
class RobustnessOptions:
    """What to measure.

    Attributes:
        corruptions: which; all, if not given.
        severities: which of 1 to 5, ascending.
        parts: names of extra parts to measure, or `all`.
        clips: see `awry.studies.cells.labelled_clips`.
        seed: every random choice follows from it.
    """

    corruptions: Sequence[Corruption] = tuple(CORRUPTIONS.values())
    severities: Sequence[int] = (1, 3, 5)
    parts: Sequence[str] = ("all",)
    clips: str | None = None
    seed: int = 0

    @classmethod
    def parse(
        cls,
        corruptions: str | None,
        severities: str | None,
        parts: Sequence[str],
        clips: str | None,
        seed: int,
    ) -> RobustnessOptions:
        """Read lists with commas between; None is the default.

        Raises:
            ConfigError: an unknown corruption or severity.
        """
        options = cls(parts=parts, clips=clips, seed=seed)
        if corruptions is not None:
            names = [name.strip() for name in corruptions.split(",")]
            options = replace(options, corruptions=choose(names))
        if severities is not None:
            levels = whole_numbers(severities, "--severities", lowest=1, highest=5)
            options = replace(options, severities=levels)
        return options


def check_choice(
    bundle: Path | None,
    refit: str | None,
    spoiling: Mapping[str, Any],
    refitting: Mapping[str, Any],
    fitting: Mapping[str, Any],
) -> None:
    """Refuse options that do not belong together.

    Args:
        bundle, refit: one of the two must be given.
        spoiling: options for a bundle alone.
        refitting: options of which a refit needs one.
        fitting: all options for a refit alone.

    Raises:
        ConfigError: they do not belong together.
    """
    if (bundle is None) == (refit is None):
        raise ConfigError(
            "Give either a BUNDLE, which is measured on spoiled frames, or --refit METHOD, which "
            "is fitted anew for each amount; not both."
        )
    foreign = [name for name, value in (fitting if bundle else spoiling).items() if value]
    if foreign:
        other = "--refit METHOD" if bundle else "a BUNDLE"
        raise ConfigError(f"{foreign[0]} goes with {other} only; leave it out.")
    if refit is not None and sum(value is not None for value in refitting.values()) != 1:
        raise ConfigError(f"--refit needs one of {' and '.join(refitting)}, and not both.")


def run_robustness(
    detector: Detector, data: Dataset, out: Path, options: RobustnessOptions, console: Console
) -> dict[str, Any]:
    """Score the test clips clean and corrupted; write cells, `robustness.json` and plots.

    A cell that an earlier run with the same settings finished is not measured again; other
    corruptions and severities may be added.

    Returns:
        What `robustness.json` holds: `clean` and `cells`, with the figures of
        `awry.studies.robustness_figures` each; `settings`, `notes`, `plots`, and `failed`, clips
        that could not be read, one sentence each.

    Raises:
        ConfigError: an unknown part, or cells of other settings in `out`.
        DatasetError: no labelled test clip, or none that can be read.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    check_parts(detector, options.parts)
    clips = labelled_clips(data, options.clips)
    settings = {
        "method": detector.method,
        "detector": detector_key(detector),
        "data": {"layout": data.name, "variant": data.variant, "fps": data.fps},
        "clips": [clip.name for clip in clips],
        "labels": data_key(clips),
        "parts": list(options.parts),
        "seed": options.seed,
        "events": asdict(EventRule()),
        # Another version's severities may mean something else.
        "levels": {name: list(one.levels) for name, one in CORRUPTIONS.items()},
    }
    cells = Cells(out, settings)
    clean, *others = _measure_all(detector, clips, cells, options, console)
    result = {
        "settings": settings,
        "clean": clean,
        "cells": others,
        "notes": [*_notes(clean, data), *time_notes(declared(_any_scorer(detector, data)))],
        "failed": list(
            dict.fromkeys(chain(data.failed, *(cell["failed"] for cell in (clean, *others))))
        ),
    }
    result["plots"] = plot_robustness(out, f"{detector.method} on {data.variant}", clean, others)
    write_json(out / "robustness.json", result)
    return result


def detector_key(detector: Detector) -> str:
    """SHA-256 over what a detector learned, its settings and its thresholds."""
    digest = hashlib.sha256()
    for scene, model in detector.models.items():
        digest.update(f"{scene} {model.config.model_dump_json()}".encode())
        for name, tensor in sorted(model.state().items()):
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().tobytes())
    digest.update(json.dumps(detector.calibration.to_json(), sort_keys=True).encode())
    digest.update(repr((detector.ignore.specs, detector.every)).encode())
    export = detector.facts.export
    exported = None if export is None else export.model_dump()
    digest.update(json.dumps(exported, sort_keys=True).encode())
    return digest.hexdigest()


def _measure_all(
    detector: Detector,
    clips: Sequence[Clip],
    cells: Cells,
    options: RobustnessOptions,
    console: Console,
) -> list[Cell]:
    plan: list[tuple[str, Corruption | None, int]] = [(CLEAN, None, 0)]
    plan += [
        (f"{corruption.name}-{severity}", corruption, severity)
        for corruption in options.corruptions
        for severity in options.severities
    ]
    found = []
    try:
        with progress_bars(console) as progress:
            task = progress.add_task("cells", total=len(plan))
            for name, corruption, severity in plan:
                spoiled = [
                    corrupted_clip(clip, corruption.name, severity, options.seed)
                    if corruption
                    else clip
                    for clip in clips
                ]
                bar = progress.add_task(name, total=len(clips), visible=not cells.has(name))

                def measure(
                    spoiled: Sequence[Clip] = spoiled,
                    corruption: Corruption | None = corruption,
                    severity: int = severity,
                    bar: Any = bar,
                ) -> Cell:
                    own = _measure(detector, spoiled, options.parts, lambda: progress.advance(bar))
                    return {**_about(corruption, severity), **own}

                found.append(cells.get(name, measure))
                progress.remove_task(bar)
                progress.advance(task)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(stopped(len(found), len(plan))) from error
    return found


def stopped(done: int, planned: int) -> str:
    """What is said after Ctrl-C."""
    return f"stopped with {done} of {planned} cells done; the same command goes on from there."


def _about(corruption: Corruption | None, severity: int) -> Cell:
    if corruption is None:
        return {"corruption": CLEAN, "severity": 0, "level": None, "says": ""}
    return {
        "corruption": corruption.name,
        "severity": severity,
        "level": corruption.levels[severity - 1],
        "says": corruption.says(severity),
    }


def _measure(detector: Detector, clips: Sequence[Clip], parts: Sequence[str], advance: Any) -> Cell:
    started = time.monotonic()
    scores = score_plainly(detector, clips, parts, advance)
    return {
        **auc_figures(scores.clips),
        **alarm_figures(scores.clips, detector.calibration),
        "failed": scores.failed,
        "seconds": round(time.monotonic() - started, 1),
    }


def _any_scorer(detector: Detector, data: Dataset) -> Scorer:
    return detector.scorer(data.test[0].scene, fps=data.fps, maps=False)


def _notes(clean: Cell, data: Dataset) -> list[str]:
    frames, fps = clean["n_normal_frames"], data.fps
    length = f"{frames} frames" if fps is None else f"{frames} frames, {frames / fps:.0f} s"
    return [
        f"False alarms are counted on the {length} of normal test footage at the threshold that "
        "the bundle was calibrated with on clean footage; on little footage the share of normal "
        "frames over the threshold is the steadier figure.",
        "An alarm that never ends is one alarm: read false alarms beside the share of normal "
        "time in alarm.",
    ]
