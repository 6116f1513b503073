"""Users and tokens from the command line, while nothing runs and while something does."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import ConfigError, InputError
from awry.watch import accounts, supervisor
from awry.watch.accounts import (
    add_user,
    list_tokens,
    list_users,
    make_token,
    remove_token,
    remove_user,
    set_password,
)
from awry.watch.messages import Answer, Request
from awry.watch.store.accounts import audit, token, user_named
from awry.watch.store.database import read_database
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold
from awry.watch.web.passwords import Passwords, digest

WORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(cheap_passwords: None) -> None:
    """Hashing is meant to take long; here it need not."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("store: store\ncameras: {door: {detect: 'rtsp://door'}}\n")
    return path


def test_users(site: Path, tmp_path: Path) -> None:
    (tmp_path / "word").write_text(f"{WORD}\nmore\n")
    told = add_user(site, "anna", role="admin", password=tmp_path / "word")
    assert told.to_dict() == {"user": "anna", "role": "admin"}
    add_user(site, "ben", password=WORD)
    assert [(row["user"], row["role"]) for row in list_users(site).rows()] == [
        ("anna", "admin"),
        ("ben", "viewer"),
    ]
    database = read_database(Layout(tmp_path / "store"))
    with database.reading() as session:
        anna = user_named(session, "anna")
        assert anna is not None
        assert Passwords().fits(anna.password, WORD)
        entry = audit(session)[0]
        assert (entry.by, entry.action, entry.subject) == ("command line", "user.make", "ben")
    set_password(site, "anna", password="another long one")
    with database.reading() as session:
        anna = user_named(session, "anna")
        assert anna is not None
        assert Passwords().fits(anna.password, "another long one")
    database.close()
    remove_user(site, "ben")
    assert len(list_users(site).rows()) == 1


def test_what_is_refused(site: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigError, match="10 to 256 signs"):
        add_user(site, "anna", password="short")
    with pytest.raises(ConfigError, match="Give the password"):
        add_user(site, "anna")
    with pytest.raises(ConfigError, match="is empty"):
        add_user(site, "anna", password=tmp_path / "empty")
    with pytest.raises(ConfigError, match="Cannot read a password"):
        add_user(site, "anna", password=tmp_path / "gone")
    with pytest.raises(ConfigError, match="letters, digits"):
        add_user(site, "a/b", password=WORD)
    with pytest.raises(ConfigError, match="'viewer', 'operator' or 'admin'"):
        add_user(site, "anna", role="king", password=WORD)
    add_user(site, "anna", role="admin", password=WORD)
    with pytest.raises(InputError, match="already"):
        add_user(site, "anna", password=WORD)
    with pytest.raises(InputError, match="only administrator"):
        remove_user(site, "anna")
    with pytest.raises(InputError, match="no user"):
        set_password(site, "ben", password=WORD)


def test_tokens(site: Path, tmp_path: Path) -> None:
    told = make_token(site, "display", scope="feedback", camera=["door"]).to_dict()
    database = read_database(Layout(tmp_path / "store"))
    with database.reading() as session:
        kept = token(session, digest(told["token"]))
        assert kept is not None
        assert (kept.name, kept.scope, kept.cameras) == ("display", "feedback", ("door",))
    database.close()
    assert told["token"] not in str(list_tokens(site).to_dict())
    with pytest.raises(ConfigError, match="no camera 'dor'"):
        make_token(site, "other", camera=["dor"])
    with pytest.raises(InputError, match="already"):
        make_token(site, "display")
    remove_token(site, "display")
    assert len(list_tokens(site).rows()) == 0
    with pytest.raises(InputError, match="no token"):
        remove_token(site, "display")


def test_a_site_that_runs_is_asked(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Request] = []

    def answer(store: Path, request: Request) -> Answer:
        heard.append(request)
        return Answer(request.uid, error="" if len(heard) == 1 else "It was refused.")

    monkeypatch.setattr(supervisor, "request", answer, raising=False)
    with hold(Layout(tmp_path / "store")):
        add_user(site, "anna", password=WORD)
        with pytest.raises(InputError, match="It was refused"):
            add_user(site, "ben", password=WORD)
    assert [one.action for one in heard] == ["user.make", "user.make"]
    assert heard[0].by == accounts.BY
    assert WORD not in heard[0].values
