"""The system: log, backups, users and tokens, who changed what, settings; for administrators."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from starlette.responses import Response

from awry.watch.site.schedule import Span
from awry.watch.store.accounts import audit_names
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import Since, Until
from awry.watch.web.pages.shell import SiteAdministrator
from awry.watch.web.pages.system import section
from awry.watch.web.pages.system_words import differences
from awry.watch.web.routes.backups import list_backups
from awry.watch.web.routes.people import (
    Wanted,
    list_audit,
    list_log_ins,
    list_tokens,
    list_users,
)
from awry.watch.web.routes.settings import config
from awry.watch.web.routes.system import Lines, list_log

router = APIRouter(include_in_schema=False)
_LINES, _ENTRIES = 200, 100


@router.get("/system/log")
def log_page(api: TheApi, request: Request, caller: SiteAdministrator, wanted: Lines) -> Response:
    """The newest lines of the log."""
    found = list_log(api, caller, wanted, limit=_LINES)
    fields = {name: getattr(wanted, name) for name in ("level", "process", "camera", "text")}
    given = {name: value for name, value in fields.items() if value}
    older = (
        "" if found.next is None else f"/system/log?{urlencode({**given, 'before': found.next})}"
    )
    return section(
        api,
        request,
        caller,
        "system_log.html",
        lines=found.lines,
        wanted=fields,
        older=older,
        live=f"/ui/system/log?{urlencode(given)}" if wanted.before is None else "",
        newest=found.lines[0].id if found.lines else 0,
        cameras=api.settings.cameras,
    )


@router.get("/ui/system/log")
def log_part(api: TheApi, request: Request, caller: SiteAdministrator, wanted: Lines) -> Response:
    """Lines that came since, as a fragment."""
    found = list_log(api, caller, wanted, limit=_LINES)
    return section(api, request, caller, "system_log_part.html", lines=found.lines)


@router.get("/system/backups")
def backups_page(api: TheApi, request: Request, caller: SiteAdministrator) -> Response:
    """Backups: made, checked, given out, restored."""
    values = {"found": list_backups(api, caller), "foreign": api.settings.database is not None}
    return section(api, request, caller, "system_backups.html", **values)


@router.get("/ui/system/backups")
def backups_part(api: TheApi, request: Request, caller: SiteAdministrator) -> Response:
    """The list of backups, as a fragment."""
    values = {"found": list_backups(api, caller), "foreign": api.settings.database is not None}
    return section(api, request, caller, "system_backups_part.html", **values)


@router.get("/system/people")
def people_page(api: TheApi, request: Request, caller: SiteAdministrator) -> Response:
    """Who may log in, who is logged in, and which programs may ask."""
    log_ins = list_log_ins(api, caller).log_ins
    tokens = list_tokens(api, caller).tokens
    return section(
        api,
        request,
        caller,
        "system_people.html",
        users=list_users(api, caller).users,
        log_ins={name: [one for one in log_ins if one.user == name] for name in _names(log_ins)},
        tokens=tokens,
        made={name: sum(one.by == name for one in tokens) for name in {one.by for one in tokens}},
        cameras=api.settings.cameras,
    )


@router.get("/system/audit")
def audit_page(
    api: TheApi,
    request: Request,
    caller: SiteAdministrator,
    wanted: Wanted,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Who changed what, when, from what to what."""
    found = list_audit(api, caller, wanted, limit=_ENTRIES)
    with api.reading() as session:
        who, what = audit_names(session)
    given = {
        "by": wanted.by,
        "action": wanted.action,
        "subject": wanted.subject,
        "since": since,
        "until": until,
    }
    asked = {name: value for name, value in given.items() if value not in ("", None)}
    older = urlencode({**asked, "before": found.next}) if found.next is not None else ""
    return section(
        api,
        request,
        caller,
        "system_audit.html",
        entries=found.entries,
        differences=differences,
        who=who,
        what=what,
        wanted=given,
        older=f"/system/audit?{older}" if older else "",
        table=f"/api/v1/audit.csv?{urlencode(asked)}",
    )


@router.get("/system/settings")
def settings_page(api: TheApi, request: Request, caller: SiteAdministrator) -> Response:
    """The site's name, time zone, retention and schedules."""
    site = config(api, caller)
    return section(
        api,
        request,
        caller,
        "system_settings.html",
        site=site,
        schedules={name: [_span(one) for one in spans] for name, spans in site.schedules.items()},
        empty=_span("00:00-24:00"),
        zones=sorted(available_timezones()),
    )


def _names(log_ins: list[Any]) -> list[str]:
    return sorted({one.user for one in log_ins})


def _span(text: str) -> dict[str, Any]:
    """A weekly span for its fields: days, and times as a clock shows them."""
    span = Span.parse(text)
    return {"days": span.days, "start": _clock(span.start), "end": _clock(span.end)}


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
