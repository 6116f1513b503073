"""What is stored of a calibration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.errors import BundleError
from awry.scoring.calibration import Budget
from awry.watch.keeper.stored_levels import StoredLevel
from awry.watch.requests import Judge
from keeper_site import HIGH, LOW, THRESHOLD, KeptSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def test_of_the_database_and_of_the_folder(site: KeptSite) -> None:
    key = ("door", site.bundle, "day")
    with site.reading() as session:
        folder = StoredLevel.of(session, key)
    assert (folder.now, folder.rate, folder.watched_s) == (None, None, 0.0)
    assert folder.level().threshold == THRESHOLD
    site.score([*LOW, *HIGH, *LOW])
    site.ask(Judge(event=site.events()[0].uid, label="normal"))
    with site.reading() as session:
        row = StoredLevel.of(session, key)
    assert row.now is not None
    assert (row.level().threshold, row.untaught(None).threshold) == (2.0, THRESHOLD)
    assert (row.rate, row.watched_s) == (10.0, 60.0)
    assert row.by_hand(7).threshold == 7.0
    with pytest.raises(BundleError, match="no more than a threshold"):
        row.level(Budget.parse("1/day"))
    assert row.untaught(Budget.parse("1/day")).threshold == THRESHOLD


def test_of_nothing(site: KeptSite) -> None:
    with site.reading() as session, pytest.raises(BundleError):
        StoredLevel.of(session, ("door", "nowhere", "day"))
