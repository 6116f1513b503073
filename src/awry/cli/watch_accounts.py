"""`awry watch user` and `awry watch token`: who may use a site's API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import Json, refusals, say, show_result
from awry.cli.watch_shown import show_lines, show_rows

user_app = typer.Typer(no_args_is_help=True)
token_app = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The site's file.")]
Person = Annotated[str, typer.Argument(help="Of the person.")]
TokenName = Annotated[str, typer.Argument(help="Of the token, for people.")]
Password = Annotated[
    Path | None,
    typer.Option("--password", metavar="FILE", help="Its first line; else it is asked for."),
]


@user_app.command("add")
def user_add(
    site: File,
    name: Person,
    role: Annotated[str, typer.Option(metavar="viewer|operator|admin")] = "viewer",
    password: Password = None,
    as_json: Json = False,
) -> None:
    """Let a person log in."""
    with refusals():
        import awry.watch

        given = password or asked_password()
        result = awry.watch.add_user(site, name, role=role, password=given)
        show_result(result, as_json, lambda _: show_lines([f"{name} may log in, as {role}."]))


@user_app.command("password")
def user_password(
    site: File, name: Person, password: Password = None, as_json: Json = False
) -> None:
    """Give a person another password; all their log-ins end."""
    with refusals():
        import awry.watch

        result = awry.watch.set_password(site, name, password=password or asked_password())
        show_result(result, as_json, lambda _: show_lines([f"{name} has another password."]))


@user_app.command("remove")
def user_remove(site: File, name: Person, as_json: Json = False) -> None:
    """Take a person's account away."""
    with refusals():
        import awry.watch

        result = awry.watch.remove_user(site, name)
        show_result(result, as_json, lambda _: show_lines([f"{name} may log in no longer."]))


@user_app.command("list")
def user_list(site: File, as_json: Json = False) -> None:
    """Who may log in."""
    with refusals():
        import awry.watch

        result = awry.watch.list_users(site)
        show_result(result, as_json, lambda told: show_rows(told.rows(), "nobody may log in"))


@token_app.command("make")
def token_make(
    site: File,
    name: TokenName,
    scope: Annotated[str, typer.Option(metavar="read|feedback|admin")] = "read",
    camera: Annotated[list[str] | None, typer.Option(help="Only these; else all.")] = None,
    as_json: Json = False,
) -> None:
    """Make a token, by which a program may use the API; it is shown this once."""
    with refusals():
        import awry.watch

        result = awry.watch.make_token(site, name, scope=scope, camera=camera or ())
        if not as_json:
            say(f"the token {name}; it cannot be shown again")
        show_result(result, as_json, lambda told: show_lines([told.values["token"]]))


@token_app.command("remove")
def token_remove(site: File, name: TokenName, as_json: Json = False) -> None:
    """Take a token away."""
    with refusals():
        import awry.watch

        result = awry.watch.remove_token(site, name)
        show_result(result, as_json, lambda _: show_lines([f"The token {name} is gone."]))


@token_app.command("list")
def token_list(site: File, as_json: Json = False) -> None:
    """The tokens of programs, without their secrets."""
    with refusals():
        import awry.watch

        result = awry.watch.list_tokens(site)
        show_result(result, as_json, lambda told: show_rows(told.rows(), "there is no token"))


def asked_password() -> str | None:
    """A password that a person types twice without seeing it; None where nobody can be asked."""
    if not sys.stdin.isatty():
        return None
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
