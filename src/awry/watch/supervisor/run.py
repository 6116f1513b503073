"""`awry watch run`: a site from its start to its end."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO, Any

from awry.watch.clock import Clock, SystemClock
from awry.watch.ipc import places
from awry.watch.ipc.channel import SocketHub, SocketLink
from awry.watch.messages import Answer, Hello, Message, Request
from awry.watch.requests import BackupNoted, ConfigNoted, made
from awry.watch.site.model import Site, database_url
from awry.watch.site.portions import revealed
from awry.watch.store.kept_log import KeptLog
from awry.watch.store.layout import Layout
from awry.watch.store.restore import Restored, restore_if_wished
from awry.watch.supervisor.core import KEEPER, Supervisor
from awry.watch.supervisor.logs import SiteLog
from awry.watch.supervisor.notify import Notifier
from awry.watch.supervisor.owner import Owned, owned
from awry.watch.supervisor.portions import Key, Planner
from awry.watch.supervisor.reload import Loaded, SiteFile
from awry.watch.supervisor.scrub import Scrubber, secrets_in
from awry.watch.supervisor.spawn import Spawner

TURN_S = 0.25
STOP_S = 60.0
"""All processes together have so long to end; then they are killed."""
_OWN = {"config.reload", "process.restart", "processes"}
_MOST_ASKED = 1000


class Signals:
    """What was asked for by signals; they are heeded in the main thread alone."""

    def __init__(self) -> None:
        self.stops: list[int] = []
        self.reload = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                self._before[number] = signal.signal(number, self._heed)
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self.reload = True
        else:
            self.stops.append(number)


def run_site(
    path: str | Path,
    *,
    log: IO[str] | None = None,
    stop: threading.Event | None = None,
    module: str = "awry.watch.supervisor.child",
) -> int:
    """Run a site until it is told to end.

    SIGTERM and SIGINT end it in order, a second one at once; SIGHUP reads the file anew.

    Args:
        path: the site's file.
        log: where lines of JSON (plain ones on a terminal) are written; None: standard output.
        stop: ends it in order once set, for programs that run it in a thread.
        module: what processes run; for tests.

    Returns:
        0 after an orderly end; 1 where processes had to be killed for it; else 128 and the number
        of the signal that ended it at once.

    Raises:
        AwryError: the file cannot be used, the store cannot be written, or is another's.
    """
    file = SiteFile(Path(path))
    loaded = file.first()
    site_log = SiteLog(log or sys.stdout, Scrubber())
    layout = Layout(loaded.site.store)
    with owned(layout) as store, closing(KeptLog(layout.logs)) as kept, Signals() as signals:
        site_log.keep = kept
        restored = _restored(layout, loaded.site, site_log)
        site = RunningSite(file, loaded, store, site_log, SystemClock(), module)
        if restored is not None:
            site.note(restored)
        try:
            return site.run(signals, stop or threading.Event())
        finally:
            site.close()
            site_log.keep = None


def _restored(layout: Layout, site: Site, log: SiteLog) -> Restored | None:
    """Let a backup take the store's place, where somebody asked for it; nothing runs yet."""
    foreign = database_url(site) is not None
    done = restore_if_wished(layout, SystemClock().now(), site.timezone, foreign=foreign)
    if done is not None:
        log.say(done.said, "warning")
    return done


class RunningSite:
    """A site that runs: its supervisor, and all through which it is spoken to.

    Args:
        file, loaded: the settings.
        store: that is owned.
        log: where everything is said.
        clock: the time.
        module: what processes run.
    """

    def __init__(
        self, file: SiteFile, loaded: Loaded, store: Owned, log: SiteLog, clock: Clock, module: str
    ) -> None:
        self._file, self._log, self._clock = file, log, clock
        self._spawner = Spawner(store.folder, log.child_line, [store.kept], module)
        self._hide(loaded)
        self._notifier = Notifier()
        self._control = SocketHub(places.control(store.folder))
        hello = Hello("supervisor", "", os.getpid())
        self._keeper = SocketLink(places.keeper(store.folder), hello)
        planner = Planner(config=file.path.absolute())
        self.supervisor = Supervisor(loaded.site, clock, self._spawner, planner)
        self._asked: dict[str, Callable[[Answer], object]] = {}
        self._ready = False
        if loaded.said:
            log.say(loaded.said, "warning")
        self._tell(loaded)

    def run(self, signals: Signals, stop: threading.Event) -> int:
        """Until the end; the exit code, see `run_site`."""
        stopped_at: float | None = None
        while not self.supervisor.stopped:
            if stopped_at is None and (signals.stops or stop.is_set()):
                stopped_at = self._clock.monotonic()
                self._log.say("It ends; cameras first, the store last.")
                self._notifier.stopping()
                self.supervisor.stop()
            if len(signals.stops) > 1:
                return 128 + signals.stops[-1]
            if stopped_at is not None and self._clock.monotonic() - stopped_at > STOP_S:
                self._log.say(f"Processes did not end within {STOP_S:.0f} s.", "error")
                return 1
            if signals.reload or self._file.changed(self._clock.monotonic()):
                signals.reload = False
                self.reload()
            self.turn(TURN_S)
        return 0

    def note(self, restored: Restored) -> None:
        """Have the audit log of what was restored say so."""
        if restored.done and restored.wish is not None:
            said = BackupNoted(name=restored.wish.backup, what="restored")
            self._keeper.send(made(said, restored.wish.by))

    def turn(self, wait_s: float) -> None:
        """Everything once, after at most so long."""
        self._wait(wait_s)
        step = self.supervisor.step()
        for key, sentence in step.log:
            self._log.say(sentence, process=str(key))
        for message in step.keeper:
            self._keeper.send(message)
        for key, asked in step.requests:
            self._ask(asked, partial(self.supervisor.say, key))
        for message in self._keeper.poll():
            self._heard(message)
        for received in self._control.poll():
            self._control.done(received)
            if isinstance(received.message, Request):
                who = received.sender
                self._ask(received.message, partial(self._control.send, who.process, who.name))
        if self.supervisor.nearly_stopped and not self._keeper.waiting:
            self._keeper.close()  # it waits for those who may still have something to say
        self._say_how()

    def reload(self) -> Loaded:
        """Read the file anew, and take over what is sound."""
        self._notifier.reloading()
        loaded = self._file.again()
        self._hide(loaded)
        self.supervisor.apply(loaded.site)
        self._log.say(loaded.said, "warning" if loaded.refused else "info")
        after = {"said": self._log.scrub(loaded.said), "refused": loaded.refused}
        self._keeper.send(made(ConfigNoted(subject="site", after=after), "supervisor"))
        self._tell(loaded)
        if self._ready:
            self._notifier.ready()
        return loaded

    def close(self) -> None:
        """End whatever still runs, at once."""
        self._keeper.close()
        self._control.close()
        self._spawner.kill()

    def _hide(self, loaded: Loaded) -> None:
        # Secrets of before may still stand in what processes are about to say.
        self._spawner.hidden |= secrets_in(revealed(loaded.site))
        self._log.scrub = Scrubber(self._spawner.hidden)

    def _tell(self, loaded: Loaded) -> None:
        for camera, why in loaded.misconfigured.items():
            self.supervisor.camera_state(camera, "misconfigured", self._log.scrub(why))

    def _wait(self, wait_s: float) -> None:
        poll = select.poll()
        for child in self._spawner.running:
            for one in child.files:
                poll.register(one, select.POLLIN)
        for one in (*self._control.files, *self._keeper.files):
            poll.register(one, select.POLLIN)
        poll.poll(wait_s * 1000)

    def _heard(self, message: Message) -> None:
        if isinstance(message, Answer):
            if (answer := self._asked.pop(message.uid, None)) is not None:
                answer(message)
        else:
            self.supervisor.take(message, KEEPER)

    def _ask(self, asked: Request, answer: Callable[[Answer], object]) -> None:
        """Have a request answered: by ourselves, or by the keeper."""
        if asked.action in _OWN:
            answer(self._own(asked))
            return
        if len(self._asked) >= _MOST_ASKED:
            del self._asked[next(iter(self._asked))]  # whoever asked has gone long since
        self._asked[asked.uid] = answer
        self._keeper.send(asked)

    def _own(self, asked: Request) -> Answer:
        if asked.action == "processes":
            listed = [asdict(one) for one in self.supervisor.processes]
            return Answer(asked.uid, json.dumps({"processes": listed}))
        if asked.action == "config.reload":
            loaded = self.reload()
            said = self._log.scrub(loaded.said)
            return Answer(asked.uid, json.dumps({"said": said}), said if loaded.refused else "")
        try:
            values = json.loads(asked.values)
            key = Key(str(values["process"]), str(values.get("name", "")))
        except (ValueError, TypeError, LookupError, AttributeError):
            return Answer(asked.uid, error="process.restart wants `process` and `name`.")
        there = self.supervisor.restart(key)
        return Answer(asked.uid, error="" if there else f"There is no process {key}.")

    def _say_how(self) -> None:
        self._notifier.alive(self._clock.monotonic())
        listed = self.supervisor.processes
        running = sum(one.state == "running" for one in listed)
        cameras = len(self.supervisor.site.cameras)
        self._notifier.status(f"{cameras} cameras; {running} of {len(listed)} processes run")
        if not self._ready and self.supervisor.ready:
            self._ready = True
            self._log.say("All processes run.")
            self._notifier.ready()
