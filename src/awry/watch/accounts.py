"""Users and tokens of a site's API, made from the command line.

Where the site runs, its keeper is asked; else the store is written here, with its lock held.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awry.calls import checked
from awry.errors import ConfigError, InputError
from awry.foreign import quoted
from awry.watch import requests as ask
from awry.watch.site.model import Site, database_url
from awry.watch.site.read import read_site
from awry.watch.store import accounts
from awry.watch.store.database import open_database, site_database
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold, is_held
from awry.watch.told import Told, said_time

BY = "command line"
MOST_BYTES = 4096


@checked
def add_user(
    site: Path, name: str, *, role: str = "viewer", password: Path | str | None = None
) -> Told:
    """Let a person log in.

    Args:
        site: the site's file.
        name: of the person: letters, digits and `._@-`, at most 64.
        role: `viewer`, `operator` or `admin`.
        password: text is the password itself, a `Path` a file whose first line it is. It has 10
            signs or more.

    Raises:
        ConfigError: the file or a value cannot be used, or the password is too short or too simple.
        InputError: there is such a user, or the keeper refuses.
    """
    hashed = _hashed(password, name)
    values = _values(ask.UserMake, name=name, password=hashed, role=role)
    _asked(read_site(site).site, values)
    return Told({"user": name, "role": role}, ({"user": name, "role": role},))


@checked
def set_password(site: Path, name: str, *, password: Path | str | None = None) -> Told:
    """Give a person another password; all their log-ins end.

    Args:
        site: the site's file.
        name: of the person.
        password: as of `add_user`.

    Raises:
        ConfigError: the file or a value cannot be used, or the password is too short or too simple.
        InputError: there is no such user.
    """
    values = _values(ask.UserPassword, name=name, password=_hashed(password, name))
    _asked(read_site(site).site, values)
    return Told({"user": name}, ({"user": name},))


@checked
def remove_user(site: Path, name: str) -> Told:
    """Take a person's account away, and end their log-ins.

    Args:
        site: the site's file.
        name: of the person.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no such user, or no administrator would be left.
    """
    _asked(read_site(site).site, _values(ask.UserRemove, name=name))
    return Told({"removed": name}, ({"removed": name},))


@checked
def list_users(site: Path) -> Told:
    """Who may log in, and as what.

    Args:
        site: the site's file.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no store yet.
    """
    settings = read_site(site).site
    with site_database(settings) as database, database.reading() as session:
        found = accounts.users(session)
    rows = [
        {"user": one.name, "role": one.role, "made": said_time(one.made, settings.timezone)}
        for one in found
    ]
    return Told({"users": rows}, tuple(rows))


@checked
def make_token(site: Path, name: str, *, scope: str = "read", camera: Sequence[str] = ()) -> Told:
    """Make a token, by which a program may use the API; it is shown once, and stored hashed.

    Args:
        site: the site's file.
        name: of the token, for people.
        scope: `read`, `feedback` or `admin`.
        camera: cameras that it is for; none: all.

    Raises:
        ConfigError: the file or a value cannot be used.
        InputError: another token has the name.
    """
    from awry.watch.web.passwords import digest, new_secret

    settings = read_site(site)
    if unknown := [one for one in camera if one not in settings.names]:
        raise ConfigError(f"There is no camera '{quoted(unknown[0])}' in {site.name}.")
    secret = new_secret()
    values = _values(
        ask.TokenMake, id=digest(secret), name=name, scope=scope, cameras=tuple(camera)
    )
    _asked(settings.site, values)
    told = {"token": secret, "name": name, "scope": scope, "cameras": list(camera)}
    return Told(told, (told,))


@checked
def remove_token(site: Path, name: str) -> Told:
    """Take a token away: it no longer counts.

    Args:
        site: the site's file.
        name: of the token.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no such token.
    """
    _asked(read_site(site).site, _values(ask.TokenRemove, name=name))
    return Told({"removed": name}, ({"removed": name},))


@checked
def list_tokens(site: Path) -> Told:
    """The tokens of programs; their secrets are not known.

    Args:
        site: the site's file.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no store yet.
    """
    settings = read_site(site).site
    with site_database(settings) as database, database.reading() as session:
        found = accounts.tokens(session)
    rows = [
        {
            "name": one.name,
            "scope": one.scope,
            "cameras": ", ".join(one.cameras) or "all",
            "made": said_time(one.made, settings.timezone),
            "used": said_time(one.used, settings.timezone),
        }
        for one in found
    ]
    return Told({"tokens": rows}, tuple(rows))


def _asked(site: Site, values: ask.Values) -> dict[str, Any]:
    """What the keeper says to a request, or what is written here where none runs.

    Raises:
        InputError: it was refused.
    """
    layout = Layout(site.store)
    request = ask.made(values, by=BY)
    if is_held(layout):
        from awry.watch.supervisor import request as of_the_keeper

        answer = of_the_keeper(site.store, request)
    else:
        from awry.watch.clock import SystemClock
        from awry.watch.keeper.kept_site import KeptSite
        from awry.watch.keeper.learning import Learning
        from awry.watch.keeper.requests import Requests
        from awry.watch.site.portions import KeeperSettings
        from awry.watch.store.disk import RealDisk

        settings = KeeperSettings(store=site.store, timezone=site.timezone)
        kept = KeptSite.of(settings, SystemClock(), RealDisk())
        with hold(layout):
            database = open_database(layout, database_url(site))
            try:
                with database.writing() as session:
                    answer = Requests(kept, Learning(kept)).take(session, request)[0]
            finally:
                database.close()
    if answer.error:
        raise InputError(answer.error)
    return dict(json.loads(answer.values))


def _values(kind: type[ask.Values], **given: Any) -> ask.Values:
    """The values of a request.

    Raises:
        ConfigError: one of them cannot be used; no value is repeated.
    """
    from pydantic import ValidationError

    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        message = str(first["msg"]).replace("Input should be", "expected")
        if first["type"] == "string_pattern_mismatch":
            message = "expected letters, digits and . _ @ -, at most 64, a letter or digit first"
        raise ConfigError(f"The {first['loc'][0]} cannot be used: {message}.") from None


def _hashed(password: Path | str | None, name: str) -> str:
    from awry.watch.web.passwords import LONGEST, SHORTEST, Passwords, weakness

    if password is None:
        raise ConfigError("Give the password, or a file whose first line it is.")
    plain_text = password if isinstance(password, str) else _first_line(password)
    if not SHORTEST <= len(plain_text) <= LONGEST:
        raise ConfigError(f"A password has {SHORTEST} to {LONGEST} signs.")
    if said := weakness(plain_text, name):
        raise ConfigError(said)
    return Passwords().hashed(plain_text)


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8-sig").splitlines()[0]
    except IndexError:
        raise ConfigError(f"{path} is empty; its first line is to be the password.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read a password from {path}.") from error
