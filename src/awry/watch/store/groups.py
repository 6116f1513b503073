"""Near-duplicates of one event together: the same place of a camera, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from awry.watch.store.read import EventFilter, cursor_of, events, place_of
from awry.watch.store.results import GroupPage, StoredEvent

NEAR_S = 60.0
"""An event is the next of a group where it begins so soon after the one before has ended."""
SLOT_S = 300.0
"""A group ends with each five minutes of the clock, so that what goes on for hours stays seen."""
SAME_PLACE = 0.5
"""Two boxes are of the same place where so much of the smaller one lies in the other."""
_SOME, _MOST = 200, 1000


def grouped(events: Sequence[StoredEvent]) -> list[list[StoredEvent]]:
    """Events with their near-duplicates.

    Of one group are events of the same camera and detector, each of which begins within a minute of
    the end of the one before, in the same place (by the strongest box of each), and within the same
    five minutes of the clock. Events without boxes are of the same place as each other.

    Args:
        events: newest first.

    Returns:
        groups by their newest event, each newest first.
    """
    groups: list[list[StoredEvent]] = []
    growing: dict[tuple[object, ...], list[list[StoredEvent]]] = {}
    for one in events:
        key = (one.camera, one.bundle, one.shadow, one.start // SLOT_S)
        mine = next((some for some in growing.get(key, []) if _follows(some[-1], one)), None)
        if mine is None:
            mine = []
            groups.append(mine)
            growing.setdefault(key, []).append(mine)
        mine.append(one)
    return groups


def event_groups(
    session: Session,
    wanted: EventFilter | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> GroupPage:
    """Events with their near-duplicates, newest first.

    A group of thousands of events is given in parts, since at most a thousand are read at a time.

    Args:
        session: a unit of reading.
        wanted: which; by default all of detectors that alarm.
        limit: at most so many groups, 1 and more.
        cursor: `GroupPage.next` of the page before.

    Raises:
        InputError: a cursor that is none.
    """
    wanted = wanted or EventFilter()
    begun = () if cursor is None else _begun(session, wanted, cursor)
    known = {one.uid for one in begun}
    read: list[StoredEvent] = []
    following = cursor
    while True:
        page = events(session, wanted, limit=_SOME, cursor=following)
        read += [one for one in page.events if one.uid not in known]
        following = page.next
        groups = [some for some in grouped([*begun, *read]) if some[0].uid not in known]
        if following is None or len(read) >= _MOST or _whole(groups[:limit], len(groups), read):
            break
    shown = tuple(tuple(one for one in some if one.uid not in known) for some in groups[:limit])
    more = len(groups) > limit or following is not None
    if not shown:  # all that was read belongs to groups that were shown before
        return GroupPage((), following)
    return GroupPage(shown, cursor_of(shown[-1][0]) if more else None)


def _begun(session: Session, wanted: EventFilter, cursor: str) -> tuple[StoredEvent, ...]:
    """Events before the cursor whose groups may go on behind it."""
    start, _ = place_of(cursor)
    end = (start // SLOT_S + 1) * SLOT_S
    until = end if wanted.until is None else min(end, wanted.until)
    since = start if wanted.since is None else max(start, wanted.since)
    some = events(session, replace(wanted, since=since, until=until), limit=_MOST).events
    place = place_of(cursor)
    return tuple(one for one in some if (one.start, one.uid) >= place)


def _whole(shown: list[list[StoredEvent]], found: int, read: list[StoredEvent]) -> bool:
    """Whether more groups than are shown were found, and nothing can join those any longer."""
    if not read or found <= len(shown):
        return False
    return all(read[-1].start // SLOT_S < some[-1].start // SLOT_S for some in shown)


def _follows(later: StoredEvent, earlier: StoredEvent) -> bool:
    near = later.start - earlier.end <= NEAR_S
    return near and same_place(later, earlier)


def same_place(one: StoredEvent, other: StoredEvent) -> bool:
    """Whether the strongest boxes of two events are of the same place."""
    if not one.regions or not other.regions:
        return bool(one.regions) == bool(other.regions)
    first, second = one.regions[0]["box"], other.regions[0]["box"]
    sides = [
        min(first[2 + axis], second[2 + axis]) - max(first[axis], second[axis]) for axis in (0, 1)
    ]
    if min(sides) <= 0:
        return False
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return bool(sides[0] * sides[1] >= SAME_PLACE * smaller)
