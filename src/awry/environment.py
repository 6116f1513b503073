"""Whole numbers that environment variables hold."""

from __future__ import annotations

import os

from awry.errors import ConfigError

_MOST_DIGITS = 15


def number_from(variable: str, otherwise: int, what: str) -> int:
    """The whole number that an environment variable holds.

    Args:
        variable: its name.
        otherwise: where it is not set, or empty.
        what: is counted, for the message.

    Raises:
        ConfigError: it holds something else than a number from 1 on of at most 15 digits.
    """
    given = os.environ.get(variable, "").strip()
    if not given:
        return otherwise
    if not (given.isdecimal() and len(given) <= _MOST_DIGITS and int(given) > 0):
        raise ConfigError(
            f"{variable} is '{given[:40]}'; expected a whole number of {what}, 1 or more."
        )
    return int(given)
