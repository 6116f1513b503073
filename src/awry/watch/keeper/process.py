"""The keeper as a process: its loop."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from awry.watch.ipc.links import Context, Hub, Received
from awry.watch.keeper.core import Keeper
from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.messages import Configure, Hello, Stop, Train, UseBundle
from awry.watch.once import Once
from awry.watch.site.model import database_url
from awry.watch.site.portions import KeeperSettings
from awry.watch.store.database import open_database
from awry.watch.store.disk import RealDisk
from awry.watch.store.layout import Layout
from awry.watch.store.reconcile import reconcile

POLL_S = 0.1
GATHER_S = 0.1
"""Messages of so long at least share a transaction: it costs more than most of them."""
TICK_S = 1.0
MOST = 1000
"""So many messages at most are done in one transaction."""
AFTER_FAILURE_S = 1.0
LAST_ROUNDS = 20
"""At the end so many looks, of 0.1 s at most, are taken at what still comes."""
_log = logging.getLogger(__name__)


def run(context: Context) -> None:
    """Keep the store until a `Stop` came.

    Args:
        context: what the supervisor gave.

    Raises:
        AwryError: the database cannot be opened.
    """
    settings = KeeperSettings.model_validate_json(context.settings)
    layout = Layout(settings.store)
    database = open_database(layout, database_url(settings))
    disk = RealDisk()
    try:
        for said in reconcile(database, disk, context.clock.now(), alone=False).said:
            _log.warning("%s", said)
        _Loop(context, Keeper(settings, database, context.clock, disk)).run()
    finally:
        database.close()


class _Loop:
    """Polls, and has the keeper do what came."""

    def __init__(self, context: Context, keeper: Keeper) -> None:
        self._context, self._keeper = context, keeper
        self._hub: Hub = context.hub()
        self._greeted: set[Hello] = set()
        self._waiting: list[Received] = []
        self._ticked = self._took = -math.inf
        self._rest_until = -math.inf
        self._started = False
        self._fails = Once(_log)

    def run(self) -> None:
        """Until a `Stop` came, and a little longer for what others still send."""
        try:
            while not self._told_to_stop():
                self._step()
            for _ in range(LAST_ROUNDS):
                if not self._hub.connected and not self._waiting:
                    break
                self._context.poll()
                self._step()
            self._finish()
        finally:
            self._hub.close()

    def _finish(self) -> None:
        """Where no scorer is left, all sessions have ended; else this process alone is stopped."""
        if not self._started or any(one.process == "scorer" for one in self._hub.connected):
            return
        try:
            self._say(self._keeper.finish())
        except SQLAlchemyError:  # the next start ends them
            _log.warning("Events that were on could not be ended; the next start does so.")

    def _told_to_stop(self) -> bool:
        stop = False
        for message in self._context.poll():
            stop |= isinstance(message, Stop)
            if isinstance(message, Configure):
                settings = KeeperSettings.model_validate_json(message.settings)
                self._say(self._keeper.configure(settings))
        return stop

    def _step(self) -> None:
        now = self._context.clock.monotonic()
        if now < self._rest_until:  # the database cannot be written; senders keep what they have
            self._context.clock.wait(POLL_S)
            return
        try:
            self._work(now)
            self._fails.over()
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            sentence = f"The database cannot be written: {reason}. It is tried again."
            self._fails.say(logging.ERROR, sentence)
            self._rest_until = self._context.clock.monotonic() + AFTER_FAILURE_S

    def _work(self, now: float) -> None:
        if not self._started:
            self._say(self._keeper.start())
            self._started = True
        self._waiting += self._hub.poll(POLL_S)
        if self._waiting and now - self._took < GATHER_S:
            self._context.clock.wait(GATHER_S)
            self._waiting += self._hub.poll()
        self._took = self._context.clock.monotonic()
        self._greet()
        while self._waiting:
            self._take(self._waiting[:MOST])
        if now - self._ticked >= TICK_S:
            self._ticked = now
            connected = {(one.process, one.name) for one in self._hub.connected}
            self._say(self._keeper.tick(connected))

    def _take(self, some: Sequence[Received]) -> None:
        try:
            effects = self._keeper.take(some)
        except SQLAlchemyError:
            raise
        except Exception:
            if len(some) > 1:  # one of them is to blame: the others are done without it
                for one in some:
                    self._take([one])
                return
            _log.exception("A message was given up: %s", type(some[0].message).__name__)
            effects = []
        for one in some:
            self._hub.done(one)
        del self._waiting[: len(some)]
        self._say(effects)

    def _greet(self) -> None:
        now = set(self._hub.connected)
        for hello in sorted(now - self._greeted, key=lambda one: (one.process, one.name)):
            self._say(self._keeper.greet(hello))
        self._greeted = now

    def _say(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect.message, Train | UseBundle):
                self._context.say(effect.message)
            elif effect.name != EVERY:
                self._hub.send(effect.process, effect.name, effect.message)
            else:
                for hello in self._hub.connected:
                    if hello.process == effect.process:
                        self._hub.send(hello.process, hello.name, effect.message)
