"""What every route of the API needs, held together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import pydantic_core
from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from awry.watch.clock import Clock
from awry.watch.messages import Answer
from awry.watch.messages import Request as Wish
from awry.watch.requests import Values, made
from awry.watch.site.portions import WebSettings
from awry.watch.store.database import Database
from awry.watch.web.attempts import Attempts
from awry.watch.web.backup_maker import BackupMaker
from awry.watch.web.changes import Feed
from awry.watch.web.helpers import Helpers
from awry.watch.web.live import LiveSources
from awry.watch.web.passwords import Passwords
from awry.watch.web.process_usage import ProcessUsage
from awry.watch.web.refusals import RefusedError
from awry.watch.web.sensitivity_cache import SensitivityCache


class KeeperAwayError(Exception):
    """The process that writes the store did not answer in time."""


@dataclass(slots=True)
class Api:
    """What the routes share.

    Attributes:
        settings: of the web process; replaced when they change.
        database: of the site, to read.
        ask: sends a request to the keeper and waits for its answer, or raises `KeeperAwayError`.
        tell: the same without waiting for an answer, which may be lost.
        clock: the time.
        passwords, attempts: who may log in, and how often.
        feed: what changes.
        first_token: with which the first user may be made from another machine; used once.
        live: fetches live pictures and video.
        reload: lets the supervisor read the site's file anew; raises as `ask`. None: nobody does.
        sensitivity: budgets that were tried on stored scores.
        helpers: what is done outside of this process.
        processes: asks the supervisor how its processes are; raises as `ask`. None: nobody knows.
        backups: makes backups.
        process_usage: how much processor time processes take.
    """

    settings: WebSettings
    database: Database
    ask: Callable[[Wish], Answer]
    tell: Callable[[Wish], None]
    clock: Clock
    passwords: Passwords
    attempts: Attempts
    feed: Feed
    first_token: str
    live: LiveSources
    reload: Callable[[], Answer] | None
    helpers: Helpers
    processes: Callable[[], Answer] | None = None
    backups: BackupMaker = field(default_factory=BackupMaker)
    process_usage: ProcessUsage = field(default_factory=ProcessUsage)
    sensitivity: SensitivityCache = field(init=False)

    def __post_init__(self) -> None:
        self.sensitivity = SensitivityCache(self.database)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A unit of reading.

        Raises:
            RefusedError: the database cannot be read.
        """
        try:
            with self.database.reading() as session:
                yield session
        except SQLAlchemyError as error:
            raise RefusedError(
                503, "The store cannot be read at the moment.", {"Retry-After": "5"}
            ) from error

    def write(self, values: Values, by: str) -> dict[str, Any]:
        """Let the keeper write.

        Args:
            values: what.
            by: who asks for it.

        Returns:
            what the keeper says of it.

        Raises:
            RefusedError: the keeper refuses, or is away.
        """
        return self._answered(lambda: self.ask(made(values, by)))

    def reload_site(self) -> None:
        """Let the supervisor take over what the site's file says now.

        Raises:
            RefusedError: the supervisor refuses the file, or is away.
        """
        if self.reload is not None:
            self._answered(self.reload)

    def asked_processes(self) -> list[dict[str, Any]]:
        """The processes of the site, as the supervisor says; see `supervisor.core.ProcessStatus`.

        Raises:
            RefusedError: the supervisor is away.
        """
        if self.processes is None:
            return []
        return list(self._answered(self.processes).get("processes", []))

    def _answered(self, ask: Callable[[], Answer]) -> dict[str, Any]:
        try:
            answer = ask()
        except KeeperAwayError:
            raise RefusedError(
                503,
                "The process that does this does not answer at the moment; it is not known whether "
                "it was done.",
                {"Retry-After": "5"},
            ) from None
        if answer.error:
            raise RefusedError(409, answer.error)
        said = pydantic_core.from_json(answer.values)
        return said if isinstance(said, dict) else {}


def api_of(request: Request) -> Api:
    """The API that answers a request."""
    found: Api = request.app.state.api
    return found


TheApi = Annotated[Api, Depends(api_of)]
