"""`awry evaluate RUN --merged`: a sifted archive against the labels that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.datasets.pairing import labels_at, labels_of
from awry.errors import ConfigError, DatasetError
from awry.evaluation.levels import with_levels
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.report.page import write_report
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.progress import Reporter
from awry.sifting.feedback import with_model
from awry.sifting.interactions import mean_of, simulate_interactions
from awry.sifting.ranking_output import peak_of_event
from awry.sifting.run import RankedClip, Run, load_run
from awry.sifting.sources import Given, given_dataset
from awry.storage import write_json
from awry.terminal import BarReporter, Console
from awry.training.environment import hardware
from awry.version import __version__

TRANSDUCTIVE = (
    "transductive: the frames that are measured are the frames that it learned from, training "
    "and test part merged, without their labels; training frames count as normal. Not to be "
    "compared with rows of methods that are fitted on normal footage alone."
)
NO_LEVELS = dict.fromkeys(("region", "pixel"), "A ranking has scores of frames alone.") | {
    "event": "A ranking has no alarms: there is no normal footage to fix a threshold on."
}
INTERACTIONS = (
    "auc counts fed-back frames, as the paper does; auc_left_out does not, nor their neighbours; "
    "auc_left_out_before is of the same frames before the first interaction"
)
PEAKS = 2


@dataclass(frozen=True, slots=True)
class EvaluateRunOptions:
    """How a run is evaluated.

    Attributes:
        layout, fps: as the data set is opened; the run's own scene is taken.
        interactions: simulate so many rounds of a person's feedback.
        experts: simulated persons, who differ in what they mark.
    """

    layout: str | None = None
    fps: float | None = None
    interactions: int = 0
    experts: int = 3


def run_evaluate_run(
    folder: Path, data: Path | None, out: Path, options: EvaluateRunOptions, console: Console
) -> dict[str, Any]:
    """Measure a run on the data set that it sifted; `metrics.json` and `report.html`.

    Returns:
        What `metrics.json` holds, and `report`, the path of the report.

    Raises:
        BundleError: the folder holds no run.
        ConfigError: the run was not made of this data set.
    """
    run = load_run(folder)
    about = run.facts["about"]
    if "format" not in about:
        raise ConfigError(
            f"{folder} was sifted from videos, not from a data set: there are no labels to "
            "measure by. Sift with --data DIR --merged."
        )
    given = given_dataset(data, options.layout or about["format"], about["scene"], options.fps)
    clips = scored_clips(run, given)
    metrics = measured(run, given, clips)
    if options.interactions:
        with BarReporter(console) as reporter:
            metrics["interactions"] = interactions_of(run, given, clips, options, reporter)
    write_json(out / "metrics.json", metrics)
    write_report(
        out / "report.html",
        metrics,
        clips,
        title=f"SDOR, transductive, on {given.about['format']}",
        settings=metrics["settings"],
    )
    return metrics | {"report": str(out / "report.html")}


def interactions_of(
    run: Run,
    given: Given,
    clips: list[ScoredClip],
    options: EvaluateRunOptions,
    reporter: Reporter,
) -> dict[str, Any]:
    """What a person's feedback would bring: `mean` over simulated experts, and `experts`.

    Raises:
        DatasetError: a clip has no labels, so that nobody can simulate knowing them.
    """
    if missing := [clip.name for clip in clips if clip.labels is None]:
        raise DatasetError(f"{missing[0]} has no labels: feedback cannot be simulated.")
    run = with_model(run, given.clips, reporter)
    experts = [
        simulate_interactions(run, clips, options.interactions, seed, reporter)
        for seed in range(options.experts)
    ]
    return {"mean": mean_of(experts), "experts": experts, "note": INTERACTIONS}


def measured(run: Run, given: Given, clips: list[ScoredClip]) -> dict[str, Any]:
    """The figures of a run's scores, of the generic detectors and of each round."""
    figures = evaluate_frames(clips, settings=_settings(run, given), levels=list(clips[0].parts))
    return with_levels(figures, NO_LEVELS) | {"failed": list(run.facts["failed"])}


def scored_clips(run: Run, given: Given) -> list[ScoredClip]:
    """The run's clips with their labels; training clips count as normal.

    Raises:
        ConfigError: the run has clips that the data set has not, or the other way round.
    """
    named = {clip.name: clip for clip in given.clips}
    mine = {clip.name for clip in run.clips}
    if not mine <= set(named):
        raise ConfigError(
            f"The run {run.folder} has the clip {sorted(mine - set(named))[0]}, which is not in "
            "this data set: give the one that was sifted."
        )
    events = run.events()
    every = int(run.facts["every"])
    clips = []
    for number, clip in enumerate(run.clips):
        strongest = [event for event in events if event.clip == number][:PEAKS]
        found = [peak_of_event(run, event, named) for event in strongest]
        peaks = [peak for peak in found if peak is not None]
        clips.append(scored_clip(clip, named[clip.name], every, peaks))
    return clips


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
    if clip.name.startswith("train/"):
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


def _settings(run: Run, given: Given) -> dict[str, Any]:
    facts = run.facts
    keep: Sequence[str] = ("method", "preset", "seed", "config", "ignore", "every")
    return {
        **{name: facts[name] for name in keep},
        "protocol": TRANSDUCTIVE,
        "transductive": True,
        "smoothing_inside": "none",
        "data": dict(facts["about"]) | {"data": None},
        "notes": [TRANSDUCTIVE, *given.about.get("notes", []), *facts["notes"]],
        "fit_seconds": facts["seconds"],
        "fitted_with": dict(facts["versions"]),
        "hardware": hardware(),
        "awry": __version__,
    }
