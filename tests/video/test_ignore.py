from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import ConfigError
from awry.video import IgnoreRegions


def mask(*specs: str, size: tuple[int, int] = (6, 8)) -> np.ndarray:
    return IgnoreRegions.parse(specs).mask(*size)


def box(y_min: int, y_max: int, x_min: int, x_max: int) -> np.ndarray:
    expected = np.zeros((6, 8), bool)
    expected[y_min : y_max + 1, x_min : x_max + 1] = True
    return expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("rows:0-2", box(0, 2, 0, 7)),
        ("rows:5-5", box(5, 5, 0, 7)),
        ("rows:4-", box(4, 5, 0, 7)),
        ("columns:2-3", box(0, 5, 2, 3)),
        ("rectangle:1,2,3,4", box(2, 4, 1, 3)),
        ("rect:1,2,3,4", box(2, 4, 1, 3)),
        (" rectangle: 5, 3, , ", box(3, 5, 5, 7)),
        ("rectangle:5,3,6,", box(3, 5, 5, 6)),
        ("rectangle:5,3,600,400", box(3, 5, 5, 7)),
        ("polygon:1,1;4,1;4,3;1,3", box(1, 3, 1, 4)),
    ],
)
def test_each_kind_is_inclusive(spec: str, expected: np.ndarray) -> None:
    assert np.array_equal(mask(spec), expected)


def test_triangle_and_union() -> None:
    triangle = mask("polygon:0,0;4,0;0,4")
    assert triangle[0, 4]
    assert triangle[4, 0]
    assert triangle[2, 2]
    assert not triangle[3, 3]
    both = mask("rows:0-0", "columns:7-7")
    assert both.sum() == 8 + 5


@pytest.mark.parametrize(
    "spec",
    [
        "rows:5-2", "rows:a-b", "rows:3", "cols:1-2", "rectangle:1,2,3", "rectangle:3,0,1,4",
        "rectangle:-1,0,1,4", "polygon:0,0;1,1", "polygon:0,0;1;2,2", "", "0-23", "rows:1.5-2",
    ],
)  # fmt: skip
def test_bad_regions_show_an_example(spec: str) -> None:
    with pytest.raises(ConfigError, match=r"rows:0-23.*rectangle:250,198,,.*polygon"):
        IgnoreRegions.parse([spec])


def test_outside_and_everything_are_refused() -> None:
    with pytest.raises(ConfigError, match="outside of the 8 x 6 frame"):
        mask("rows:6-9")
    with pytest.raises(ConfigError, match="whole frame"):
        mask("rows:0-2", "rows:3-")


def test_value() -> None:
    regions = IgnoreRegions.parse(["rows:0-23", "rectangle:250,198,,"])
    assert regions.specs == ["rows:0-23", "rectangle:250,198,,"]
    assert IgnoreRegions.parse(regions.specs) == regions
    assert hash(IgnoreRegions.parse(regions.specs)) == hash(regions)
    assert regions
    assert not IgnoreRegions.parse([])
    assert not IgnoreRegions.parse([]).mask(3, 4).any()
    with pytest.raises(dataclasses.FrozenInstanceError):
        regions.written = ()  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        regions.mask(240, 320)[0, 0] = False


def test_umn_caption_and_logo() -> None:
    regions = IgnoreRegions.parse(["rows:0-23", "rectangle:250,198,,"])
    full = regions.mask(240, 320)
    assert full.sum() == 24 * 320 + 42 * 70
    small = regions.mask(30, 40, reference_size=(240, 320))
    assert small[:3].all()
    assert not small[3].any()
    # Column 31 covers x 248-255 and row 24 covers y 192-199: touched is ignored.
    assert small[24, 31]
    assert not small[24, 30]
    assert not small[23, 31]


@given(st.integers(0, 99), st.integers(0, 79), st.integers(1, 40), st.integers(1, 40))
def test_a_single_pixel_always_survives_shrinking(x: int, y: int, height: int, width: int) -> None:
    regions = IgnoreRegions.parse([f"rectangle:{x},{y},{x},{y}"])
    small = regions.mask(height, width, reference_size=(80, 100))
    assert small[y * height // 80, x * width // 100]
    assert small.sum() <= 4


def test_outline_changes_ignored_pixels_alone() -> None:
    image = np.full((40, 60, 3), 128, np.uint8)
    regions = IgnoreRegions.parse(["rows:0-19"])
    drawn = regions.outline(image)
    assert (image == 128).all()
    assert (drawn[20:] == 128).all()
    assert (drawn[:20] != 128).all()
    assert len(np.unique(drawn[2:18, 2:58])) > 1
    assert np.array_equal(IgnoreRegions.parse([]).outline(image), image)
