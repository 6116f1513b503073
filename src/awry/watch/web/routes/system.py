"""The site as a system: problems, processes, the disk, load, versions, receivers, the log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from awry.errors import AwryError, InputError
from awry.watch.requests import OutboxRetry
from awry.watch.site.model import Retention
from awry.watch.site.read import read_site
from awry.watch.store.forecast import GIB, daily, forecast, growth, rooms
from awry.watch.store.kept_log import LogFilter, read_log
from awry.watch.store.outbox import receiver_states
from awry.watch.store.read import cameras
from awry.watch.store.retention import media_bytes
from awry.watch.web import problems as wrong
from awry.watch.web import usage
from awry.watch.web.access import SiteAdministrator, SiteReader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.system import (
    Again,
    DayBody,
    DiskUse,
    Loads,
    Log,
    LogLineBody,
    ProblemBody,
    Problems,
    ProcessBody,
    Processes,
    ReceiverBody,
    Receivers,
    RoomBody,
    TriedAgain,
    Versions,
)
from awry.watch.web.health import health
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.settings import shown_site

router = APIRouter(prefix="/api/v1", tags=["system"], responses=refusals(401, 403, 422, 503))


def plainly(text: str) -> str:
    """English, as the API speaks."""
    return text


@router.get("/problems")
def list_problems(api: TheApi, caller: SiteReader) -> Problems:
    """What is wrong with the site, in sentences with what to do, newest first."""
    return found_problems(api, plainly)


@router.get("/processes")
def list_processes(api: TheApi, caller: SiteReader) -> Processes:
    """The processes of the site, with what they take."""
    return Processes(processes=_processes(api), cores=usage.cores())


@router.get("/load")
def list_load(api: TheApi, caller: SiteReader) -> Loads:
    """What each camera costs, and for how many more there is room."""
    try:
        known = [one.model_dump() for one in _processes(api)]
    except RefusedError:
        known = []
    with api.reading() as session:
        return usage.loads(session, known, api.clock.now())


@router.get("/disk")
def disk_use(api: TheApi, caller: SiteReader) -> DiskUse:
    """The disk, what takes its room, and how long it lasts."""
    return found_disk(api, plainly)


@router.get("/versions")
def list_versions(api: TheApi, caller: SiteReader) -> Versions:
    """What the site runs on."""
    with api.reading() as session:
        return usage.versions(session, api.database)


@router.get("/receivers")
def list_receivers(api: TheApi, caller: SiteReader) -> Receivers:
    """How the messages of each receiver stand."""
    with api.reading() as session:
        found = receiver_states(session)
    return Receivers(receivers=[ReceiverBody.model_validate(one) for one in found])


@router.post("/receivers/again", responses=refusals(409))
def try_again(api: TheApi, caller: SiteAdministrator, wanted: Again) -> TriedAgain:
    """Send all that a receiver was not told now, also what was given up."""
    asked = OutboxRetry.model_validate(wanted.model_dump())
    return TriedAgain(count=int(api.write(asked, caller.name).get("count", 0)))


def log_filter(
    level: Annotated[
        str,
        Query(
            pattern="^(|debug|info|warning|error|critical)$",
            description="It, and graver ones.",
        ),
    ] = "",
    process: Annotated[
        str, Query(pattern="^[a-z]{0,16}$", description="Its kind, e.g. `ingest`.")
    ] = "",
    camera: Annotated[
        str, Query(pattern="^[a-z0-9_-]{0,40}$", description="Of this camera's processes, or it.")
    ] = "",
    text: Annotated[str, Query(max_length=200, description="That stands in it.")] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="Only older ones.")] = None,
    after: Annotated[int | None, Query(ge=0, lt=2**63, description="Only newer ones.")] = None,
) -> LogFilter:
    """Which lines of the log are wanted."""
    return LogFilter(level, process, camera, text, before, after)


Lines = Annotated[LogFilter, Depends(log_filter)]


@router.get("/log")
def list_log(
    api: TheApi,
    caller: SiteAdministrator,
    wanted: Lines,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 200,
) -> Log:
    """The newest lines of the log that are kept, newest first; without secrets."""
    try:
        found = read_log(api.database.layout.logs, wanted, limit=limit)
    except OSError as error:
        raise RefusedError(503, f"The log cannot be read: {error.strerror}.") from error
    following = found[-1].id if len(found) == limit else None
    return Log(lines=[LogLineBody.model_validate(one) for one in found], next=following)


def found_problems(api: Api, say: wrong.Say) -> Problems:
    """What is wrong with the site, in a language."""
    now = api.clock.now()
    try:
        processes: list[dict[str, Any]] | None = api.asked_processes()
    except RefusedError:
        processes = None
    with api.reading() as session:
        found = wrong.of_cameras(cameras(session), say)
        found += wrong.of_receivers(receiver_states(session), now, say)
        found += wrong.of_drift(usage.drifting(session), say)
    disk, limits = found_disk(api, say), _retention(api)
    seen = forecast(disk.media_bytes, disk.a_day_bytes, disk.free_bytes, limits)
    found += wrong.of_disk(seen, disk.free_bytes, limits.free_gib * GIB, say)
    found += wrong.of_processes(processes, say) + _settings_problems(api, say)
    return Problems(problems=[ProblemBody.model_validate(one) for one in wrong.in_order(found)])


def found_disk(api: Api, say: wrong.Say) -> DiskUse:
    """The disk, its forecast in a language."""
    now, limits = api.clock.now(), _retention(api)
    with api.reading() as session:
        try:
            disk = health(session, api.database.layout).disk
        except InputError as error:
            raise RefusedError(503, str(error)) from error
        media, a_day = media_bytes(session), growth(session, now)
        days, taken = daily(session, now), rooms(session)
    seen = forecast(media, a_day, disk.free, limits)
    listed = [RoomBody.model_validate(one) for one in taken] + usage.other_rooms(api.database)
    return DiskUse(
        free_bytes=disk.free,
        total_bytes=disk.total,
        media_bytes=media,
        a_day_bytes=a_day,
        limited_by=seen.by,
        full_in_days=seen.full_in,
        holds_days=seen.holds,
        most_bytes=seen.most,
        said=usage.disk_words(seen, limits.days, say),
        days=[DayBody(start=start, bytes=size) for start, size in days],
        rooms=sorted(listed, key=lambda one: -one.bytes),
    )


def _processes(api: Api) -> list[ProcessBody]:
    found = []
    for one in api.asked_processes():
        seen = api.process_usage.of(int(one["pid"])) if one.get("pid") else None
        found.append(
            ProcessBody(
                process=str(one["process"]),
                name=str(one["name"]),
                state=str(one["state"]),
                restarts=int(one["restarts"]),
                rss_bytes=None if seen is None else seen.rss,
                share=None if seen is None else seen.share,
                began=None if seen is None else seen.began,
            )
        )
    return found


def _retention(api: Api) -> Retention:
    """The limits as the site's file says; the usual ones where it cannot be used."""
    if api.settings.config is None:
        return Retention()
    try:
        return read_site(api.settings.config).site.retention
    except AwryError:
        return Retention()


def _settings_problems(api: Api, say: wrong.Say) -> list[wrong.Found]:
    if api.settings.config is None:
        return []
    try:
        site = shown_site(api.settings.config)
    except AwryError as error:
        return wrong.of_settings(str(error), say)
    return wrong.of_settings(" ".join(site.misconfigured.values()), say)
