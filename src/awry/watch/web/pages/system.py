"""The system: what is wrong, the disk, load and drift, versions; what viewers may see."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from awry.pages import language_of
from awry.pages.words import marked as _
from awry.pages.words import translations
from awry.watch.keeper.drift import FAR
from awry.watch.store.calibrations import drifts
from awry.watch.store.read import cameras
from awry.watch.web import usage
from awry.watch.web.access import Caller, Level
from awry.watch.web.api import Api, TheApi
from awry.watch.web.pages import curves, system_words
from awry.watch.web.pages.shell import Link, SiteViewer, shown
from awry.watch.web.problems import receiver_name
from awry.watch.web.refusals import RefusedError
from awry.watch.web.routes.system import (
    found_disk,
    found_problems,
    list_load,
    list_processes,
    list_receivers,
    list_versions,
)

router = APIRouter(include_in_schema=False)


SECTIONS: tuple[tuple[str, str, Level], ...] = (
    ("", _("Health"), "read"),
    ("/disk", _("Disk"), "read"),
    ("/load", _("Load and drift"), "read"),
    ("/versions", _("Versions"), "read"),
    ("/log", _("Log"), "admin"),
    ("/backups", _("Backups"), "admin"),
    ("/people", _("Users and tokens"), "admin"),
    ("/audit", _("Who changed what"), "admin"),
    ("/settings", _("Settings"), "admin"),
)
"""Sections below `/system`: address, English name, and who may see them."""
_WEEK_S, _HOUR_S = 7 * 86_400.0, 3600.0


def section(api: Api, request: Request, caller: Caller, template: str, **values: Any) -> Response:
    """A section of the system's page, or a fragment of one, with words and tabs."""
    language = language_of(request.scope)
    say = translations(language).gettext
    tabs = tuple(
        Link(f"/system{end}", say(text), "", request.url.path == f"/system{end}")
        for end, text, level in SECTIONS
        if caller.may(level)
    )
    given: dict[str, Any] = {
        "tabs": tabs,
        "terms": system_words.Words(say, language),
        "names": system_words,
    }
    return shown(api, request, caller, template, **given, **values)


@router.get("/system")
def health_page(api: TheApi, request: Request, caller: SiteViewer) -> Response:
    """What is wrong, which programs run, who waits for messages."""
    return section(api, request, caller, "system_health.html", **_health(api, request, caller))


@router.get("/ui/system/health")
def health_part(api: TheApi, request: Request, caller: SiteViewer) -> Response:
    """The same as a fragment."""
    return section(api, request, caller, "system_health_part.html", **_health(api, request, caller))


@router.get("/system/disk")
def disk_page(api: TheApi, request: Request, caller: SiteViewer) -> Response:
    """What takes the room, and how long it lasts."""
    say = translations(language_of(request.scope)).gettext
    disk = found_disk(api, say)
    most = max((one.bytes for one in disk.days), default=0)
    return section(api, request, caller, "system_disk.html", disk=disk, most=most)


@router.get("/system/load")
def load_page(api: TheApi, request: Request, caller: SiteViewer) -> Response:
    """What cameras cost, and whether they still see what they learned."""
    return section(
        api,
        request,
        caller,
        "system_load.html",
        load=list_load(api, caller),
        drift=_drift(api),
        far=curves.level(FAR, 1.0),
        box=(curves.WIDTH, curves.HEIGHT),
    )


@router.get("/ui/system/load")
def load_part(api: TheApi, request: Request, caller: SiteViewer) -> Response:
    """What cameras cost, as a fragment."""
    return section(api, request, caller, "system_load_part.html", load=list_load(api, caller))


@router.get("/system/versions")
def versions_page(api: TheApi, request: Request, caller: SiteViewer) -> Response:
    """What the site runs on."""
    return section(
        api, request, caller, "system_versions.html", versions=list_versions(api, caller)
    )


def _health(api: Api, request: Request, caller: Caller) -> dict[str, Any]:
    say = translations(language_of(request.scope)).gettext
    try:
        processes = list_processes(api, caller).processes
    except RefusedError:
        processes = None
    return {
        "problems": found_problems(api, say).problems,
        "processes": processes,
        "receivers": list_receivers(api, caller).receivers,
        "receiver_name": receiver_name,
    }


def _drift(api: Api) -> list[dict[str, Any]]:
    """For each camera, what is said of its drift and its curve of a week."""
    now = api.clock.now()
    first = now - _WEEK_S
    with api.reading() as session:
        said = usage.drifting(session)
        measured = {one.name: drifts(session, one.name, since=first) for one in cameras(session)}
    return [
        {
            "camera": name,
            "said": said.get(name, ""),
            "newest": next((one.distance for one in reversed(hours) if one.light == "day"), None),
            "lines": curves.lines(
                [(one.hour, one.distance) for one in hours if one.light == "day"],
                *(first, now, 1.0),
                gap=1.5 * _HOUR_S,
            ),
            "infrared": curves.lines(
                [(one.hour, one.distance) for one in hours if one.light != "day"],
                *(first, now, 1.0),
                gap=1.5 * _HOUR_S,
            ),
        }
        for name, hours in measured.items()
    ]
