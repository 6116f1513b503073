"""Arguments as they are typed or as a program gives them: lists, and what is read."""

from __future__ import annotations

from collections.abc import Sequence

from awry.errors import ConfigError

Numbers = int | str | Sequence[int]
Names = str | Sequence[str]


def whole_numbers(
    given: Numbers, option: str, *, lowest: int, highest: int | None = None
) -> list[int]:
    """Whole numbers in order and without repetitions.

    Args:
        given: one number, several, or text such as `1,3,5`.
        option: what the user calls it, for the message.
        lowest, highest: limits, both inclusive.

    Raises:
        ConfigError: anything else.

    >>> whole_numbers("5,1,1", "--severities", lowest=1)
    [1, 5]
    >>> whole_numbers([5, 1], "--severities", lowest=1)
    [1, 5]
    """
    if isinstance(given, int):
        given = [given]
    items = given.split(",") if isinstance(given, str) else [str(item) for item in given]
    items = [item.strip() for item in items]
    numbers = sorted({int(item) for item in items if item.isdecimal()})
    outside = [n for n in numbers if n < lowest or (highest is not None and n > highest)]
    if not numbers or outside or not all(item.isdecimal() for item in items):
        limits = f"{lowest} or more" if highest is None else f"{lowest} to {highest}"
        shown = given if isinstance(given, str) else ",".join(items)
        raise ConfigError(
            f"Cannot read {option} {shown}: expected whole numbers, {limits}, with commas between."
        )
    return numbers


def names(given: Names) -> tuple[str, ...]:
    """Names, given one by one or with commas between.

    >>> names("fog, noise"), names(["fog", "noise"])
    (('fog', 'noise'), ('fog', 'noise'))
    """
    items = given.split(",") if isinstance(given, str) else given
    return tuple(item.strip() for item in items if item.strip())


def numbers(given: float | str | Sequence[float], option: str) -> list[float]:
    """Numbers of 0 or more in order and without repetitions.

    Args:
        given: one number, several, or text such as `0,0.25,0.5`.
        option: what the user calls it, for the message.

    Raises:
        ConfigError: anything else.

    >>> numbers("0.5,0", "--amounts"), numbers([2, 1], "--amounts")
    ([0.0, 0.5], [1.0, 2.0])
    """
    items = given.split(",") if isinstance(given, str) else given
    try:
        found = [float(item) for item in ([items] if isinstance(items, int | float) else items)]
    except ValueError:
        found = []
    if not found or not all(0 <= value < float("inf") for value in found):
        raise ConfigError(
            f"Cannot read {option} {given}: expected numbers of 0 or more, with commas between."
        )
    return sorted(set(found))
