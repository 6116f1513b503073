"""Drawings for people: heat maps, regions, and the score's curve below the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame, FrameScore
from awry.video.ignore import IgnoreRegions

# Narrower pictures are enlarged by a whole factor, so that words fit below them.
READABLE_WIDTH = 480
CURVE_HEIGHT = 96
WORDS_HEIGHT = 40
STRIP_HEIGHT = CURVE_HEIGHT + WORDS_HEIGHT
_LABEL_WIDTH = 132
_LABEL_SCALE = _REASON_SCALE = 0.45
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
_FAINT_BOX = (190, 230, 230)
_TRUE_BOX = (47, 191, 95)
# Heat below the first share of its scale is not drawn; from the second on it is full.
_HEAT_FADE = (0.15, 0.6)
_HEAT_STRENGTH = 0.65

Box = tuple[float, float, float, float]
"""`x_min, y_min, x_max, y_max` in pixels of the frame, both ends inclusive."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A box to draw, with what is written at it.

    Attributes:
        box: `x_min, y_min, x_max, y_max` in pixels of the frame, both ends inclusive.
        words: a few, e.g. `person 2.3x`; may be empty.
        height: how high the score is there, 1 at the threshold; None: unknown.
    """

    box: Box
    words: str = ""
    height: float | None = None

    @property
    def faint(self) -> bool:
        """Whether it is drawn thin and pale, since the threshold is not reached there."""
        return self.height is None or self.height < 1


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
    colours = heat_colours(heat)
    start, full = _HEAT_FADE
    share = np.clip((heat - start) / (full - start), 0, 1)[:, :, None] * _HEAT_STRENGTH
    return (image * (1 - share) + colours * share + 0.5).astype(np.uint8)


def heat_colours(heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Dark violet to yellow (inferno), uint8 (h, w, 3) RGB, of values (h, w) in [0, 1]."""
    steps = (np.clip(heat, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO)[:, :, ::-1])


def draw_overlay(
    frame: Frame,
    score: FrameScore,
    history: Sequence[float | None],
    threshold: float | None,
    *,
    alarm: bool,
    ignore: IgnoreRegions | None = None,
    heat_range: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    truth: Sequence[Box] = (),
    reason: str = "",
) -> NDArray[np.uint8]:
    """One frame of an overlay video.

    Pictures narrower than 480 pixels are enlarged by a whole factor. Below the picture: the words
    normal or ALARM, the time, and the curve of the scores with the threshold; below that, why the
    score is high. A curve that is longer than the strip moves to the left.

    Args:
        frame: the frame.
        score: what a method says of it; its map is drawn.
        history: scores up to and including this frame, on the threshold's scale; None where
            nothing was scored.
        threshold: the alarm's limit, or None.
        alarm: whether this frame belongs to an alarm.
        ignore: regions to draw as ignored.
        heat_range: map values for no heat and for full heat; None draws no heat.
        marks: boxes to draw, as `awry.scoring.reasons.Explainer.marks` chooses them.
        truth: true boxes, drawn green.
        reason: a sentence, cut where it is longer than two lines.

    Returns:
        uint8 (factor * H + 136, factor * W, 3), RGB; the size depends on the frame's size alone.
    """
    picture = frame.image
    if score.map is not None and heat_range is not None:
        picture = heat_image(picture, score.map, heat_range)
    if ignore:
        picture = ignore.outline(picture)
    picture, factor = _enlarged(picture)
    if alarm:
        cv2.rectangle(picture, (0, 0), (picture.shape[1] - 1, picture.shape[0] - 1), _ALARM, 6)
    for box in truth:
        _draw_box(picture, box, factor, _TRUE_BOX, 2)
    for mark in reversed(marks):  # the strongest last, above the others
        _draw_mark(picture, mark, factor)
    strip = _strip(frame, picture.shape[1], history, threshold, alarm)
    return np.concatenate([picture, strip, _reason_lines(reason, picture.shape[1], alarm)])


def draw_marks(
    image: NDArray[np.uint8], marks: Sequence[Mark], reason: str = "", *, alarm: bool = True
) -> NDArray[np.uint8]:
    """A picture with boxes, and below it why its score is high.

    Args:
        image: uint8 (H, W, 3), RGB; narrower ones than 480 pixels are enlarged by a whole factor.
        marks: boxes to draw, the strongest first.
        reason: a sentence, cut where it is longer than two lines; empty: no words below.
        alarm: whether it belongs to an alarm.

    Returns:
        a new uint8 array (h, w, 3), RGB.
    """
    picture, factor = _enlarged(image)
    for mark in reversed(marks):
        _draw_mark(picture, mark, factor)
    if not reason:
        return picture
    return np.concatenate([picture, _reason_lines(reason, picture.shape[1], alarm)])


def _enlarged(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """A copy that is wide enough for words, and the factor that it was enlarged by."""
    factor = -(-READABLE_WIDTH // picture.shape[1]) if picture.shape[1] < READABLE_WIDTH else 1
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8), factor


def _draw_mark(picture: NDArray[np.uint8], mark: Mark, factor: int) -> None:
    colour, line = (_FAINT_BOX, 1) if mark.faint else (_BOX, 2)
    start, end = _draw_box(picture, mark.box, factor, colour, line)
    if mark.words:
        _draw_label(picture, mark.words, start, end, colour)


def _draw_box(
    picture: NDArray[np.uint8], box: Box, factor: int, colour: tuple[int, int, int], line: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Draw a box of the frame; gives its corners in the enlarged picture."""
    x_min, y_min, x_max, y_max = box
    start = round(x_min * factor), round(y_min * factor)
    end = round((x_max + 1) * factor) - 1, round((y_max + 1) * factor) - 1
    # A dark line below the bright one keeps the box visible on any ground.
    cv2.rectangle(picture, start, end, (0, 0, 0), line + 2)
    cv2.rectangle(picture, start, end, colour, line)
    return start, end


def _draw_label(
    picture: NDArray[np.uint8],
    words: str,
    start: tuple[int, int],
    end: tuple[int, int],
    colour: tuple[int, int, int],
) -> None:
    """Write above a box, or below where there is no room; always inside the picture."""
    width, height = _extent(words, _LABEL_SCALE)
    x = min(max(start[0], 0), max(picture.shape[1] - width - 6, 0))
    y = start[1] - height - 6 if start[1] >= height + 6 else end[1] + 2
    y = min(max(y, 0), max(picture.shape[0] - height - 6, 0))
    cv2.rectangle(picture, (x, y), (x + width + 5, y + height + 5), (0, 0, 0), cv2.FILLED)
    _write(picture, words, (x + 3, y + height + 2), _LABEL_SCALE, colour)


def _reason_lines(reason: str, width: int, alarm: bool) -> NDArray[np.uint8]:
    panel = np.full((WORDS_HEIGHT, width, 3), _ALARM if alarm else _BACKGROUND, np.uint8)
    lines = _wrapped(reason, width - 20)
    if len(lines) > 2:
        lines = [lines[0], _shortened(" ".join(lines[1:]), width - 20)]
    for number, line in enumerate(lines):
        _write(panel, line, (10, 13 + 17 * number), _REASON_SCALE, _TEXT)
    return panel


def _wrapped(words: str, width: int) -> list[str]:
    """Words in lines that are no wider than so many pixels, where words allow."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _extent(longer, _REASON_SCALE)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _shortened(words: str, width: int) -> str:
    while words and _extent(f"{words} ...", _REASON_SCALE)[0] > width:
        words = words[:-1]
    return f"{words.rstrip()} ..."


def _extent(words: str, scale: float) -> tuple[int, int]:
    """Width and height of written words in pixels."""
    (width, height), _ = cv2.getTextSize(words, _FONT, scale, 1)
    return int(width), int(height)


def _strip(
    frame: Frame,
    width: int,
    history: Sequence[float | None],
    threshold: float | None,
    alarm: bool,
) -> NDArray[np.uint8]:
    strip = np.full((CURVE_HEIGHT, width, 3), _BACKGROUND, np.uint8)
    if alarm:
        strip[:, :_LABEL_WIDTH] = _ALARM
    _write(strip, "ALARM" if alarm else "normal", (10, 30), 0.8, _TEXT, 2)
    _write(strip, clock(frame.time_s), (10, 56), 0.5, _TEXT)
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


def clock(time_s: float | None) -> str:
    """Seconds as minutes and seconds, with hours where there are any.

    >>> clock(75.25), clock(59.97), clock(3723.4)
    ('01:15.2', '01:00.0', '1:02:03.4')
    """
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
