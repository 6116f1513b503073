"""Rows of the outbox."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from awry.watch.store.models import OutboxRow
from keeper_site import HIGH, LOW, KeptSite


def rows(site: KeptSite) -> list[tuple[str, str, str]]:
    return sorted((row.channel, row.target, row.kind) for row in site.rows(OutboxRow))


def test_programs_hear_of_beginning_and_end_people_once(tmp_path: Path) -> None:
    people = {"name": "phone", "to": ""}
    others = {"name": "yard", "to": "", "cameras": ("yard",)}
    programs = {"name": "nvr", "to": "", "cameras": ("door", "yard")}
    told = {"mqtt": True, "notify": (people, others), "webhooks": (programs,)}
    site = KeptSite(tmp_path, site=told)
    site.score(LOW + HIGH)
    began = [("mqtt", "broker", "new"), ("notify", "phone", "new"), ("webhook", "nvr", "new")]
    assert rows(site) == began
    site.score(LOW)
    assert rows(site) == sorted([*began, ("mqtt", "broker", "end"), ("webhook", "nvr", "end")])
    payload = site.rows(OutboxRow)[0].payload
    assert (payload["camera"], payload["score"]) == ("door", 2.0)
    assert {row.subject for row in site.rows(OutboxRow)} == {site.events()[0].uid}
    site.close()


def test_schedules_of_receivers_count(tmp_path: Path) -> None:
    night = {"name": "phone", "to": "", "schedule": "night"}
    told = {"notify": (night,), "schedules": {"night": ("22:00-06:00",)}}
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC).timestamp()
    site = KeptSite(tmp_path, now=noon, site=told)
    site.score(LOW + HIGH + LOW)
    assert rows(site) == []
    assert [event.told for event in site.events()] == [True]
    site.clock.advance(11 * 3600)
    site.score(HIGH + LOW)
    assert rows(site) == [("notify", "phone", "new")]
    site.close()
