"""Another threshold on stored scores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError, InputError
from awry.watch.keeper.replay import replay
from awry.watch.messages import SessionEnded
from awry.watch.requests import Judge
from awry.watch.store.read import event as stored_event
from keeper_site import HIGH, LOW, KeptSite

SERIES: list[float | None] = [None, *LOW, *HIGH, *LOW, 1.5, 1.5, *LOW, 2.5, 0.95, 2.5, *LOW]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def test_as_it_is_gives_what_was(site: KeptSite) -> None:
    chance = np.random.default_rng(3)
    for number in range(3):
        values = np.repeat(chance.choice([0.1, 0.92, 1.2, 2.0], 40), chance.integers(1, 6, 40))
        site.steps = 0
        site.score([float(one) for one in values], session=f"s{number}")
        site.tell(SessionEnded(f"e{number}", "door", f"s{number}", site.clock.now()))
    found = replay(site.database, "door")
    were = site.events()
    assert len(were) > 5
    assert [one.was for one in found.events] == [one.uid for one in were]
    for one, other in zip(found.events, were, strict=True):
        assert one.start == pytest.approx(other.start, abs=1e-4)
        assert one.end == pytest.approx(other.end, abs=1e-4)
        assert one.peak_at == pytest.approx(other.peak_at, abs=1e-4)
        assert one.score == other.score
    assert (found.new, found.gone) == ((), ())
    assert found.seconds == pytest.approx(sum(1 for _ in range(site.steps)) / 10, rel=3.0)


def test_another_threshold(site: KeptSite) -> None:
    site.score(SERIES)
    higher = replay(site.database, "door", threshold=1.8)
    assert [round(one.score, 3) for one in higher.events] == [2.0, 2.5]
    assert [one.score for one in higher.gone] == [1.5]
    assert higher.asked == "threshold 1.8"
    assert higher.thresholds == {"day": 1.8}
    lower = replay(site.database, "door", threshold=0.05)
    assert len(lower.events) == 1
    assert lower.gone == ()
    assert lower.per_day == pytest.approx(86_400 / lower.seconds)
    assert json.dumps(lower.to_dict())
    assert [card.value for card in lower.cards()] == ["1", "0", "0"]


def test_feedback_counts_in_a_replayed_budget_too(site: KeptSite) -> None:
    site.score(SERIES)
    site.ask(Judge(event=site.events()[0].uid, label="normal"))
    assert [one.score for one in replay(site.database, "door").events] == [2.5]


def test_an_event_that_lasts_is_cut_as_it_was(site: KeptSite) -> None:
    site.settings = site.with_cameras({"door": {"longest_event_s": 10}})
    site.kill()
    site.score([2.0] * 250 + LOW)
    found = replay(site.database, "door", longest_event_s=10.0)
    assert [one.was for one in found.events] == [one.uid for one in site.events()]
    assert len(found.events) == 3


def test_light_modes_have_thresholds_of_their_own(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    site.score(HIGH + LOW, light="infrared")
    found = replay(site.database, "door")
    assert [one.light for one in found.events] == ["day", "infrared"]
    assert set(found.thresholds) == {"day", "infrared"}
    with site.reading() as session:
        assert stored_event(session, str(found.events[1].was)) is not None


def test_what_cannot_be_replayed_is_said(site: KeptSite) -> None:
    with pytest.raises(InputError, match="no stored scores in that time"):
        replay(site.database, "door")
    with pytest.raises(InputError, match="no stored scores in that time"):
        replay(site.database, "door", since=1_795_000_000.0)
    site.score(SERIES)
    with pytest.raises(ConfigError, match="a budget or a threshold"):
        replay(site.database, "door", budget="1/day", threshold=1.0)
    with pytest.raises(ConfigError, match="finite number"):
        replay(site.database, "door", threshold=float("nan"))
    with pytest.raises(InputError, match="the end must come later"):
        replay(site.database, "door", since=2.0, until=1.0)
    with pytest.raises(InputError, match="31 at most"):
        replay(site.database, "door", since=0.0, until=1e7)
    with pytest.raises(InputError, match="no stored scores of other"):
        replay(site.database, "door", bundle="other")
    with pytest.raises(InputError, match="no stored scores in that time"):
        replay(site.database, "yard")


def test_it_is_drawn(site: KeptSite) -> None:
    from matplotlib.figure import Figure

    site.score(SERIES)
    found = replay(site.database, "door")
    axes = Figure().add_subplot()
    found.draw(axes)
    assert len(axes.patches) == len(found.events) + len(found.were)
