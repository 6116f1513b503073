"""Moving digits (Li, Leroux, Simoens, CVIU 2021, section 6.2), from nothing to a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.calls import checked
from awry.datasets.base import Clip, Dataset
from awry.datasets.digits import KINDS, make_digits
from awry.datasets.tracks import NO_TRACKS, Tracks
from awry.datasets.truth import with_tracks
from awry.detector import Detector
from awry.devices import on_device
from awry.errors import ConfigError
from awry.evaluation.clip_scoring import (
    ClipOptions,
    Scored,
    evaluation_clips,
    score_clip,
    score_clips,
)
from awry.evaluation.evaluate import EvaluateOptions, evaluate_scores
from awry.evaluation.metrics.bootstrap import bootstrap_interval
from awry.evaluation.metrics.content_free import content_free_scores
from awry.evaluation.metrics.frame import micro_auc
from awry.fitting import FitOptions, fit_and_save
from awry.frames import Frame, FrameScore
from awry.methods.registry import OURS, method_class, method_names, package_of
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.score_run.overlay import OverlayWriter
from awry.training.footage import is_begun, working_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALL = "all"
PRESET = "demo"
FILES = {"metrics.json": "json", "report.html": "page", "overlay.mp4": "video"}
Picture = NDArray[np.uint8]
Metric = Callable[[Sequence[NDArray[np.float64]], Sequence[NDArray[np.uint8]]], Any]
ByKind = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DemoResult(Result):
    """What a demo came to.

    Attributes:
        method: its name.
        auc: kind of anomaly -> micro AUC in [0, 1] against the normal clips; `all` for all.
        references: the same of plain optical flow (`flow`) and of scores that do not look.
        intervals: the method's and the references' 95 % intervals over clips, by name and kind.
        seconds: in all.
        report: the page.
        overlay: the video.
        bundle: the fitted bundle's folder.
    """

    method: str
    auc: ByKind
    references: Mapping[str, ByKind]
    intervals: Mapping[str, Mapping[str, Sequence[float] | None]]
    seconds: float
    report: Path
    overlay: Path
    bundle: Path

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "method": self.method,
            "auc": dict(self.auc),
            "references": {name: dict(row) for name, row in self.references.items()},
            "intervals": {name: dict(row) for name, row in self.intervals.items()},
            "seconds": self.seconds,
            "report": str(self.report),
            "overlay": str(self.overlay),
            "bundle": str(self.bundle),
        }

    @property
    def by_name(self) -> dict[str, ByKind]:
        """The method's figures and the references', by name."""
        return {self.method: self.auc, **self.references}

    def rows(self) -> list[dict[str, Any]]:
        """One row for the method and each reference."""
        return [{"scores": name, **row} for name, row in self.by_name.items()]

    def draw(self, ax: Axes) -> None:
        """Bars of micro AUC for each kind of anomaly."""
        names, kinds = list(self.by_name), list(self.auc)
        width = 0.8 / len(names)
        for number, name in enumerate(names):
            places = [place + number * width for place in range(len(kinds))]
            ax.bar(places, [self.by_name[name][kind] for kind in kinds], width, label=name)
        middle = 0.4 - width / 2
        ax.set_xticks([place + middle for place in range(len(kinds))], kinds)
        ax.set(ylabel="micro AUC", title="moving digits")
        ax.legend()

    def cards(self) -> list[FigureCard]:
        """Micro AUC of each kind, with its interval."""
        cards = []
        for kind, value in self.auc.items():
            pair = self.intervals[self.method][kind]
            remark = "" if pair is None else f"95 %: {100 * pair[0]:.0f}-{100 * pair[1]:.0f}"
            cards.append(FigureCard(f"{self.method}, {kind}", f"{100 * value:.1f}", remark))
        return cards


@checked
@on_device
def demo(
    method: str | None = None,
    *,
    out: str | Path = "demo-out",
    seed: int = 0,
    overwrite: bool = False,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> DemoResult:
    """Fit a method's `demo` preset on moving digits, evaluate, write report and overlay.

    A demo that was stopped goes on.

    Args:
        method: its name; the first one with such a preset if None.
        out: folder of everything.
        seed: every random choice follows from it.
        overwrite: replace another method's bundle and foreign files, and start a stopped demo
            afresh.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; of fits and of scoring alike.
        reporter: shows progress.

    Raises:
        ConfigError: the method has no such preset, or an output would overwrite something.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    started = time.monotonic()
    method = method or _first_method()
    folder, reporter = Path(out), reporter or Silent()
    check_folder("--out", folder, FILES, overwrite=overwrite)
    method_class(method).configure(PRESET)  # refused before anything is drawn
    data = with_tracks(make_digits(seed=seed))
    bundle = folder / "bundle"
    resume = is_begun(working_folder(bundle)) and not overwrite
    options = FitOptions(preset=PRESET, seed=seed, resume=resume, overwrite=overwrite)
    try:
        fit_and_save(method, data, bundle, options, reporter)
    except KeyboardInterrupt as error:
        said = str(error) or "stopped"
        raise KeyboardInterrupt(f"{said}; the same command goes on from there.") from error
    detector = Detector.load(bundle)
    scores = score_clips(detector, evaluation_clips(data), reporter=reporter)
    _write_report(detector, data, scores, folder)
    _write_overlay(detector, data, folder / "overlay.mp4")
    own = [clip.scores for clip in scores.clips]
    lengths = (len(clip.scores) for clip in scores.clips)
    references = {"flow": scores.flow, **content_free_scores(lengths)}
    every = {method: own, **references}
    return DemoResult(
        method,
        _per_kind(scores, own, micro_auc),
        {name: _per_kind(scores, series, micro_auc) for name, series in references.items()},
        {name: _per_kind(scores, series, _interval) for name, series in every.items()},
        round(time.monotonic() - started, 1),
        folder / "report.html",
        folder / "overlay.mp4",
        bundle,
    )


def demo_methods() -> list[str]:
    """The methods that have a preset for the demo. Loads every method."""
    names = []
    for name in method_names():
        try:
            kind = method_class(name)
        except ConfigError:  # somebody else's package is broken; `awry methods` names it
            continue
        if PRESET in kind.presets:
            names.append(name)
    return names


def _first_method() -> str:
    """awry's own first: what is installed beside it does not change the demo."""

    def order(name: str) -> tuple[bool, bool, str]:
        return package_of(name) != OURS, not method_class(name).demo_by_default, name

    return min(demo_methods(), key=order)


def _write_report(detector: Detector, data: Dataset, scores: Scored, out: Path) -> None:
    called = detector.method.upper()
    figures = [(f"{called} on {kind}", picture) for kind, picture in _strips(detector, data)]
    options = EvaluateOptions(title=f"awry demo: {called} on moving digits", figures=figures)
    evaluate_scores(detector, data, scores, options).save(out)


def kind_of(clip: str) -> str:
    """The kind of a moving-digits test clip, from its name.

    >>> kind_of("shape-03")
    'shape'
    """
    return clip.rpartition("-")[0]


def _per_kind(scores: Scored, series: list[NDArray[np.float64]], metric: Metric) -> dict[str, Any]:
    """A metric of each kind's clips against the normal ones, and of all."""
    labels = [np.asarray(clip.labels) for clip in scores.clips]
    values = {}
    for kind in (*KINDS, ALL):
        wanted = (kind, "normal")
        chosen = [
            number
            for number, clip in enumerate(scores.clips)
            if kind == ALL or kind_of(clip.name) in wanted
        ]
        values[kind] = metric([series[n] for n in chosen], [labels[n] for n in chosen])
    return values


def _interval(
    scores: Sequence[NDArray[np.float64]], labels: Sequence[NDArray[np.uint8]]
) -> list[float] | None:
    pair = bootstrap_interval(micro_auc, scores, labels)
    return None if pair is None else list(pair)


def first_of_each_kind(data: Dataset) -> dict[str, Clip]:
    """Kind of moving digits -> its first test clip."""
    first: dict[str, Clip] = {}
    for clip in data.test:
        first.setdefault(kind_of(clip.name), clip)
    return first


def _strips(detector: Detector, data: Dataset) -> Iterator[tuple[str, Picture]]:
    """For each kind a strip of the pictures that the method makes, if it makes any."""
    for kind, clip in first_of_each_kind(data).items():
        frames = list(clip.open())
        scorer = detector.scorer(clip.scene)
        rows: list[Picture] = []
        names = ""
        for last in np.linspace(scorer.run_up + 1, len(frames) - 1, 3).astype(int):
            pictures = scorer.pictures(frames[: last + 1 + scorer.picture_lag])
            if pictures is None:
                continue
            names = ", ".join(pictures)
            rows.append(np.concatenate(list(pictures.values()), axis=1))
        if rows:
            strip = np.concatenate(rows, axis=0)
            large = cv2.resize(strip, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
            yield f"{kind}: {names}", np.asarray(large, np.uint8)


def _write_overlay(detector: Detector, data: Dataset, path: Path) -> None:
    video = OverlayWriter(path, detector, data.test[0].scene, data.fps)
    maps_alone = ClipOptions(labels=False, regions=False, peaks=False, flow=False)
    try:
        for clip in first_of_each_kind(data).values():
            tracks = NO_TRACKS if clip.tracks is None else clip.tracks()

            def add(frame: Frame, score: FrameScore, tracks: Tracks = tracks) -> None:
                video.add(frame, score, tracks.at(frame.index))

            score_clip(detector, clip, maps_alone, add)
        video.finish()
    except BaseException:
        video.leave()
        raise
