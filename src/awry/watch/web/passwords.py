"""Passwords and secrets: argon2id for what people remember, SHA-256 for what machines drew."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from awry.pages.words import marked as _

SHORTEST, LONGEST = 10, 256
"""Signs of a password."""
_AT_ONCE, _WAITING = 2, 16


_FEWEST_SIGNS = 5
_ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl")
_SILLY = ("password", "passwort", "letmein", "administrator", "surveillance", "camera")


class BusyError(Exception):
    """More passwords wait to be looked at than this machine should hold."""


class Passwords:
    """Hashes passwords and compares them, a few at a time: each takes 64 MiB for its while.

    Args:
        hasher: with other costs, in tests.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._count = threading.Lock()
        self.waiting = 0  # passwords that are looked at, or wait for it
        # Compared with where there is no such user, so that both take as long.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def hashed(self, password: str) -> str:
        """A password as it is stored: argon2id with its salt and costs.

        Raises:
            BusyError: too many wait.
        """
        with self._in_turn():
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether a password is the stored one; takes as long where nothing is stored.

        Raises:
            BusyError: too many wait.
        """
        with self._in_turn():
            try:
                same = self._hasher.verify(stored or self._nobody, password)
            except (Argon2Error, InvalidHashError):
                return False
        return same and stored is not None

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        with self._count:
            if self.waiting >= _AT_ONCE + _WAITING:
                raise BusyError
            self.waiting += 1
        try:
            with self._turn:
                yield
        finally:
            with self._count:
                self.waiting -= 1


def weakness(password: str, name: str = "") -> str:
    """Why a password would be guessed at once, in a sentence; empty: it would not.

    Length is what counts, so no kinds of signs are asked for.

    Args:
        password: of `SHORTEST` signs and more.
        name: of the user.

    >>> weakness("annabelle1", "annabelle"), weakness("four tall green trees")
    ('The password is little more than the name: choose another one.', '')
    """
    small = password.casefold()
    if len(set(small)) < _FEWEST_SIGNS:
        return _("The password has fewer than 5 different characters: choose another one.")
    if name and _is_little_more(small, (name.casefold(),)):
        return _("The password is little more than the name: choose another one.")
    rows = [row[at : at + 4] for row in _ROWS for at in range(len(row) - 3)]
    backwards = [row[::-1] for row in rows]
    if _is_little_more(small, _SILLY) or _is_little_more(small, (*rows, *backwards)):
        return _("The password is one of the first that are tried: choose another one.")
    return ""


def _is_little_more(password: str, words: Sequence[str]) -> bool:
    """Whether less than half of what a password must have is left without some words."""
    left = password
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return len(left) < SHORTEST / 2 and left != password


def new_secret() -> str:
    """256 random bits, as they go into a cookie or a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """A random secret as it is stored: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal; takes as long wherever they differ."""
    return secrets.compare_digest(one.encode(), other.encode())
