"""What happens to a site: drawn at random, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "disconnect",
    "stall",
    "kill ingest",
    "kill scorer",
    "kill keeper",
    "kill courier",
    "disk full",
    "broker down",
    "webhook down",
    "people away",
    "clock jump",
]

# How many an hour for a site, and how long each lasts, in seconds.
_EVERY: dict[Kind, tuple[float, float, float]] = {
    "disconnect": (4.0, 1, 300),
    "stall": (3.0, 2, 90),
    "kill ingest": (3.0, 1, 30),
    "kill scorer": (2.0, 1, 30),
    "kill keeper": (2.0, 1, 60),
    "kill courier": (1.0, 1, 30),
    "disk full": (0.3, 30, 600),
    "broker down": (0.3, 60, 3600),
    "webhook down": (0.3, 60, 3600),
    "people away": (0.2, 60, 3600),
    "clock jump": (0.3, 1, 3600),
}
_OF_CAMERAS = ("disconnect", "stall", "kill ingest")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something goes wrong.

    Attributes:
        at: seconds since the beginning.
        kind: what.
        until: when it is over; of a jump: by how much the clock is set, in seconds.
        camera: whose, of faults of cameras.
    """

    at: float
    kind: Kind
    until: float
    camera: str = ""


def draw(seconds: float, cameras: Sequence[str], seed: int, often: float = 1.0) -> list[Fault]:
    """The faults of a stretch of time, in order.

    Args:
        seconds: how long the stretch is.
        cameras: names.
        seed: of the draw.
        often: how many times as many as by default.
    """
    chance = random.Random(seed)
    found = []
    for kind, (hourly, least, most) in _EVERY.items():
        for _ in range(round(hourly * often * seconds / 3600 + chance.random() - 0.5)):
            at = chance.uniform(0, seconds)
            # Short ones are as likely as long ones of ten times the length.
            lasts = least * (most / least) ** chance.random()
            until = lasts * chance.choice((-1, 1)) if kind == "clock jump" else at + lasts
            camera = chance.choice(list(cameras)) if kind in _OF_CAMERAS else ""
            found.append(Fault(at, kind, until, camera))
    return sorted(found, key=lambda fault: fault.at)


def anomalies(seconds: float, seed: int, every_s: float = 600.0) -> list[tuple[float, float]]:
    """When a camera sees something odd: spans of 3 to 20 s, a minute apart at least.

    Args:
        seconds: how long the stretch is.
        seed: of the draw.
        every_s: mean time between two.
    """
    chance = random.Random(seed)
    found, at = [], chance.uniform(60.0, every_s)
    while at < seconds - 30:
        end = at + chance.uniform(3.0, 20.0)
        found.append((at, end))
        at = end + 60.0 + chance.expovariate(1 / max(1.0, every_s - 70.0))
    return found
