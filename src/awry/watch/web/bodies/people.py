"""People, programs, and what they did."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr

from awry.watch.requests import Camera, Role, TokenName, TokenScope, UserName
from awry.watch.web.bodies.base import Given, Taken
from awry.watch.web.passwords import LONGEST, SHORTEST


class Setup(Given):
    """Whether the first user is to be made."""

    needed: bool = Field(description="Whether there is no user yet.")
    token_needed: bool = Field(
        description="Whether `first_token` must come along: the log of the site shows it once."
    )


class FirstUser(Taken):
    """The first administrator."""

    name: UserName = Field(description="To log in with.")
    password: SecretStr = Field(
        min_length=SHORTEST, max_length=LONGEST, description="To log in with."
    )
    first_token: SecretStr | None = Field(
        None, max_length=200, description="From the site's log; not needed on the machine itself."
    )


class LoggingIn(Taken):
    """A log-in."""

    name: str = Field(max_length=64, description="Of the user.")
    password: SecretStr = Field(max_length=LONGEST, description="Of the user.")


class Session(Given):
    """Who is asking, and how."""

    name: str = Field(description="Of the user, or `token NAME`.")
    level: str = Field(description="What they may: read, feedback or admin.")
    cameras: list[str] | None = Field(description="Only these; null: all.")
    csrf: str | None = Field(description="For the header `X-CSRF-Token`; null: it needs none.")
    until: float | None = Field(description="When the log-in ends without use; null: it does not.")


class NewPassword(Taken):
    """Another password of one's own."""

    old: SecretStr = Field(max_length=LONGEST, description="The present one.")
    new: SecretStr = Field(min_length=SHORTEST, max_length=LONGEST, description="The next one.")


class UserBody(Given):
    """A person who may log in."""

    name: str = Field(description="To log in with.")
    role: str = Field(description="viewer, operator or admin.")
    made: float = Field(description="Since when.")


class Users(Given):
    """All who may log in."""

    users: list[UserBody] = Field(description="By name.")


class NewUser(Taken):
    """A new person."""

    name: UserName = Field(description="To log in with.")
    password: SecretStr = Field(
        min_length=SHORTEST, max_length=LONGEST, description="To log in with."
    )
    role: Role = Field(description="What they may.")


class UserChange(Taken):
    """What is to be changed of a person; what is left out stays."""

    role: Role | None = Field(None, description="Another role; their log-ins end.")
    password: SecretStr | None = Field(
        None,
        min_length=SHORTEST,
        max_length=LONGEST,
        description="Another password; their log-ins end.",
    )


class TokenBody(Given):
    """A program's token; its secret is shown once, when it is made."""

    name: str = Field(description="Its name.")
    scope: str = Field(description="read, feedback or admin.")
    cameras: list[str] = Field(description="Only for these; empty: for all.")
    made: float = Field(description="Since when.")
    used: float | None = Field(description="When it was last seen in use; null: never.")
    by: str = Field(description="Who made it.")


class Tokens(Given):
    """All tokens."""

    tokens: list[TokenBody] = Field(description="By name.")


class NewToken(Taken):
    """A token that is wanted."""

    name: TokenName = Field(description="Its name, unlike that of any other.")
    scope: TokenScope = Field(description="What it may.")
    cameras: list[Camera] = Field(
        default_factory=list, max_length=200, description="Only for these; empty: for all."
    )


class MadeToken(Given):
    """A token that was made."""

    name: str = Field(description="Its name.")
    token: str = Field(description="The secret, shown this once; it is sent as `Bearer`.")


class AuditBody(Given):
    """Something that somebody did."""

    id: int = Field(description="Its number; numbers grow.")
    at: float = Field(description="When.")
    by: str = Field(description="Who.")
    action: str = Field(description="What, e.g. `judge`.")
    subject: str = Field(description="To what.")
    before: dict[str, Any] = Field(description="How it was.")
    after: dict[str, Any] = Field(description="How it is.")


class Audit(Given):
    """What people and programs did."""

    entries: list[AuditBody] = Field(description="Newest first.")
    next: int | None = Field(description="Give it as `before` for older ones; null: none.")


class LogInBody(Given):
    """Where somebody is logged in."""

    user: str = Field(description="Who.")
    made: float = Field(description="Since when.")
    seen: float = Field(description="When it was last used, to some minutes.")
    until: float = Field(description="When it ends without use.")
    here: bool = Field(description="Whether it is the one that asks.")


class LogIns(Given):
    """All who are logged in."""

    log_ins: list[LogInBody] = Field(description="By user, the newest use first.")
