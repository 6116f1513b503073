"""`awry watch init`: a commented file of settings, with the cameras that are given."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awry.calls import checked
from awry.errors import ConfigError
from awry.results import FigureCard, Listing
from awry.storage import failure
from awry.video.address import name_of, named_address, redact, safe
from awry.watch.site.problems import SiteError
from awry.watch.site.read import parse_site
from awry.watch.site.schedule import zone_of

_NO_NAME = re.compile(r"[^a-z0-9]+")
_LINK = Path("/etc/localtime")


@dataclass(frozen=True, slots=True)
class NewSite(Listing):
    """A file of settings that was made.

    Attributes:
        path: the file; only its owner can read it.
        store: where footage, events and scores will be kept.
        cameras: name -> address, as it may be shown.
    """

    path: str
    store: str
    cameras: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {"path": self.path, "store": self.store, "cameras": dict(self.cameras)}

    def rows(self) -> list[dict[str, Any]]:
        """One row a camera."""
        return [{"camera": name, "address": shown} for name, shown in self.cameras.items()]

    def cards(self) -> list[FigureCard]:
        """How many cameras there are, and where the file is."""
        return [FigureCard("cameras", str(len(self.cameras)), self.path)]


@checked
def init(
    site: Path,
    *,
    camera: Sequence[str] = (),
    store: Path = Path("store"),
    budget: str = "2/day",
    timezone: str | None = None,
) -> NewSite:
    """Write a commented file of settings; nothing is overwritten, and no camera is opened.

    Args:
        site: the file to make; only its owner can read it, since addresses may hold passwords.
        camera: `NAME=ADDRESS`, or an address alone; none: an example stands there as a comment.
        store: folder of database, clips and bundles; a relative one starts at the file's folder.
        budget: alarms that each camera may give, e.g. `2/day`.
        timezone: IANA name, for schedules and days; None: this machine's.

    Raises:
        ConfigError: the file is there already, or what is given cannot be used.
        WriteError: it cannot be written.
    """
    cameras = _named(camera)
    zone = timezone or local_zone()
    text = site_text(cameras, str(store), budget, zone)
    _check(text, site)
    _write(site, text)
    shown = {name: redact(url) if "://" in url else url for name, url in cameras.items()}
    return NewSite(str(site), str(site.absolute().parent / store), shown)


def local_zone() -> str:
    """This machine's time zone by its IANA name; `UTC` where that cannot be told."""
    try:
        named = os.environ.get("TZ", "").lstrip(":") or str(_LINK.resolve()).split("zoneinfo/")[1]
        return zone_of(named).key
    except (ConfigError, IndexError, OSError):
        return "UTC"


def site_text(cameras: Mapping[str, str], store: str, budget: str, timezone: str) -> str:
    """The file's text: what is given, and everything else that one may want as comments.

    Args:
        cameras: name -> address.
        store, budget, timezone: as of `init`.
    """
    lines = [_HEAD.format(store=json.dumps(store), timezone=json.dumps(timezone))]
    lines.append(_DEFAULTS.format(budget=json.dumps(budget)))
    lines.append("cameras:" if cameras else "cameras: {}")
    for name, address in cameras.items():
        lines.append(_CAMERA.format(name=name, address=json.dumps(address)))
    lines.append(_MORE)
    return "\n".join(lines)


def _named(given: Sequence[str]) -> dict[str, str]:
    """Name -> address; names that lack are made of the addresses' hosts."""
    cameras: dict[str, str] = {}
    for one in given:
        name, address = named_address(one)
        if name is None:
            before, sign, after = one.partition("=")
            if sign and re.fullmatch(r"[\w-]+", before):  # a device, as in door=/dev/video0
                name, address = before, after
        if name is None:
            name = _free_name(address, cameras)
        if name in cameras:
            raise ConfigError(f"Two cameras are called {safe(name)}; each needs its own name.")
        cameras[name] = address
    return cameras


def _free_name(address: str, taken: Mapping[str, str]) -> str:
    host = name_of(address).partition("/")[0] if "://" in address else "camera"
    word = _NO_NAME.sub("-", host.lower().partition(":")[0]).strip("-")[:30]
    base = word if re.search(r"[a-z]", word) else "camera"  # not a bare IP address
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


class _AnyVariable(dict[str, str]):
    """Every variable of the environment is set: whether it really is shows when it runs."""

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]

    def __missing__(self, key: str) -> str:
        return "x"


def _check(text: str, path: Path) -> None:
    read = parse_site(text.encode("utf-8", "surrogateescape"), path, environment=_AnyVariable())
    if read.problems:
        raise SiteError(path.name, read.problems)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failure(path, error) from error
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(
            f"{path} is there already and was left as it is; change it by hand, or choose another "
            "name."
        ) from error
    except OSError as error:
        raise failure(path, error) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise failure(path, error) from error


_HEAD = """\
# Settings of `awry watch`; docs/watch.md says what each means. Try them: awry watch check FILE
# Secrets may stand elsewhere: ${{NAME}} is a variable of the environment, file:PATH a file.

# Database, clips, footage and learned bundles. Relative paths start at this file's folder.
store: {store}
# For schedules, and for the days of the budget.
timezone: {timezone}
"""
_DEFAULTS = """\
# What all cameras share; each may say otherwise.
defaults:
  # Alarms a camera may give: 2/day, 1/week, 3/hour.
  budget: {budget}
  # A camera without `bundle` learns from its own stream for so long, then it alarms.
  learn: 24h
"""
_CAMERA = """\
  {name}:
    detect: {address}
    # record: rtsp://...     a larger stream, for clips alone
    # bundle: bundles/...    a detector that awry fit made, instead of learning
    # armed: night           alarms at the times of a schedule alone
    # ignore: [[[0, 0], [1, 0], [1, 0.1], [0, 0.1]]]    never looked at, as shares of the picture
"""
_MORE = """\
# An example of a camera:
#  door:
#    detect: rtsp://user:${DOOR_PASSWORD}@192.168.1.20/stream2
#    record: rtsp://user:${DOOR_PASSWORD}@192.168.1.20/stream1
#    zones:
#      - {name: gate, alarm: only, polygon: [[0.2, 0.4], [0.8, 0.4], [0.8, 1], [0.2, 1]]}

# schedules:
#   night: [mon-fri 18:00-07:00, sat-sun 00:00-24:00]

# Whichever limit is met first deletes the oldest clips; pinned and confirmed events stay.
# retention: {days: 30d, gib: 100GiB, free_gib: 2GiB}

# The API: this machine alone, unless told otherwise.
# web: {host: 127.0.0.1, port: 8780}

# mqtt: {host: broker.local, user: awry, password: "${MQTT_PASSWORD}"}

# notify:
#   - {name: phone, to: "${APPRISE_ADDRESS}", schedule: night}

# webhooks:
#   - {name: control-room, to: "https://example.org/alarm", secret: "file:webhook.secret"}
"""
