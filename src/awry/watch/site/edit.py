"""Changes of a site's file by the program: comments stay, and what is wrong is never written.

The version before stands beside the file with the ending `.bak`.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.util import load_yaml_guess_indent

from awry.errors import ConfigError
from awry.foreign import quoted, reading
from awry.storage import failure, settle_file
from awry.watch.site.problems import SiteError
from awry.watch.site.read import CAMERAS, ReadSite, parse_site, read_site

ENDING = ".bak"
Change = Callable[[CommentedMap], None]


def change_site(
    path: str | Path,
    change: Change,
    *,
    version: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> ReadSite:
    """Change a site's file; it is written whole, or not at all.

    Args:
        path: the file.
        change: changes the mapping that is given, in place.
        version: the version that the change was made for, see `ReadSite.version`; None: whichever.
        environment: as in `read_site`.

    Returns:
        The new settings.

    Raises:
        SiteError: the file would have mistakes that it did not have before.
        ConfigError: there is no such file, or it is of another version by now.
        WriteError: it cannot be written; it is as before.
    """
    path = Path(path)
    before = read_site(path, environment=environment)
    path = path.resolve()  # of a link, what it leads to is changed
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != before.version or version not in (None, digest):
        raise ConfigError(f"{path.name} has changed meanwhile; read it again, and change it anew.")
    text = _changed(path, data.decode("utf-8-sig"), change)
    after = parse_site(text, path, environment=environment)
    known = {(problem.place, problem.sentence) for problem in before.problems}
    new = [one for one in after.problems if (one.place, one.sentence) not in known]
    if new:
        raise SiteError(path.name, new)
    if text != data:
        _write(path.with_name(path.name + ENDING), data, path)
        _write(path, text, path)
    return after


def add_camera(
    path: str | Path,
    name: str,
    values: Mapping[str, Any],
    *,
    also: Change = lambda values: None,
    **options: Any,
) -> ReadSite:
    """Add a camera; as `change_site`.

    Args:
        path: the file.
        name: of the camera.
        values: its settings as they stand in the file; `detect` at least.
        also: what else is changed with it.
        **options: `version` and `environment` of `change_site`.

    Raises:
        SiteError, WriteError: as `change_site`.
        ConfigError: as `change_site`, or there is such a camera already.
    """

    def change(values_there: CommentedMap) -> None:
        if not isinstance(values_there.get(CAMERAS), dict):
            values_there[CAMERAS] = CommentedMap()
        cameras = values_there[CAMERAS]
        if name in cameras:
            raise ConfigError(f"There is a camera '{quoted(name)}' already; choose another name.")
        cameras[name] = as_yaml(dict(values))
        also(values_there)

    return change_site(path, change, **options)


def remove_camera(path: str | Path, name: str, **options: Any) -> ReadSite:
    """Take a camera out of the file; what was stored of it stays. As `change_site`.

    Raises:
        SiteError, WriteError: as `change_site`.
        ConfigError: as `change_site`, or there is no such camera.
    """

    def change(values: CommentedMap) -> None:
        del values[CAMERAS][name]

    _check_known(path, name, **options)
    return change_site(path, change, **options)


def _check_known(
    path: str | Path,
    name: str,
    environment: Mapping[str, str] | None = None,
    version: str | None = None,
) -> None:
    site = read_site(path, environment=environment)
    known = {*site.names, *(problem.camera for problem in site.problems)}
    if name not in known:
        raise ConfigError(f"There is no camera '{quoted(name)}' in {Path(path).name}.")


def _changed(path: Path, text: str, change: Change) -> bytes:
    """The text after a change, with the comments and the indentation that it had."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    # A camera's mistake may be one that no change can be written around, such as a key twice.
    with reading(path, "YAML that can be changed", ConfigError, "Mend it by hand first."):
        indent, offset = load_yaml_guess_indent(text)[1:]
        if indent is not None:
            yaml.indent(mapping=2, sequence=indent, offset=offset or 0)
        values = yaml.load(text)
    change(values)
    out = io.StringIO()
    with reading(path, "YAML that can be changed", ConfigError, "Mend it by hand first."):
        yaml.dump(values, out)
    return out.getvalue().encode("utf-8")


def as_yaml(value: Any) -> Any:
    """Plain values as ruamel writes them: corners of polygons in one line."""
    if isinstance(value, Mapping):
        return CommentedMap({str(key): as_yaml(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        made = CommentedSeq([as_yaml(one) for one in value])
        if all(not isinstance(one, dict) for one in value):
            made.fa.set_flow_style()
        return made
    return value


def _write(path: Path, data: bytes, like: Path) -> None:
    """Write a file whole, readable by those alone who may read another one.

    Raises:
        WriteError: it cannot be written; it is as before.
    """
    temporary = None
    try:
        mode = like.stat().st_mode & 0o777
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(mode)
        settle_file(temporary, path)
    except OSError as error:
        raise failure(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
