"""Which events are near-duplicates, and how pages of them join."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from awry.watch.store import write
from awry.watch.store.groups import SLOT_S, event_groups, grouped, same_place
from awry.watch.store.read import EventFilter
from stores import an_event

SLOT = 1_800_000_000.0 // SLOT_S * SLOT_S
HERE, NEARBY, THERE = (0.1, 0.1, 0.3, 0.3), (0.15, 0.1, 0.35, 0.3), (0.6, 0.6, 0.8, 0.8)


def event(number: int, after: float, box: tuple[float, ...] | None = HERE, **more: Any) -> Any:
    regions = () if box is None else ({"box": list(box), "score": 1.0},)
    return an_event(number, start=SLOT + after, state="ended", regions=regions, **more)


def numbers(groups: Any) -> list[list[int]]:
    return [[int(one.uid, 16) for one in some] for some in groups]


def test_the_same_place_within_a_minute_is_one_group() -> None:
    some = [event(4, 150, NEARBY), event(3, 100), event(2, 50, THERE), event(1, 40)]
    assert numbers(grouped(some)) == [[4, 3, 1], [2]]


@pytest.mark.parametrize(
    "other",
    [
        event(1, 37),  # ended 61 s before
        event(1, 90, THERE),
        event(1, 90, None),
        event(1, 90, camera="gate"),
        event(1, 90, bundle="bundles/yard/2"),
        event(1, 90, shadow=True),
    ],
)
def test_what_differs_is_another_group(other: Any) -> None:
    assert numbers(grouped([event(2, 100), other])) == [[2], [1]]


def test_events_without_boxes_are_of_one_place() -> None:
    assert numbers(grouped([event(2, 100, None), event(1, 90, None)])) == [[2, 1]]


def test_a_group_ends_with_five_minutes_of_the_clock() -> None:
    some = [event(2, SLOT_S + 1), event(1, SLOT_S - 1)]
    assert numbers(grouped(some)) == [[2], [1]]


def test_boxes_of_a_place_need_not_be_the_same() -> None:
    assert same_place(event(1, 0, (0, 0, 1, 1)), event(2, 0, HERE))
    assert not same_place(event(1, 0, HERE), event(2, 0, (0.25, 0.1, 0.45, 0.3)))
    assert not same_place(event(1, 0, (0.1, 0.1, 0.1, 0.1)), event(2, 0, THERE))


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_hold_every_group_once_and_whole(session: Session, limit: int) -> None:
    for number in range(40):  # two cameras in turn, two places each
        box = (HERE, THERE)[number // 2 % 2]
        camera = ("gate", "yard")[number % 2]
        write.put_event(session, event(number, 12.0 * number, box, camera=camera), 1.0)
    whole = event_groups(session, limit=50).groups
    found: list[Any] = []
    cursor = None
    while True:
        page = event_groups(session, limit=limit, cursor=cursor)
        assert len(page.groups) <= limit
        found += page.groups
        cursor = page.next
        if cursor is None:
            break
    assert numbers(found) == numbers(whole)
    assert sorted(number for some in numbers(found) for number in some) == list(range(40))
    assert len(whole) == 8


def test_groups_of_a_filter(session: Session) -> None:
    for number in range(6):
        camera = ("gate", "yard")[number % 2]
        write.put_event(session, event(number, 10.0 * number, camera=camera), 1.0)
    page = event_groups(session, EventFilter(cameras=("yard",), until=SLOT + 40))
    assert (numbers(page.groups), page.next) == ([[3, 1]], None)
