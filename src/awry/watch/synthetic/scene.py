"""What a drawn camera sees, and the addresses by which it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError, nearest

Picture = NDArray[np.uint8]
_NEVER = 2.0**40
_WHOLE = ("seed", "height")
_LEAST = {"height": 90.0, "fps": 1.0}
_MOST = {"height": 1080.0, "fps": 30.0}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a scene is shown, and when it shows what it usually does not.

    Attributes:
        seed: every random choice follows from it, and from the time.
        height: of the pictures in pixels; even.
        fps: pictures a second.
        since: from that moment on, in seconds since 1970, something strange comes.
        every_s: once in so many seconds; 0: never.
        busy_from: from that moment on it comes once in `busy_s` instead.
        busy_s: seconds; 0: never.
    """

    seed: int = 0
    height: int = 360
    fps: float = 10.0
    since: float = 0.0
    every_s: float = 0.0
    busy_from: float = _NEVER
    busy_s: float = 0.0

    def turn(self, at: float) -> tuple[int, float, float] | None:
        """The turn in which a moment lies, where something strange comes once.

        Returns:
            a number, -1 for the first turn of `busy_s`; when the turn began; how long it is.
            None: nothing strange comes.
        """
        if at >= self.busy_from:
            number, origin, length = -1, self.busy_from, self.busy_s
        else:
            number, origin, length = 1, self.since, self.every_s
        if length <= 0 or at < self.since:
            return None
        passed = int((at - origin) // length)
        return number * (passed + 1), origin + passed * length, length


class Scene(Protocol):
    """A function from time to pictures; the same time gives the same picture."""

    @property
    def plan(self) -> Plan:
        """How it is shown."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures in pixels, both even."""
        ...

    def picture(self, at: float) -> Picture:
        """What is seen.

        Args:
            at: seconds since 1970-01-01 UTC.

        Returns:
            uint8 RGB (H, W, 3), a new array.
        """
        ...

    def strange(self, at: float) -> str:
        """What is there that is not usual, in a word or two; empty: nothing."""
        ...


NAMES = ("digits", "square")
"""Of the scenes."""


def planned(address: str) -> tuple[str, Plan]:
    """What an address such as `synthetic://square?every_s=300&seed=1` asks for.

    Args:
        address: its host is one of `NAMES`, its query holds values of a `Plan`.

    Returns:
        the scene's name, and its plan.

    Raises:
        ConfigError: there is no such scene, or a value is not a number in its range.
    """
    split = urlsplit(address)
    if split.netloc not in NAMES:
        raise ConfigError(
            f"There is no drawn camera '{split.netloc:.40}'; {nearest(split.netloc, NAMES)}."
        )
    known = sorted(one.name for one in fields(Plan))
    values: dict[str, Any] = {}
    for key, text in parse_qsl(split.query, keep_blank_values=True):
        if key not in known:
            raise ConfigError(
                f"A drawn camera's address takes {', '.join(known)}, not '{key:.40}'."
            )
        values[key] = _number(key, text)
    return split.netloc, Plan(**values)


def _number(key: str, text: str) -> float:
    least, most = _LEAST.get(key, 0.0), _MOST.get(key, _NEVER)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if (
        not least <= value <= most
        or (key in _WHOLE and value % 1)
        or (key == "height" and value % 2)
    ):
        kind = "an even number" if key == "height" else "a number"
        raise ConfigError(
            f"Of a drawn camera `{key}` is {kind} from {least:.4g} to {most:.4g}, not '{text:.40}'."
        )
    return int(value) if key in _WHOLE else value


def scene_of(address: str) -> Scene:
    """The scene of an address; see `planned`.

    Raises:
        ConfigError: as `planned`.
    """
    # Drawing needs OpenCV and the digits; whoever only checks an address does without.
    from awry.watch.synthetic.digits import MovingDigits
    from awry.watch.synthetic.square import Square

    name, plan = planned(address)
    makers: dict[str, Callable[[Plan], Scene]] = {"digits": MovingDigits, "square": Square}
    return makers[name](plan)
