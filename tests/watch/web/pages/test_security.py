"""What every page must hold, whoever asks and whatever the store holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from awry.pages import POLICY
from awry.watch.store.kept_log import KeptLog
from awry.watch.store.models import (
    AuditRow,
    BundleRow,
    CalibrationRow,
    CameraRow,
    EventRow,
    FeedbackRow,
    FileRow,
    GapRow,
    LoadRow,
    OutboxRow,
    StateRow,
    TokenRow,
    UserRow,
)
from awry.watch.web.pages.entry import inside
from awry.watch.web.pages.install import PAGES
from awry.watch.web.pages.shell import KIT
from parsed_page import Parsed
from web_site import HERE, NOW, PASSWORD, Here, make

OPEN = ("/login", "/setup")
ADMIN = (
    *("/system/log", "/system/backups", "/system/people", "/system/audit", "/system/settings"),
    *("/ui/system/log", "/ui/system/backups", "/add"),
)
SHAPES = st.sampled_from(
    [
        *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onfocus='alert(1)"),
        *(
            "javascript:alert(1)",
            "</title><svg onload=alert(1)>",
            "{{ 7*7 }}",
            "{% raw %}",
            "%(x)s",
        ),
        *("&lt;b&gt;", "</script>", "--><b>", "]]>", "\u2028\u202e<b>", "a\tb", "<a href=//x>"),
    ]
)
TEXTS = st.one_of(SHAPES, st.text("<>\"'&/=`\\ %{}()ab\u00e4\u202e", min_size=1, max_size=40))
WANTED: dict[str, tuple[str, ...]] = {
    "content-security-policy": (POLICY,),
    "x-frame-options": ("DENY",),
    "x-content-type-options": ("nosniff",),
    "referrer-policy": ("no-referrer", "same-origin"),
    "cache-control": ("no-store",),
    "cross-origin-opener-policy": ("same-origin",),
}


def paths() -> list[str]:
    """The addresses of all pages and fragments."""
    found = [route.path for page in PAGES for route in page.router.routes]  # type: ignore[attr-defined]
    return [one.format(camera="door", uid="e1", name="x", part=0) for one in found]


def pages() -> list[str]:
    """Those for which one logs in."""
    return [one for one in paths() if one not in OPEN]


def evil(page: Parsed) -> list[str]:
    """What in a page could run, or be styled, without being a file of this server."""
    found = []
    for name, attributes in page.elements:
        if name in ("style", "base", "iframe", "object", "embed", "frame"):
            found.append(f"<{name}>")
        if name == "script" and not attributes.get("src", "").startswith("/ui/"):
            found.append("a script inside the page, or from elsewhere")
        for key, value in attributes.items():
            if key.startswith("on") or key in ("style", "srcdoc"):
                found.append(f"{name} {key}={value}")
            if key in ("href", "src", "action", "formaction", "poster", "xlink:href"):
                fine = value.startswith(("/", "#", "?")) and not value.startswith(("//", "/\\"))
                if not fine:
                    found.append(f"{name} {key}={value}")
    return found


def shape(page: Parsed) -> list[tuple[str, tuple[str, ...]]]:
    """A page without what it says: its elements and the names of their attributes."""
    return [(name, tuple(sorted(attributes))) for name, attributes in page.elements]


@pytest.fixture(scope="module")
def site(peopled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """A site that these tests share; they change texts alone."""
    here = make(peopled, tmp_path_factory.mktemp("secure"))
    yield here
    here.database.close()


@pytest.mark.parametrize("path", paths())
def test_every_page_keeps_the_policy(site: Here, path: str) -> None:
    client = site.client("" if path in OPEN else "admin")
    answer = client.get(path)
    if path == "/setup":
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        return
    assert answer.status_code in (200, 409, 422), answer.text[:300]
    for name, values in WANTED.items():
        if answer.status_code == 200:
            assert answer.headers[name] in values, name
    page = Parsed(answer.text)
    assert evil(page) == []
    ids = page.values("id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("who", ["viewer", "operator", "admin"])
def test_every_page_for_every_role(site: Here, who: str) -> None:
    client = site.client(who)
    for path in pages():
        status = client.get(path).status_code
        refused = who != "admin" and path.startswith(ADMIN)
        assert (status == 403) == refused, (path, status)
        assert status in (200, 403, 409, 422), (path, status)


def test_nobody_sees_a_page(site: Here) -> None:
    client = site.client()
    for path in pages():
        answer = client.get(path, headers={"Accept": "text/html"})
        if path.startswith("/ui/"):
            assert answer.status_code == 401, path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"] == f"/login?next={quote(path, safe='')}"
            assert "door" not in answer.text


def test_a_token_for_one_camera_sees_that_one_alone(site: Here) -> None:
    client = site.client("yard")
    for path in pages():
        answer = client.get(path)
        if "/door" in path or path.startswith(("/system", "/ui/system")):
            assert answer.status_code == 403, path
        elif answer.status_code == 200:
            assert "door" not in Parsed(answer.text).text, path


@pytest.mark.parametrize(
    "path",
    [
        "/none",
        "/cameras/none/sensitivity",
        "/cameras/none/zones",
        "/cameras/A%20b/zones",
        "/system/x",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(site: Here, path: str) -> None:
    answer = site.client("admin").get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == POLICY
    assert Parsed(answer.text).all("p", **{"class": "notice bad"})


# ---- texts ------------------------------------------------------------------------------------


def put(here: Here, text: str) -> None:
    """Have a text wherever the store takes one."""
    with here.database.writing() as session:
        for row in session.query(AuditRow).filter(AuditRow.action == "pin"):
            session.delete(row)
        for row in session.query(FeedbackRow):
            session.delete(row)
        session.add(
            AuditRow(
                at=NOW,
                by=text,
                action="pin",
                subject=text,
                before={"a": text},
                after={f"z{text}": 1},
            )
        )
        session.add(
            FeedbackRow(
                event="e1", camera="door", peak=1.0, label="normal", note=text, by=text, at=NOW
            )
        )
        regions = [{"box": [0, 0, 1, 1], "score": 1.0, "parts": {text: 1.0}, "class_name": text}]
        values: dict[str, Any] = {"reason": text, "regions": regions, "parts": {text: 1.0}}
        session.execute(update(EventRow).values(**values))
        session.execute(update(CameraRow).values(state="back-off", state_reason=text))
        session.execute(update(GapRow).values(why=text))
        session.execute(update(StateRow).values(reason=text))
        session.execute(update(OutboxRow).values(target=text[:40], error=text))
        session.execute(update(BundleRow).values(method=text[:40], detail=text))
        session.execute(update(CalibrationRow).values(how=text, facts={"drift": text}))
        session.execute(update(FileRow).values(kind=text[:16], note=text))
        session.execute(update(LoadRow).values(figures={text: 1.0}))
        session.execute(update(TokenRow).where(TokenRow.name == "read").values(by=text[:64]))
        # Names are checked where they are made; the pages do not rely on it.
        for row in (
            *session.query(CameraRow).filter(CameraRow.added == NOW + 1),
            *session.query(UserRow).filter(UserRow.made == NOW + 1),
            *session.query(TokenRow).filter(TokenRow.made == NOW + 1),
        ):
            session.delete(row)
        session.flush()
        session.add(CameraRow(name=f"zz{text}"[:40], added=NOW + 1, state="running"))
        session.add(UserRow(name=f"zz{text}", password="x", role="viewer", made=NOW + 1))
        session.add(TokenRow(id="x", name=f"zz{text}", scope="read", made=NOW + 1))
    folder = here.database.layout.logs
    for file in folder.glob("*"):
        file.unlink()
    log = KeptLog(folder)
    when = "2027-01-15T08:00:00+00:00"
    log(json.dumps({"at": when, "process": f"ingest {text}", "level": text, "message": text}))
    log.close()
    here.app.state.api.settings = here.settings.model_copy(update={"site": text})
    here.app.state.api.backups.problem = text


@pytest.fixture(scope="module")
def plain(site: Here) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """The shape of each page where every text is harmless."""
    out = {"channel": "webhook", "subject": "e", "kind": "new", "made": 1.0, "due": 1.0}
    site.add(OutboxRow(**out, target="hook", state="dead"))
    put(site, "harmless")
    client = site.client("admin")
    return {path: shape(Parsed(client.get(path).text)) for path in pages()}


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TEXTS.filter(lambda text: text.strip() != ""))
@example("<script>alert(1)</script>")
@example('"><img src=x onerror=alert(1)>')
@example("' onfocus='alert(1)' autofocus='")
def test_no_element_and_no_attribute_comes_from_a_text(
    site: Here, plain: dict[str, list[tuple[str, tuple[str, ...]]]], text: str
) -> None:
    put(site, text)
    client = site.client("admin")
    for path, wanted in plain.items():
        answer = client.get(path)
        page = Parsed(answer.text)
        assert evil(page) == [], path
        assert shape(page) == wanted, path


# ---- ways in and out --------------------------------------------------------------------------


def test_every_write_of_a_person_needs_the_csrf_token(site: Here) -> None:
    client = site.client("admin")
    del client.headers["X-CSRF-Token"]
    before = len(site.asked)
    walked = 0
    for path, methods in site.app.openapi()["paths"].items():
        for method in methods:
            there = path.format(camera="door", uid="e1", part=0, name="viewer", number=1, id="x")
            if method == "get" or (method, path) in (
                ("post", "/api/v1/setup"),
                ("post", "/api/v1/session"),
            ):
                continue
            for token in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "csrf-viewer"}):
                answer = client.request(method, there, json={}, headers=token)
                assert answer.status_code == 403, (method, path, answer.status_code)
            walked += 1
    assert walked > 20
    assert len(site.asked) == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_no_form_of_another_site_is_read(site: Here, kind: str) -> None:
    body = '{"name": "admin", "password": "x"}'
    answer = site.client().post("/api/v1/session", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415


HOSTS = st.sampled_from(["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil"])


@given(st.one_of(HOSTS, st.text("/\\\t\n\r .:@ae%?#\x00\u2028", max_size=20)))
@example("/\t/evil.example")
@example("/\n/evil.example")
@example("\\\\evil.example")
@example("/ok?a=b#c")
def test_one_is_never_led_to_another_site(text: str) -> None:
    led = inside(text)
    # As browsers read addresses: tabs and line ends do not count, and \ is /.
    read = re.sub(r"[\t\n\r]", "", led).strip(" \x00").replace("\\", "/")
    assert read.startswith("/")
    assert not read.startswith("//")


def test_the_address_to_go_to_is_checked_at_the_log_in(here: Here) -> None:
    client = here.client("admin")
    for wanted, led in (("/events?a=1", "/events?a=1"), ("//evil.example", "/"), ("/%09/x", "/")):
        answer = client.get(f"/login?next={quote(wanted, safe='%')}")
        assert (answer.status_code, answer.headers["location"]) == (303, led)
    page = Parsed(here.client().get("/login?next=//evil.example").text)
    assert page.values("data-next") == ["/"]


@pytest.mark.parametrize(
    ("base", "begins", "flags"),
    [
        (HERE, "awry_session_8780=", {"HttpOnly", "Path=/", "SameSite=strict"}),
        (
            HERE.replace("http:", "https:"),
            "__Host-awry_session_8780=",
            {"HttpOnly", "Path=/", "SameSite=strict", "Secure"},
        ),
    ],
)
def test_flags_of_the_cookie(here: Here, base: str, begins: str, flags: set[str]) -> None:
    client = here.client(base=base)
    body = {"name": "viewer", "password": PASSWORD}
    cookie = client.post("/api/v1/session", json=body).headers["set-cookie"]
    assert cookie.startswith(begins)
    assert {one.strip() for one in cookie.split(";")[1:]} == flags


SEGMENTS = st.sampled_from(
    ["..", "%2e%2e", "..%2f", "%5c..", "kit", "watch", "etc", "passwd", "kit.css", "", ".", "%00"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SEGMENTS, min_size=1, max_size=6))
@example(["..", "..", "templates", "base.html"])
@example(["%2e%2e", "%2e%2e", "locale", "de.po"])
def test_no_file_but_those_for_browsers(site: Here, segments: list[str]) -> None:
    path = "/".join(segments)
    answer = site.client().get(f"/ui/static/{KIT.files.version}/{path}")
    if answer.status_code == 200:
        assert path.lstrip("/") in KIT.files or "kit" in path
        assert answer.headers["content-type"].startswith(("text/css", "text/javascript", "image/"))
    else:
        assert answer.status_code in (303, 404)
    assert "root:" not in answer.text
    assert "msgid" not in answer.text


@pytest.mark.parametrize("language", ["..%2fde", "xx", "de.po", "%2e%2e%2fde", "DE"])
def test_no_words_but_the_languages(site: Here, language: str) -> None:
    assert site.client().get(f"/ui/words/1/{language}.js").status_code == 404


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["..", "%2e%2e", "e1", "clips", "0", "picture", "%2f"]), max_size=5)
)
def test_media_of_events_alone(site: Here, segments: list[str]) -> None:
    answer = site.client("viewer").get("/api/v1/events/" + "/".join(segments))
    kind = answer.headers["content-type"].split("/")[0]
    if answer.status_code == 200 and kind != "text":  # the client led `..` to a page
        assert kind in ("application", "image", "video"), segments
        assert "our site" not in answer.text
    assert b"SQLite" not in answer.content[:100]


def test_files_are_kept_by_their_version_and_pages_never(site: Here) -> None:
    client = site.client("viewer")
    fresh = client.get(KIT.address("kit/kit.css"))
    assert fresh.headers["cache-control"] == "public, max-age=31536000, immutable"
    old = client.get("/ui/static/before/kit/kit.css")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-store")
    assert client.get("/").headers["cache-control"] == "no-store"


def test_a_frame_of_another_site_gets_nothing(site: Here) -> None:
    for path in ("/", "/system", "/login", "/none"):
        answer = site.client("admin").get(path)
        assert answer.headers["x-frame-options"] == "DENY"
        if "content-security-policy" in answer.headers:
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    refused = site.client("admin").get("/", headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_what_is_not_theirs_is_not_offered(site: Here, who: str) -> None:
    client = site.client(who)
    for path in ("/system", "/system/disk", "/system/load", "/system/versions"):
        page = Parsed(client.get(path).text)
        links = page.values("href")
        assert not [one for one in links if one.startswith(ADMIN)]
        assert not page.values("data-deed")
