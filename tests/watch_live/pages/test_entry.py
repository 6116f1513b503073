"""First run, logging in, and what each may see."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from watch_live.pages.browser import PASSWORD, Page
from watch_live.pages.sites import LiveSite
from watch_live.receivers import free_port

pytestmark = pytest.mark.live
NEW = "correct horse battery staple"


def test_first_run(tmp_path: Path, look_at: Callable[..., Page]) -> None:
    """Nothing can be reached before there is an administrator, whom a person makes on the page."""
    port, file = free_port(), tmp_path / "site.yaml"
    file.write_text(f"store: store\nweb: {{port: {port}}}\ncameras: {{}}\n")
    file.chmod(0o600)
    site = LiveSite(file, port)
    try:
        site.wait(lambda: site.address in site.log.read_text(), 120)
        page = look_at(site, None)
        for path in ("/", "/events", "/system", "/login"):
            page.open(path)
            assert page.path.startswith("/setup")
        page.fill("input[name=name]", "anna")
        page.fill("input[name=password]", NEW)
        page.fill("input[name=again]", NEW)
        page.click("form button[type=submit]")
        page.until(lambda: page.path.startswith("/add"))
        assert site.rows("select name, role from user") == [("anna", "admin")]
        page.open("/setup")
        assert page.path == "/"
    finally:
        assert site.end() == 0


def test_who_logs_in_is_led_to_where_they_were_going(
    site: LiveSite, look_at: Callable[..., Page]
) -> None:
    page = look_at(site, None)
    page.open("/events?camera=square")
    page.until(lambda: page.path.startswith("/login"))
    page.fill("input[name=name]", "guest")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")
    page.until(lambda: page.path == "/events?camera=square")


def test_a_session_that_ended_leads_to_the_log_in(
    site: LiveSite, look_at: Callable[..., Page]
) -> None:
    page = look_at(site, "guest")
    page.open("/timeline")
    end_everywhere(site, "guest")
    page.allowed.append("401")
    page.open("/events?label=none")
    page.until(lambda: page.path.startswith("/login?next="))
    assert "label" in page.path


def end_everywhere(site: LiveSite, name: str) -> None:
    """End all log-ins of a person, as that person does on another machine."""
    asked = json.dumps({"name": name, "password": PASSWORD}).encode()
    kind = {"Content-Type": "application/json"}
    place = f"{site.address}/api/v1/session"
    with urllib.request.urlopen(urllib.request.Request(place, asked, kind)) as answer:
        cookie = answer.headers["set-cookie"].partition(";")[0]
        token = json.load(answer)["csrf"]
    given = {"Cookie": cookie, "X-CSRF-Token": token}
    request = urllib.request.Request(f"{place}?everywhere=true", None, given, method="DELETE")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_a_viewer_sees_and_cannot(site: LiveSite, look_at: Callable[..., Page]) -> None:
    page = look_at(site, "guest")
    page.open("/events")
    page.until(lambda: page.all("article.event"))
    assert not page.all("[data-do=abnormal]")
    page.open("/cameras/square/sensitivity")
    assert not page.all("[data-save]")
    page.allowed += ["403"]
    page.open("/add")
    assert not page.all("input[name=address]")
    uid = site.rows("select uid from event limit 1")[0][0]
    refused = page.run_async(
        "const [path, body, done] = arguments; fetch(path, {method: 'PUT', body,"
        " headers: {'Content-Type': 'application/json'}}).then(answer => done(answer.status));",
        f"/api/v1/events/{uid}/judgement",
        '{"label": "normal"}',
    )
    assert refused == 403
    assert not site.rows("select 1 from feedback where event = ?", uid)
