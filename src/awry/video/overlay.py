"""Drawings for people: heat maps, regions, and the score's curve below the picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame, FrameScore, Region
from awry.video.ignore import IgnoreRegions

# Narrower pictures are enlarged by a whole factor, so that words fit below them.
READABLE_WIDTH = 480
STRIP_HEIGHT = 96
_LABEL_WIDTH = 132
_FONT = cv2.FONT_HERSHEY_SIMPLEX
# Blue, orange and white stay apart for colour-blind people; the alarm is a word as well.
_BACKGROUND = (24, 24, 28)
_GRID = (60, 60, 66)
_TEXT = (235, 235, 235)
_QUIET = (150, 150, 156)
_CURVE = (120, 190, 255)
_THRESHOLD = (255, 176, 60)
_ALARM = (200, 40, 30)
_BOX = (0, 255, 255)
# Heat below the first share of its scale is not drawn; from the second on it is full.
_HEAT_FADE = (0.15, 0.6)
_HEAT_STRENGTH = 0.65


def heat_image(
    image: NDArray[np.uint8], map: NDArray[np.float32], heat_range: tuple[float, float]
) -> NDArray[np.uint8]:
    """Lay an anomaly map over a picture: dark violet to yellow (inferno), clear where it is low.

    Args:
        image: uint8 (H, W, 3), RGB.
        map: float (h, w), any resolution that spans the whole picture; NaN counts as low.
        heat_range: map values for no heat and for full heat.

    Returns:
        a new uint8 array (H, W, 3), RGB.
    """
    low, high = heat_range
    height, width = image.shape[:2]
    known = np.nan_to_num(map.astype(np.float32), nan=low, posinf=high, neginf=low)
    heat = np.clip((known - low) / max(high - low, 1e-12), 0, 1)
    heat = cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1]
    start, full = _HEAT_FADE
    share = np.clip((heat - start) / (full - start), 0, 1)[:, :, None] * _HEAT_STRENGTH
    return (image * (1 - share) + colours * share + 0.5).astype(np.uint8)


def draw_overlay(
    frame: Frame,
    score: FrameScore,
    history: Sequence[float | None],
    threshold: float | None,
    *,
    alarm: bool,
    ignore: IgnoreRegions | None = None,
    heat_range: tuple[float, float] | None = None,
) -> NDArray[np.uint8]:
    """One frame of an overlay video.

    Pictures narrower than 480 pixels are enlarged by a whole factor. Below the picture: the words
    normal or ALARM, the time, and the curve of the scores with the threshold. A curve that is
    longer than the strip moves to the left.

    Args:
        frame: the frame.
        score: what a method says of it; its map and regions are drawn.
        history: scores up to and including this frame, on the threshold's scale; None where
            nothing was scored.
        threshold: the alarm's limit, or None.
        alarm: whether this frame belongs to an alarm.
        ignore: regions to draw as ignored.
        heat_range: map values for no heat and for full heat; None draws no heat.

    Returns:
        uint8 (factor * H + 96, factor * W, 3), RGB; the size depends on the frame's size alone.
    """
    picture = frame.image
    if score.map is not None and heat_range is not None:
        picture = heat_image(picture, score.map, heat_range)
    if ignore:
        picture = ignore.outline(picture)
    factor = -(-READABLE_WIDTH // picture.shape[1]) if picture.shape[1] < READABLE_WIDTH else 1
    picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    for region in score.regions:
        _draw_region(picture, region, factor)
    if alarm:
        cv2.rectangle(picture, (0, 0), (picture.shape[1] - 1, picture.shape[0] - 1), _ALARM, 6)
    strip = _strip(frame, picture.shape[1], history, threshold, alarm)
    return np.concatenate([picture, strip])


def _draw_region(picture: NDArray[np.uint8], region: Region, factor: int) -> None:
    x_min, y_min, x_max, y_max = region.box
    start = round(x_min * factor), round(y_min * factor)
    end = round((x_max + 1) * factor) - 1, round((y_max + 1) * factor) - 1
    # A dark line below the bright one keeps the box visible on any ground.
    cv2.rectangle(picture, start, end, (0, 0, 0), 4)
    cv2.rectangle(picture, start, end, _BOX, 2)


def _strip(
    frame: Frame,
    width: int,
    history: Sequence[float | None],
    threshold: float | None,
    alarm: bool,
) -> NDArray[np.uint8]:
    strip = np.full((STRIP_HEIGHT, width, 3), _BACKGROUND, np.uint8)
    if alarm:
        strip[:, :_LABEL_WIDTH] = _ALARM
    _write(strip, "ALARM" if alarm else "normal", (10, 30), 0.8, _TEXT, 2)
    _write(strip, _clock(frame.time_s), (10, 56), 0.5, _TEXT)
    _write(strip, f"frame {frame.index}", (10, 74), 0.42, _TEXT if alarm else _QUIET)
    current = history[-1] if history else None
    words = "score -" if current is None else f"score {current:.3g}"
    _write(strip, words, (10, 90), 0.42, _TEXT if alarm else _QUIET)
    _curve(strip[6:-6, _LABEL_WIDTH + 8 : -8], history, threshold)
    return strip


def _curve(
    panel: NDArray[np.uint8], history: Sequence[float | None], threshold: float | None
) -> None:
    height, width = panel.shape[:2]
    shown = list(history[-width:])
    # The whole history sets the scale, so that it never shrinks again.
    known = [value for value in history if value is not None and np.isfinite(value)]
    low = min([0.0, *known])
    high = max([1e-9, *known, 1.25 * threshold if threshold is not None else 0.0])

    def row(value: float) -> int:
        return round((height - 3) * (high - value) / (high - low)) + 1

    cv2.line(panel, (0, row(low)), (width - 1, row(low)), _GRID, 1)
    runs: list[list[tuple[int, int]]] = [[]]
    for column, value in enumerate(shown):
        if value is None or not np.isfinite(value):
            runs.append([])
        else:
            runs[-1].append((column, row(value)))
    for run in runs:
        if run:
            cv2.polylines(panel, [np.array(run, np.int32)], False, _CURVE, 1, cv2.LINE_AA)
    if threshold is not None:
        for start in range(0, width, 8):
            cv2.line(panel, (start, row(threshold)), (start + 4, row(threshold)), _THRESHOLD, 1)
        _write(panel, "threshold", (width - 70, row(threshold) - 4), 0.38, _THRESHOLD)


def _clock(time_s: float | None) -> str:
    if time_s is None:
        return "time unknown"
    # Rounded first, so that 59.97 does not become 60.0 seconds.
    minutes, seconds = divmod(round(time_s, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:04.1f}" if hours else f"{minutes:02d}:{seconds:04.1f}"


def _write(
    image: NDArray[np.uint8],
    words: str,
    at: tuple[int, int],
    scale: float,
    colour: tuple[int, int, int],
    thickness: int = 1,
) -> None:
    cv2.putText(image, words, at, _FONT, scale, colour, thickness, cv2.LINE_AA)
