from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.cli import watch_accounts


@pytest.fixture
def site(tmp_path: Path, cheap_passwords: None) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("store: store\ncameras: {door: {detect: 'rtsp://door'}}\n")
    (tmp_path / "word").write_text("correct horse battery\n")
    return path


def test_users(site: Path, tmp_path: Path, awry: Any) -> None:
    word = tmp_path / "word"
    added = awry("watch", "user", "add", site, "anna", "--role", "admin", "--password", word)
    assert added.out == "anna may log in, as admin.\n"
    changed = awry("watch", "user", "password", site, "anna", "--password", word, "--json")
    assert changed.json == {"user": "anna"}
    assert "anna" in awry("watch", "user", "list", site).out
    only = awry("watch", "user", "remove", site, "anna")
    assert (only.code, "only administrator" in only.err) == (2, True)


def test_tokens(site: Path, awry: Any) -> None:
    made = awry("watch", "token", "make", site, "display", "--camera", "door")
    assert len(made.out.strip()) == 43
    assert made.err == "awry: the token display; it cannot be shown again\n"
    listed = awry("watch", "token", "list", site)
    assert "display" in listed.out
    assert made.out.strip() not in listed.out
    assert awry("watch", "token", "remove", site, "display").out == "The token display is gone.\n"
    assert awry("watch", "token", "list", site).out == "there is no token.\n"


def test_without_a_terminal_a_password_is_not_asked_for(site: Path, awry: Any) -> None:
    said = awry("watch", "user", "add", site, "anna")
    assert (said.code, "Give the password" in said.err) == (2, True)


def test_on_a_terminal_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_accounts.sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(watch_accounts.typer, "prompt", lambda *_, **__: "typed")
    assert watch_accounts.asked_password() == "typed"
