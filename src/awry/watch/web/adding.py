"""A camera comes into the site's file, or goes from it; its password stands in a file of its own.

The site's file is shown to others now and then, and may be readable by them. So an address with
anything secret in it goes to `secrets/` beside that file: a folder of mode 0700 with files of mode
0600.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from awry.errors import AwryError
from awry.storage import failure
from awry.video.address import STREAM_PREFIXES, redact
from awry.watch.site.edit import add_camera, remove_camera
from awry.watch.site.secret_values import secret_file
from awry.watch.site.yaml_text import read_yaml
from awry.watch.web.bodies.adding import NewCamera, StreamAddress
from awry.watch.web.refusals import RefusedError

FOLDER = "secrets"
_DEVICE = re.compile(r"/dev/video\d{1,2}")
_MOST_FILES = 1000


def whole_address(given: StreamAddress) -> str:
    """An address with its user and password, percent-encoded.

    Args:
        given: as a person typed it.

    Raises:
        RefusedError: 422: it is none that a camera has; no part of it is repeated.
    """
    address = given.address.get_secret_value().strip()
    user, password = given.user, given.password.get_secret_value()
    if _DEVICE.fullmatch(address) and not user and not password:
        return address
    if not address.lower().startswith(STREAM_PREFIXES):
        raise RefusedError(
            422,
            f"A camera's address begins with {', '.join(STREAM_PREFIXES)}; a camera of this "
            "machine is /dev/video0.",
        )
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        raise RefusedError(422, "The address has a space or a sign that cannot be printed in it.")
    scheme, _, rest = address.partition("://")
    if not host_of(address) and "@" not in address:
        raise RefusedError(422, "The address has no host, e.g. rtsp://192.168.1.20/stream2.")
    if not user and not password:
        return f"{scheme.lower()}://{rest}"
    if "@" in rest.partition("/")[0]:
        raise RefusedError(
            422, "The address has a user in it already: leave the fields for user and password."
        )
    who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return f"{scheme.lower()}://{who}@{rest}"


def write_camera(path: Path, wanted: NewCamera) -> None:
    """Write a camera into the site's file, and what is secret of it beside.

    Args:
        path: the site's file.
        wanted: the camera.

    Raises:
        RefusedError: 422: an address is none that a camera has.
        SiteError, ConfigError, WriteError: as `site.edit.add_camera`; nothing is left behind.
    """
    streams = {"detect": whole_address(wanted.detect)}
    if wanted.record is not None:
        streams["record"] = whole_address(wanted.record)
    made: list[Path] = []
    try:
        values: dict[str, Any] = {
            key: _kept(path, f"{wanted.name}-{key}", address, made)
            for key, address in streams.items()
        }
        values |= _settings(wanted)

        def also(file: Any) -> None:
            if wanted.days is not None:
                retention = file.setdefault("retention", {})
                retention["days"] = f"{wanted.days:g}d"

        add_camera(path, wanted.name, values, also=also, version=wanted.version)
    except AwryError:
        for file in made:
            file.unlink(missing_ok=True)
        raise


def take_camera(path: Path, name: str) -> None:
    """Take a camera out of the site's file, and its secrets; what was stored of it stays.

    Args:
        path: the site's file.
        name: of the camera.

    Raises:
        SiteError, ConfigError, WriteError: as `site.edit.remove_camera`.
    """
    mine = set(_secrets(path, name))
    remove_camera(path, name)
    for file in mine - {one for other in _names(path) for one in _secrets(path, other)}:
        with suppress(OSError):
            file.unlink()


def _settings(wanted: NewCamera) -> dict[str, Any]:
    learn: Any = _duration(wanted.learn_s)
    if wanted.method:
        learn = {"seconds": learn, "method": wanted.method}
    # All are said, since the file may have other defaults.
    values: dict[str, Any] = {"budget": wanted.budget, "learn": learn}
    return {**values, "recording": wanted.recording, "audio": wanted.audio}


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"


def _kept(path: Path, name: str, address: str, made: list[Path]) -> str:
    """An address as the site's file has it: itself, or the file that holds it."""
    if redact(address) == address or _DEVICE.fullmatch(address):
        return address
    folder = path.resolve().parent / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = _new_file(folder, name, address)
    except OSError as error:
        raise failure(folder, error) from error
    made.append(file)
    # Of a link's file the folder is another than the link's.
    beside = path.absolute().parent.resolve() == path.resolve().parent
    return f"file:{FOLDER}/{file.name}" if beside else f"file:{file}"


def _new_file(folder: Path, name: str, text: str) -> Path:
    for number in range(1, _MOST_FILES):
        file = folder / (name if number == 1 else f"{name}-{number}")
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        return file
    raise OSError(17, "there are too many files of that name")


def _cameras(path: Path) -> dict[str, Any]:
    values = read_yaml(path.read_bytes()).values
    cameras = values.get("cameras") if isinstance(values, dict) else None
    return cameras if isinstance(cameras, dict) else {}


def _names(path: Path) -> list[str]:
    return list(_cameras(path))


def _secrets(path: Path, name: str) -> Iterator[Path]:
    """Files in our folder that a camera's addresses stand in."""
    camera = _cameras(path).get(name)
    folder = (path.resolve().parent / FOLDER).resolve()
    for key in ("detect", "record"):
        value = camera.get(key) if isinstance(camera, dict) else None
        file = secret_file(value, path.absolute().parent)
        if file is not None and file.resolve().parent == folder:
            yield file.resolve()


def host_of(address: str) -> str:
    """The host of an address; empty where it has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
