"""Passwords are hashed, compared a few at a time, and unknown users cost as much as known ones."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from argon2 import PasswordHasher

from awry.watch.web.passwords import BusyError, Passwords, digest, new_secret, same

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_password_fits_its_hash_alone() -> None:
    passwords = Passwords(CHEAP)
    stored = passwords.hashed("correct horse")
    assert stored.startswith("$argon2id$")
    assert passwords.fits(stored, "correct horse")
    assert not passwords.fits(stored, "correct horsf")
    assert passwords.hashed("correct horse") != stored


@pytest.mark.parametrize("stored", [None, "", "rubbish", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
def test_without_a_hash_nothing_fits(stored: str | None) -> None:
    assert not Passwords(CHEAP).fits(stored, "correct horse")


class Counting:
    """A hasher that counts, and knows its own hashes."""

    def __init__(self) -> None:
        self.verified: list[str] = []
        self.inside, self.go = Event(), Event()

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, stored: str, password: str) -> bool:
        self.verified.append(stored)
        self.inside.set()
        self.go.wait(10)
        return True


def test_a_user_who_is_not_there_is_compared_all_the_same() -> None:
    hasher: Any = Counting()
    hasher.go.set()
    passwords = Passwords(hasher)
    assert passwords.fits("stored", "a") is True
    # It would fit even the stand-in's hash, and is refused: nobody has it.
    assert passwords.fits(None, "a") is False
    assert len(hasher.verified) == 2
    assert hasher.verified[1].startswith("hash of ")


def test_too_many_at_once_are_sent_away() -> None:
    hasher: Any = Counting()
    passwords = Passwords(hasher)
    threads = [Thread(target=passwords.fits, args=("stored", "a")) for _ in range(18)]
    for thread in threads:
        thread.start()
    hasher.inside.wait(10)
    while passwords.waiting < 18:
        pass
    assert len(hasher.verified) <= 2
    with pytest.raises(BusyError):
        passwords.hashed("b")
    hasher.go.set()
    for thread in threads:
        thread.join()
    assert passwords.hashed("b") == "hash of b"


def test_secrets_are_random_and_stored_as_digests() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(one) >= 43
    assert digest("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert digest("\udc80") != digest("\udc81")
    assert same("é", "é")
    assert not same("é", "e")
