"""Events as they are stored and told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.watch.messages import Due, EndClip, SessionEnded, StartClip
from awry.watch.store.models import ChangeRow
from keeper_site import HIGH, INGEST, LOW, REGION, KeptSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path, site={"mqtt": True})
    yield site
    site.close()


def phases(site: KeptSite) -> list[str]:
    return [row.payload["phase"] for row in site.rows(ChangeRow) if row.kind == "event"]


def test_an_open_event_is_written_once_a_second_and_where_its_peak_is_higher(
    site: KeptSite,
) -> None:
    site.score([*LOW, *[2.0] * 26])
    assert phases(site) == ["new", "update", "update"]
    site.score([2.1, 2.0, 2.0])
    assert phases(site) == ["new", "update", "update", "update"]
    site.score(LOW)
    assert phases(site)[4:] == ["end"]


def test_the_methods_words_count(site: KeptSite) -> None:
    site.score(LOW)
    site.score(HIGH, reason="Upper left: a person moves fast.", regions=(REGION,))
    (event,) = site.events()
    assert event.reason == "Upper left: a person moves fast."
    assert event.regions[0]["box"] == pytest.approx(list(REGION.box))
    assert event.regions[0]["class_name"] == "person"


def test_without_the_methods_words_place_part_and_height_are_said(site: KeptSite) -> None:
    site.score(LOW)
    site.score(HIGH, regions=(REGION,), parts={"speed": 2.0})
    assert site.events()[0].reason == (
        "Upper left: the part speed is higher than in normal footage; 2.0 times as far above "
        "normal as the threshold."
    )


def test_the_courier_hears_that_rows_wait(site: KeptSite) -> None:
    assert site.score(LOW) == [one for one in site.said if one.process == "scorer"]
    assert Due() in [one.message for one in site.score(HIGH)]
    assert Due() in [one.message for one in site.score(LOW)]


@pytest.mark.parametrize("camera", [{"recording": "off"}])
def test_a_camera_that_records_nothing_has_no_clips(
    site: KeptSite, camera: dict[str, object]
) -> None:
    site.settings = site.with_cameras({"door": camera})
    site.kill()
    site.score(LOW + HIGH + LOW)
    assert len(site.events()) == 1
    assert site.heard(StartClip) + site.heard(EndClip) == []
    assert not any(isinstance(one.message, StartClip) for one in site.keeper.greet(INGEST))


def test_each_piece_of_a_long_event_has_a_clip(site: KeptSite) -> None:
    site.settings = site.with_cameras({"door": {"longest_event_s": 10}})
    site.kill()
    site.score([*LOW, *[2.0] * 150])
    site.tell(SessionEnded("e", "door", "s", site.clock.now()))
    events = site.events()
    assert [event.uid for event in events] == [one.event for one in site.heard(StartClip)]
    assert [event.end for event in events] == [one.end for one in site.heard(EndClip)]
    assert len(events) == 2
