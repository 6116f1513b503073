"""Users, tokens and the audit log: for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import StreamingResponse

from awry.watch.requests import (
    SessionEnd,
    TokenMake,
    TokenRemove,
    UserMake,
    UserPassword,
    UserRemove,
    UserRole,
)
from awry.watch.store.accounts import AuditFilter, audit, log_ins, tokens, user_named, users
from awry.watch.web.access import SiteAdministrator
from awry.watch.web.api import TheApi
from awry.watch.web.audit_table import audit_rows
from awry.watch.web.bodies.base import Done, Since, Until
from awry.watch.web.bodies.people import (
    Audit,
    AuditBody,
    LogInBody,
    LogIns,
    MadeToken,
    NewToken,
    NewUser,
    TokenBody,
    Tokens,
    UserBody,
    UserChange,
    Users,
)
from awry.watch.web.passwords import digest, new_secret
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.session import hashed

router = APIRouter(prefix="/api/v1", tags=["people"], responses=refusals(401, 403, 422, 503))
User = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$", description="Name of a user."),
]
TokenNamed = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$", description="Name of a token."),
]
PREFIX = "awry_"
"""Of tokens, so that tools which look for secrets know them."""


@router.get("/users")
def list_users(api: TheApi, caller: SiteAdministrator) -> Users:
    """All who may log in."""
    with api.reading() as session:
        return Users(users=[UserBody.model_validate(one) for one in users(session)])


@router.post("/users", status_code=201, responses=refusals(409, 429))
def make_user(api: TheApi, caller: SiteAdministrator, wanted: NewUser) -> Done:
    """Let another person in."""
    password = hashed(api, wanted.password, wanted.name)
    api.write(UserMake(name=wanted.name, password=password, role=wanted.role), caller.name)
    return Done(done=True)


@router.patch("/users/{name}", responses=refusals(404, 409, 429))
def change_user(api: TheApi, caller: SiteAdministrator, name: User, wanted: UserChange) -> Done:
    """Give a person another role or password; their log-ins end."""
    _known(api, name)
    if wanted.role is not None:
        api.write(UserRole(name=name, role=wanted.role), caller.name)
    if wanted.password is not None:
        password = hashed(api, wanted.password, name)
        api.write(UserPassword(name=name, password=password), caller.name)
    return Done(done=True)


@router.delete("/users/{name}", responses=refusals(404, 409))
def remove_user(api: TheApi, caller: SiteAdministrator, name: User) -> Done:
    """Let a person in no longer; their log-ins and the tokens they made end."""
    _known(api, name)
    api.write(UserRemove(name=name), caller.name)
    return Done(done=True)


@router.get("/tokens")
def list_tokens(api: TheApi, caller: SiteAdministrator) -> Tokens:
    """All tokens, without their secrets."""
    with api.reading() as session:
        return Tokens(tokens=[TokenBody.model_validate(one) for one in tokens(session)])


@router.post("/tokens", status_code=201, responses=refusals(409))
def make_token(api: TheApi, caller: SiteAdministrator, wanted: NewToken) -> MadeToken:
    """Make a token for a program; its secret is shown this once."""
    secret = PREFIX + new_secret()
    api.write(
        TokenMake(
            id=digest(secret),
            name=wanted.name,
            scope=wanted.scope,
            cameras=tuple(wanted.cameras),
        ),
        caller.name,
    )
    return MadeToken(name=wanted.name, token=secret)


@router.delete("/tokens/{name}", responses=refusals(404))
def remove_token(api: TheApi, caller: SiteAdministrator, name: TokenNamed) -> Done:
    """Let a token count no longer."""
    with api.reading() as session:
        if all(one.name != name for one in tokens(session)):
            raise RefusedError(404, f"There is no token {name!r}.")
    api.write(TokenRemove(name=name), caller.name)
    return Done(done=True)


@router.get("/log-ins")
def list_log_ins(api: TheApi, caller: SiteAdministrator) -> LogIns:
    """Who is logged in."""
    mine = caller.log_in.id if caller.log_in else ""
    with api.reading() as session:
        found = log_ins(session, api.clock.now())
    return LogIns(
        log_ins=[
            LogInBody(
                user=one.user, made=one.made, seen=one.seen, until=one.until, here=one.id == mine
            )
            for one in found
        ]
    )


@router.delete("/users/{name}/log-ins", responses=refusals(404))
def end_log_ins(api: TheApi, caller: SiteAdministrator, name: User) -> Done:
    """End all log-ins of a person; they may log in again."""
    _known(api, name)
    api.write(SessionEnd(user=name), caller.name)
    return Done(done=True)


def audit_filter(
    by: Annotated[str, Query(max_length=80, description="Who did it.")] = "",
    action: Annotated[
        str,
        Query(
            pattern=r"^[a-z.-]{0,40}$",
            description="What, e.g. `judge`, or all of a family, e.g. `user`.",
        ),
    ] = "",
    subject: Annotated[
        str, Query(max_length=80, description="That stands in what it was done to.")
    ] = "",
    since: Since = None,
    until: Until = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="Only older ones.")] = None,
) -> AuditFilter:
    """Which entries of the audit log are wanted."""
    return AuditFilter(by, action, subject, since, until, before)


Wanted = Annotated[AuditFilter, Depends(audit_filter)]


@router.get("/audit")
def list_audit(
    api: TheApi,
    caller: SiteAdministrator,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
) -> Audit:
    """Who changed what, newest first."""
    with api.reading() as session:
        entries = audit(session, limit=limit, only=wanted)
    following = entries[-1].id if len(entries) == limit else None
    return Audit(entries=[AuditBody.model_validate(one) for one in entries], next=following)


@router.get(
    "/audit.csv",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A table for spreadsheets.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
def audit_table(api: TheApi, caller: SiteAdministrator, wanted: Wanted) -> StreamingResponse:
    """The same as a table: all entries that are wanted, newest first."""
    return StreamingResponse(
        audit_rows(api, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="audit.csv"'},
    )


def _known(api: TheApi, name: str) -> None:
    with api.reading() as session:
        if user_named(session, name) is None:
            raise RefusedError(404, f"There is no user {name!r}.")
