"""Moving digits with what a method makes of them, by kind of anomaly."""

from __future__ import annotations

from itertools import islice
from typing import Any

from awry.datasets.base import Clip
from awry.errors import ConfigError
from awry.methods.paper_figures import Digits
from awry.studies.demo import first_of_each_kind
from awry.studies.figures.grid import Cell, write_grid
from awry.studies.figures.job import Drawn, Job
from awry.studies.figures.judges import Judge
from awry.studies.figures.views import View, views

TRAINING_FRAMES = 4
APART = 6
"""Frames between two of a training clip that are shown."""


def digits(job: Job[Digits]) -> Drawn:
    """Training frames above; below for each kind of test clip the method's pictures.

    Values: for each kind the clip, frame and scores.

    Raises:
        ConfigError: the data are no moving digits, or the method shows no pictures of its frames.
        AwryError: a fit or a clip fails.
    """
    kinds = first_of_each_kind(job.data)
    wanted = [kind for panel in job.spec.panels.values() for kind in panel]
    if missing := [kind for kind in wanted if kind not in kinds]:
        raise ConfigError(
            f"{job.spec.figure} shows moving digits, and these data have no clip of the kind "
            f"'{missing[0]}': leave --data out."
        )
    (judge,) = job.judges()
    rows: dict[str, list[Cell]] = {job.spec.training: _training(job.data.train[0])}
    values: dict[str, Any] = {}
    for heading, panel in job.spec.panels.items():
        for kind in panel:
            view = _view(judge, kinds[kind], job.request.frames[:1])
            values[kind] = _value(view)
            pictures = view.pictures.items()
            rows[f"{heading}\n{kind}"] = [Cell(picture, name) for name, picture in pictures]
    file = write_grid(job.file(".png"), f"{job.shown} on moving digits", rows)
    return Drawn((file,), values)


def _training(clip: Clip) -> list[Cell]:
    frames = islice(clip.open(), 0, TRAINING_FRAMES * APART, APART)
    return [Cell(frame.image, f"frame {frame.index}") for frame in frames]


def _view(judge: Judge, clip: Clip, frames: list[int] | Any) -> View:
    """The asked-for frame, or one between warm-up and the clip's end.

    Raises:
        ConfigError: the method shows no pictures of it.
    """
    run_up = judge.scorer(clip, ()).run_up * judge.every
    length = sum(1 for _ in clip.open())
    chosen = list(frames) or [min(length - 1, (run_up + length) // 2)]
    (view,) = views(judge, clip, chosen, pictures=True)
    if not view.pictures:
        raise ConfigError(
            f"{judge.method} shows no pictures of {view.title}: it needs {run_up} frames before."
        )
    return view


def _value(view: View) -> dict[str, Any]:
    return {
        "clip": view.clip.name,
        "frame": view.frame.index,
        "label": view.label,
        "score": view.score.score,
        "parts": dict(view.score.parts),
        "error": float(view.pictures["error"].mean()) / 255 if "error" in view.pictures else None,
    }
