from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.watch.store import write
from awry.watch.store.listing import list_events
from awry.watch.store.read import EventFilter
from stores import a_site, a_store, an_event


def test_events_of_a_site_are_listed_page_by_page(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    with database.writing() as session:
        for number in range(3):
            write.put_event(session, an_event(number, told=number > 0), 1.0)
    site = a_site(tmp_path)
    first = list_events(site, EventFilter(told=True), limit=1)
    assert [one.uid for one in first.events] == [an_event(2).uid]
    second = list_events(site, EventFilter(told=True), limit=1, cursor=first.next)
    assert [one.uid for one in second.events] == [an_event(1).uid]
    assert second.next is None
    assert len(list_events(site).events) == 3
    database.close()


def test_without_a_store_there_are_no_events(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no database yet"):
        list_events(a_site(tmp_path))
