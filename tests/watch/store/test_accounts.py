from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store import accounts
from awry.watch.store.results import Token, User

ANN = User("ann", "hash-1", "operator", 1.0)


def enter(session: Session, number: str, user: str = "ann", until: float = 100.0) -> None:
    accounts.add_log_in(session, number, user=user, csrf="c", at=1.0, until=until)


def test_users_are_made_changed_and_deleted(session: Session) -> None:
    accounts.put_user(session, ANN)
    accounts.put_user(session, User("bob", "hash", "viewer", 2.0))
    assert accounts.users(session) == (ANN, User("bob", "hash", "viewer", 2.0))
    enter(session, "a")
    accounts.put_user(session, ANN)
    assert accounts.log_in(session, "a", 2.0) is not None
    accounts.put_user(session, User("ann", "hash-2", "operator", 9.0))
    assert accounts.log_in(session, "a", 2.0) is None  # another password ends log-ins
    changed = accounts.user_named(session, "ann")
    assert changed is not None
    assert (changed.password, changed.made) == ("hash-2", 1.0)
    enter(session, "b")
    assert accounts.remove_user(session, "ann")
    assert not accounts.remove_user(session, "ann")
    assert accounts.user_named(session, "ann") is None
    with pytest.raises(InputError, match="role is 'king'; expected one of: viewer, operator"):
        accounts.put_user(session, User("cat", "hash", "king", 1.0))


def test_log_ins_end(session: Session) -> None:
    accounts.put_user(session, ANN)
    for number in ("a", "b", "c"):
        enter(session, number, until=100.0 if number != "c" else 10.0)
    enter(session, "a")
    found = accounts.log_in(session, "a", 99.0)
    assert found is not None
    assert (found.user, found.role, found.csrf) == ("ann", "operator", "c")
    assert accounts.log_in(session, "a", 100.0) is None
    accounts.touch_log_in(session, "a", 50.0, 200.0)
    touched = accounts.log_in(session, "a", 150.0)
    assert touched is not None
    assert (touched.seen, touched.until) == (50.0, 200.0)
    accounts.trim_log_ins(session, 10.0)
    assert accounts.log_in(session, "c", 1.0) is None
    accounts.end_log_in(session, "a")
    assert accounts.log_in(session, "a", 1.0) is None
    assert accounts.log_in(session, "b", 1.0) is not None
    accounts.end_log_ins(session, "ann")
    assert accounts.log_in(session, "b", 1.0) is None
    with pytest.raises(InputError, match="There is no user 'zoe'"):
        enter(session, "d", "zoe")


def test_tokens_are_made_used_and_deleted(session: Session) -> None:
    token = Token("digest", "backup", "read", ("yard",), 1.0, None, "ann")
    accounts.add_token(session, token)
    accounts.add_token(session, token)
    assert accounts.tokens(session) == (token,)
    accounts.use_token(session, "digest", 5.0)
    used = accounts.token(session, "digest")
    assert used is not None
    assert (used.used, used.cameras) == (5.0, ("yard",))
    assert accounts.token(session, "other") is None
    with pytest.raises(InputError, match="There is a token 'backup' already"):
        accounts.add_token(session, Token("d2", "backup", "read", (), 1.0, None, ""))
    with pytest.raises(InputError, match="scope is 'all'"):
        accounts.add_token(session, Token("d3", "b", "all", (), 1.0, None, ""))
    assert accounts.remove_token(session, "backup")
    assert not accounts.remove_token(session, "backup")


def test_the_audit_log_is_read_from_the_newest(session: Session) -> None:
    for number in range(3):
        accounts.add_audit(
            session, float(number), "ann", "pin", f"e{number}", after={"pinned": True}
        )
    newest = accounts.audit(session, limit=2)
    assert [one.subject for one in newest] == ["e2", "e1"]
    assert (newest[0].by, newest[0].before, newest[0].after) == ("ann", {}, {"pinned": True})
    assert [one.subject for one in accounts.audit(session, before=newest[-1].id)] == ["e0"]


def test_the_tokens_of_a_removed_user_end_and_those_made_with_them(session: Session) -> None:
    accounts.put_user(session, User("anna", "h", "admin", 1.0))
    made = {"a": "anna", "b": "token a", "c": "token b", "d": "command line", "e": "annabel"}
    for name, by in made.items():
        accounts.add_token(session, Token(name * 64, name, "read", (), 1.0, None, by))
    assert accounts.remove_user(session, "anna")
    assert [one.name for one in accounts.tokens(session)] == ["d", "e"]


def test_who_is_logged_in(session: Session) -> None:
    accounts.put_user(session, User("anna", "h", "admin", 1.0))
    for number, until in (("1", 10.0), ("2", 30.0)):
        accounts.add_log_in(session, number * 64, user="anna", csrf="c", at=2.0, until=until)
    assert [(one.user, one.until) for one in accounts.log_ins(session, 20.0)] == [("anna", 30.0)]


def test_filters_of_the_audit_log(session: Session) -> None:
    for at, by, action, subject in (
        (1.0, "anna", "user.make", "eve_1"),
        (2.0, "bob", "user.role", "eve%1"),
        (3.0, "anna", "judge", "u1"),
        (4.0, "anna", "users", "x"),
    ):
        accounts.add_audit(session, at, by, action, subject)

    def found(**only: Any) -> list[float]:
        return [one.at for one in accounts.audit(session, only=accounts.AuditFilter(**only))]

    assert found(by="anna") == [4.0, 3.0, 1.0]
    assert found(action="user") == [2.0, 1.0]
    assert found(action="user.make") == [1.0]
    assert found(subject="eve%") == [2.0]
    assert found(since=2.0, until=4.0) == [3.0, 2.0]
    assert accounts.audit_names(session) == (
        ("anna", "bob"),
        ("judge", "user.make", "user.role", "users"),
    )
