"""Frames above each other with maps or pictures of what a method makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError
from awry.methods.paper_figures import Moments
from awry.studies.figures.choice import (
    NOTHING_SCORED,
    Choice,
    clips_of,
    contrast,
    strongest,
)
from awry.studies.figures.grid import RED, Cell, map_limits, write_grid
from awry.studies.figures.job import Drawn, Job
from awry.studies.figures.judges import Judge
from awry.studies.figures.views import View, views

FRAME = "frame"


def moments(job: Job[Moments]) -> Drawn:
    """Chosen frames, one in each column; true boxes are red.

    Values: for each moment its clip, frame, label and scores, and of each map its mean inside the
    true boxes and outside.

    Raises:
        ConfigError: the method has no such part, map or picture; `--frames` without one clip.
        AwryError: a fit or a clip fails.
    """
    spec, judges = job.spec, job.judges(transductive=job.spec.transductive)
    choices = _choices(job, judges[0])
    seen = [_seen(judge, choices, spec.rows) for judge in judges]
    rows = _rows(spec, [judge.label for judge in judges], seen, choices)
    boxed = any(len(view.truth) for view in seen[0])
    legend = {RED: "true anomaly"} if boxed else {}
    title = f"{spec.shows} ({job.data.variant})"
    file = write_grid(job.file(".png"), title, rows, legend)
    values = [
        {"why": choice.why, **_value(spec.rows, judges, [one[place] for one in seen])}
        for place, choice in enumerate(choices)
    ]
    notes = [] if boxed else ["These frames have no true boxes, or none is known."]
    return Drawn((file,), {"moments": values}, tuple(notes))


def _choices(job: Job[Moments], judge: Judge) -> list[Choice]:
    spec, request = job.spec, job.request
    clips = clips_of(job.data, request.clip, spec.clip)
    if request.frames:
        if len(clips) > 1:
            raise ConfigError(f"--frames needs one clip: give --clip, e.g. {clips[0].name}.")
        return [Choice(clips[0], frame) for frame in request.frames]
    if spec.choose == "contrast":
        return contrast(judge, clips, spec.by)
    found = strongest(judge, clips, spec.by, spec.columns)
    if not found:
        raise ConfigError(NOTHING_SCORED)
    return found


def _seen(judge: Judge, choices: Sequence[Choice], rows: Sequence[str]) -> list[View]:
    """The chosen frames in their order; each clip is scored once."""
    pictures = any(row.startswith("picture ") for row in rows)
    found: dict[tuple[str, int], View] = {}
    for clip in {choice.clip.name: choice.clip for choice in choices}.values():
        frames = [choice.frame for choice in choices if choice.clip.name == clip.name]
        for view in views(judge, clip, frames, pictures=pictures):
            found[clip.name, view.frame.index] = view
    return [found[choice.clip.name, choice.frame] for choice in choices]


def _rows(
    spec: Moments,
    labels: Sequence[str],
    seen: Sequence[Sequence[View]],
    choices: Sequence[Choice],
) -> dict[str, list[Cell]]:
    """Frames once; maps and pictures once for each fit."""
    rows: dict[str, list[Cell]] = {}
    for row in spec.rows:
        if row == FRAME:
            rows[row] = [
                _frame_cell(view, choice) for view, choice in zip(seen[0], choices, strict=True)
            ]
            continue
        kind, _, name = row.partition(" ")
        limits = None
        if kind == "map":
            limits = map_limits([view.map(name) for views in seen for view in views])
        for label, shown in zip(labels, seen, strict=True):
            called = "\n".join(filter(None, (name or "map", label)))
            rows[called] = [_cell(view, kind, name, limits) for view in shown]
    first = next(iter(rows))
    titles = zip(rows[first], seen[0], strict=True)
    rows[first] = [_titled(cell, view.title) for cell, view in titles]
    return rows


def _titled(cell: Cell, title: str) -> Cell:
    return Cell(cell.image, title, cell.boxes, cell.size, cell.limits, cell.words)


def _frame_cell(view: View, choice: Choice) -> Cell:
    return Cell(view.frame.image, boxes={RED: view.truth.tolist()}, words=choice.why)


def _cell(view: View, kind: str, name: str, limits: tuple[float, float] | None) -> Cell:
    size = (view.frame.image.shape[0], view.frame.image.shape[1])
    boxes = {RED: view.truth.tolist()}
    if kind == "map":
        return Cell(view.map(name), boxes=boxes, size=size, limits=limits)
    return Cell(view.picture(name), boxes=boxes, size=size)


def _value(rows: Sequence[str], judges: Sequence[Judge], seen: Sequence[View]) -> dict[str, Any]:
    """The numbers of one moment, of each fit."""
    maps = [row.partition(" ")[2] for row in rows if row.partition(" ")[0] == "map"]
    view = seen[0]
    return {
        "clip": view.clip.name,
        "frame": view.frame.index,
        "label": view.label,
        "fits": {
            judge.label or judge.method: {
                "score": one.score.score,
                "parts": dict(one.score.parts),
                "maps": {name or "map": inside_and_outside(one.map(name), one) for name in maps},
            }
            for judge, one in zip(judges, seen, strict=True)
        },
    }


def inside_and_outside(heat: NDArray[np.float32], view: View) -> Mapping[str, float | None]:
    """Mean of a map (h, w) inside the true boxes and outside; None where there is nothing."""
    rows, columns = heat.shape
    height, width = view.frame.image.shape[:2]
    inside = np.zeros(heat.shape, bool)
    for x_min, y_min, x_max, y_max in view.truth.tolist():
        top, bottom = int(y_min * rows / height), int(-(-(y_max + 1) * rows // height))
        left, right = int(x_min * columns / width), int(-(-(x_max + 1) * columns // width))
        inside[top:bottom, left:right] = True
    return {
        "inside": float(heat[inside].mean()) if inside.any() else None,
        "outside": float(heat[~inside].mean()) if not inside.all() else None,
    }
