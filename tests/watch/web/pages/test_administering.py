"""The system's pages for administrators."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from awry.watch.store.kept_log import KeptLog
from awry.watch.store.models import AuditRow, TokenRow
from awry.watch.store.restore import Wish, wish
from parsed_page import Parsed
from web_site import NOW, Here


def page(here: Here, path: str) -> Parsed:
    answer = here.client("admin").get(path)
    assert answer.status_code == 200, answer.text
    return Parsed(answer.text)


def words(text: str) -> str:
    return " ".join(text.split())


def keep(here: Here, count: int) -> None:
    log = KeptLog(here.database.layout.logs)
    for number in range(count):
        said = {"process": "ingest door", "level": "error", "message": f"line {number}"}
        log(json.dumps({"at": "2027-01-15T08:00:00+00:00", **said}))
    log.close()


def test_the_log_goes_on_where_it_ended(here: Here) -> None:
    keep(here, 250)
    first = page(here, "/system/log?camera=door&level=warning")
    assert [one["data-id"] for one in first.all("tr") if "data-id" in one][:2] == ["250", "249"]
    (lines,) = [one for name, one in first.elements if "data-lines" in one]
    assert lines["data-newest"] == "250"
    assert lines["data-live"].startswith("/ui/system/log?")
    (older,) = [one for one in first.values("href") if "before=" in one]
    query = parse_qs(urlsplit(older).query)
    assert query == {"level": ["warning"], "camera": ["door"], "before": ["51"]}
    second = page(here, older)
    assert len([one for one in second.all("tr") if "data-id" in one]) == 50
    assert not [one for name, one in second.elements if one.get("data-live")]
    keep(here, 3)
    new = page(here, f"{lines['data-live']}&after=250")
    assert [one["data-id"] for one in new.all("tr")] == ["253", "252", "251"]


def test_what_was_chosen_stays_chosen(here: Here) -> None:
    found = page(here, "/system/log?level=error&text=a%22b")
    chosen = [one["value"] for one in found.all("option") if "selected" in one and "value" in one]
    assert "error" in chosen
    assert found.all("input", name="text")[0]["value"] == 'a"b'
    assert "No line of the log fits." in found.text


def test_backups(here: Here) -> None:
    here.client("admin").post("/api/v1/backups")
    name = "backup-2027-01-15-0800"
    found = page(here, "/system/backups")
    deeds = {
        (one["data-deed"], one["data-path"]) for one in found.all("button") if "data-deed" in one
    }
    assert deeds == {
        ("POST", "/api/v1/backups"),
        ("POST", f"/api/v1/backups/{name}/check"),
        ("PUT", f"/api/v1/backups/{name}/restore"),
        ("DELETE", f"/api/v1/backups/{name}"),
    }
    assert f"/api/v1/backups/{name}/file" in found.values("href")
    wish(here.database.layout, Wish(name, "admin", NOW))
    again = page(here, "/ui/system/backups")
    assert f"admin asked for {name} to be restored" in words(again.text)
    assert again.all("button", data_path=f"/api/v1/backups/{name}/restore", data_deed="DELETE")


def test_people(here: Here) -> None:
    here.add(TokenRow(id="x", name="hers", scope="read", by="viewer", made=NOW))
    found = page(here, "/system/people")
    roles = {
        one["data-role-of"]: one["data-was"] for one in found.all("select") if "data-was" in one
    }
    assert roles == {"admin": "admin", "operator": "operator", "viewer": "viewer"}
    removals = {
        one["data-path"]: one["data-confirm"]
        for one in found.all("button", data_deed="DELETE")
        if one["data-path"].startswith("/api/v1/users/")
        and not one["data-path"].endswith("log-ins")
    }
    # Nobody removes their own account by mistake.
    assert removals.keys() == {"/api/v1/users/operator", "/api/v1/users/viewer"}
    assert "A token that viewer made ends too." in removals["/api/v1/users/viewer"]
    assert "token" not in removals["/api/v1/users/operator"]
    assert [one["value"] for one in found.all("input", name="cameras")] == []


def test_who_changed_what(here: Here) -> None:
    entries = [
        AuditRow(at=NOW, by="eve", action="pin", subject=f"e{number}", after={"pinned": True})
        for number in range(120)
    ]
    here.add(*entries)
    first = page(here, "/system/audit?by=eve&action=pin")
    (older,) = [one for one in first.values("href") if "before=" in one]
    assert parse_qs(urlsplit(older).query).keys() == {"by", "action", "before"}
    assert "/api/v1/audit.csv?by=eve&action=pin" in first.values("href")
    assert words(page(here, older).text).count("pinned: true") == 20


def test_a_time_in_the_audit_log_is_shown_as_one(here: Here) -> None:
    here.add(AuditRow(at=NOW, by="eve", action="arm", subject="door", after={"until": NOW + 60}))
    found = page(here, "/system/audit?by=eve")
    assert str(NOW + 60) in [one["at"] for one in found.all("awry-time")]


def test_settings_show_what_the_file_says_and_no_secret(here: Here) -> None:
    found = page(here, "/system/settings")
    assert found.all("input", name="name")[0]["value"] == "home"
    assert found.all("input", name="retention.days")[0]["value"] == "30"
    assert "22:00" in found.values("value")
    assert "hook" in found.text
    assert "s3cret" not in str(found.elements) + found.text
    versions = {one["data-version"] for one in found.all("form") if "data-version" in one}
    assert len(versions) == 1


@pytest.mark.parametrize("path", ["/system/log?level=loud", "/system/audit?before=-1"])
def test_what_cannot_be_asked_is_a_page(here: Here, path: str) -> None:
    answer = here.client("admin").get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
