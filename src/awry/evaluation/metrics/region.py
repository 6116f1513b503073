"""Region-level metrics as pure functions: RBDC and TBDC.

After Ramachandra and Jones, "Street Scene: a new dataset and evaluation protocol for video
anomaly detection", WACV 2020. Boxes are `x_min, y_min, x_max, y_max` in pixels, both ends
inclusive: a side is `max - min + 1`. Frames count from 0 within each clip.

Whether a detection is a false positive, and at which step of the walk a box or a track is
found, depends on its own clip alone. All clips are therefore matched once; resampling clips
only weighs what was counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.datasets.tracks import Tracks
from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.boxes import (
    Detections,
    Floats,
    Integers,
    Inverted,
    frame_limits,
    is_inverted,
    pooled_boxes,
)

PAIRS_AT_ONCE = 1 << 18  # of a detection and a true box; bounds memory and stays in the cache
DRAWN_AT_ONCE = 1 << 20  # draws times steps; bounds memory


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """RBDC and TBDC with what they were counted from.

    Attributes:
        rbdc, tbdc: areas under `rbdr` and `tbdr` over `fpr` in [0, 1]; each in [0, 1].
        fpr_reached: false positives per frame with all detections walked, 1 where there are
            more; below 1, the curves are extended flat from there.
        n_boxes, n_tracks: true boxes and tracks.
        n_detections: detections that were given, those beyond an FPR of 1 included.
        n_frames: test frames of all clips.
        n_inverted: detections with a maximum below its minimum; 0 where they are refused.
        fpr, rbdr, tbdr: float64 (points,), the curves from (0, 0) to an FPR of 1.
    """

    rbdc: float
    tbdc: float
    fpr_reached: float
    n_boxes: int
    n_tracks: int
    n_detections: int
    n_frames: int
    n_inverted: int
    fpr: Floats
    rbdr: Floats
    tbdr: Floats


def region_figures(
    truth: Mapping[str, Tracks],
    detections: Mapping[str, Detections],
    n_frames: int | Mapping[str, int],
    *,
    alpha: float = 0.1,
    beta: float = 0.1,
    compat: bool = False,
    inverted: Inverted = "refuse",
) -> RegionFigures:
    """RBDC and TBDC of detections in all test clips.

    Args:
        truth: the true boxes of each clip; a clip without any may be left out.
        detections: the detected boxes of each clip; a clip without any may be left out. All of
            a clip without truth are false positives.
        n_frames: test frames of all clips together, or of each clip by name. Clips that have
            neither truth nor detections count as well.
        alpha: share of a track's boxes that must be found for the track to be found.
        beta: IoU from which a detection overlaps a true box.
        compat: walk detections of equal score one by one instead of in one step, in the order
            of a stable sort by descending score of the clips' rows, clips concatenated in the
            order of `detections`. The value then depends on the order of files and rows; it
            is there for comparison with published values.
        inverted: what becomes of a detection with a maximum below its minimum: `refuse` it, or
            count it as the reference does, a side being `max - min + 1` still: one without a
            pixel is a `false_positive`. True boxes of that kind are refused always.

    Raises:
        InputError: there is no true box; a box or score is NaN or infinite; a box is inverted;
            a frame is negative or not one of the clip's; a track has two boxes in one frame;
            `n_frames` cannot hold the clips. Clip and row (counted from 0) are named.
        ConfigError: alpha or beta is not in (0, 1].

    >>> box = np.array([[10.0, 10.0, 19.0, 19.0]])
    >>> truth = {"clip": Tracks(np.array([1]), np.array([4]), box)}
    >>> found = {"clip": Detections(np.array([4]), box, np.array([0.9]))}
    >>> region_figures(truth, found, 10).rbdc
    1.0
    """
    clips = list(dict.fromkeys([*detections, *truth]))
    rules = _Rules(alpha, beta, compat, inverted)
    walk = _walked(truth, detections, frame_limits(n_frames, clips), rules)
    total = sum(n_frames.values()) if isinstance(n_frames, Mapping) else n_frames
    if walk.least_frames.sum() > total:
        raise InputError(
            f"The clips' last boxes lie at frames that need {walk.least_frames.sum()} frames in "
            f"all, but n_frames is {total}; expected the test frames of all clips together. If "
            "the files count frames from 1, subtract 1."
        )
    false = np.bincount(walk.false_steps, minlength=walk.n_steps)
    boxes_found = _per_step(walk.box_steps, walk.n_steps)
    tracks = _per_step(walk.track_steps, walk.n_steps)
    fpr = np.concatenate([[0.0], np.cumsum(false) / total])
    rbdr = np.concatenate([[0.0], np.cumsum(boxes_found) / len(walk.box_steps)])
    tbdr = np.concatenate([[0.0], np.cumsum(tracks) / len(walk.track_steps)])
    areas = _areas(fpr[:-1], fpr[1:])
    changes = np.concatenate([[True], (false + boxes_found + tracks) > 0])
    curve = _cut(np.stack([fpr, rbdr, tbdr])[:, changes])
    return RegionFigures(
        rbdc=float(areas @ boxes_found / len(walk.box_steps)),
        tbdc=float(areas @ tracks / len(walk.track_steps)),
        fpr_reached=min(1.0, float(fpr[-1])),
        n_boxes=len(walk.box_steps),
        n_tracks=len(walk.track_steps),
        n_detections=walk.n_detections,
        n_frames=int(total),
        n_inverted=walk.n_inverted,
        fpr=curve[0],
        rbdr=curve[1],
        tbdr=curve[2],
    )


def resampled_region(
    truth: Mapping[str, Tracks],
    detections: Mapping[str, Detections],
    n_frames: Mapping[str, int],
    draws: NDArray[np.integer],
    *,
    alpha: float = 0.1,
    beta: float = 0.1,
    compat: bool = False,
    inverted: Inverted = "refuse",
) -> tuple[Floats, Floats]:
    """RBDC and TBDC of each draw of clips; for bootstrap intervals over clips.

    Args:
        truth, detections, alpha, beta, compat, inverted: as `region_figures`.
        n_frames: test frames of each clip; its order is the order of the clips.
        draws: int (resamples, drawn), positions of clips in `n_frames`; a clip that is drawn
            twice counts twice, with its truth, detections and frames.

    Returns:
        RBDC and TBDC, float64 (resamples,) each; NaN where a draw has no true box.

    Raises:
        InputError: as `region_figures`, or a draw is not the position of a clip.
        ConfigError: alpha or beta is not in (0, 1].
    """
    clips = list(n_frames)
    picked = np.asarray(draws)
    if picked.ndim != 2 or picked.dtype.kind not in "iu" or not _within(picked, len(clips)):
        raise InputError(
            f"The draws have shape {picked.shape} and type {picked.dtype}; expected whole "
            f"numbers (resamples, drawn), each from 0 to {len(clips) - 1}."
        )
    rules = _Rules(alpha, beta, compat, inverted)
    walk = _walked(truth, detections, frame_limits(n_frames, clips), rules)
    sizes = np.array([n_frames[name] for name in clips], np.float64)
    before, after, boxes, tracks = _per_clip(walk, sizes)
    n_boxes = np.bincount(walk.box_clips, minlength=len(clips))
    n_tracks = np.bincount(walk.track_clips, minlength=len(clips))
    rbdc, tbdc = np.full(len(picked), np.nan), np.full(len(picked), np.nan)
    rows = max(1, DRAWN_AT_ONCE // max(1, before.shape[1]))
    for block in (slice(low, low + rows) for low in range(0, len(picked), rows)):
        weights = np.stack([np.bincount(draw, minlength=len(clips)) for draw in picked[block]])
        weights = weights.astype(np.float64)
        total = np.maximum(weights @ sizes, 1.0)[:, None]
        areas = _areas(weights @ before / total, weights @ after / total)
        for values, gains, count in ((rbdc, boxes, n_boxes), (tbdc, tracks, n_tracks)):
            gained, there = ((weights @ gains) * areas).sum(axis=1), weights @ count
            np.divide(gained, there, out=values[block], where=there > 0)
    return rbdc, tbdc


@dataclass(frozen=True, slots=True)
class _Rules:
    """How to walk the detections; as the arguments of `region_figures`."""

    alpha: float
    beta: float
    compat: bool
    inverted: Inverted

    def __post_init__(self) -> None:
        for name, share in (("alpha", self.alpha), ("beta", self.beta)):
            if not 0 < share <= 1:
                raise ConfigError(f"{name} is {share}; expected a share above 0 and up to 1.")
        if self.inverted not in ("refuse", "false_positive"):
            raise ConfigError(
                f"inverted is {self.inverted!r}; expected 'refuse' or 'false_positive'."
            )


@dataclass(frozen=True, slots=True)
class _Walk:
    """At which step of the walk each thing happens, and in which clip (its position).

    Steps are 0 to n_steps - 1, from the highest score down; n_steps means never.
    """

    n_steps: int
    n_detections: int
    n_inverted: int
    false_steps: Integers
    false_clips: Integers
    box_steps: Integers
    box_clips: Integers
    track_steps: Integers
    track_clips: Integers
    least_frames: Integers  # of each clip: one more than the last frame that has a box


def _walked(
    truth: Mapping[str, Tracks],
    detections: Mapping[str, Detections],
    limits: Mapping[str, int],
    rules: _Rules,
) -> _Walk:
    """All detections matched with the true boxes of their frames; `limits` gives the clips."""
    position = {name: number for number, name in enumerate(limits)}
    owner, frames, boxes, ids = pooled_boxes(truth, "true box", limits, position, True)
    if not len(frames):
        raise InputError(
            "There is no true box in any clip, so nothing can be found; RBDC and TBDC need at "
            "least one. Check that the tracks belong to these clips."
        )
    strict = rules.inverted == "refuse"
    at_clip, at_frame, at_boxes, scores = pooled_boxes(
        detections, "detection", limits, position, strict
    )
    steps, n_steps = _steps(scores, rules.compat)
    stride = 1 + max(frames.max(), at_frame.max(initial=0))
    overlaps = np.zeros(len(steps), np.bool_)
    first = np.full(len(frames), n_steps)
    keys = np.where(_empty(at_boxes), -1, at_clip * stride + at_frame)  # -1: no true box's
    for detection, box in _pairs(owner * stride + frames, keys):
        close = _iou(at_boxes[detection], boxes[box]) >= rules.beta
        overlaps[detection[close]] = True
        np.minimum.at(first, box[close], steps[detection[close]])
    track_steps, track_clips = _track_steps(owner, ids, first, rules.alpha)
    least = np.zeros(len(limits), np.int64)
    np.maximum.at(least, np.concatenate([owner, at_clip]), np.concatenate([frames, at_frame]) + 1)
    return _Walk(
        n_steps=n_steps,
        n_detections=len(steps),
        n_inverted=int(is_inverted(at_boxes).sum()),
        false_steps=steps[~overlaps],
        false_clips=at_clip[~overlaps],
        box_steps=first,
        box_clips=owner,
        track_steps=track_steps,
        track_clips=track_clips,
        least_frames=least,
    )


def _steps(scores: Floats, compat: bool) -> tuple[Integers, int]:
    """The step of each detection (n,) and the number of steps."""
    if compat:
        steps = np.empty(len(scores), np.int64)
        steps[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
        return steps, len(scores)
    levels, steps = np.unique(-scores, return_inverse=True)
    return steps.reshape(-1), len(levels)


def _pairs(box_keys: Integers, keys: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Rows of detections and of true boxes that share clip and frame, some pairs at a time.

    Args:
        box_keys, keys: one number for clip and frame, of each true box and of each detection.
    """
    order = np.argsort(box_keys, kind="stable")
    values, starts, counts = np.unique(box_keys[order], return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(values, keys), len(values) - 1)
    rows = np.flatnonzero(values[place] == keys)
    starts, counts = starts[place[rows]], counts[place[rows]]
    ends = np.cumsum(counts)
    low = 0
    while low < len(rows):
        done = ends[low] - counts[low]
        high = max(low + 1, int(np.searchsorted(ends, done + PAIRS_AT_ONCE, "right")))
        part = counts[low:high]
        shift = starts[low:high] - (ends[low:high] - part - done)
        yield (
            np.repeat(rows[low:high], part),
            order[np.repeat(shift, part) + np.arange(part.sum())],
        )
        low = high


def _iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union (n,) of boxes (n, 4) and (n, 4), in whole pixels inclusively."""
    low, high = np.maximum(first[:, :2], second[:, :2]), np.minimum(first[:, 2:], second[:, 2:])
    width, height = np.maximum(high - low + 1, 0).T
    common = width * height
    return common / (_pixels(first) + _pixels(second) - common)


def _pixels(boxes: Floats) -> Floats:
    return (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)


def _empty(boxes: Floats) -> NDArray[np.bool_]:
    """Which boxes (n,) hold no pixel; two negative sides must not pass for an area."""
    return (boxes[:, 2] - boxes[:, 0] + 1 <= 0) | (boxes[:, 3] - boxes[:, 1] + 1 <= 0)


def _track_steps(
    owner: Integers, ids: Integers, first: Integers, alpha: float
) -> tuple[Integers, Integers]:
    """The step at which each track is found, and its clip."""
    order = np.lexsort((first, ids, owner))
    owner, ids, first = owner[order], ids[order], first[order]
    new = np.concatenate([[True], (np.diff(owner) != 0) | (np.diff(ids) != 0)])
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, len(owner)))
    # The least count whose share reaches alpha; the product alone may round to the wrong side.
    needed = np.maximum(np.floor(alpha * lengths).astype(np.int64) - 1, 1)
    while (short := needed / lengths < alpha).any():
        needed += short
    return first[starts + needed - 1], owner[starts]


def _per_clip(walk: _Walk, sizes: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """What each clip holds at the steps that find something.

    A box adds an area that depends on the false positives before and after its own step only,
    so nothing needs to be known of the steps between.

    Args:
        sizes: test frames of each clip.

    Returns:
        False positives before and after each step, and boxes and tracks found at it; float64
        (clips, steps) each.
    """
    steps = np.unique(walk.box_steps[walk.box_steps < walk.n_steps])
    false = [np.sort(walk.false_steps[walk.false_clips == clip]) for clip in range(len(sizes))]
    # Where every clip is beyond an FPR of 1 by itself, every draw of them is.
    last = [
        mine[int(size)] if len(mine) > size else walk.n_steps
        for mine, size in zip(false, sizes, strict=True)
    ]
    steps = steps[steps <= max(last)]
    edges = np.append(steps, walk.n_steps)

    def counts(at: Integers, clips: Integers) -> Floats:
        places = np.searchsorted(edges, at)
        kept = at == edges[np.minimum(places, len(steps))]
        flat = np.bincount((clips * len(edges) + places)[kept], minlength=len(sizes) * len(edges))
        return flat.reshape(len(sizes), -1)[:, :-1].astype(np.float64)

    return (
        np.stack([np.searchsorted(mine, steps, "left") for mine in false]).astype(np.float64),
        np.stack([np.searchsorted(mine, steps, "right") for mine in false]).astype(np.float64),
        counts(walk.box_steps, walk.box_clips),
        counts(walk.track_steps, walk.track_clips),
    )


def _per_step(steps: Integers, n_steps: int) -> Integers:
    return np.bincount(steps, minlength=n_steps + 1)[:n_steps]


def _areas(before: Floats, after: Floats) -> Floats:
    """Area over FPR in [0, 1] that one unit gained at a step adds to a curve.

    The unit rises in a straight line from FPR `before` to FPR `after` and stays; what lies
    beyond an FPR of 1 is cut away.
    """
    start, end = np.minimum(before, 1.0), np.minimum(after, 1.0)
    height = np.divide(end - start, after - before, out=np.ones_like(end), where=after > before)
    return height * ((end - start) / 2 + (1.0 - end))


def _cut(curve: Floats) -> Floats:
    """A curve (3, points) cut at an FPR of 1 within its step, or extended flat to there."""
    beyond = int(np.searchsorted(curve[0], 1.0, "right"))
    last = curve[:, beyond - 1]
    if beyond == curve.shape[1]:
        end = np.array([1.0, last[1], last[2]])
    else:
        share = (1.0 - last[0]) / (curve[0, beyond] - last[0])
        end = last + share * (curve[:, beyond] - last)
        end[0] = 1.0
    kept = curve[:, :beyond]
    return kept if last[0] == 1.0 else np.column_stack([kept, end])


def _within(numbers: NDArray[np.integer], count: int) -> bool:
    return not numbers.size or bool(numbers.min() >= 0 and numbers.max() < count)
