"""Templates and files joined to pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from jinja2 import UndefinedError
from starlette.testclient import TestClient

from awry.pages import POLICY, Kit
from awry.pages.files import FOREVER


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """A kit with pages of an application."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "static" / "app").mkdir(parents=True)
    (tmp_path / "static" / "app" / "x.js").write_text("1;")
    texts = {
        "a.html": "<p title=\"{{ text }}\">{{ text }}</p>{{ _('Log in') }}{{ 'x'|twice }}",
        "b.html": "{% trans num=n %}one place{% pluralize %}{{ num }} places{% endtrans %}",
        "c.html": "{{ nothing }}",
        "d.html": "{{ static('app/x.js') }}",
    }
    for name, text in texts.items():
        (tmp_path / "templates" / name).write_text(text)
    return Kit([tmp_path], {"twice": lambda text: text * 2})


def test_all_that_is_text_is_escaped(kit: Kit) -> None:
    text = kit.text("a.html", "en", text='"><script>')
    assert text == '<p title="&#34;&gt;&lt;script&gt;">&#34;&gt;&lt;script&gt;</p>Log inxx'


def test_languages(kit: Kit) -> None:
    assert "Anmelden" in kit.text("a.html", "de", text="")
    assert [kit.text("b.html", "de", n=n) for n in (1, 2)] == ["an einem Ort", "an 2 Orten"]


def test_what_is_missing_is_an_error_and_not_a_hole(kit: Kit) -> None:
    with pytest.raises(UndefinedError):
        kit.text("c.html", "en")
    with pytest.raises(ValueError, match=r"none\.js"):
        kit.address("none.js")


def test_addresses_of_files(kit: Kit) -> None:
    assert kit.text("d.html", "en") == kit.address("app/x.js")
    assert kit.address("kit/kit.css") == f"/ui/static/{kit.files.version}/kit/kit.css"


def test_a_page_is_never_kept_and_says_its_policy(kit: Kit) -> None:
    answer = kit.page("a.html", "de", status=404, text="x")
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == "de"


def test_the_policy_forbids_what_is_inline_and_what_is_elsewhere() -> None:
    rules = dict(one.split(" ", 1) for one in POLICY.split("; "))
    assert "unsafe" not in POLICY
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert not [one for one in rules.values() if "http" in one or "*" in one]


def test_files_and_words_are_served(kit: Kit) -> None:
    app = FastAPI()
    app.include_router(kit.router())
    client = TestClient(app)
    assert client.get(kit.address("app/x.js")).text == "1;"
    assert client.get("/ui/static/x/none.js").status_code == 404
    answer = client.get("/ui/words/1/de.js")
    assert answer.headers["cache-control"] == FOREVER
    assert answer.text.startswith('globalThis.awryWords = {language: "de", words: {')
    assert "Anmelden" in answer.text
    assert answer.text.isascii()
    assert client.get("/ui/words/1/xx.js").status_code == 404
