"""Users, log-ins, tokens and the audit log. Secrets come here hashed, never in plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.models import AuditRow, SessionRow, TokenRow, UserRow
from awry.watch.store.results import AuditEntry, LogIn, Token, User

ROLES = ("viewer", "operator", "admin")
SCOPES = ("read", "feedback", "admin")


def put_user(session: Session, user: User) -> None:
    """Write a user, new or changed; log-ins end where password or role changed.

    Raises:
        InputError: an unknown role.
    """
    _among(user.role, ROLES, "role")
    row = session.get(UserRow, user.name)
    if row is None:
        session.add(UserRow(name=user.name, password=user.password, role=user.role, made=user.made))
    elif (row.password, row.role) != (user.password, user.role):
        row.password, row.role = user.password, user.role
        end_log_ins(session, user.name)
    session.flush()


def remove_user(session: Session, name: str) -> bool:
    """Delete a user, their log-ins and the tokens that they made; returns whether there was one."""
    end_log_ins(session, name)
    remove_tokens_of(session, name)
    row = session.get(UserRow, name)
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def remove_tokens_of(session: Session, maker: str) -> tuple[str, ...]:
    """Delete the tokens that somebody made, and those that were made with them; gives their names.

    Args:
        session: the transaction.
        maker: a user, or `token NAME`.
    """
    gone: list[str] = []
    makers = [maker]
    while makers:
        made = select(TokenRow).where(TokenRow.by == makers.pop())
        for row in session.scalars(made).all():
            gone.append(row.name)
            makers.append(f"token {row.name}")
            session.delete(row)
        session.flush()
    return tuple(gone)


def users(session: Session) -> tuple[User, ...]:
    """All users, by name."""
    rows = session.scalars(select(UserRow).order_by(UserRow.name))
    return tuple(_user(row) for row in rows)


def user_named(session: Session, name: str) -> User | None:
    """A user; None: there is none of the name."""
    row = session.get(UserRow, name)
    return None if row is None else _user(row)


def add_log_in(
    session: Session, number: str, *, user: str, csrf: str, at: float, until: float
) -> None:
    """Write a log-in.

    Args:
        session: the transaction.
        number: SHA-256 of the cookie's value, in hexadecimal digits.
        user: who.
        csrf: the value that writes must carry.
        at: now.
        until: when it ends.

    Raises:
        InputError: there is no such user.
    """
    if session.get(UserRow, user) is None:
        raise InputError(f"There is no user {user!r}.")
    if session.get(SessionRow, number) is None:
        session.add(SessionRow(id=number, user=user, csrf=csrf, made=at, seen=at, until=until))
        session.flush()


def log_in(session: Session, number: str, now: float) -> LogIn | None:
    """The log-in behind a cookie; None: there is none, or it has ended."""
    found = session.execute(
        select(SessionRow, UserRow.role)
        .join(UserRow, UserRow.name == SessionRow.user)
        .where(SessionRow.id == number, SessionRow.until > now)
    ).first()
    if found is None:
        return None
    row, role = found
    return LogIn(row.id, row.user, role, row.csrf, row.made, row.seen, row.until)


def log_ins(session: Session, now: float) -> tuple[LogIn, ...]:
    """All log-ins that last, by user, the one that was used last first."""
    found = session.execute(
        select(SessionRow, UserRow.role)
        .join(UserRow, UserRow.name == SessionRow.user)
        .where(SessionRow.until > now)
        .order_by(SessionRow.user, SessionRow.seen.desc(), SessionRow.id)
    )
    return tuple(
        LogIn(row.id, row.user, role, row.csrf, row.made, row.seen, row.until)
        for row, role in found
    )


def touch_log_in(session: Session, number: str, at: float, until: float) -> None:
    """Note that a log-in was used, and let it last until then."""
    row = session.get(SessionRow, number)
    if row is not None:
        row.seen, row.until = at, until


def end_log_in(session: Session, number: str) -> None:
    """End one log-in, where it is there."""
    session.execute(delete(SessionRow).where(SessionRow.id == number))


def end_log_ins(session: Session, user: str) -> None:
    """End all log-ins of a user."""
    session.execute(delete(SessionRow).where(SessionRow.user == user))


def trim_log_ins(session: Session, now: float) -> None:
    """Forget log-ins that have ended."""
    session.execute(delete(SessionRow).where(SessionRow.until <= now))


def add_token(session: Session, token: Token) -> None:
    """Write a program's token.

    Raises:
        InputError: an unknown scope, or another token has the name.
    """
    _among(token.scope, SCOPES, "scope")
    if session.get(TokenRow, token.id) is not None:
        return
    if session.scalar(select(TokenRow.id).where(TokenRow.name == token.name)) is not None:
        raise InputError(f"There is a token {token.name!r} already; choose another name.")
    session.add(
        TokenRow(
            id=token.id,
            name=token.name,
            scope=token.scope,
            cameras=list(token.cameras),
            made=token.made,
            used=token.used,
            by=token.by,
        )
    )
    session.flush()


def tokens(session: Session) -> tuple[Token, ...]:
    """All tokens, by name."""
    return tuple(_token(row) for row in session.scalars(select(TokenRow).order_by(TokenRow.name)))


def token(session: Session, number: str) -> Token | None:
    """The token whose SHA-256 is given; None: there is none."""
    row = session.get(TokenRow, number)
    return None if row is None else _token(row)


def use_token(session: Session, number: str, at: float) -> None:
    """Note when a token was used."""
    row = session.get(TokenRow, number)
    if row is not None:
        row.used = at


def remove_token(session: Session, name: str) -> bool:
    """Delete a token by its name; returns whether there was one."""
    row = session.scalar(select(TokenRow).where(TokenRow.name == name))
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def add_audit(
    session: Session,
    at: float,
    by: str,
    action: str,
    subject: str = "",
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note who changed what; `before` and `after` hold no secrets."""
    session.add(
        AuditRow(
            at=at,
            by=by,
            action=action,
            subject=subject,
            before=dict(before or {}),
            after=dict(after or {}),
        )
    )


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of the audit log are wanted; what is empty does not matter.

    Attributes:
        by: who did it, whole.
        action: what, e.g. `judge`, or the part before its dot, e.g. `user`.
        subject: stands in what it was done to.
        since, until: seconds since 1970-01-01 UTC; from, and before.
        before: only entries with a smaller number.
    """

    by: str = ""
    action: str = ""
    subject: str = ""
    since: float | None = None
    until: float | None = None
    before: int | None = None


def audit(
    session: Session,
    *,
    before: int | None = None,
    limit: int = 100,
    only: AuditFilter = AuditFilter(),
) -> tuple[AuditEntry, ...]:
    """The audit log, newest first.

    Args:
        session: a unit of reading.
        before: only entries with a smaller number.
        limit: at most so many.
        only: which ones.
    """
    wanted = select(AuditRow)
    for number in (before, only.before):
        if number is not None:
            wanted = wanted.where(AuditRow.id < number)
    if only.by:
        wanted = wanted.where(AuditRow.by == only.by)
    if only.action:
        family = AuditRow.action.startswith(f"{only.action}.", autoescape=True)
        wanted = wanted.where(or_(AuditRow.action == only.action, family))
    if only.subject:
        wanted = wanted.where(AuditRow.subject.contains(only.subject, autoescape=True))
    if only.since is not None:
        wanted = wanted.where(AuditRow.at >= only.since)
    if only.until is not None:
        wanted = wanted.where(AuditRow.at < only.until)
    rows = session.scalars(wanted.order_by(AuditRow.id.desc()).limit(limit))
    return tuple(
        AuditEntry(row.id, row.at, row.by, row.action, row.subject, row.before, row.after)
        for row in rows
    )


def audit_names(session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who stands in the audit log, and what was done, each by name."""
    who = session.scalars(select(AuditRow.by).distinct().order_by(AuditRow.by))
    what = session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action))
    return tuple(who), tuple(what)


def _among(value: str, known: Sequence[str], what: str) -> None:
    if value not in known:
        raise InputError(f"The {what} is {value!r}; expected one of: {', '.join(known)}.")


def _user(row: UserRow) -> User:
    return User(row.name, row.password, row.role, row.made)


def _token(row: TokenRow) -> Token:
    return Token(row.id, row.name, row.scope, tuple(row.cameras), row.made, row.used, row.by)
