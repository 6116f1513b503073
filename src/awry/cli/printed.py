"""Figures as several commands print them: with their intervals, in per cent; and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def with_interval(
    figures: Mapping[str, Any],
    intervals: Mapping[str, Sequence[float] | None],
    name: str,
    *,
    factor: float = 100,
    digits: int = 2,
) -> str:
    """A figure with its 95 % interval below it, where it has one; a dash where it is None.

    >>> with_interval({"auc": 0.9215}, {"auc": (0.9, 0.95)}, "auc")
    '92.15\\n90 to 95'
    """
    value, pair = figures.get(name), intervals.get(name)
    if value is None:
        return "-"
    shown = f"{factor * value:.{digits}f}"
    return shown if pair is None else f"{shown}\n{factor * pair[0]:.0f} to {factor * pair[1]:.0f}"


def per_cent(value: float | None) -> str:
    """A share in per cent with two decimals; a dash for None.

    >>> per_cent(0.5), per_cent(None)
    ('50.00', '-')
    """
    return "-" if value is None else f"{100 * value:.2f}"


def print_sentences(sentences: Iterable[str]) -> None:
    """Print sentences as they are, each once."""
    from awry.terminal import Console

    console = Console()
    for sentence in dict.fromkeys(sentences):
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
