"""Polygons of zones and ignored regions: whether they can be meant as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Point = tuple[float, float]
Polygon = Sequence[Point]

MOST_CORNERS = 200
LEAST_AREA = 0.0005
"""Of the picture: 20x20 pixels of 1280x720 are about as much."""
_CELLS = 50


def polygon_problem(corners: Polygon) -> str:
    """What is wrong with a polygon, as a clause; empty where it can be used.

    Args:
        corners: x and y as shares of the picture, in [0, 1].

    >>> polygon_problem([(0, 0), (1, 1), (1, 0), (0, 0.5)])
    'its sides cross each other; move its corners so that none do'
    >>> polygon_problem([(0, 0), (1, 0), (0, 1)])
    ''
    """
    if len(corners) > MOST_CORNERS:
        return f"it has {len(corners)} corners; at most {MOST_CORNERS} are taken"
    if area(corners) < LEAST_AREA:
        return f"it is too small: a zone covers at least {LEAST_AREA:.2%} of the picture"
    if crosses(corners):
        return "its sides cross each other; move its corners so that none do"
    return ""


def area(corners: Polygon) -> float:
    """The share of the picture that a polygon covers; of one that crosses itself, a difference."""
    total = 0.0
    for number, (x, y) in enumerate(corners):
        before = corners[number - 1]
        total += before[0] * y - x * before[1]
    return abs(total) / 2


def crosses(corners: Polygon) -> bool:
    """Whether two sides of a polygon have a point in common that is no corner of both."""
    sides = [(corners[number - 1], corner) for number, corner in enumerate(corners)]
    count = len(sides)
    for one in range(count):
        for other in range(one + 1, count):
            beside = other - one in (1, count - 1)
            if not beside and _meet(*sides[one], *sides[other]):
                return True
            if beside and _folds(sides, one, other):
                return True
    return False


def covers_all(polygons: Iterable[Polygon]) -> bool:
    """Whether polygons leave nothing of the picture, looked at in squares of 2 % each way."""
    known = list(polygons)
    if sum(area(one) for one in known) < 1 - 1e-9:
        return False
    middles = [(number + 0.5) / _CELLS for number in range(_CELLS)]
    return all(any(inside((x, y), one) for one in known) for y in middles for x in middles)


def inside(point: Point, corners: Polygon) -> bool:
    """Whether a point lies in a polygon, by the even-odd rule."""
    x, y = point
    found = False
    for number, (right, low) in enumerate(corners):
        left, high = corners[number - 1]
        if (low > y) != (high > y) and x < (left - right) * (y - low) / (high - low) + right:
            found = not found
    return found


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two stretches have a point in common."""
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    pairs = zip(turns, ends, strict=True)
    return any(turn == 0 and _between(*three) for turn, three in pairs)


def _folds(sides: Sequence[tuple[Point, Point]], one: int, other: int) -> bool:
    """Whether of two sides with a common corner one runs back over the other."""
    first, second = (one, other) if other - one == 1 else (other, one)
    (start, middle), (_, end) = sides[first], sides[second]
    if _turn(start, middle, end) != 0:
        return False
    back = (start[0] - middle[0]) * (end[0] - middle[0])
    return back + (start[1] - middle[1]) * (end[1] - middle[1]) > 0


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0 where the way from a over b to c turns to one side, below to the other, 0: straight.

    What differs by rounding alone is straight.
    """
    turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return 0.0 if abs(turn) < 1e-12 else turn


def _between(a: Point, b: Point, c: Point) -> bool:
    """Whether c, which is in line with a and b, lies between them."""
    across = min(a[0], b[0]) <= c[0] <= max(a[0], b[0])
    return across and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
