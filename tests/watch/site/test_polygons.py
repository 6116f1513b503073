"""Polygons that can be used, and those that cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.watch.site.polygons import area, covers_all, inside, polygon_problem

CASES = json.loads((Path(__file__).parent / "polygons.json").read_text())
"""The same are looked at by the page's own geometry."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_wrong_with_a_polygon(case: dict[str, object]) -> None:
    corners = [(x, y) for x, y in case["corners"]]  # type: ignore[attr-defined]
    said = {"": "", "tiny": "too small", "crossing": "cross each other"}[str(case["problem"])]
    sentence = polygon_problem(corners)
    assert said in sentence
    assert bool(sentence) == bool(case["problem"])


def test_so_many_corners_are_not_even_looked_at() -> None:
    assert "at most 200" in polygon_problem([(0.5, 0.5)] * 100_000)


def test_the_area_of_a_polygon() -> None:
    assert area([(0, 0), (1, 0), (1, 0.5)]) == pytest.approx(0.25)


def test_whether_a_point_lies_inside() -> None:
    corner = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]
    assert inside((0.25, 0.25), corner)
    assert not inside((0.75, 0.25), corner)


def test_what_covers_the_whole_picture() -> None:
    left = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
    right = [(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]
    assert covers_all([left, right])
    assert not covers_all([left, left])
    assert not covers_all([left])
