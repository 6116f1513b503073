"""Pictures for the report, each as a data URI, so that the page needs no other file."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from awry.evaluation.metrics.event import Runs, true_runs
from awry.evaluation.metrics.region import RegionFigures
from awry.evaluation.scored_clip import ScoredClip

# Okabe and Ito's colours, which colour-blind people can tell apart.
BLUE, ORANGE, VERMILLION, INK = "#0072B2", "#E69F00", "#D55E00", "#1b1b1f"
WIDEST = 720
SQUARE = (420.0, 340.0)


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
    return _svg_uri(
        size, lambda axes: draw_timeline(axes, clip, threshold, alarms, limits, size[0])
    )


def roc_uri(scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> str:
    """The ROC curve as an SVG data URI.

    Args:
        scores: float64 (n,), of frames of both classes.
        labels: uint8 (n,), 1 = abnormal.
    """
    return _svg_uri(SQUARE, lambda axes: draw_roc(axes, scores, labels))


def draw_roc(axes: Axes, scores: NDArray[np.float64], labels: NDArray[np.uint8]) -> None:
    """Draw the ROC curve; arguments as `roc_uri`."""
    false, true, _ = roc_curve(labels, scores)
    axes.plot([0, 1], [0, 1], color="#9a9aa2", linewidth=1, linestyle=(0, (2, 3)))
    axes.plot(false, true, color=BLUE, linewidth=1.8)
    unit_square(axes, "share of normal frames above", "share of abnormal frames above")


def region_curves_uri(figures: RegionFigures) -> str:
    """Boxes and tracks found over false positives per frame, as an SVG data URI."""

    return _svg_uri(SQUARE, lambda axes: draw_region_curves(axes, figures))


def draw_region_curves(axes: Axes, figures: RegionFigures) -> None:
    """Draw boxes and tracks found over false positives per frame."""
    last = float(figures.fpr[-1])
    for values, name, colour, dashes in (
        (figures.rbdr, "boxes", BLUE, "-"),
        (figures.tbdr, "tracks", VERMILLION, (0, (5, 2))),
    ):
        axes.plot(figures.fpr, values, color=colour, linewidth=1.8, linestyle=dashes,
                  label=name)  # fmt: skip
        axes.plot([last, 1], [values[-1]] * 2, color=colour, linewidth=1, linestyle=dashes)
    axes.legend(frameon=False, loc="lower right")
    unit_square(axes, "false positives per frame", "share found")


def draw_points(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[tuple[float | None, Sequence[float] | None]],
    colours: str | Sequence[str],
) -> None:
    """A point for each run with its interval as a bar, the first run on top."""
    for place, (value, around) in enumerate(values):
        colour = colours if isinstance(colours, str) else colours[place]
        if around is not None:
            axes.plot(around, [place, place], color=colour, linewidth=1.6)
        if value is not None:
            axes.plot([value], [place], "o", color=colour, markersize=4.5)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color="#e4e4e8", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def unit_square(axes: Axes, x: str, y: str) -> None:
    """Axes of two shares, 0 to 1, with their labels."""
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color="#e4e4e8", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _svg_uri(size: tuple[float, float], draw: Callable[[Axes], None]) -> str:
    """One plot as an SVG data URI of so many CSS pixels."""
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
        draw(figure.subplots())
        buffer = io.BytesIO()
        empty = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=empty, transparent=True)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def draw_timeline(
    axes: Axes,
    clip: ScoredClip,
    threshold: float | None,
    alarms: Runs,
    limits: tuple[float, float],
    width: float = WIDEST,
) -> None:
    """Draw a clip's scores over its frames, with true events, threshold and alarms.

    Arguments as `curve_uri`; `width` in CSS pixels decides how many frames have a number.
    """
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
