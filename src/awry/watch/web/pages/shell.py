"""What every page of a site has around it: who is there, which pages there are, the words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from awry.pages import Kit, Link, Shell, language_of
from awry.pages.words import marked as _
from awry.pages.words import translations
from awry.watch.web.access import Caller, Level, May
from awry.watch.web.api import Api, TheApi

KIT = Kit([Path(__file__).parent])
"""Templates and files of the site's pages."""
NAVIGATION: tuple[tuple[str, str, str, Level], ...] = (
    ("/", _("Now"), "grid", "read"),
    ("/events", _("Events"), "list", "read"),
    ("/timeline", _("Timeline"), "line", "read"),
    ("/system", _("System"), "gear", "read"),
    ("/add", _("Add a camera"), "plus", "admin"),
)
"""Pages for the bar: address, English name, icon, and who may see them."""
OF_CAMERA: tuple[tuple[str, str, Level], ...] = (
    ("", _("Live"), "read"),
    ("/sensitivity", _("Sensitivity"), "read"),
    ("/zones", _("Zones"), "read"),
    ("/teach", _("Teach"), "read"),
)
"""Pages of one camera, below `/cameras/NAME`: address, English name, and who may see them."""


class PageNeeds(May):
    """A dependency of pages: who asks, as `May`; nobody is led to where they log in."""

    def __call__(self, request: Request, api: TheApi) -> Caller:  # type: ignore[override]
        """Who asks.

        Raises:
            RefusedError: 401 nobody, which becomes the way to log in; 403 somebody who may not.
        """
        return super().__call__(request, api, None, None)


Viewer = Annotated[Caller, Depends(PageNeeds("read"))]
SiteViewer = Annotated[Caller, Depends(PageNeeds("read", whole_site=True))]
SiteAdministrator = Annotated[Caller, Depends(PageNeeds("admin", whole_site=True))]


def shell_of(api: Api, request: Request, caller: Caller | None = None) -> Shell:
    """What stands around a page for somebody; None: nobody is logged in."""
    site = Shell(site=api.settings.site, zone=api.settings.timezone)
    if caller is None:
        return site
    say = translations(language_of(request.scope)).gettext
    path = request.url.path
    return Shell(
        site=site.site,
        zone=site.zone,
        user=caller.name,
        level=caller.level,
        csrf=caller.log_in.csrf if caller.log_in else "",
        nav=tuple(
            Link(href, say(text), icon, _is_here(href, path))
            for href, text, icon, level in NAVIGATION
            if caller.may(level)
        ),
        account="/account" if caller.log_in else "",
    )


def shown(
    api: Api,
    request: Request,
    caller: Caller | None,
    template: str,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page, or a fragment of one.

    Args:
        api: of the site.
        request: that asks for it.
        caller: who asks; None: nobody is logged in.
        template: its name.
        status: of HTTP.
        **values: what the template shows.
    """
    language = language_of(request.scope)
    shell = shell_of(api, request, caller)
    return KIT.page(template, language, status=status, shell=shell, caller=caller, **values)


def camera_tabs(request: Request, caller: Caller, camera: str) -> tuple[Link, ...]:
    """The pages of a camera, as tabs."""
    say = translations(language_of(request.scope)).gettext
    return tuple(
        Link(
            f"/cameras/{camera}{end}", say(text), "", request.url.path == f"/cameras/{camera}{end}"
        )
        for end, text, level in OF_CAMERA
        if caller.may(level)
    )


def _is_here(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
