"""What the API asks for: done once, and noted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awry.watch import requests as ask
from awry.watch.messages import BundleState, Gather, Request, UseBundle
from awry.watch.store.models import (
    AuditRow,
    EventRow,
    FeedbackRow,
    SessionRow,
    SnoozeRow,
    TokenRow,
    UserRow,
)
from keeper_site import HIGH, LOW, SUPERVISOR, WEB, KeptSite

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
DIGEST = "ab" * 32


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def done(site: KeptSite, values: ask.Values, uid: str = "") -> dict[str, Any]:
    answer = site.ask(values, uid)
    assert answer.error == ""
    return json.loads(answer.values)


def refused(site: KeptSite, values: ask.Values) -> str:
    return site.ask(values).error


def audited(site: KeptSite) -> list[tuple[str, str, str]]:
    return [(row.by, row.action, row.subject) for row in site.rows(AuditRow)]


def test_every_action_is_known(site: KeptSite) -> None:
    assert set(site.keeper._requests._doers) == set(ask.ACTIONS.values()) - {
        ask.Look
    }  # no write: the keeper's own


def test_judging_an_event(site: KeptSite) -> None:
    site.score(LOW + HIGH + LOW)
    uid = site.events()[0].uid
    done(site, ask.Judge(event=uid, label="abnormal", note="A thief."), "one")
    done(site, ask.Judge(event=uid, label="abnormal", note="A thief."), "one")
    assert [(row.label, row.note, row.by) for row in site.rows(FeedbackRow)] == [
        ("abnormal", "A thief.", "ann")
    ]
    done(site, ask.Unjudge(event=uid))
    assert site.events()[0].label is None
    assert audited(site) == [("ann", "judge", uid), ("ann", "unjudge", uid)]
    assert site.rows(AuditRow)[1].before == {"label": "abnormal"}
    assert "There is no event" in refused(site, ask.Judge(event="0" * 32, label="normal"))
    assert len(audited(site)) == 2


def test_judging_several_events_at_once(site: KeptSite) -> None:
    site.score(LOW + HIGH + LOW * 3 + HIGH + LOW)
    first, second = (event.uid for event in site.events())
    done(site, ask.Judge(event=first, label="abnormal"))
    done(site, ask.JudgeSome(camera="door", events=(first, second), label="normal"))
    assert [event.label for event in site.events()] == ["normal", "normal"]
    assert site.rows(AuditRow)[1].before == {first: "abnormal", second: None}
    done(site, ask.JudgeSome(camera="door", events=(second,), label=None))
    assert [event.label for event in site.events()] == ["normal", None]
    some = ask.JudgeSome(camera="gate", events=(second,), label="normal")
    assert "none of camera gate" in refused(site, some)
    assert [event.label for event in site.events()] == ["normal", None]


def test_a_place_is_snoozed_and_alarms_again(site: KeptSite) -> None:
    now, box = site.clock.now(), (0.1, 0.1, 0.4, 0.4)
    asked = ask.Snooze(camera="door", boxes=(box,), until=now + 60, note="a flag")
    number = done(site, asked)["id"]
    (row,) = site.rows(SnoozeRow)
    assert (row.id, row.camera, row.boxes) == (number, "door", [list(box)])
    assert (row.since, row.until, row.by, row.note) == (now, now + 60, "ann", "a flag")
    done(site, ask.Unsnooze(id=number))
    assert [(one.ended, one.ended_by) for one in site.rows(SnoozeRow)] == [(now, "ann")]
    assert audited(site) == [("ann", "snooze", "door"), ("ann", "unsnooze", "door")]
    assert "a time to come" in refused(site, ask.Snooze(camera="door", until=now))
    assert "no camera 'gate'" in refused(site, ask.Snooze(camera="gate"))
    assert "number 9" in refused(site, ask.Unsnooze(id=9))


def test_pinning_an_event(site: KeptSite) -> None:
    site.score(LOW + HIGH + LOW)
    uid = site.events()[0].uid
    done(site, ask.Pin(event=uid))
    done(site, ask.Pin(event=uid))
    assert [row.pinned for row in site.rows(EventRow)] == [True]
    done(site, ask.Unpin(event=uid))
    assert [row.pinned for row in site.rows(EventRow)] == [False]
    assert [action for _, action, _ in audited(site)] == ["pin", "unpin"]


def test_people_come_change_and_go(site: KeptSite) -> None:
    done(site, ask.UserMake(name="ann", password=HASH, role="admin", first=True))
    message = refused(site, ask.UserMake(name="eve", password=HASH, role="admin", first=True))
    assert message == "There is a user already; an administrator can make others."
    assert "already" in refused(site, ask.UserMake(name="ann", password=HASH, role="viewer"))
    done(site, ask.UserMake(name="bob", password=HASH, role="viewer"))
    done(site, ask.SessionMake(id=DIGEST, user="bob", csrf="c", until=site.clock.now() + 60))
    done(site, ask.UserPassword(name="bob", password=HASH + "2"))
    assert site.rows(SessionRow) == []
    for lost in (ask.UserRole(name="ann", role="viewer"), ask.UserRemove(name="ann")):
        assert "only administrator" in refused(site, lost)
    done(site, ask.UserRole(name="bob", role="admin"))
    done(site, ask.UserRemove(name="ann"))
    assert [(row.name, row.role) for row in site.rows(UserRow)] == [("bob", "admin")]
    assert "There is no user" in refused(site, ask.UserPassword(name="eve", password=HASH))
    assert HASH not in json.dumps([row.after for row in site.rows(AuditRow)])


def test_log_ins(site: KeptSite) -> None:
    done(site, ask.UserMake(name="ann", password=HASH, role="admin"))
    until = site.clock.now() + 60
    done(site, ask.SessionMake(id=DIGEST, user="ann", csrf="c", until=until))
    done(site, ask.SessionTouch(id=DIGEST, until=until + 60))
    assert [row.until for row in site.rows(SessionRow)] == [until + 60]
    done(site, ask.SessionEnd(id=DIGEST))
    assert site.rows(SessionRow) == []
    assert [action for _, action, _ in audited(site)] == [
        "user.make",
        "session.make",
        "session.end",
    ]
    assert DIGEST not in str([(row.subject, row.after) for row in site.rows(AuditRow)])
    done(site, ask.SessionMake(id=DIGEST, user="ann", csrf="c", until=until))
    done(site, ask.SessionEnd(user="ann"))
    assert site.rows(SessionRow) == []


def test_tokens(site: KeptSite) -> None:
    done(site, ask.TokenMake(id=DIGEST, name="nvr", scope="read", cameras=("door",)))
    assert [(row.name, row.scope, row.cameras, row.by) for row in site.rows(TokenRow)] == [
        ("nvr", "read", ["door"], "ann")
    ]
    assert "already" in refused(site, ask.TokenMake(id="cd" * 32, name="nvr", scope="read"))
    done(site, ask.TokenRemove(name="nvr"))
    assert site.rows(TokenRow) == []
    assert "There is no token" in refused(site, ask.TokenRemove(name="nvr"))


def test_detectors_are_promoted_dropped_and_taken_back(site: KeptSite) -> None:
    state = BundleState("b", "door", "bundles/door/2", "daml", "shadow", site.clock.now())
    site.tell(state, SUPERVISOR)
    folder = str(site.settings.store / "bundles/door/2")
    assert site.heard(UseBundle)[-1] == UseBundle("door", site.bundle, folder)
    done(site, ask.BundlePromote(camera="door", path="bundles/door/2"))
    assert site.heard(UseBundle)[-1] == UseBundle("door", folder)
    done(site, ask.BundleBack(camera="door"))
    assert site.heard(UseBundle)[-1] == UseBundle("door", site.bundle)
    done(site, ask.BundleDrop(camera="door", path="bundles/door/2"))
    assert "has no detector" in refused(site, ask.BundlePromote(camera="door", path="other"))
    done(site, ask.Refit(camera="door", reason="It moved."))
    assert site.heard(Gather)[-1].seconds > 0
    actions = [action for _, action, _ in audited(site)]
    assert actions == ["bundle.promote", "bundle.back", "bundle.drop", "refit"]
    assert site.rows(AuditRow)[0].after == {"bundle": folder}


def test_cameras_and_settings(site: KeptSite) -> None:
    assert "There is no camera" in refused(site, ask.Arm(camera="yard"))
    assert "There is no camera" in refused(site, ask.Refit(camera="yard"))
    done(site, ask.Disarm(camera="door"))
    done(site, ask.ConfigNoted(subject="door", before={"budget": None}, after={"budget": "1/day"}))
    assert audited(site) == [("ann", "disarm", "door"), ("ann", "config.noted", "door")]


def test_rubbish_is_refused(site: KeptSite) -> None:
    for request in (Request("u1", "explode"), Request("u2", "judge", "{"), Request("u3", "pin")):
        (effect,) = site.tell(request, WEB)
        assert getattr(effect.message, "error", "")
    assert audited(site) == []
