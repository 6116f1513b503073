"""Events of a site, read beside whatever runs."""

from __future__ import annotations

from awry.watch.site.model import Site
from awry.watch.store.database import site_database
from awry.watch.store.read import EventFilter, events
from awry.watch.store.results import Page


def list_events(
    site: Site, wanted: EventFilter | None = None, *, limit: int = 50, cursor: str | None = None
) -> Page:
    """A site's events, newest first; arguments as of `read.events`.

    Raises:
        InputError: there is no database yet, it is not of this version, or an argument is wrong.
        ConfigError: its address cannot be used.
    """
    with site_database(site) as database, database.reading() as session:
        return events(session, wanted, limit=limit, cursor=cursor)
