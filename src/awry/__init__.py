"""awry: learns what is normal for a fixed camera and says when, where and why something is not.

import awry

awry.fit("daml", "footage/", out="bundle", preset="cpu")
scorer = awry.load("bundle").scorer()
for frame in awry.open_source("video.mp4"):
    for score in scorer.push(frame):
        print(score.index, score.score)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from awry.version import __version__

if TYPE_CHECKING:
    from awry import measure, watch
    from awry.datasets import open_dataset
    from awry.datasets.base import Clip, Dataset
    from awry.datasets.check import DatasetCheck, check_dataset
    from awry.datasets.listing import DatasetList, list_datasets
    from awry.detector import Detector, load
    from awry.errors import (
        AwryError,
        BundleError,
        ConfigError,
        DatasetError,
        ExportError,
        FootageError,
        FrameError,
        InputError,
        MissingError,
        OutOfMemoryError,
        SourceError,
        TrainingError,
        WriteError,
    )
    from awry.estimator import AnomalyScorer
    from awry.evaluating import evaluate
    from awry.evaluation.comparing import ComparisonResult, compare
    from awry.evaluation.result import EvaluationResult
    from awry.evaluation.scored_clip import ScoredClip
    from awry.evaluation.tuning import AlarmsResult, alarms
    from awry.exporting.convert import ConvertedWeights, convert_weights
    from awry.exporting.detector_file import DetectorExport
    from awry.exporting.export import ExportResult, export
    from awry.fitting.fuse import fuse
    from awry.fitting.result import FitResult
    from awry.fitting.run import fit
    from awry.fitting.search import tune
    from awry.fitting.search_result import TuneResult
    from awry.fitting.trials import Trial
    from awry.frames import Event, Frame, FrameScore, Objects, Region
    from awry.installation import Examination, doctor
    from awry.measure import MeasuredEvents, MeasuredFrames, MeasuredRegions
    from awry.method_list import MethodList, describe_method, list_methods
    from awry.methods.description import MethodDescription
    from awry.progress import Reporter, Silent
    from awry.results import FigureCard, Listing, Result
    from awry.score_run.result import ScoreResult
    from awry.score_run.score import score
    from awry.scored_frames import ScoredFrames
    from awry.scoring.budget import Budget
    from awry.scoring.calibration import Calibration
    from awry.scoring.moments import Moment
    from awry.sifting.review import Review, review
    from awry.sifting.run import RankedClip, RankedEvent, SiftedRun
    from awry.sifting.run_folder import load_run
    from awry.sifting.sift import sift
    from awry.studies.bench import SpeedResult, bench
    from awry.studies.corruption_conditions import RobustnessResult
    from awry.studies.demo import DemoResult, demo
    from awry.studies.figures.listing import FigureList, FigureSummary, published_figures
    from awry.studies.figures.make import figures
    from awry.studies.figures.result import FiguresResult, MadeFigure
    from awry.studies.pasting import PastedClip, PastedSet, paste
    from awry.studies.published import (
        PublishedTableResult,
        TableSummary,
        published_table,
        published_tables,
    )
    from awry.studies.reproduce import ReproductionResult, reproduce
    from awry.studies.robustness import robustness
    from awry.studies.survey import SurveyCell, SurveyResult, survey
    from awry.studies.training_conditions import RefitResult
    from awry.terminal import BarReporter
    from awry.training.facts import Facts
    from awry.training.split import Exclusion
    from awry.video import ArraySource, Source, open_source
    from awry.weight_list import WeightList, list_weights

__all__ = [
    "AlarmsResult",
    "AnomalyScorer",
    "ArraySource",
    "AwryError",
    "BarReporter",
    "Budget",
    "BundleError",
    "Calibration",
    "Clip",
    "ComparisonResult",
    "ConfigError",
    "ConvertedWeights",
    "Dataset",
    "DatasetCheck",
    "DatasetError",
    "DatasetList",
    "DemoResult",
    "Detector",
    "DetectorExport",
    "EvaluationResult",
    "Event",
    "Examination",
    "Exclusion",
    "ExportError",
    "ExportResult",
    "Facts",
    "FigureCard",
    "FigureList",
    "FigureSummary",
    "FiguresResult",
    "FitResult",
    "FootageError",
    "Frame",
    "FrameError",
    "FrameScore",
    "InputError",
    "Listing",
    "MadeFigure",
    "MeasuredEvents",
    "MeasuredFrames",
    "MeasuredRegions",
    "MethodDescription",
    "MethodList",
    "MissingError",
    "Moment",
    "Objects",
    "OutOfMemoryError",
    "PastedClip",
    "PastedSet",
    "PublishedTableResult",
    "RankedClip",
    "RankedEvent",
    "RefitResult",
    "Region",
    "Reporter",
    "ReproductionResult",
    "Result",
    "Review",
    "RobustnessResult",
    "ScoreResult",
    "ScoredClip",
    "ScoredFrames",
    "SiftedRun",
    "Silent",
    "Source",
    "SourceError",
    "SpeedResult",
    "SurveyCell",
    "SurveyResult",
    "TableSummary",
    "TrainingError",
    "Trial",
    "TuneResult",
    "WeightList",
    "WriteError",
    "__version__",
    "alarms",
    "bench",
    "check_dataset",
    "compare",
    "convert_weights",
    "demo",
    "describe_method",
    "doctor",
    "evaluate",
    "export",
    "figures",
    "fit",
    "fuse",
    "list_datasets",
    "list_methods",
    "list_weights",
    "load",
    "load_run",
    "measure",
    "open_dataset",
    "open_source",
    "paste",
    "published_figures",
    "published_table",
    "published_tables",
    "reproduce",
    "review",
    "robustness",
    "score",
    "sift",
    "survey",
    "tune",
    "watch",
]

# Imported where they are used: `import awry` stays fast. One line a name: where it stands.
_LAZY = {
    "AlarmsResult": "awry.evaluation.tuning",
    "AnomalyScorer": "awry.estimator",
    "ArraySource": "awry.video",
    "AwryError": "awry.errors",
    "BarReporter": "awry.terminal",
    "Budget": "awry.scoring.budget",
    "BundleError": "awry.errors",
    "Calibration": "awry.scoring.calibration",
    "Clip": "awry.datasets.base",
    "ComparisonResult": "awry.evaluation.comparing",
    "ConfigError": "awry.errors",
    "ConvertedWeights": "awry.exporting.convert",
    "Dataset": "awry.datasets.base",
    "DatasetCheck": "awry.datasets.check",
    "DatasetError": "awry.errors",
    "DatasetList": "awry.datasets.listing",
    "DemoResult": "awry.studies.demo",
    "Detector": "awry.detector",
    "DetectorExport": "awry.exporting.detector_file",
    "EvaluationResult": "awry.evaluation.result",
    "Event": "awry.frames",
    "Examination": "awry.installation",
    "Exclusion": "awry.training.split",
    "ExportError": "awry.errors",
    "ExportResult": "awry.exporting.export",
    "Facts": "awry.training.facts",
    "FigureCard": "awry.results",
    "FigureList": "awry.studies.figures.listing",
    "FigureSummary": "awry.studies.figures.listing",
    "FiguresResult": "awry.studies.figures.result",
    "FitResult": "awry.fitting.result",
    "FootageError": "awry.errors",
    "Frame": "awry.frames",
    "FrameError": "awry.errors",
    "FrameScore": "awry.frames",
    "InputError": "awry.errors",
    "Listing": "awry.results",
    "MadeFigure": "awry.studies.figures.result",
    "MeasuredEvents": "awry.evaluation.measured_events",
    "MeasuredFrames": "awry.evaluation.measured_frames",
    "MeasuredRegions": "awry.evaluation.measured_regions",
    "MethodDescription": "awry.methods.description",
    "MethodList": "awry.method_list",
    "MissingError": "awry.errors",
    "OutOfMemoryError": "awry.errors",
    "Moment": "awry.scoring.moments",
    "Objects": "awry.frames",
    "PastedClip": "awry.studies.pasting",
    "PastedSet": "awry.studies.pasting",
    "PublishedTableResult": "awry.studies.published",
    "RankedClip": "awry.sifting.run",
    "RankedEvent": "awry.sifting.run",
    "RefitResult": "awry.studies.training_conditions",
    "Region": "awry.frames",
    "Reporter": "awry.progress",
    "ReproductionResult": "awry.studies.reproduce",
    "Result": "awry.results",
    "Review": "awry.sifting.review",
    "RobustnessResult": "awry.studies.corruption_conditions",
    "ScoreResult": "awry.score_run.result",
    "ScoredClip": "awry.evaluation.scored_clip",
    "ScoredFrames": "awry.scored_frames",
    "SiftedRun": "awry.sifting.run",
    "Silent": "awry.progress",
    "Source": "awry.video",
    "SourceError": "awry.errors",
    "SpeedResult": "awry.studies.bench",
    "SurveyCell": "awry.studies.survey",
    "SurveyResult": "awry.studies.survey",
    "TableSummary": "awry.studies.published",
    "TrainingError": "awry.errors",
    "Trial": "awry.fitting.trials",
    "TuneResult": "awry.fitting.search_result",
    "WeightList": "awry.weight_list",
    "WriteError": "awry.errors",
    "alarms": "awry.evaluation.tuning",
    "bench": "awry.studies.bench",
    "check_dataset": "awry.datasets.check",
    "compare": "awry.evaluation.comparing",
    "convert_weights": "awry.exporting.convert",
    "demo": "awry.studies.demo",
    "describe_method": "awry.method_list",
    "doctor": "awry.installation",
    "evaluate": "awry.evaluating",
    "export": "awry.exporting.export",
    "figures": "awry.studies.figures.make",
    "fit": "awry.fitting.run",
    "fuse": "awry.fitting.fuse",
    "list_datasets": "awry.datasets.listing",
    "list_methods": "awry.method_list",
    "list_weights": "awry.weight_list",
    "load": "awry.detector",
    "load_run": "awry.sifting.run_folder",
    "open_dataset": "awry.datasets",
    "open_source": "awry.video",
    "paste": "awry.studies.pasting",
    "published_figures": "awry.studies.figures.listing",
    "published_table": "awry.studies.published",
    "published_tables": "awry.studies.published",
    "reproduce": "awry.studies.reproduce",
    "review": "awry.sifting.review",
    "robustness": "awry.studies.robustness",
    "score": "awry.score_run.score",
    "sift": "awry.sifting.sift",
    "survey": "awry.studies.survey",
    "tune": "awry.fitting.search",
}
# The same for modules: `awry.NAME` is the module itself.
_LAZY_MODULES: dict[str, str] = {"measure": "awry.measure", "watch": "awry.watch"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    if name in _LAZY_MODULES:
        return import_module(_LAZY_MODULES[name])
    raise AttributeError(f"module 'awry' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
