"""Which files hold a site's secrets: those that its settings name, and the settings themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awry.watch.site.secret_values import secret_file
from awry.watch.site.yaml_text import read_yaml

_KEYS = ("password", "secret", "to", "database", "detect", "record")
_WORD = re.compile(r"://[^/?#\s]*:(?!\$\{)[^/?#\s]+@")


def files_with_secrets(path: Path) -> tuple[Path, ...]:
    """Files that nobody else should be able to read.

    Args:
        path: a site's file. It is one of them where a password stands in it in plain.
    """
    values = read_yaml(path.read_bytes()).values
    folder = path.absolute().parent
    found: dict[Path, None] = {}
    for key, value in _leaves(values, ""):
        named = secret_file(value, folder) if key in _KEYS else None
        if named is not None:
            found[named] = None
        elif key in _KEYS and isinstance(value, str) and _is_secret(key, value):
            found[path] = None
    return tuple(found)


def _is_secret(key: str, value: str) -> bool:
    if key in ("password", "secret", "to"):
        return "${" not in value
    return bool(_WORD.search(value))


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Keys and what stands at them; `{file: PATH}` is one of them."""
    if isinstance(value, dict) and set(value) != {"file"}:
        for name, one in value.items():
            yield from _leaves(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, key)
    else:
        yield key, value
