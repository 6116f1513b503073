"""What one does with a site that is there: run it, look at it, check and copy its store, replay."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.calls import checked
from awry.errors import ConfigError
from awry.progress import Reporter
from awry.results import Result
from awry.watch.messages import FileWritten
from awry.watch.site.model import Camera, database_url
from awry.watch.site.read import ReadSite, read_site
from awry.watch.site.schema import site_schema
from awry.watch.store.layout import Layout
from awry.watch.told import Told, moment_of, plain, said_time

if TYPE_CHECKING:
    from awry.watch.store.results import Budget, Page
    from awry.watch.store.status import SiteStatus


@checked
def run(site: Path, *, load: str | None = None) -> int:
    """Watch a site until the process is told to end: by SIGTERM or SIGINT.

    Args:
        site: its file.
        load: `refuse` or `warn`, in place of what the file says, where more than this machine
            was measured to carry is asked of it.

    Returns:
        the exit code: 0 after an orderly end.

    Raises:
        ConfigError: the file cannot be used, or the load is refused.
        InputError: the store is in use.
        WriteError: the store cannot be written.
    """
    if load not in (None, "refuse", "warn"):
        raise ConfigError(f"The load is to be 'refuse' or 'warn', not {load!r:.40}.")
    from awry.watch.supervisor import run_site

    said = check_load(read_site(site), load)
    if said:
        warnings.warn(said, stacklevel=2)
    return run_site(site)


def check_load(read: ReadSite, load: str | None = None) -> str:
    """Refuse a load that this machine was not measured to carry, or say it.

    Args:
        read: the site.
        load: in place of what the site says.

    Returns:
        what is to be said; empty where the load is not too high.

    Raises:
        ConfigError: it is too high, and is to be refused.
    """
    if not any(camera.enabled and camera.bundle for camera in read.site.cameras.values()):
        return ""
    from awry.watch.checking.bundles import grids_of
    from awry.watch.checking.machine import check_load as share_of
    from awry.watch.checking.machine import cores
    from awry.watch.scorer.load import overload, planned, rate_of

    wish = load or read.site.load
    site = read.site.model_copy(update={"load": wish})
    findings, _ = share_of(site, grids_of(site), rate_of, planned, overload, cores())
    odd = [one for one in findings if one.subject == "load" and one.kind != "fine"]
    said = " ".join(one.sentence for one in odd)
    if said and wish == "refuse":
        raise ConfigError(f"{said} --load warn starts it all the same.")
    return said


@checked
def status(site: Path) -> Told:
    """How a site stands: cameras, budget, store, what waits to be sent.

    Args:
        site: its file. It need not run.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no store yet.
    """
    from awry.watch.store.status import status as stored

    read = read_site(site)
    now = stored(read.site)
    return Told(
        {**plain(now), "misconfigured": dict(read.misconfigured)},
        tuple(_camera_rows(now, read)),
        (("running", "yes" if now.running else "no"), ("cameras", str(len(now.cameras)))),
    )


@checked
def events(
    site: Path,
    *,
    camera: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
    told: bool = False,
    label: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Told:
    """A site's events, newest first.

    Args:
        site: its file. It need not run.
        camera: only theirs; none: all cameras'.
        since, until: events that began in that time: `24h` (ago), `2026-11-29` or
            `2026-11-29 18:00` in the site's time zone.
        told: only those of which somebody was told.
        label: `abnormal`, `normal`, or `none` for what nobody has judged.
        limit: at most so many, 1 to 1000.
        cursor: `next` of the answer before, for the following ones.

    Raises:
        ConfigError: the file or an option cannot be used.
        InputError: there is no store yet, or a limit or cursor is none.
    """
    from awry.watch.store.listing import list_events
    from awry.watch.store.read import EventFilter

    settings = read_site(site).site
    if label not in (None, "abnormal", "normal", "none"):
        raise ConfigError(f"The label is 'abnormal', 'normal' or 'none', not {label!r:.40}.")
    wanted = EventFilter(
        cameras=tuple(camera) or None,
        since=moment_of(since, settings.timezone),
        until=moment_of(until, settings.timezone),
        told=True if told else None,
        label=label,
    )
    page = list_events(settings, wanted, limit=limit, cursor=cursor)
    return Told(plain(page), tuple(_event_rows(page, settings.timezone)))


@checked
def fsck(site: Path, *, repair: bool = False) -> Told:
    """Compare a site's database with its files.

    Args:
        site: its file.
        repair: bring them together; nothing known is lost, and what is unknown goes to quarantine.
            Not while the site runs.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no store yet, or it is in use.
    """
    from awry.watch.ingest.adopt import read_file
    from awry.watch.store.fsck import fsck as compared

    settings = read_site(site).site

    def describe(path: Path) -> FileWritten | None:
        found = read_file(path)
        return None if found is None else found.message(settings.store)

    done = compared(settings, repair=repair, describe=describe)
    return Told(
        {"sound": done.sound, **plain(done)},
        tuple(plain(one) for one in done.findings),
        (("findings", str(len(done.findings))),),
    )


@checked
def backup(site: Path, to: Path, *, reporter: Reporter | None = None) -> Told:
    """Copy a site's store, also while it runs.

    Args:
        site: its file.
        to: a folder that is not there yet; `store: TO` in a file of settings starts from it.
        reporter: shown how far it is.

    Raises:
        ConfigError: the file cannot be used.
        InputError: there is no store yet.
        WriteError: something stands at `to`, or it cannot be written.
    """
    from awry.watch.store.backup import backup as copied

    done = copied(read_site(site).site, to, reporter=reporter)
    values = plain(done)
    return Told(values, (values,), (("files", str(done.files)),))


@checked
def replay(
    site: Path,
    camera: str,
    *,
    budget: str | None = None,
    threshold: float | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Result:
    """The events that another budget or threshold would have given on the stored scores.

    Args:
        site: its file. It need not run.
        camera: whose scores.
        budget: e.g. `1/day`.
        threshold: instead: an event has a score above it, in the scores' own unit. Without both, it
            is what the camera has now.
        since, until: as of `events`; without, the last seven days of scores.

    Returns:
        `awry.watch.keeper.replay.Replayed`: the events, and those that there were.

    Raises:
        ConfigError: the file or an option cannot be used.
        InputError: there is no store yet, or no scores in that time.
        BundleError: nothing is known of the detector's calibration.
    """
    from awry.watch.keeper.replay import replay as again
    from awry.watch.store.database import read_database

    settings = read_site(site).site
    known = settings.cameras.get(camera)
    longest_s = Camera.model_fields["longest_event_s"].default
    database = read_database(Layout(settings.store), database_url(settings))
    try:
        return again(
            database,
            camera,
            budget=budget,
            threshold=threshold,
            since=moment_of(since, settings.timezone),
            until=moment_of(until, settings.timezone),
            longest_event_s=longest_s if known is None else known.longest_event_s,
        )
    finally:
        database.close()


@checked
def schema() -> Told:
    """The JSON schema of a site's file, for editors that complete and check while one types."""
    return Told(site_schema())


def _camera_rows(now: SiteStatus, read: ReadSite) -> list[dict[str, Any]]:
    zone = read.site.timezone
    rows = []
    for one in now.cameras:
        camera, spent = one.camera, one.budget
        rows.append(
            {
                "camera": camera.name,
                "state": camera.state if now.running else "not watched",
                "since": said_time(camera.state_since, zone) if now.running else "",
                "why": camera.state_reason if now.running else f"It was {camera.state} before.",
                "flags": ", ".join(camera.flags),
                "armed": ("yes" if camera.armed else "no")
                + (", by hand" if camera.by_hand else ""),
                "events in 24 h": f"{one.events}, {one.told} told",
                "budget today": _spent(spent, read.site.cameras.get(camera.name)),
            }
        )
    return rows


def _spent(spent: Budget | None, camera: Camera | None) -> str:
    """What today's alarms have used of a budget; `-` where there is none."""
    if spent is not None:
        return f"{spent.alarms} of {spent.allowed:g}"
    return "-" if camera is None or camera.budget is None else f"0 of {camera.budget}"


def _event_rows(page: Page, timezone: str) -> list[dict[str, Any]]:
    return [
        {
            "uid": one.uid,
            "camera": one.camera,
            "start": said_time(one.start, timezone),
            "seconds": f"{one.end - one.start:.1f}",
            "score": f"{one.score:.4g}",
            "told": "yes" if one.told else one.silent or "no",
            "label": one.label or "",
            "clips": ", ".join(clip.path for clip in one.clips),
            "why": one.reason,
        }
        for one in page.events
    ]
