"""`awry watch demo`: make a site of drawn cameras with a past, and run it."""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from awry.calls import checked
from awry.errors import ConfigError
from awry.storage import failure
from awry.watch.accounts import add_user
from awry.watch.clock import Clock, SystemClock
from awry.watch.demo_site.cameras import LEARN_S, settings_text
from awry.watch.demo_site.past import Past, Times
from awry.watch.new_site import local_zone
from awry.watch.site.read import read_site
from awry.watch.site.units import seconds_of
from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout

FILE, LOG = "site.yaml", "run.log"
USER = "demo"
PORT = 8780
PAST = "15m"
LONGEST_S = 86_400.0
# From the start to the first strange thing: so long cameras and detectors take to run.
_FIRST_S = 25.0
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A site that can be run.

    Attributes:
        file: its settings.
        address: of its page.
        user, password: to log in with.
    """

    file: Path
    address: str
    user: str
    password: str

    @property
    def log(self) -> Path:
        """Where a run writes what its processes say."""
        return self.file.with_name(LOG)


@checked
def demo(
    *,
    out: Path | None = None,
    keep: bool = False,
    port: Annotated[int, Field(ge=0, le=65535)] = PORT,
    past: str = PAST,
    say: Callable[[str], None] = print,
    stop: threading.Event | None = None,
) -> int:
    """Show what `awry watch` does, on drawn cameras: no camera and no data are needed.

    It makes a site with two cameras, fits their detectors, lets these score what the cameras saw
    in the time before, and runs the site until the process is told to end by SIGINT or SIGTERM.

    Args:
        out: a folder that is made, or is empty; None: a temporary one.
        keep: whether the temporary folder stays; a folder that was named always does.
        port: of the page, on this machine alone; where it is taken, any free one.
        past: how long before the start the cameras were scored, e.g. `30m`; at most a day. The
            longer it is, the longer the demo takes to begin.
        say: told what is done, in sentences for a visitor.
        stop: ends the run once set, for programs that run it in a thread.

    Returns:
        the exit code: 0 after an orderly end.

    Raises:
        ConfigError: `past` or the folder cannot be used.
        WriteError: the folder cannot be written.
        TrainingError: a detector could not be fitted.
    """
    from awry.watch.supervisor import run_site

    seconds = past_seconds(past)
    with folder_of(out, keep, say) as folder:
        site = make_demo(folder, port=port, past_s=seconds, say=say, stop=stop)
        if stop is not None and stop.is_set():
            return 0
        with site.log.open("w") as log, announced(site, say):
            return run_site(site.file, log=log, stop=stop)


@contextmanager
def announced(site: DemoSite, say: Callable[[str], None]) -> Iterator[None]:
    """While it runs, say where the page is as soon as it answers."""
    ended = threading.Event()
    place = urlsplit(site.address)

    def look() -> None:
        while not ended.wait(_LOOK_S):
            try:
                socket.create_connection((place.hostname, place.port), 1.0).close()
            except OSError:
                continue
            say(f"Open {site.address} and log in as {site.user} with the password {site.password}.")
            say("A first alarm comes within a minute. Ctrl-C ends the demo.")
            return

    looking = threading.Thread(target=look, name="announced", daemon=True)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()


def past_seconds(past: str) -> float:
    """The length of the past.

    Raises:
        ConfigError: it is no duration, or too long.
    """
    try:
        seconds = seconds_of(past)
    except ValueError as error:
        raise ConfigError(f"The demo's past '{past:.40}' is no duration; e.g. 30m.") from error
    if not 60 <= seconds <= LONGEST_S:
        raise ConfigError(f"The demo's past is 1m to 24h long, not '{past:.40}'.")
    return seconds


@contextmanager
def folder_of(out: Path | None, keep: bool, say: Callable[[str], None]) -> Iterator[Path]:
    """The demo's folder: one that was named stays, a temporary one goes at the end.

    Raises:
        ConfigError: there is something in it.
        WriteError: it cannot be made.
    """
    if out is None:
        folder = Path(tempfile.mkdtemp(prefix="awry-demo-"))
        try:
            yield folder
        finally:
            if keep:
                say(f"Everything is in {folder}; awry watch run {folder / FILE} goes on with it.")
            else:
                shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = any(out.iterdir())
    except OSError as error:
        raise failure(out, error) from error
    if taken:
        raise ConfigError(
            f"{out} is not empty; name another folder, or go on: awry watch run {out / FILE}."
        )
    yield out
    say(f"Everything is in {out}; awry watch run {out / FILE} goes on with it.")


def make_demo(
    folder: Path,
    *,
    port: int = PORT,
    past_s: float = 900.0,
    learn_s: float = LEARN_S,
    say: Callable[[str], None] = print,
    clock: Clock | None = None,
    stop: threading.Event | None = None,
) -> DemoSite:
    """Make a demo's site with its past and its user, ready to run.

    Args:
        folder: an empty one.
        port: see `demo`.
        past_s: length of the past in seconds.
        learn_s: seconds of footage from before, which detectors are fitted on.
        say: told what is being done.
        clock: the time; None: this machine's.
        stop: ends the work once set.

    Raises:
        WriteError: the folder cannot be written.
        TrainingError: a detector could not be fitted.
        KeyboardInterrupt: it was stopped.
    """
    clock = clock or SystemClock()
    until = clock.now()
    since = until - past_s
    times = Times(since - learn_s, since, until)
    file, zone, free = folder / FILE, local_zone(), free_port(port)
    write_settings(file, settings_text(free, zone, since, None, learn_s=learn_s))

    def check() -> None:
        if stop is not None and stop.is_set():
            raise KeyboardInterrupt

    site = read_site(file).site
    database = open_database(Layout(site.store))
    try:
        past = Past(site, database, times, say, check)
        past.make()
        past.end(clock.now())
    finally:
        database.close()
    busy_from = clock.now() + _FIRST_S
    write_settings(file, settings_text(free, zone, since, busy_from, learn_s=learn_s))
    password = secrets.token_urlsafe(9)
    add_user(file, USER, role="admin", password=password)
    return DemoSite(file, f"http://127.0.0.1:{free}", USER, password)


def write_settings(file: Path, text: str) -> None:
    """Write the file of settings, for its owner alone.

    Raises:
        WriteError: it cannot be written.
    """
    try:
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise failure(file, error) from error


def free_port(port: int) -> int:
    """The port, where nobody listens there; else any free one."""
    for wanted in (port, 0):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(one.getsockname()[1])
    return port
