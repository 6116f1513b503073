"""What the keeper says to others once what it follows from is stored."""

from __future__ import annotations

from dataclasses import dataclass

from awry.watch.messages import Message

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Effect:
    """A message to a process; it may be lost, and is said again when that process comes back.

    Attributes:
        process: its kind.
        name: its name; `*`: all of the kind.
        message: what is said.
    """

    process: str
    name: str
    message: Message
