"""Secrets that stand elsewhere than in the file: in the environment, or in files of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from awry.foreign import quoted

LARGEST_BYTES = 64 * 1024
WITHHELD = "AWRY_WATCH_WITHHELD"
"""Environment variable that names those which a process may not know, apart by spaces."""
_STAND_INS = {"database": "sqlite:///withheld"}
_VARIABLE = re.compile(r"\$(\$?)\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USER = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/?#\s]*)@", re.DOTALL)


def resolved(value: Any, environment: Mapping[str, str], folder: Path) -> str:
    """The text that a secret setting stands for.

    `${NAME}` is a variable of the environment, `file:PATH` or `{file: PATH}` a file's content
    without its last line end, and `$${` a plain `${`. Between `//` and `@` of an address what a
    variable holds is percent-encoded, so that any password can stand there.

    Args:
        value: as it stands in the settings.
        environment: name -> value.
        folder: where relative paths start.

    Raises:
        ValueError: there is no such variable or file, or it is empty; its message has no secret.

    >>> resolved("rtsp://root:${WORD}@door/live", {"WORD": "a@b"}, Path())
    'rtsp://root:a%40b@door/live'
    """
    if isinstance(value, dict):
        if set(value) != {"file"} or not isinstance(value["file"], str):
            raise ValueError("expected text, or {file: PATH} and nothing else")
        return _content(folder / value["file"])
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("expected text")
    if value.startswith("file:"):
        return _content(folder / value.removeprefix("file:").removeprefix("//"))
    user = _USER.match(value)
    if user is None:
        return expanded(value, environment)
    head = expanded(user["user"], environment, encode=True)
    return f"{user['scheme']}{head}@{expanded(value[user.end() :], environment)}"


def expanded(text: str, environment: Mapping[str, str], *, encode: bool = False) -> str:
    """Text with the variables of the environment that it names.

    Args:
        text: with `${NAME}` in it, or without.
        environment: name -> value.
        encode: percent-encode the values.

    Raises:
        ValueError: a variable is not set, or empty.
    """

    def value_of(match: re.Match[str]) -> str:
        if match[1]:
            return f"${{{match[2]}}}"
        name = match[2]
        if not _NAME.fullmatch(name):
            raise ValueError(f"${{{quoted(name, 40)}}} is no name of a variable")
        if not environment.get(name):
            raise ValueError(f"the variable {name} of the environment is not set")
        return quote(environment[name], safe="") if encode else environment[name]

    return _VARIABLE.sub(value_of, text)


def stand_in(key: str, value: Any, environment: Mapping[str, str]) -> str | None:
    """What a setting is read as where a variable that it names is withheld from this process.

    Args:
        key: of the setting.
        value: as it stands in the settings.
        environment: name -> value; `WITHHELD` names the variables.

    Returns:
        Text of the form that the setting wants, told apart by the setting's text, with no secret
        in it; None where nothing is withheld.

    >>> stand_in("detect", "rtsp://root:${WORD}@door/live", {WITHHELD: "WORD"})
    'http://withheld/rtsp%3A%2F%2Froot%3A%24%7BWORD%7D%40door%2Flive'
    """
    if not is_withheld(value, environment):
        return None
    return _STAND_INS.get(key) or f"http://withheld/{quote(value, safe='')}"


def is_withheld(value: Any, environment: Mapping[str, str]) -> bool:
    """Whether a setting names a variable that is withheld from this process."""
    names = environment.get(WITHHELD, "").split()
    if not names or not isinstance(value, str):
        return False
    return any(match[2] in names for match in _VARIABLE.finditer(value) if not match[1])


def secret_file(value: Any, folder: Path) -> Path | None:
    """The file that a secret setting names; None where it names none."""
    if isinstance(value, dict) and isinstance(value.get("file"), str):
        return folder / value["file"]
    if isinstance(value, str) and value.startswith("file:"):
        return folder / value.removeprefix("file:").removeprefix("//")
    return None


def _content(path: Path) -> str:
    try:
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"{path} has more than {LARGEST_BYTES} bytes, too many for a secret")
    try:
        text = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        text = ""
        raise ValueError(f"{path} is not UTF-8") from None
    if not text:
        raise ValueError(f"{path} is empty")
    return text
