"""Small curves as points of an SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 240.0, 60.0
"""Of the drawing, in its own units."""


def lines(
    points: Iterable[tuple[float, float | None]],
    first: float,
    last: float,
    highest: float,
    *,
    gap: float,
) -> list[str]:
    """Points of polylines; a curve has a hole where nothing was measured.

    Args:
        points: time and value, in order of time; None: nothing was measured.
        first, last: times at the left and at the right.
        highest: value at the top; what is above is cut.
        gap: a hole is where two points lie further apart.
    """
    found: list[list[str]] = []
    before: float | None = None
    for at, value in points:
        if value is None or not first <= at <= last:
            continue
        if before is None or at - before > gap:
            found.append([])
        before = at
        x = (at - first) / max(last - first, 1e-9) * WIDTH
        found[-1].append(f"{x:.1f},{level(value, highest):.1f}")
    return [" ".join([*one, *_dot(one)]) for one in found]


def level(value: float, highest: float) -> float:
    """The height of a value in the drawing, from the top."""
    return HEIGHT * (1 - min(max(value / max(highest, 1e-9), 0.0), 1.0))


def _dot(line: Sequence[str]) -> list[str]:
    """A line of one point has no length: it gets a little."""
    if len(line) != 1:
        return []
    x, y = line[0].split(",")
    return [f"{float(x) + 1.0:.1f},{y}"]
