"""The site's own settings, changed in its file: name, time zone, retention, schedules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter

from awry.watch.requests import ConfigNoted
from awry.watch.site.edit import change_site
from awry.watch.site.read import read_site
from awry.watch.web.access import SiteAdministrator
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.site import SiteSettings
from awry.watch.web.bodies.system import SiteChange
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.settings import one_change, site_file
from awry.watch.web.settings import shown_site

router = APIRouter(
    prefix="/api/v1", tags=["settings"], responses=refusals(401, 403, 404, 409, 422, 503)
)
_UNITS = {"days": "d", "scores_days": "d", "gib": "GiB", "free_gib": "GiB"}


@router.patch("/config")
def change_config(api: TheApi, caller: SiteAdministrator, wanted: SiteChange) -> SiteSettings:
    """Change the site's name, time zone, retention or schedules.

    The change goes into the site's file, whose comments stay, and is applied by the supervisor.
    """
    path = site_file(api)
    odd = sorted(set(wanted.retention or {}) - set(_UNITS))
    if odd:
        raise RefusedError(422, f"retention: expected {', '.join(_UNITS)}, not {odd[0]!r:.40}.")
    with one_change:
        before = _some(path, wanted)
        change_site(path, lambda values: _change(values, wanted), version=wanted.version)
        after = _some(path, wanted)
    api.reload_site()
    if before != after:
        api.write(ConfigNoted(subject="site", before=before, after=after), caller.name)
    return shown_site(path)


def _change(values: Any, wanted: SiteChange) -> None:
    """Change the file's mapping in place."""
    for field in ("name", "timezone"):
        if getattr(wanted, field) is not None:
            values[field] = getattr(wanted, field)
    if wanted.retention:
        if not isinstance(values.get("retention"), dict):
            values["retention"] = {}
        for key, number in wanted.retention.items():
            values["retention"][key] = f"{_number(number)}{_UNITS[key]}"
    if wanted.schedules is not None:
        held = values.get("schedules")
        if not isinstance(held, dict):
            held = values["schedules"] = {}
        for name in [one for one in held if one not in wanted.schedules]:
            del held[name]
        for name, spans in wanted.schedules.items():
            if list(held.get(name) or ()) != spans:
                held[name] = list(spans)


def _number(number: float) -> str:
    """As people write it, never with an exponent, which the file does not know."""
    return f"{number:.4f}".rstrip("0").rstrip(".")


def _some(path: Path, wanted: SiteChange) -> dict[str, Any]:
    """The settings that are to be changed, as they are."""
    site = read_site(path).site
    shown = {
        "name": site.name,
        "timezone": site.timezone,
        "retention": site.retention.model_dump(),
        "schedules": {name: list(spans) for name, spans in site.schedules.items()},
    }
    return {field: shown[field] for field in sorted(wanted.model_fields_set & set(shown))}
