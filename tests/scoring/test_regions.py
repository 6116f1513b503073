from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awry.frames import Region
from awry.scoring.maps import map_regions
from awry.scoring.regions import distinct_regions, named_regions


def test_the_levels_of_one_map_give_one_box_an_object() -> None:
    heat = np.zeros((30, 40), np.float32)
    heat[2:12, 2:12], heat[4:9, 4:9], heat[5, 5] = 1, 2, 3
    heat[20:28, 25:38], heat[22:25, 30:33] = 1, 2
    every = map_regions(heat, (0.5, 1.5, 2.5), (30, 40))
    assert len(every) == 5
    chosen = distinct_regions(every)
    assert [region.box for region in chosen] == [(2, 2, 11, 11), (25, 20, 37, 27)]
    assert [region.score for region in chosen] == [3, 2]
    assert distinct_regions(every, 1) == chosen[:1]


def test_a_box_that_sticks_out_a_little_is_of_the_same_object_and_neighbours_are_not() -> None:
    outer, rounded = Region((0, 0, 19, 19), 2.0), Region((10, 10, 20, 18), 1.0)
    assert distinct_regions([rounded, outer]) == (outer,)
    beside = Region((10, 0, 29, 19), 1.0)
    assert distinct_regions([outer, beside]) == (outer, beside)
    assert distinct_regions([]) == ()


def test_a_level_that_joins_two_objects_gives_way_to_them() -> None:
    # A frame of UCSD Ped2: a bicycle and a cart, joined at the lowest level.
    bicycle, cart = Region((262, 105, 352, 187), 2.76), Region((120, 165, 239, 239), 1.13)
    around = Region((105, 97, 359, 239), 2.76)
    smaller = [Region((277, 105, 344, 179), 2.76), Region((127, 172, 232, 239), 1.13)]
    assert distinct_regions([around, bicycle, *smaller, cart]) == (bicycle, cart)
    # One object with a small detail stays one; so does a detector's own strongest box.
    detail = Region((110, 100, 120, 110), 1.0)
    assert distinct_regions([around, bicycle, detail]) == (around,)
    bus = replace(around, score=3.0)
    assert distinct_regions([bus, bicycle, cart]) == (bus,)


coordinate = st.integers(0, 40)
boxes = st.tuples(coordinate, coordinate, coordinate, coordinate).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)


@given(st.lists(st.tuples(boxes, st.floats(-5, 5))))
def test_what_is_chosen_is_apart_and_holds_the_strongest(rows: list) -> None:
    regions = [Region(box, score) for box, score in rows]
    chosen = distinct_regions(regions)
    assert all(a.score >= b.score for a, b in pairwise(chosen))
    assert distinct_regions(chosen) == chosen
    if regions:
        assert chosen[0].score == max(region.score for region in regions)
    for number, one in enumerate(chosen):
        for other in chosen[number + 1 :]:
            nested = all(a <= b for a, b in zip(one.box[:2], other.box[:2], strict=True)) and all(
                a >= b for a, b in zip(one.box[2:], other.box[2:], strict=True)
            )
            assert not nested


def test_a_region_takes_the_class_of_the_object_that_it_is_of() -> None:
    regions = [Region((5, 5, 9, 9), 1.0), Region((50, 50, 59, 59), 1.0)]
    objects = [((0, 0, 20, 20), "person"), ((8, 8, 30, 30), "bicycle"), ((50, 50, 60, 60), "")]
    assert [one.class_name for one in named_regions(regions, objects)] == ["person", ""]
    assert named_regions(regions, []) == regions
