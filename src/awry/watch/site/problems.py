"""What is wrong with a site's settings: where, and in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from awry.errors import ConfigError

Place = tuple[str | int, ...]
"""Keys and numbers in a list, from the top of the file down."""

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a file of settings, or something that is odd.

    Attributes:
        place: where, e.g. `("cameras", "door", "budget")`; empty for the file as a whole.
        line: from 1; None where no line can be named.
        sentence: what is wrong, and what was expected. It never holds a value that may be secret.
    """

    place: Place
    line: int | None
    sentence: str

    @property
    def camera(self) -> str:
        """Whose alone the mistake is; empty where it is the site's."""
        if len(self.place) > 1 and self.place[0] == "cameras":
            return str(self.place[1])
        return ""

    @property
    def where(self) -> str:
        """The place as people write it.

        >>> Problem(("cameras", "door", "zones", 0, "name"), 7, "...").where
        'cameras.door.zones[0].name'
        """
        words = ""
        for key in self.place:
            words += f"[{key}]" if isinstance(key, int) else f".{key}"
        return words.removeprefix(".")

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}"
        told = ", ".join(part for part in (line, self.where) if part)
        return f"{told}: {self.sentence}" if told else self.sentence


class SiteError(ConfigError):
    """A file of settings that cannot be used as a whole.

    Attributes:
        problems: all of them, those of single cameras too.
    """

    def __init__(self, name: str | Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        told = "; ".join(str(problem).rstrip(".") for problem in self.problems[:MOST_SHOWN])
        more = f"; and {count - MOST_SHOWN} more" if count > MOST_SHOWN else ""
        mistakes = "a mistake" if count == 1 else f"{count} mistakes"
        super().__init__(f"{name} has {mistakes}: {told}{more}.")
