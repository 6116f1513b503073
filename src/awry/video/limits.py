"""How large a picture may be, so that a small hostile file cannot take all memory."""

from __future__ import annotations

from pathlib import Path

from awry.environment import number_from
from awry.errors import AwryError, SourceError

MAX_PIXELS = 100_000_000
"""Pixels of the largest picture that is read: three times as many as 8K video has."""
VARIABLE = "AWRY_MAX_PIXELS"
"""The environment variable that sets another limit; `awry --max-pixels` sets it."""


def max_pixels() -> int:
    """The limit in force.

    Raises:
        ConfigError: the environment variable holds no whole number above zero.
    """
    return number_from(VARIABLE, MAX_PIXELS, "pixels")


def check_pixels(
    width: int, height: int, what: str | Path, error: type[AwryError] = SourceError
) -> None:
    """Refuse a picture beyond the limit, before memory is taken for it.

    Args:
        width, height: as a file's header has them.
        what: what has that size, for the message.
        error: the class that is raised.

    Raises:
        error: width times height is above `max_pixels()`.
    """
    if width * height > max_pixels():
        raise error(
            f"{what} has pictures of {width} x {height} pixels, more than the limit of "
            f"{max_pixels()}; if that is right, give a larger --max-pixels ({VARIABLE})."
        )
