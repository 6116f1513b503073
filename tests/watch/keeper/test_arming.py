"""Zones, cool-down and what is armed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.watch.keeper.arming import Circumstances, Manual, in_zones, overlap, silence, snoozed
from awry.watch.messages import SeenRegion
from awry.watch.site.model import Zone

LEFT = Zone(name="left", polygon=((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
ROAD = Zone(name="road", alarm="never", polygon=((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
CALM = Circumstances(
    shadow=False, armed=True, counts=True, since_last_s=None, cooldown_s=30.0, spent=False
)


def at(*box: float) -> tuple[SeenRegion, ...]:
    return (SeenRegion((box[0], box[1], box[2], box[3]), 1.0),)


def test_the_share_of_a_box_inside_a_polygon() -> None:
    triangle = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    assert overlap((0, 0, 1, 1), triangle) == pytest.approx(0.5)
    assert overlap((0, 0, 0.2, 0.2), triangle) == pytest.approx(1.0)
    assert overlap((0.8, 0.8, 1, 1), triangle) == 0.0
    notched = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.0)]
    assert overlap((0, 0, 1, 1), notched) == pytest.approx(0.75)
    assert overlap((0.5, 0.5, 0.5, 0.9), triangle) == 0.0


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_box_never_lies_inside_by_more_than_all_of_it(sides: list[float]) -> None:
    box = (*sorted(sides[:2]), *sorted(sides[2:]))
    share = overlap((box[0], box[2], box[1], box[3]), LEFT.polygon)
    wanted = max(0.0, min(box[1], 0.5) - box[0]) / (box[1] - box[0]) if box[1] > box[0] else 0.0
    assert 0 <= share <= 1
    if box[1] - box[0] > 1e-6 and box[3] - box[2] > 1e-6:
        assert share == pytest.approx(wanted, abs=1e-6)


def test_zones_say_which_regions_count() -> None:
    assert in_zones(at(0.9, 0.9, 1, 1), ())
    assert in_zones((), (LEFT,))  # nobody knows where it was
    assert in_zones(at(0.4, 0.1, 0.6, 0.2), (LEFT,))
    assert not in_zones(at(0.6, 0.1, 0.8, 0.2), (LEFT,))
    assert not in_zones(at(0.1, 0.6, 0.2, 0.8), (ROAD,))
    assert in_zones(at(0.1, 0.3, 0.2, 0.6), (ROAD,))  # a third of it
    assert not in_zones(at(0.1, 0.6, 0.2, 0.8), (LEFT, ROAD))
    assert in_zones(at(0.1, 0.6, 0.2, 0.8) + at(0.1, 0.1, 0.2, 0.2), (LEFT, ROAD))


def test_all_that_counts_must_lie_in_snoozed_places() -> None:
    place = ((0.0, 0.0, 0.2, 0.2), (0.2, 0.0, 0.4, 0.2))
    inside, beside = at(0.05, 0.05, 0.15, 0.15), at(0.6, 0.6, 0.8, 0.8)
    assert snoozed(inside, (), [place])
    assert not snoozed(beside, (), [place])
    assert not snoozed(inside + beside, (), [place])
    assert snoozed(inside + beside, (LEFT,), [place])  # what is not in the zone does not count
    assert snoozed(at(0.1, 0.0, 0.29, 0.2), (), [place])  # half of it in one box
    assert not snoozed(at(0.0, 0.0, 0.5, 0.5), (), [place])
    assert not snoozed((), (), [place])  # nobody knows where it was
    assert snoozed((), (), [place, ()])  # the whole picture is snoozed
    assert not snoozed(inside, (), [])


def test_why_nobody_is_told() -> None:
    assert silence(CALM) == ""
    assert silence(replace(CALM, shadow=True, armed=False)) == "shadow"
    assert silence(replace(CALM, armed=False)) == "disarmed"
    assert silence(replace(CALM, counts=False)) == "zone"
    assert silence(replace(CALM, since_last_s=29.0)) == "cooldown"
    assert silence(replace(CALM, since_last_s=30.0)) == ""
    assert silence(replace(CALM, spent=True)) == "budget"


def test_what_was_asked_by_hand_holds_until_the_schedule_changes_or_a_moment() -> None:
    assert Manual(armed=False, scheduled=True).holds(True, 10.0)
    assert not Manual(armed=False, scheduled=True).holds(False, 10.0)
    assert Manual(armed=False, scheduled=True, until=20.0).holds(False, 10.0)
    assert not Manual(armed=False, scheduled=True, until=20.0).holds(True, 20.0)
