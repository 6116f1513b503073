"""Shares of the picture in pixels."""

from __future__ import annotations

from awry.video.ignore import IgnoreRegions
from awry.watch.shares import polygon_in_pixels


def test_a_polygon_of_the_whole_picture_reaches_its_edges() -> None:
    half = polygon_in_pixels([(0, 0), (1, 0), (1, 0.5), (0, 0.5)], (5, 8))
    assert half == "polygon:0,0;7,0;7,2;0,2"
    mask = IgnoreRegions.parse([half]).mask(5, 8)
    assert mask[:3].all()
    assert not mask[3:].any()
