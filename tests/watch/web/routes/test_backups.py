"""Backups over the API."""

from __future__ import annotations

import io
import tarfile

import pytest

from awry.watch.store.models import AuditRow
from awry.watch.store.restore import wished
from web_site import Here

API = "/api/v1/backups"


def made(here: Here) -> str:
    answer = here.client("admin").post(API)
    assert answer.status_code == 202
    return str(answer.json()["name"])


def noted(here: Here) -> list[tuple[str, str]]:
    rows = [one for one in here.rows(AuditRow) if one.action == "backup.noted"]
    return [(one.by, one.after["backup"]) for one in rows]


def test_made_listed_checked_given_out_and_removed(here: Here) -> None:
    client, name = here.client("admin"), made(here)
    assert name == "backup-2027-01-15-0800"
    listed = client.get(API).json()
    assert (listed["making"], listed["problem"], listed["restore"]) == ("", "", None)
    (one,) = listed["backups"]
    assert (one["name"], one["kind"]) == (name, "store")
    found = client.post(f"{API}/{name}/check").json()
    assert (found["sound"], found["files"], found["missing"]) == (True, 2, 0)
    answer = client.get(f"{API}/{name}/file")
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.tar"'
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        assert f"{name}/media/door/e1.mp4" in archive.getnames()
    small = client.get(f"{API}/{name}/file", params={"media": False})
    with tarfile.open(fileobj=io.BytesIO(small.content)) as archive:
        assert archive.getnames() == [f"{name}/awry.db"]
    assert client.delete(f"{API}/{name}").status_code == 200
    assert client.delete(f"{API}/{name}").status_code == 404
    assert client.get(API).json()["backups"] == []
    kinds = ["made", "downloaded", "downloaded", "removed"]
    assert noted(here) == [("admin", one) for one in kinds]


def test_two_at_once_are_refused(here: Here) -> None:
    here.app.state.api.backups.begin("other")
    answer = here.client("admin").post(API)
    assert answer.status_code == 409
    assert "other is being made" in answer.json()["error"]["message"]


def test_restored_at_the_next_start_or_not(here: Here) -> None:
    client, name = here.client("admin"), made(here)
    assert client.put(f"{API}/{name}/restore").json()["backup"] == name
    wanted = wished(here.database.layout)
    assert wanted is not None
    assert (wanted.backup, wanted.by) == (name, "admin")
    assert client.get(API).json()["restore"]["by"] == "admin"
    assert client.delete(f"{API}/{name}").status_code == 409
    assert client.delete(f"{API}/{name}/restore").status_code == 200
    assert wished(here.database.layout) is None
    assert noted(here)[1:] == [("admin", "restore asked"), ("admin", "restore dropped")]


def test_what_cannot_be_restored(here: Here) -> None:
    client, name = here.client("admin"), made(here)
    assert client.put(f"{API}/none/restore").status_code == 404
    place = here.database.layout.backups / name / "awry.db"
    place.write_bytes(b"no database" * 99)
    answer = client.put(f"{API}/{name}/restore")
    assert answer.status_code == 409
    assert "cannot be restored" in answer.json()["error"]["message"]
    assert wished(here.database.layout) is None


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2fmedia", ".x", "a%00b", "a%2fb"])
@pytest.mark.parametrize("end", ["", "/file", "/check", "/restore"])
def test_no_way_out_of_the_folder(here: Here, name: str, end: str) -> None:
    client = here.client("admin")
    method = {"": "DELETE", "/file": "GET", "/check": "POST", "/restore": "PUT"}[end]
    assert client.request(method, f"{API}/{name}{end}").status_code in (404, 405, 422)
    assert (here.database.layout.media / "door" / "e1.mp4").is_file()
