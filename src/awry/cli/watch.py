"""`awry watch`: a site of cameras that is watched day and night."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    CANNOT_START,
    Json,
    refusals,
    report_failures,
    reporting,
    say,
    show_result,
)
from awry.cli.watch_accounts import token_app, user_app
from awry.cli.watch_demo import watch_demo
from awry.cli.watch_feedback import watch_feedback
from awry.cli.watch_shown import show_lines, show_rows
from awry.storage import json_text

if TYPE_CHECKING:
    from awry.results import Result
    from awry.watch.checking.result import SiteCheck
    from awry.watch.new_site import NewSite
    from awry.watch.told import Told

watch_app = typer.Typer(no_args_is_help=True)
watch_app.command("demo")(watch_demo)
watch_app.add_typer(user_app, name="user", help="Who may log in.")
watch_app.add_typer(token_app, name="token", help="Tokens of programs.")
watch_app.command("feedback")(watch_feedback)

File = Annotated[Path, typer.Argument(help="The site's file.")]
Since = Annotated[str | None, typer.Option(help="24h (ago), 2026-11-29, ...")]


@watch_app.callback()
def watch() -> None:
    """Watch cameras day and night: events with clips, an alarm budget, an API."""


@watch_app.command("init")
def watch_init(
    site: Annotated[Path, typer.Argument(help="The file to make.")],
    camera: Annotated[
        list[str] | None, typer.Option(help="NAME=ADDRESS; once for each camera.")
    ] = None,
    store: Annotated[Path, typer.Option(help="Folder of database and clips.")] = Path("store"),
    budget: Annotated[str, typer.Option(help="Alarms a camera may give: 2/day.")] = "2/day",
    timezone: Annotated[str | None, typer.Option(help="IANA name; else this machine's.")] = None,
    as_json: Json = False,
) -> None:
    """Write a commented file of settings; nothing is overwritten."""
    with refusals():
        import awry.watch

        given: Sequence[str] = camera or ()
        if not given and not as_json and sys.stdin.isatty() and not site.exists():
            given = asked_cameras()
        result = awry.watch.init(site, camera=given, store=store, budget=budget, timezone=timezone)
        show_result(result, as_json, show_new)


def asked_cameras() -> list[str]:
    """Names and addresses that a person types, until there is no further one."""
    cameras: list[str] = []
    while True:
        question = "Address of a camera's stream (empty: no more)"
        address = typer.prompt(question, default="", show_default=False, err=True)
        if not address:
            return cameras
        default = f"camera-{len(cameras) + 1}"
        name = typer.prompt("Its name", default=default, err=True)
        cameras.append(f"{name}={address}")


def show_new(result: NewSite) -> None:
    """Print what was made, and what comes next."""
    said = [f"{result.path}: cameras: {len(result.cameras)}, store {result.store}."]
    said += [f"  {name}: {address}" for name, address in result.cameras.items()]
    if result.cameras:
        said.append(f"Next: awry watch check {result.path}, then awry watch run {result.path}")
    else:
        run = f"awry watch run {result.path}"
        said.append(f"Next: {run}; it says where its page is, and cameras are added there.")
    show_lines(said)


@watch_app.command("check")
def watch_check(
    site: File,
    cameras: Annotated[
        bool, typer.Option("--cameras/--no-cameras", help="Open the cameras.")
    ] = True,
    load: Annotated[
        bool, typer.Option("--load/--no-load", help="Measure what this machine can score.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Try everything that a site needs; each problem is one sentence."""
    with refusals():
        import awry.watch

        result = awry.watch.check(site, cameras=cameras, load=load)
        show_result(result, as_json, show_check)
        if not result.runs:
            for one in result.problems:
                say(f"{one.subject}: {one.sentence}")
            raise typer.Exit(CANNOT_START)
    report_failures([f"{one.subject}: {one.sentence}" for one in result.problems])


def show_check(result: SiteCheck) -> None:
    """Print what is fine and what is odd; problems go to standard error."""
    fine = (one for one in result if one.kind != "problem")
    show_lines(f"{one.kind:<7}  {one.subject}: {one.sentence}" for one in fine)
    counted = f"problems: {len(result.problems)}, warnings: {len(result.warnings)}"
    runs = "it would run" if result.runs else "it would not run"
    show_lines([f"{result.path}: {counted}; {runs}."])


@watch_app.command("run")
def watch_run(
    site: File,
    load: Annotated[
        str | None, typer.Option(metavar="refuse|warn", help="What a load that is too high does.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Watch until it is told to end; log lines go to standard output."""
    code = 0
    with refusals():
        import awry.watch

        code = awry.watch.run(site, load=load)
    if code:
        raise typer.Exit(code)


@watch_app.command("status")
def watch_status(site: File, as_json: Json = False) -> None:
    """How a site stands: cameras, budget, store; also while nothing runs."""
    with refusals():
        import awry.watch

        show_result(awry.watch.status(site), as_json, show_status)


def show_status(result: Told) -> None:
    """Print the cameras, and how the store is."""
    now = result.values
    show_rows(result.rows(), "no camera was ever watched on this store")
    for name, sentence in now["misconfigured"].items():
        show_lines([f"{name}: misconfigured: {sentence}"])
    store = now["store"]
    gib = {key: store[key] / 2**30 for key in ("media_bytes", "footage_bytes", "free_bytes")}
    waiting = sum(one["waiting"] for one in now["outbox"])
    show_lines(
        [
            f"{'running' if now['running'] else 'not running'}; clips and pictures "
            f"{gib['media_bytes']:.1f} GiB, footage {gib['footage_bytes']:.1f} GiB, free "
            f"{gib['free_bytes']:.1f} GiB; {waiting} messages wait."
        ]
    )


@watch_app.command("events")
def watch_events(
    site: File,
    camera: Annotated[
        list[str] | None, typer.Option(help="Only events of this camera; may be repeated.")
    ] = None,
    since: Since = None,
    until: Since = None,
    told: Annotated[
        bool, typer.Option("--told", help="Only events of which somebody was told.")
    ] = False,
    label: Annotated[
        str | None,
        typer.Option(metavar="abnormal|normal|none", help="Only events that a person judged so."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the answer before.")] = None,
    as_json: Json = False,
) -> None:
    """A site's events, newest first; also while nothing runs."""
    with refusals():
        import awry.watch

        result = awry.watch.events(
            site,
            camera=camera or (),
            since=since,
            until=until,
            told=told,
            label=label,
            limit=limit,
            cursor=cursor,
        )
        show_result(result, as_json, show_events)


def show_events(result: Told) -> None:
    """Print the events, and how to get the following ones."""
    show_rows(result.rows(), "no event")
    if result.values["next"]:
        show_lines([f"More: --cursor {result.values['next']}"])


@watch_app.command("export")
def watch_export(
    site: File,
    to: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    camera: Annotated[
        list[str] | None, typer.Option(help="Only events of this camera; may be repeated.")
    ] = None,
    since: Since = None,
    until: Since = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="abnormal|normal", help="Only events that a person judged so."),
    ] = None,
    footage: Annotated[
        bool, typer.Option("--footage", help="Also footage to learn from, as training part.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write clips of judged events as a data set that `awry evaluate` takes."""
    with refusals():
        import awry.watch

        with reporting() as reporter:
            result = awry.watch.export_dataset(
                site,
                to,
                camera=camera or (),
                since=since,
                until=until,
                label=label,
                footage=footage,
                reporter=reporter,
            )
        show_result(result, as_json, show_export)


def show_export(result: Told) -> None:
    """Print what is in the data set, and what its labels are."""
    done = result.values
    said = [
        f"{done['path']}: {done['clips']} clips of {done['abnormal']} abnormal and "
        f"{done['normal']} normal events, {done['footage']} files of footage "
        f"({done['bytes'] / 2**30:.2f} GiB).",
        "Labels are the spans of events as their detector found them, not exact to the frame.",
    ]
    if done["left_out"]:
        said.append(f"{done['left_out']} judged events were left out: their clips are gone.")
    show_lines(said)


@watch_app.command("fsck")
def watch_fsck(
    site: File,
    repair: Annotated[
        bool, typer.Option("--repair", help="Bring both together; not while the site runs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare a site's database with its files."""
    with refusals():
        import awry.watch

        result = awry.watch.fsck(site, repair=repair)
        show_result(result, as_json, show_fsck)
    if not result.values["sound"] and not repair:
        report_failures([str(row["said"]) for row in result.rows()])


def show_fsck(result: Told) -> None:
    """Print what was done; what is wrong goes to standard error, unless it was repaired."""
    if result.values["sound"]:
        show_lines(["Database and files agree."])
    elif result.values["repaired"] is not None:
        show_lines(str(row["said"]) for row in result.rows())
        show_lines([f"{len(result.table)} findings; both were brought together."])


@watch_app.command("backup")
def watch_backup(
    site: File,
    to: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    as_json: Json = False,
) -> None:
    """Copy a site's store, also while it runs."""
    with refusals():
        import awry.watch

        with reporting() as reporter:
            result = awry.watch.backup(site, to, reporter=reporter)
        show_result(result, as_json, show_backup)


def show_backup(result: Told) -> None:
    """Print where the copy is."""
    done = result.values
    size = done["bytes"] / 2**30
    show_lines([f"{done['path']}: database and {done['files']} files ({size:.2f} GiB)."])


@watch_app.command("replay")
def watch_replay(
    site: File,
    camera: Annotated[str, typer.Argument(help="Whose scores.")],
    budget: Annotated[str | None, typer.Option(help="2/day, 1/week, ...")] = None,
    threshold: Annotated[float | None, typer.Option(help="Instead of a budget.")] = None,
    since: Since = None,
    until: Since = None,
    as_json: Json = False,
) -> None:
    """The events that another budget or threshold would have given on stored scores."""
    with refusals():
        import awry.watch
        from awry.watch.site.read import read_site

        result = awry.watch.replay(
            site, camera, budget=budget, threshold=threshold, since=since, until=until
        )
        zone = read_site(site).site.timezone
        show_result(result, as_json, lambda found: show_replay(found, zone))


def show_replay(result: Result, timezone: str) -> None:
    """Print the events that there would have been, and how many there were."""
    from awry.watch.told import said_time

    rows = [
        {
            "start": said_time(row["start"], timezone),
            "seconds": f"{row['end'] - row['start']:.1f}",
            "score": f"{row['score']:.4g}",
            "light": row["light"],
            "was": row["was"] or "-",
        }
        for row in result.rows()
    ]
    show_rows(rows, "no event")
    show_lines(f"{card.label}: {card.value} ({card.remark})" for card in result.cards())


@watch_app.command("schema")
def watch_schema(as_json: Json = False) -> None:
    """The JSON schema of a site's file, for editors."""
    with refusals():
        import awry.watch

        sys.stdout.write(json_text(awry.watch.schema().to_dict()))
