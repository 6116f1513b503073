"""What is secret in settings, and texts without it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from awry.video.address import HIDDEN, redact

_SECRET = {"detect", "record", "to", "secret", "password", "database"}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<rest>.*)", re.DOTALL)
_SHORTEST = 4  # a shorter piece stands in too many harmless words
_PIECE = 8


def secrets_of(settings: Any) -> frozenset[str]:
    """The secret texts of settings as plain values, e.g. of `portions.revealed`.

    Of an address these are the whole, its user's password, and its longer pieces.
    """
    found: set[str] = set()
    _collect(settings, found)
    return frozenset(found)


def secrets_in(text: str) -> frozenset[str]:
    """`secrets_of` settings that are JSON text; none where they are no JSON."""
    try:
        return secrets_of(json.loads(text))
    except ValueError:
        return frozenset()


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            if key in _SECRET and isinstance(one, str):
                _add(one, found)
            else:
                _collect(one, found)
    elif isinstance(value, list):
        for one in value:
            _collect(one, found)


def _add(secret: str, found: set[str]) -> None:
    if len(secret) >= _SHORTEST:
        found.add(secret)
    match = _ADDRESS.fullmatch(secret)
    if match is None:
        return
    user, at, place = match["rest"].rpartition("@")
    if at:
        pieces = [user, user.partition(":")[2]]
        found.update(one for one in pieces if len(one) >= _SHORTEST)
    shown = redact(secret)
    _, _, path = place.partition("/")
    found.update(
        one for one in re.split(r"[/?&=]", path) if len(one) >= _PIECE and one not in shown
    )
    # Services' addresses have their token where others have a host.
    if not secret.lower().startswith(("rtsp", "rtmp", "http", "postgres", "sqlite")):
        found.update(one for one in re.split(r"[/?&=:@]", match["rest"]) if len(one) >= _PIECE)


class Scrubber:
    """Takes secrets out of texts, in whatever way they are written.

    Args:
        secrets: as `secrets_of` gives them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: dict[str, str] = {}
        for secret in secrets:
            shown = redact(secret) if _ADDRESS.fullmatch(secret) else HIDDEN
            plain = {secret, unquote(secret), quote(secret), quote(secret, safe="")}
            for form in plain:
                written = json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]
                for one in (form, *written, repr(form)[1:-1]):
                    forms.setdefault(one, shown)
        self._forms = forms
        # The longest first, so that an address goes as a whole.
        listed = sorted(filter(None, forms), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, listed))) if listed else None

    def __call__(self, text: str) -> str:
        """The text with `***`, or an address that shows its harmless parts, for each secret."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._forms[found[0]], text)
