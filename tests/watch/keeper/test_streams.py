"""Scores as they come become minutes and events, and nothing outlives its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.watch.keeper.streams import SILENCE_S
from awry.watch.messages import Hello, Interesting, SessionEnded
from awry.watch.store.models import FinderRow
from keeper_site import HIGH, LOW, KeptSite

SCORER = Hello("scorer", "", 1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path, cameras={"door": {}})
    yield site
    site.close()


def test_an_event_whose_scores_stop_coming_ends(site: KeptSite) -> None:
    site.score(HIGH)
    (event,) = site.events()
    assert event.state == "open"
    site.clock.advance(SILENCE_S - 1)
    site.keeper.tick()
    assert site.events()[0].state == "open"
    site.clock.advance(2)
    site.keeper.tick()
    assert site.events()[0].state == "ended"


def test_the_end_of_a_session_ends_its_events_alone(site: KeptSite) -> None:
    site.score(HIGH)
    (row,) = site.rows(FinderRow)
    site.tell(SessionEnded("other", "door", "another session", site.clock.now()), SCORER)
    assert site.events()[0].state == "open"
    site.tell(SessionEnded("this", "door", row.session, site.clock.now()), SCORER)
    assert site.events()[0].state == "ended"


def test_a_scorer_hears_once_which_scores_are_interesting(site: KeptSite) -> None:
    site.score(LOW)
    said = site.heard(Interesting)
    assert [(one.camera, one.light) for one in said] == [("door", "day")]
    site.score(LOW)
    assert site.heard(Interesting) == said
    again = [one.message for one in site.keeper.greet(SCORER)]
    assert again == said


def test_scores_go_on_where_an_earlier_keeper_stopped(site: KeptSite) -> None:
    site.score(HIGH)
    before = site.rows(FinderRow)[0].step
    site.kill()
    site.score(HIGH)
    assert len(site.events()) == 1
    assert site.rows(FinderRow)[0].step > before
