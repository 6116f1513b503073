"""Writes that the API and the command line ask the keeper for: what each `Request` holds.

An action's name and its values stand in one class, which both sides use: `made` writes a request,
`values_of` reads one. Whatever comes out of `values_of` has the types and bounds said here.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from awry.errors import ConfigError, nearest
from awry.watch.messages import Request, new_uid

UserName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
"""Of a person; it stands in addresses and in the audit log."""
TokenName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$")]
"""Of a program's token."""
Camera = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Uid = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a secret, in hexadecimal digits."""
Role = Literal["viewer", "operator", "admin"]
TokenScope = Literal["read", "feedback", "admin"]
Label = Literal["abnormal", "normal"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Box = tuple[Share, Share, Share, Share]
"""`x_min, y_min, x_max, y_max` as shares of the picture."""


class Values(BaseModel):
    """The values of a request; `action` is its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    action: ClassVar[str]


class Judge(Values):
    """A person says what an event was."""

    action = "judge"
    event: Uid
    label: Label
    note: Annotated[str, Field(max_length=2000)] = ""


class Unjudge(Values):
    """What was said of an event does not count any longer."""

    action = "unjudge"
    event: Uid


class JudgeSome(Values):
    """A person says what several events of a camera were; None: what was said does not count."""

    action = "judge.some"
    camera: Camera
    events: Annotated[tuple[Uid, ...], Field(min_length=1, max_length=500)]
    label: Label | None
    note: Annotated[str, Field(max_length=2000)] = ""


class Pin(Values):
    """An event is never deleted by retention."""

    action = "pin"
    event: Uid


class Unpin(Values):
    """An event may be deleted by retention again."""

    action = "unpin"
    event: Uid


class Arm(Values):
    """A camera alarms, whatever its schedule says, until `until`; None: for good."""

    action = "arm"
    camera: Camera
    until: float | None = None


class Disarm(Values):
    """A camera alarms nobody, whatever its schedule says, until `until`; None: for good."""

    action = "disarm"
    camera: Camera
    until: float | None = None


class ArmBySchedule(Values):
    """A camera alarms as its schedule says, whatever was asked for by hand."""

    action = "arm.schedule"
    camera: Camera


class Snooze(Values):
    """A place of a camera alarms nobody until `until`; None: for good.

    Attributes:
        boxes: of the place, as shares of the picture; none: the whole picture.
        event: at which it was asked for; empty: at none.
    """

    action = "snooze"
    camera: Camera
    boxes: Annotated[tuple[Box, ...], Field(max_length=32)] = ()
    until: float | None = None
    event: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,32}$")] = ""
    note: Annotated[str, Field(max_length=500)] = ""


class Unsnooze(Values):
    """A place that was snoozed alarms again."""

    action = "unsnooze"
    id: Annotated[int, Field(ge=1, le=2**31 - 1)]


class UserMake(Values):
    """A new person.

    Attributes:
        password: as argon2id writes it, never in plain.
        first: refused where there is a user already.
    """

    action = "user.make"
    name: UserName
    password: Annotated[str, Field(pattern=r"^\$argon2id\$", max_length=300)]
    role: Role
    first: bool = False


class UserPassword(Values):
    """Another password; all log-ins of the person end with it."""

    action = "user.password"
    name: UserName
    password: Annotated[str, Field(pattern=r"^\$argon2id\$", max_length=300)]


class UserRole(Values):
    """Another role; refused where no administrator would be left."""

    action = "user.role"
    name: UserName
    role: Role


class UserRemove(Values):
    """A person and their log-ins go; refused where no administrator would be left."""

    action = "user.remove"
    name: UserName


class SessionMake(Values):
    """Somebody logged in; `id` is the digest of the cookie's value."""

    action = "session.make"
    id: Digest
    user: UserName
    csrf: Annotated[str, Field(max_length=64)]
    until: float


class SessionTouch(Values):
    """A log-in was used, and lasts until `until` now."""

    action = "session.touch"
    id: Digest
    until: float


class SessionEnd(Values):
    """Log-ins end: that one, or all of a person."""

    action = "session.end"
    id: Digest | None = None
    user: UserName | None = None


class TokenMake(Values):
    """A new token for a program; `id` is its digest, `cameras` empty: all."""

    action = "token.make"
    id: Digest
    name: TokenName
    scope: TokenScope
    cameras: tuple[Camera, ...] = ()


class TokenTouch(Values):
    """A token was used; `id` is its digest."""

    action = "token.touch"
    id: Digest


class TokenRemove(Values):
    """A token does not count any longer."""

    action = "token.remove"
    name: TokenName


class BundlePromote(Values):
    """A detector that only tries is the one that alarms now."""

    action = "bundle.promote"
    camera: Camera
    path: Annotated[str, Field(min_length=1, max_length=255)]


class BundleDrop(Values):
    """A detector is retired, and tries no longer."""

    action = "bundle.drop"
    camera: Camera
    path: Annotated[str, Field(min_length=1, max_length=255)]


class BundleBack(Values):
    """The detector from before the last promotion alarms again."""

    action = "bundle.back"
    camera: Camera


class Refit(Values):
    """A new detector is fitted for a camera.

    Attributes:
        gather_s: seconds for which footage is gathered first, from now on, to learn from that
            alone; None: it learns from all that there is.
    """

    action = "refit"
    camera: Camera
    reason: Annotated[str, Field(max_length=500)] = ""
    gather_s: Annotated[float, Field(ge=600, le=30 * 86_400)] | None = None


class Look(Values):
    """What a camera's detector sees is wanted, whatever its scores, for so many seconds.

    It is answered by the newest of that, in memory alone: nothing is stored, nothing is noted.
    """

    action = "look"
    camera: Camera
    seconds: Annotated[float, Field(gt=0, le=60)]


class ConfigNoted(Values):
    """The site's file was changed: for the audit log. `subject` is the camera, or `site`."""

    action = "config.noted"
    subject: Annotated[str, Field(max_length=64)]
    before: dict[str, Any] = Field(default_factory=dict)
    after: dict[str, Any] = Field(default_factory=dict)


class OutboxRetry(Values):
    """All that a receiver was not told is sent now, also what was given up."""

    action = "outbox.retry"
    channel: Literal["mqtt", "notify", "webhook"]
    target: Annotated[str, Field(max_length=40)]


class BackupNoted(Values):
    """A backup was made or removed, or its restore was asked for: for the audit log."""

    action = "backup.noted"
    name: Annotated[str, Field(max_length=64)]
    what: Literal["made", "downloaded", "removed", "restore asked", "restore dropped", "restored"]


ACTIONS: dict[str, type[Values]] = {kind.action: kind for kind in Values.__subclasses__()}
"""The name of each action, and its values."""


def made(values: Values, by: str = "", uid: str = "") -> Request:
    """A request to the keeper.

    Args:
        values: what is asked for.
        by: the user who asks, for the audit log.
        uid: of the request, where it may have been sent before; empty: a new one.
    """
    return Request(uid or new_uid(), values.action, values.model_dump_json(), by)


def values_of(request: Request) -> Values:
    """What a request asks for.

    Raises:
        ConfigError: an unknown action, or values that do not fit it; no value is repeated.
    """
    kind = ACTIONS.get(request.action)
    if kind is None:
        raise ConfigError(
            f"Unknown request {request.action!r}: {nearest(request.action, ACTIONS)}."
        )
    try:
        return kind.model_validate_json(request.values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'values'}: {one['msg']}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise ConfigError(f"The request {request.action!r} cannot be read: {problems}.") from None
