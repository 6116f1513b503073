"""Two detectors are compared on what both have scored, and on nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.errors import InputError
from awry.watch.keeper import compare as module
from awry.watch.keeper.compare import compare, within
from awry.watch.requests import Judge
from awry.watch.store.scores import ScoreSpan
from keeper_site import HIGH, LOW, KeptSite, write_manifest


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


@pytest.fixture
def other(tmp_path: Path) -> str:
    return str(write_manifest(tmp_path / "other"))


def minute(site: KeptSite, values: list[float], bundle: str = "") -> None:
    """A minute of scores by a detector, from its beginning."""
    mine, site.bundle = site.bundle, bundle or site.bundle
    site.clock.advance(60 - site.clock.now() % 60)
    site.score(values, session=f"{bundle}{site.clock.now()}", shadow=bool(bundle))
    site.bundle = mine


def test_only_minutes_of_both_count(site: KeptSite, other: str) -> None:
    minute(site, [*LOW, *HIGH, *LOW])  # the first one alone
    begin = site.clock.now() // 60 * 60 + 60
    for one, two in (([*LOW, *HIGH, *LOW], [*LOW, *LOW]), ([*HIGH, *LOW], [*LOW, *HIGH, *LOW])):
        minute(site, list(one))
        site.clock.advance(-(site.clock.now() % 60) - 1)
        minute(site, list(two), other)
    minute(site, [*HIGH, *LOW], other)  # the second one alone
    events = [one for one in site.events() if not one.shadow]
    site.ask(Judge(event=events[1].uid, label="abnormal"))
    found = compare(site.database, "door", site.bundle, other)
    assert (found.since, found.until) == (begin, begin + 120)
    assert (len(found.first.events), len(found.second.events)) == (2, 1)
    assert found.first.abnormal == (events[1].uid,)
    assert found.second.abnormal == ()
    assert found.first.per_day == pytest.approx(86_400 * 2 / found.first.seconds)
    low, high = found.first.interval
    assert low < found.first.per_day < high


def test_no_minute_in_common_is_said(site: KeptSite, other: str) -> None:
    minute(site, [*LOW])
    minute(site, [*LOW], other)
    with pytest.raises(InputError, match="no minute of camera door in common"):
        compare(site.database, "door", site.bundle, other)
    with pytest.raises(InputError, match="with itself"):
        compare(site.database, "door", other, other)


def test_what_never_ends_is_said_and_not_listed(
    site: KeptSite, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    minute(site, [*LOW, *HIGH, *LOW])
    site.clock.advance(-(site.clock.now() % 60) - 1)
    minute(site, [*LOW], other)
    monkeypatch.setattr(module, "MOST_EVENTS", 0)
    found = compare(site.database, "door", site.bundle, other)
    assert (found.first.endless, found.first.events) == (True, ())
    assert (found.second.endless, found.second.events) == (False, ())


def test_what_is_left_out_is_a_break() -> None:
    times = np.arange(0, 300, 10.0)
    scores = ScoreSpan(
        times, np.ones(30, np.float32), np.zeros(30, np.uint8), (times >= 270).astype(np.int32)
    )
    some = within(scores, [0, 60, 180, 240])
    assert some.times.tolist() == [*range(0, 120, 10), *range(180, 300, 10)]
    assert some.sessions.tolist() == [0] * 12 + [1] * 9 + [2] * 3
