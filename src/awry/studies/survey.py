"""Every method on every scene with every seed: one table, each cell of which is run once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from awry.calls import checked
from awry.datasets import as_dataset, paths_of
from awry.datasets.base import Dataset
from awry.devices import on_device
from awry.errors import AwryError, ConfigError
from awry.evaluation.evaluate import EvaluateOptions, evaluate_detector
from awry.evaluation.kept_clips import remove_kept
from awry.fitting import FitOptions, teacher_settings
from awry.methods.registry import method_class
from awry.methods.shared_settings import settings_by_method
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.storage import write_json
from awry.studies.choices import names, whole_numbers
from awry.studies.measurements import (
    Measurement,
    Measurements,
    data_key,
    fitted,
    labelled,
    measured_on,
)
from awry.studies.survey_figures import FIGURES, figures_of, references_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "survey.json"
FRAMES = "frames.work"


@dataclass(frozen=True, slots=True)
class SurveyCell:
    """One method on one scene, with the figures of each seed.

    Attributes:
        method, scene: their names.
        by_seed: seed -> what was measured: `figures` (see `survey_figures.FIGURES`), `intervals`
            (95 %, over clips), `fit_seconds`, `ms_per_frame`, `smoothing_inside`,
            `lookahead_frames`, and on what: `hardware`, `device`, `precision`.
    """

    method: str
    scene: str
    by_seed: Mapping[int, Measurement]

    def values(self, figure: str) -> list[float]:
        """A figure of each seed that has it."""
        found = (values["figures"].get(figure) for values in self.by_seed.values())
        return [value for value in found if value is not None]

    def mean(self, figure: str) -> float | None:
        """Over the seeds; None without a value."""
        values = self.values(figure)
        return fmean(values) if values else None

    def deviation(self, figure: str) -> float | None:
        """Standard deviation over the seeds; None with fewer than two values."""
        values = self.values(figure)
        return stdev(values) if len(values) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "method": self.method,
            "scene": self.scene,
            "mean": {name: self.mean(name) for name in FIGURES},
            "deviation": {name: self.deviation(name) for name in FIGURES},
            "by_seed": {str(seed): dict(values) for seed, values in self.by_seed.items()},
        }


@dataclass(frozen=True, slots=True)
class SurveyResult(Result):
    """The table of methods and scenes.

    Attributes:
        settings: preset, changes and teachers of every fit.
        seeds: one fit each.
        cells: scene by scene, the methods in the order they were asked for.
        references: scene -> the rows that learn nothing: `flow`, smoothed too, and scores that do
            not look at the video; each with its figures.
        failed: cells that could not be measured and clips that could not be read, one sentence
            each.
    """

    settings: Mapping[str, Any]
    seeds: tuple[int, ...]
    cells: tuple[SurveyCell, ...]
    references: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    failed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """What `OUT/survey.json` holds."""
        return {
            "settings": dict(self.settings),
            "seeds": list(self.seeds),
            "figures": dict(FIGURES),
            "cells": [cell.to_dict() for cell in self.cells],
            "references": {scene: dict(rows) for scene, rows in self.references.items()},
            "failed": list(self.failed),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each method and scene: the means over the seeds."""
        return [
            {
                "scene": cell.scene,
                "method": cell.method,
                "seeds": len(cell.by_seed),
                **{name: cell.mean(name) for name in FIGURES},
            }
            for cell in self.cells
        ]

    def draw(self, ax: Axes) -> None:
        """Each method's AUC within clips by scene, with the deviation over seeds."""
        scenes = list(dict.fromkeys(cell.scene for cell in self.cells))
        for method in dict.fromkeys(cell.method for cell in self.cells):
            mine = [cell for cell in self.cells if cell.method == method and cell.values("macro")]
            places = [scenes.index(cell.scene) for cell in mine]
            spreads = [cell.deviation("macro") or 0.0 for cell in mine]
            means = [cell.mean("macro") or 0.0 for cell in mine]
            ax.errorbar(places, means, yerr=spreads, fmt="o", label=method)
        ax.set_xticks(range(len(scenes)), scenes)
        ax.set_ylabel("AUC within clips")
        ax.legend()

    def cards(self) -> list[FigureCard]:
        """The best method of each scene by its AUC within clips."""
        cards = []
        for scene in dict.fromkeys(cell.scene for cell in self.cells):
            known = [c for c in self.cells if c.scene == scene and c.values("macro")]
            if known:
                best = max(known, key=lambda cell: cell.mean("macro") or 0.0)
                cards.append(FigureCard(scene, f"{best.mean('macro'):.4g}", best.method))
        return cards


@checked
@on_device
def survey(
    methods: str | Sequence[str],
    *,
    scenes: Mapping[str, str | Path | Dataset],
    out: str | Path,
    preset: str = "cpu",
    seeds: int | str | Sequence[int] = "0,1,2",
    changes: Mapping[str, Any] | None = None,
    detector: str | None = None,
    classifier: str | None = None,
    depth: str | None = None,
    overwrite: bool = False,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> SurveyResult:
    """Fit and measure every method on every scene with every seed.

    What was measured before is not measured again, and an interrupted fit goes on: give the same
    arguments again. `OUT/cells/METHOD-SCENE-seedN.json` holds each cell, `OUT/fits/` the bundles.

    Args:
        methods: names of methods.
        scenes: what a scene is called -> its data set's folder, or an opened one.
        out: folder for fits and figures.
        preset: of every method.
        seeds: one fit each: a number, several, or text such as `0,1,2`.
        changes: settings that differ from the preset's; each method takes those that it has.
        detector, classifier, depth: teachers as `KIND:WHAT`, of the methods that take them.
        overwrite: replace what stands at `out`, whoever wrote it.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; of fits and of scoring alike.
        reporter: shows progress.

    Raises:
        ConfigError: an unknown method, preset or setting, or a scene's name that no file can have;
            the folder holds cells of other settings.
        DatasetError: a scene cannot be read.
        WriteError: the folder cannot be written.
        KeyboardInterrupt: Ctrl-C.
    """
    chosen = names(methods)
    settings = {**(changes or {}), **teacher_settings(detector, classifier, depth)}
    plans = _plans(chosen, preset, settings)
    numbers = whole_numbers(seeds, "--seeds", lowest=0)
    _check_names(scenes)
    folder = Path(out)
    files = {FILE: "json", "settings.json": "json", FRAMES: "frames"}
    check_folder("--out", folder, files, paths_of(*scenes.values()), overwrite=overwrite)
    data = {name: as_dataset(scene) for name, scene in scenes.items()}
    store = Measurements(folder, {"settings": {"preset": preset, "changes": settings}})
    study = _Study(folder, store, preset, plans, reporter or Silent())
    result = study.run(data, numbers, settings)
    write_json(folder / FILE, result.to_dict())
    return result


def _plans(
    methods: Sequence[str], preset: str, settings: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Method -> those of the settings that it has.

    Raises:
        ConfigError: no method is named, one is unknown, or a setting is of none of them.
    """
    if not methods:
        raise ConfigError("Name the methods to survey, e.g. flow.")
    plans = settings_by_method(methods, settings)
    for name, plan in plans.items():
        method_class(name).configure(preset, plan)
    return plans


def _check_names(scenes: Mapping[str, object]) -> None:
    if not scenes:
        raise ConfigError("Name the scenes to survey, e.g. --scenes hall=DIR.")
    for name in scenes:
        if not re.fullmatch(r"[\w.][\w.-]*", name):
            raise ConfigError(
                f"A scene cannot be called '{name}', since files are: use letters, digits, '.', "
                "'_' and '-'."
            )


@dataclass(frozen=True, slots=True)
class _Study:
    """What every cell of one survey shares."""

    out: Path
    store: Measurements
    preset: str
    plans: Mapping[str, Mapping[str, Any]]
    reporter: Reporter

    def run(
        self, scenes: Mapping[str, Dataset], seeds: Sequence[int], settings: Mapping[str, Any]
    ) -> SurveyResult:
        """Every cell; one that fails does not stop the others."""
        failed = [f"{name}: {said}" for name, data in scenes.items() for said in data.failed]
        found: dict[tuple[str, str], dict[int, Measurement]] = {}
        references = {}
        for seed in seeds:
            for scene, data in scenes.items():
                for method in self.plans:
                    where = f"{method} on {scene}, seed {seed}"
                    self.reporter.message(where)
                    try:
                        cell = self._cell(method, scene, data, seed)
                    except AwryError as error:
                        failed.append(f"{where}: {error}")
                        continue
                    references[scene] = cell.pop("references")
                    failed += [f"{where}: {said}" for said in cell["failed"]]
                    found.setdefault((scene, method), {})[seed] = cell
        cells = tuple(
            SurveyCell(method, scene, found.get((scene, method), {}))
            for scene in scenes
            for method in self.plans
        )
        about = {"preset": self.preset, "changes": dict(settings)}
        return SurveyResult(about, tuple(seeds), cells, references, tuple(failed))

    def _cell(self, method: str, scene: str, data: Dataset, seed: int) -> Measurement:
        name = f"{method}-{scene}-seed{seed}"
        key = data_key(labelled(data))
        cell = self.store.get(name, lambda: self._measure(method, name, data, seed, key))
        remove_kept(self._kept(name))
        if cell["labels"] != key:
            raise ConfigError(
                f"{self.out / 'cells' / name}.json is of other clips or labels than {scene} has; "
                "remove that file or give another --out."
            )
        return cell

    def _kept(self, name: str) -> Path:
        return self.out / "cells" / f"{name}.work"

    def _measure(self, method: str, name: str, data: Dataset, seed: int, key: str) -> Measurement:
        options = FitOptions(preset=self.preset, changes=self.plans[method], seed=seed)
        frames = self.out / FRAMES
        detector = fitted(method, data, self.out / "fits" / name, frames, options, self.reporter)
        how = EvaluateOptions(cache=frames, kept=self._kept(name))
        result = evaluate_detector(detector, data, how, self.reporter)
        speed = result.metrics["speed"]
        return {
            "labels": key,
            **figures_of(result),
            "references": references_of(result),
            "fit_seconds": detector.facts.fit_seconds,
            **measured_on(detector.compute),
            "evaluate_seconds": round(speed["frames"] * speed["ms_per_frame"]["all"] / 1000, 1),
            "notes": list(detector.facts.data.notes),
            "failed": result.failed,
        }
