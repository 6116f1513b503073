"""Curves as points of an SVG."""

from __future__ import annotations

from awry.watch.web.pages.curves import HEIGHT, WIDTH, level, lines


def test_a_curve_from_left_to_right_and_top_to_bottom() -> None:
    (line,) = lines([(0.0, 0.0), (5.0, 0.5), (10.0, 1.0)], 0.0, 10.0, 1.0, gap=6.0)
    assert line == f"0.0,{HEIGHT:.1f} {WIDTH / 2:.1f},{HEIGHT / 2:.1f} {WIDTH:.1f},0.0"


def test_holes_single_points_and_what_is_outside() -> None:
    points = [(-1.0, 0.5), (0.0, 0.5), (1.0, None), (2.0, 0.5), (9.0, 5.0), (99.0, 0.1)]
    found = lines(points, 0.0, 10.0, 1.0, gap=3.0)
    assert len(found) == 2
    assert len(found[0].split()) == 2  # 0 and 2: no further apart than a hole
    assert found[1] == "216.0,0.0 217.0,0.0"
    assert lines([], 0.0, 10.0, 1.0, gap=1.0) == []


def test_levels_are_cut() -> None:
    assert [level(one, 1.0) for one in (-1.0, 0.0, 2.0)] == [HEIGHT, HEIGHT, 0.0]
