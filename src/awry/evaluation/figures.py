"""Pictures for the report, each as a data URI, so that the page needs no other file."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from awry.evaluation.protocol import ScoredClip

# Okabe and Ito's colours, which colour-blind people can tell apart.
BLUE, ORANGE, VERMILLION, INK = "#0072B2", "#E69F00", "#D55E00", "#1b1b1f"
WIDEST = 480
Runs = Sequence[tuple[int, int]]


def picture_uri(image: NDArray[np.uint8], widest: int = WIDEST) -> str:
    """A picture as a JPEG data URI.

    Args:
        image: uint8 (H, W, 3), RGB.
        widest: wider pictures are made as small as this.
    """
    height, width = image.shape[:2]
    if width > widest:
        size = (widest, max(round(height * widest / width), 1))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")


def true_runs(labels: NDArray[np.uint8] | None) -> list[tuple[int, int]]:
    """Runs of abnormal frames, `(first, last)`, both inclusive."""
    if labels is None:
        return []
    marks = np.concatenate([[False], labels == 1, [False]])
    edges = np.flatnonzero(marks[1:] != marks[:-1]).tolist()
    return [(first, last - 1) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def curve_uri(
    clip: ScoredClip,
    threshold: float | None,
    alarms: Runs,
    limits: tuple[float, float],
    size: tuple[float, float],
) -> str:
    """A clip's curve as an SVG data URI.

    Args:
        clip: with labels or without.
        threshold: drawn dashed, or None.
        alarms: drawn as a bar at the bottom.
        limits: of the score axis, the same for all clips that are to be compared.
        size: width and height in CSS pixels.
    """
    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "awry",
        "font.size": 9,
        "axes.edgecolor": "#8a8a92",
        "axes.labelcolor": INK,
        "xtick.color": "#55555c",
        "ytick.color": "#55555c",
    }
    with mpl.rc_context(style):
        # Matplotlib's SVG has 72 units an inch, and a browser takes each for 4/3 CSS pixels.
        figure = Figure(figsize=(size[0] / 96, size[1] / 96), layout="constrained")
        _draw(figure.subplots(), clip, threshold, alarms, limits, size[0])
        buffer = io.BytesIO()
        empty = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=empty, transparent=True)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _draw(
    axes: Axes,
    clip: ScoredClip,
    threshold: float | None,
    alarms: Runs,
    limits: tuple[float, float],
    width: float,
) -> None:
    bottom = axes.get_xaxis_transform()
    for first, last in true_runs(clip.labels):
        axes.axvspan(first - 0.5, last + 0.5, color=ORANGE, alpha=0.25, linewidth=0)
    for first, last in _unscored(clip.scored):
        axes.axvspan(first - 0.5, last + 0.5, facecolor="none", edgecolor="#9a9aa2", hatch="////",
                     linewidth=0)  # fmt: skip
    axes.plot(np.arange(len(clip.scores)), clip.scores, color=BLUE, linewidth=1.6)
    if threshold is not None:
        axes.axhline(threshold, color=VERMILLION, linewidth=1.3, linestyle=(0, (5, 3)))
    for first, last in alarms:
        ends = [first - 0.5, last + 0.5]
        axes.plot(ends, [0.025, 0.025], transform=bottom, color=VERMILLION, linewidth=5,
                  solid_capstyle="butt")  # fmt: skip
    for number, peak in enumerate(clip.peaks, 1):
        axes.annotate(str(number), (peak.index, peak.score), xytext=(0, 6), color=INK,
                      textcoords="offset points", ha="center", fontweight="bold")  # fmt: skip
        axes.plot(peak.index, peak.score, "o", color=INK, markersize=4)
    axes.set_xlim(-0.5, max(len(clip.scores) - 0.5, 0.5))
    axes.set_ylim(*limits)
    axes.set_xlabel("frame")
    axes.set_ylabel("score")
    axes.xaxis.set_major_locator(MaxNLocator(max(int(width / 90), 3), integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color="#e4e4e8", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _unscored(scored: NDArray[np.bool_]) -> list[tuple[int, int]]:
    return true_runs((~scored).astype(np.uint8))


def score_limits(
    clips: Sequence[ScoredClip], thresholds: Sequence[float | None]
) -> tuple[float, float]:
    """One score axis for all clips, since their scores are pooled; with room for numbers."""
    known = [clip.scores for clip in clips if len(clip.scores)]
    marks = np.array([value for value in thresholds if value is not None], np.float64)
    pooled = np.concatenate([*known, marks, [] if known else [0.0]])
    low, high = float(pooled.min()), float(pooled.max())
    span = (high - low) or abs(high) or 1.0
    return low - 0.08 * span, high + 0.18 * span
