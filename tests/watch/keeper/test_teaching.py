"""What judgements change, and by what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.watch.keeper.teaching import alarming_detector, counts_in, taught, unjudged
from awry.watch.requests import Judge
from awry.watch.store.feedback import judgements
from keeper_site import HIGH, LOW, THRESHOLD, KeptSite, write_manifest


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def test_before_and_after_a_judgement_with_its_sentence(site: KeptSite) -> None:
    site.score([*LOW, *HIGH, *LOW, 2.5, 2.5, *LOW, 3.0, 3.0, *LOW])
    with site.reading() as session:
        (one,) = taught(session, "door", None)
    assert (one.before, one.after, one.normal) == (THRESHOLD, THRESHOLD, 0)
    first, second, third = site.events()
    site.ask(Judge(event=first.uid, label="normal"))
    site.ask(Judge(event=second.uid, label="normal"))
    site.ask(Judge(event=third.uid, label="abnormal"))
    with site.reading() as session:
        (one,) = taught(session, "door", None)
        said = judgements(session, "door")
        assert unjudged(session, "door", 0.0) == 0
        assert all(counts_in(word, (one,)) for word in said)
    assert (one.before, one.after) == (THRESHOLD, 2.5)
    assert (one.normal, one.abnormal, one.above) == (2, 1, 2)
    assert "2 alarms above it were judged normal" in one.how
    assert one.changed == site.clock.now()
    assert (one.drift, one.reference) == ("", False)


def test_the_detector_whose_events_count(site: KeptSite, tmp_path: Path) -> None:
    with site.reading() as session:
        assert alarming_detector(session, "door") == ""
        assert taught(session, "door", None) == ()
    site.score([*LOW])
    mine = site.bundle
    site.bundle = str(write_manifest(tmp_path / "other"))
    site.clock.advance(120)
    site.score([*LOW])
    with site.reading() as session:
        assert alarming_detector(session, "door") == site.bundle != mine


def test_unjudged_events_are_counted_without_those_that_only_were_tried(site: KeptSite) -> None:
    site.score([*LOW, *HIGH, *LOW], session="a")
    site.score([*LOW, *HIGH, *LOW], session="b", shadow=True)
    with site.reading() as session:
        assert unjudged(session, "door", 0.0) == 1
        assert unjudged(session, "door", site.clock.now()) == 0
