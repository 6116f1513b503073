"""The frame-level part of the protocol: from scored clips to the values of `metrics.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError
from awry.evaluation.declaration import (
    FILTER_ORDER,
    FILTER_WINDOW,
    SIGMA,
    future_seen,
    smoothing_words,
    variant_words,
)
from awry.evaluation.metrics.bootstrap import RESAMPLES, SEED, interval, protocol_draws, resampled
from awry.evaluation.metrics.content_free import content_free_scores
from awry.evaluation.metrics.frame import (
    METRICS,
    average_precision,
    clip_aucs,
    frame_metrics,
    macro_auc,
    macro_auc_sentinels,
    micro_auc,
)
from awry.evaluation.scored_clip import ScoredClip, Series, shared_parts, unscored_dropped
from awry.scoring.calibration import SceneCalibration
from awry.scoring.normalisation import normalise
from awry.scoring.smoothing import smooth

MOST_FRAMES_OF_AP = 200_000
"""More frames get no interval of average precision: it would take minutes."""
CalibrationByScene = Callable[[str], SceneCalibration] | Mapping[str, SceneCalibration]


def offline(scores: Series) -> Series:
    """One clip's scores (n,), smoothed as the variant `offline` has them."""
    return smooth(scores, "gaussian", sigma=SIGMA)


def savgol(scores: Series) -> Series:
    """One clip's scores (n,), smoothed as the protocol `savgol` of published tables; MTLA eq. 5."""
    return smooth(scores, "savgol", window=FILTER_WINDOW, order=FILTER_ORDER)


def evaluate_frames(
    clips: Sequence[ScoredClip],
    *,
    calibration_by_scene: CalibrationByScene | None = None,
    references: Mapping[str, Sequence[Series]] | None = None,
    settings: Mapping[str, Any] | None = None,
    levels: Sequence[str] = (),
) -> dict[str, Any]:
    """Measure scored clips as the protocol says.

    Clips without labels are counted in `settings` and left out of every figure.

    Args:
        clips: all clips, labelled or not.
        calibration_by_scene: a scene's location and scale, for the variant `train`, which is
            left out without it.
        references: name -> scores (n,) of each of `clips`, filled.
        settings: whatever a reader must know to believe the figures, best with what
            `awry.evaluation.declaration.declared` says of the scorer; becomes `settings`, with the
            protocol's own choices added.
        levels: names of parts that are whole scores by themselves.

    Returns:
        Plain values for `metrics.json`. `frame` (the primary row), `variants.NAME`,
        `content_free.NAME`, `references.NAME` and `.NAME_offline`, `levels.NAME` and
        `.NAME_offline`, `parts.NAME` hold the
        figures of `frame_metrics` each, all None or 0 where no clip has labels; `intervals`
        holds, in the same places, the 95 % interval `[low, high]` of the micro AUC or None, and
        under `frame_figures` those of the primary row's figures by name;
        `bootstrap` holds what `awry.evaluation.compare` pairs, see `bootstrap_record`; `clips`
        lists each clip's own figures; `settings`.

    Raises:
        InputError: there are no clips, or lengths differ, or a score is not finite.
    """
    if not clips:
        raise InputError("There are no clips to evaluate; give at least one scored clip.")
    labelled = [place for place, clip in enumerate(clips) if clip.labels is not None]
    for name, series in (references or {}).items():
        if len(series) != len(clips):
            raise InputError(
                f"The reference {name} has scores of {len(series)} clips, expected {len(clips)}."
            )
    measured = [clips[place] for place in labelled]
    rows: dict[str, Any] = {
        "frame": _measure(measured, [clip.scores for clip in measured], every_figure=True)
    }
    rows["variants"] = _variants(measured, calibration_by_scene)
    content_free = content_free_scores(len(clip.scores) for clip in measured)
    rows["content_free"] = {
        name: _measure(measured, series, all_scored=True) for name, series in content_free.items()
    }
    rows["references"] = {}
    for name, every in (references or {}).items():
        series = [every[place] for place in labelled]
        rows["references"][name] = _measure(measured, series, all_scored=True)
        rows["references"][f"{name}_offline"] = _measure(
            measured, [offline(clip_scores) for clip_scores in series], all_scored=True
        )
    parts = {name: [clip.parts[name] for clip in measured] for name in shared_parts(measured)}
    rows["levels"] = {}
    for name in (name for name in levels if name in parts):
        rows["levels"][name] = _measure(measured, parts[name])
        rows["levels"][f"{name}_offline"] = _measure(
            measured, [offline(clip_scores) for clip_scores in parts[name]]
        )
    rows["parts"] = {n: _measure(measured, part) for n, part in parts.items() if n not in levels}
    return {
        **_pick(rows, "metrics"),
        "intervals": {**_pick(rows, "interval"), "frame_figures": _intervals(rows["frame"])},
        "bootstrap": bootstrap_record([clip.name for clip in measured], _draw_values(rows)),
        "clips": _clip_rows(clips),
        "settings": _settings(clips, len(measured), rows["variants"], settings or {}),
    }


@dataclass(frozen=True, slots=True)
class _Row:
    metrics: dict[str, Any]
    interval: list[float] | None
    draws: Mapping[str, Series] = field(default_factory=dict)
    clips: tuple[str, ...] = ()


def _pick(rows: Mapping[str, Any], what: str) -> dict[str, Any]:
    return {
        name: getattr(row, what) if isinstance(row, _Row) else _pick(row, what)
        for name, row in rows.items()
    }


def _measure(
    clips: Sequence[ScoredClip],
    scores: Sequence[Series],
    *,
    all_scored: bool = False,
    every_figure: bool = False,
) -> _Row:
    if not clips:
        counts = ("macro_n", "n_frames", "n_abnormal", "n_scored")
        return _Row({name: 0 if name in counts else None for name in METRICS}, None)
    labels = [clip.labels for clip in clips if clip.labels is not None]
    scored = None if all_scored else [clip.scored for clip in clips]
    metrics = frame_metrics(scores, labels, scored, [clip.name for clip in clips])
    draws = protocol_draws(len(clips))
    if draws is None:
        return _Row(metrics, None)
    values = {
        "micro_auc": resampled(micro_auc, scores, labels, draws),
        "macro_auc": resampled(macro_auc, scores, labels, draws),
    }
    if every_figure:
        values["macro_auc_sentinels"] = resampled(macro_auc_sentinels, scores, labels, draws)
        if metrics["n_frames"] <= MOST_FRAMES_OF_AP:
            values["ap"] = resampled(average_precision, scores, labels, draws)
    pair = interval(values["micro_auc"])
    names = tuple(clip.name for clip in clips)
    return _Row(metrics, None if pair is None else list(pair), values, names)


def _intervals(row: _Row) -> dict[str, list[float] | None]:
    pairs = {name: interval(values) for name, values in row.draws.items()}
    return {name: None if pair is None else list(pair) for name, pair in pairs.items()}


def bootstrap_record(clips: Sequence[str], values: Mapping[str, Series]) -> dict[str, Any]:
    """Figures over the protocol's draws of clips, for `metrics.json`.

    The same clips give the same draws in every run, so that two runs' values can be paired.

    Args:
        clips: the clips that were drawn from, in order.
        values: name of a figure, e.g. `frame.micro_auc` -> float64 (1000,), its value on each
            of `clip_draws(len(clips), 1000, 0)`; NaN where a draw does not allow it.

    Returns:
        `seed`, `resamples`, `clips`, and `values` rounded to 6 digits, None for NaN.
    """
    return {
        "seed": SEED,
        "resamples": RESAMPLES,
        "clips": list(clips),
        "values": {
            name: [round(value, 6) if np.isfinite(value) else None for value in series.tolist()]
            for name, series in values.items()
        },
    }


def _draw_values(rows: Mapping[str, Any]) -> dict[str, Series]:
    """The draws of rows that stand for the method or a reference, over the same clips."""
    frame: _Row = rows["frame"]
    values = {f"frame.{name}": series for name, series in frame.draws.items()}
    for kind in ("variants", "references"):
        for name, row in rows[kind].items():
            # A row over fewer clips has other draws.
            if row.clips == frame.clips and row.draws:
                values[f"{kind}.{name}.micro_auc"] = row.draws["micro_auc"]
    return values


def _variants(
    clips: Sequence[ScoredClip], calibration: CalibrationByScene | None
) -> dict[str, _Row]:
    raw = [clip.scores for clip in clips]
    rows = {
        "offline": _measure(clips, [offline(scores) for scores in raw]),
        "causal": _measure(clips, [smooth(scores, "causal", sigma=SIGMA) for scores in raw]),
        "clip": _measure(clips, [normalise(scores, "clip") for scores in raw]),
    }
    dropped = unscored_dropped(clips)
    rows["clip_unscored_dropped"] = _measure(
        dropped, [normalise(clip.scores, "clip") for clip in dropped]
    )
    if calibration is not None:
        lookup = calibration if callable(calibration) else calibration.__getitem__
        scenes = [lookup(clip.scene) for clip in clips]
        rows["train"] = _measure(
            clips,
            [
                normalise(scores, "train", location=scene.location, scale=scene.scale)
                for scores, scene in zip(raw, scenes, strict=True)
            ],
        )
    return rows


def interval_words(clips: int) -> str:
    """How intervals over so many labelled clips were drawn, or why there are none."""
    if clips > 1:
        return f"95 %, bootstrap over clips, {RESAMPLES} resamples, seed {SEED}"
    number = "there is one labelled clip" if clips else "there is none with labels"
    return f"none: they are drawn over clips, and {number}"


def _clip_rows(clips: Sequence[ScoredClip]) -> list[dict[str, Any]]:
    rows = []
    for clip in clips:
        auc = None
        if clip.labels is not None:
            auc = clip_aucs([clip.scores], [clip.labels], [clip.name])[0]
        rows.append(
            {
                "clip": clip.name,
                "scene": clip.scene,
                "auc": auc,
                "n_frames": len(clip.scores),
                "n_abnormal": None if clip.labels is None else int(clip.labels.sum()),
                "n_scored": int(clip.scored.sum()),
                "labels_sha256": None if clip.labels is None else _digest(clip.labels),
            }
        )
    return rows


def _digest(labels: NDArray[np.uint8]) -> str:
    """Tells different labels apart, wherever they come from."""
    return sha256(labels.astype(np.uint8).tobytes()).hexdigest()[:16]


def _settings(
    clips: Sequence[ScoredClip],
    n_labelled: int,
    variants: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    notes = [f"{clip.name}: {note}" for clip in clips for note in clip.notes]
    if n_labelled < len(clips):
        missing = len(clips) - n_labelled
        notes.insert(0, f"{missing} of {len(clips)} clips have no labels and are in no figure.")
    inside = settings.get("smoothing_inside", "none")
    return {
        **settings,
        "normalisation": "none",
        "smoothing": smoothing_words(inside),
        "variants": {name: variant_words(name, inside) for name in variants},
        "future_seen": future_seen(["none", *variants], settings, [clip.fps for clip in clips]),
        "unscored_frames": "take the nearest scored frame's value and count",
        "interval": interval_words(n_labelled),
        "n_clips": len(clips),
        "n_clips_labelled": n_labelled,
        "clip_notes": notes,
    }
