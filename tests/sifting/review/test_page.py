"""The page as HTML; `test_in_browser` uses it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from awry.sifting.review.page import KIT
from awry.sifting.review.server import application, guarded
from awry.sifting.review.session import ReviewSession

KEY = re.compile(r'data-key="([^"]+)"')


def test_the_first_view_holds_its_moments(served: TestClient, session: ReviewSession) -> None:
    text = served.get("/").text
    assert len(KEY.findall(text)) == len(session.moments)
    assert "0 marked: 0 abnormal, 0 normal" in text
    assert "160 frames, 4 clips, the top 20%" in text
    assert "Show more: below the top 20%, down to 40%" in text
    assert re.search(r"<button[^>]*data-learn disabled>", text)
    assert "<nav" not in text


def test_strict_headers_on_all_of_it(served: TestClient) -> None:
    page = served.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page.text)
    for address in re.findall(r'(?:href|src)="(/ui/[^"#]+)', page.text):
        assert served.get(address).status_code == 200, address
    for path in ("/", "/api/run", "/none", "/api/marks"):
        headers = served.get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
    assert served.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_part_of_it_anew(served: TestClient, session: ReviewSession) -> None:
    first = session.moments[0]
    session.mark(first, "abnormal")
    key = f"{first.clip}-{first.first}-{first.last}"
    text = served.get("/ui/parts", params={"key": [key, "9-9-9"]}).text
    assert KEY.findall(text) == [key]
    assert 'data-label="abnormal"' in text
    assert "1 marked: 1 abnormal, 0 normal" in text
    assert "Learn from 1 mark<" in text
    assert KEY.findall(served.get("/ui/parts", params={"key": key, "show": "normal"}).text) == []
    assert served.get("/ui/parts", params={"show": "odd"}).status_code == 422


@pytest.mark.parametrize("query", ["show=odd", "most=0", "share=2", "most=x", "share=nan"])
def test_an_address_that_says_nonsense_shows_the_usual(served: TestClient, query: str) -> None:
    assert served.get("/").text == served.get(f"/?{query}").text


def test_the_address_keeps_the_place(served: TestClient) -> None:
    text = served.get("/?show=borderline&most=3&heat=1").text
    assert re.search(r'data-show="borderline" aria-pressed="true"', text)
    assert len(KEY.findall(text)) == 3
    assert re.search(r'data-heat aria-pressed="true"', text)


def test_names_that_strangers_chose_are_text(served: TestClient, session: ReviewSession) -> None:
    hostile = '"><script>alert(1)</script>{{ 7 * 7 }}'
    for clip in session.run.clips:
        object.__setattr__(clip, "name", hostile)
    session.notes.append("<b>note</b>")
    text = served.get("/").text
    assert "<script>alert" not in text
    assert "49" not in re.findall(r'judge-name" title="([^"]*)"', text)[0]
    assert "&lt;b&gt;note" in text


def test_german(served: TestClient) -> None:
    text = served.get("/", headers={"accept-language": "de-DE,de;q=0.9"}).text
    assert '<html lang="de"' in text
    for english in (">Abnormal<", ">Normal <", "Learn from", "Show more", " marked", "Heat map"):
        assert english not in text, english


def test_a_second_page_of_the_run_is_read_only(run_folder: Path, session: ReviewSession) -> None:
    other = ReviewSession(run_folder)
    with TestClient(guarded(application(other), ""), "http://localhost") as client:
        text = client.get("/").text
        assert "this page is read-only" in text
        assert 'name="level" content="read"' in text
        moment = session.moments[0]
        body = {"clip": moment.clip, "first": moment.first, "last": moment.last}
        answer = client.post("/api/mark", json=body | {"place": moment.place, "label": "normal"})
        assert answer.status_code == 409
        assert "read-only" in answer.json()["error"]["message"]
        assert client.post("/api/learn", json={}).status_code == 409
        # What the first one marks is seen where the page is loaded again.
        session.mark(moment, "normal")
        assert "1 marked: 0 abnormal, 1 normal" in client.get("/").text
    other.close()


def test_every_icon_that_the_page_names_is_there(served: TestClient) -> None:
    file, wanted = KIT.address("kit/icons.svg"), set()
    text = served.get("/").text
    for address, name in re.findall(r'<use href="([^"#]+)#([^"]+)"', text):
        assert address == file
        wanted.add(name)
    found = {one.get("id") for one in ElementTree.fromstring(served.get(file).text).iter()}
    assert wanted <= found
