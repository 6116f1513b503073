"""Tried budgets that are kept."""

from __future__ import annotations

from awry.watch.keeper.tried_budgets import try_budgets
from awry.watch.web import sensitivity_cache as module
from awry.watch.web.sensitivity_cache import SensitivityCache, body_of
from scored_here import BEGIN, score
from web_site import Here, event

ASKED = ("door", 7.0, "2/day", 300.0)


def test_only_the_newest_few_are_kept(here: Here) -> None:
    score(here)
    kept = SensitivityCache(here.database)
    assert kept.known(*ASKED) is None
    text = kept.made(*ASKED)
    assert kept.known(*ASKED) == text
    assert kept.known("door", 7.0, "3/day", 300.0) is None
    assert kept.known("door", 7.0, "2/day", 20.0) is None
    for days in range(1, 9):
        kept.made("door", days / 10, "2/day", 300.0)
    assert kept.known(*ASKED) is None


def test_of_many_events_the_newest_are_listed(here: Here, monkeypatch: object) -> None:
    score(here)
    here.add(event("e", "door", BEGIN + 450, score=float("inf"), picture=""))
    found = try_budgets(here.database, "door", budget="2/day")
    whole = body_of(found, "2/day")
    (mine,) = [one for one in whole.were if one.uid == "e"]
    assert (mine.score, mine.picture) == (None, False)
    before, module.MOST_LISTED = module.MOST_LISTED, 2
    try:
        some = body_of(found, "2/day").tried[-1]
    finally:
        module.MOST_LISTED = before
    assert some.count == whole.tried[-1].count > 2
    assert some.events == whole.tried[-1].events[-2:]
