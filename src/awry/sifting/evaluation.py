"""`awry evaluate RUN --merged`: a sifted archive against the labels that it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets import as_dataset
from awry.datasets.base import Clip, Dataset, is_in_training
from awry.datasets.pairing import labels_at, labels_of
from awry.errors import AwryError, ConfigError, DatasetError
from awry.evaluation.levels import Level, place_levels, with_levels
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.result import EvaluationResult
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.output.places import REPORT, check_folder
from awry.progress import Reporter, Silent
from awry.sifting.feedback import with_learners
from awry.sifting.interactions import mean_of, simulate_interactions
from awry.sifting.localisation import HOW, with_places
from awry.sifting.ranking_output import peak_of_event
from awry.sifting.run import RankedClip, SiftedRun
from awry.sifting.run_folder import load_run
from awry.sifting.sources import ArchiveSource, merge_parts, open_merged
from awry.sifting.trained import TrainedRun
from awry.training.environment import hardware
from awry.version import __version__

TRANSDUCTIVE = (
    "transductive: the frames that are measured are the frames that it learned from, training "
    "and test part merged, without their labels; training frames count as normal. Not to be "
    "compared with rows of methods that are fitted on normal footage alone."
)
NO_EVENTS = "A ranking has no alarms: there is no normal footage to fix a threshold on."
NO_TRUTH = "No clip has masks or true tracks."
ALIKE = "All frames look alike: there are no maps."
INTERACTIONS = (
    "auc counts fed-back frames, as the paper does; auc_left_out does not, nor their neighbours; "
    "auc_left_out_before is of the same frames before the first interaction"
)
PEAKS = 2
EXPERTS = 3
"""Simulated persons, who differ in what they mark."""


def evaluate_run(
    run: str | Path | SiftedRun,
    data: str | Path | Dataset | None,
    *,
    out: str | Path | None = None,
    format: str | None = None,
    fps: float | None = None,
    interactions: int = 0,
    overwrite: bool = False,
    reporter: Reporter | None = None,
) -> EvaluationResult:
    """Measure a sifted run on the data set that it sifted, training and test clips together.

    Args:
        run: its folder, or the run.
        data: the data set's folder, or an opened one.
        out: folder for `metrics.json` and `report.html`; None: nothing is written.
        format: the layout's name; the one that was sifted if None.
        fps: frames per second of picture folders.
        interactions: simulate so many rounds of a person's feedback, by three simulated persons.
        overwrite: replace what stands at `out`, whoever wrote it.
        reporter: shows progress.

    Raises:
        BundleError: the folder holds no run.
        ConfigError: the run was not made of this data set; an output would overwrite something.
        DatasetError: feedback is to be simulated and a clip has no labels.
    """
    read = [path for path in (data, run) if isinstance(path, str | Path)]
    if out is not None:
        check_folder("--out", Path(out), REPORT, read, overwrite=overwrite)
    run = run if isinstance(run, SiftedRun) else load_run(Path(run))
    source = _labelled_source(run, data, format, fps)
    reporter = reporter or Silent()
    trained = _with_maps(run, source, reporter)
    known = trained if isinstance(trained, TrainedRun) else None
    if known is not None:
        reporter.message("asking the learners where in each frame")
    clips = scored_clips(run, source, known)
    levels = _levels(clips, trained)
    metrics = measured(run, source, clips, levels)
    if interactions:
        feedback = simulated_feedback(run, source, clips, interactions, reporter, known)
        metrics["interactions"] = feedback
    method, name = run.facts["method"].upper(), metrics["settings"]["data"]["format"]
    title = f"{method}, transductive, on {name}"
    result = EvaluationResult(metrics, tuple(clips), title, levels=levels)
    return result if out is None else replace(result, report=result.save(out) / "report.html")


def _labelled_source(
    run: SiftedRun, data: str | Path | Dataset | None, layout: str | None, fps: float | None
) -> ArchiveSource:
    about = run.facts["about"]
    if "format" not in about:
        raise ConfigError(
            f"{run.folder} was sifted from videos, not from a data set: there are no labels to "
            "measure by. Sift with --data DIR --merged."
        )
    if isinstance(data, Dataset):
        return merge_parts(as_dataset(data, format=layout, fps=fps), about["scene"])
    root = None if data is None else Path(data)
    return open_merged(root, layout or about["format"], about["scene"], fps)


def _with_maps(run: SiftedRun, source: ArchiveSource, reporter: Reporter) -> TrainedRun | str:
    """The run with its learners, or why nothing can be said of places."""
    if all(clip.masks is None and clip.tracks is None for clip in source.clips):
        return NO_TRUTH
    if float(np.ptp(run.scores)) == 0:
        return ALIKE
    _check_clips(run, source)
    try:
        return with_learners(run, source.clips, reporter)
    except AwryError as error:  # the frame level needs no learners
        return f"There are no maps: {error}"


def _levels(clips: Sequence[ScoredClip], trained: TrainedRun | str) -> dict[str, Level | str]:
    if isinstance(trained, str):
        return {"region": trained, "pixel": trained, "event": NO_EVENTS}
    return {**place_levels(clips), "event": NO_EVENTS}


def simulated_feedback(
    run: SiftedRun,
    source: ArchiveSource,
    clips: list[ScoredClip],
    interactions: int,
    reporter: Reporter,
    trained: TrainedRun | None = None,
) -> dict[str, Any]:
    """What a person's feedback would bring: `mean` over simulated experts, and `experts`.

    Args:
        run, source, clips: the run, the data set's clips, and the run's with their labels.
        interactions: how many rounds of feedback.
        reporter: shows progress.
        trained: the run with its learners, where they are there already; left as it is.

    Raises:
        DatasetError: a clip has no labels, so that nobody can simulate knowing them.
    """
    if missing := [clip.name for clip in clips if clip.labels is None]:
        raise DatasetError(f"{missing[0]} has no labels: feedback cannot be simulated.")
    trained = trained or with_learners(run, source.clips, reporter)
    experts = [
        simulate_interactions(trained, clips, interactions, seed, reporter)
        for seed in range(EXPERTS)
    ]
    return {"mean": mean_of(experts), "experts": experts, "note": INTERACTIONS}


def measured(
    run: SiftedRun,
    source: ArchiveSource,
    clips: list[ScoredClip],
    levels: Mapping[str, Level | str],
) -> dict[str, Any]:
    """The figures of a run's scores, of the generic detectors, of each round and of places."""
    settings = _settings(run, source)
    if any(isinstance(level, Level) for level in levels.values()):
        settings["maps"] = HOW
    figures = evaluate_frames(clips, settings=settings, levels=list(clips[0].parts))
    return with_levels(figures, levels) | {"failed": list(run.facts["failed"])}


def _check_clips(run: SiftedRun, source: ArchiveSource) -> None:
    """Raises ConfigError where the run has clips that the data set has not."""
    if strangers := {clip.name for clip in run.clips} - {clip.name for clip in source.clips}:
        raise ConfigError(
            f"The run {run.folder} has the clip {min(strangers)}, which is not in "
            "this data set: give the one that was sifted."
        )


def scored_clips(
    run: SiftedRun, source: ArchiveSource, trained: TrainedRun | None = None
) -> list[ScoredClip]:
    """The run's clips with their labels; training clips count as normal.

    Args:
        run: the run.
        source: the data set's clips.
        trained: the run with its learners, for heat maps, regions and what is measured of maps.

    Raises:
        ConfigError: the run has clips that the data set has not.
        DatasetError: labels or masks do not belong to a clip's frames.
    """
    _check_clips(run, source)
    named = {clip.name: clip for clip in source.clips}
    events = run.events
    every = int(run.facts["every"])
    clips = []
    for number, clip in enumerate(run.clips):
        strongest = [event for event in events if event.clip == number][:PEAKS]
        shown = [peak_of_event(run, event, named, trained) for event in strongest]
        peaks = [peak for peak in shown if peak is not None]
        clips.append(scored_clip(clip, named[clip.name], every, peaks))
    return clips if trained is None else with_places(trained, clips, named)


def scored_clip(
    clip: RankedClip, truth: Clip, every: int | None, peaks: Sequence[Peak] = ()
) -> ScoredClip:
    """A ranked clip with the labels of the data set's clip; `every` as in `labels_in`."""
    return ScoredClip(
        name=clip.name,
        scene=clip.scene,
        fps=clip.fps,
        scores=clip.scores,
        scored=np.ones(len(clip.scores), bool),
        labels=labels_in(truth, clip.indices, clip.lost, every),
        times=None if np.isnan(clip.times).any() else clip.times,
        parts=clip.parts,
        peaks=peaks,
        notes=clip.notes,
    )


def labels_in(
    clip: Clip, indices: NDArray[np.int64], lost: int, every: int | None
) -> NDArray[np.uint8] | None:
    """The labels of a clip's sifted frames, zeros for a training clip, or None.

    Args:
        clip: of the data set.
        indices: of the frames that were taken, each n-th.
        lost: how many of these could not be had.
        every: that n; None where frames were chosen otherwise, so that labels can only be held to
            the last of them.

    Raises:
        DatasetError: labels and frames do not belong together.
    """
    if is_in_training(clip.name):
        return np.zeros(len(indices), np.uint8)
    if clip.labels is None:
        return None
    labels = clip.labels()
    if every is None:
        return labels_at(labels, indices)
    try:
        return labels_of(labels, indices.tolist(), lost, every)
    except DatasetError as error:
        raise DatasetError(f"{clip.name}: {error}") from error


def _settings(run: SiftedRun, source: ArchiveSource) -> dict[str, Any]:
    facts = run.facts
    keep: Sequence[str] = ("method", "preset", "seed", "config", "ignore", "every")
    return {
        **{name: facts[name] for name in keep},
        "protocol": TRANSDUCTIVE,
        "transductive": True,
        "smoothing_inside": "none",
        "data": dict(facts["about"]) | {"data": None},
        "notes": [TRANSDUCTIVE, *source.about.get("notes", []), *facts["notes"]],
        "fit_seconds": facts["seconds"],
        "fitted_with": dict(facts["versions"]),
        "hardware": hardware(),
        "awry": __version__,
    }
