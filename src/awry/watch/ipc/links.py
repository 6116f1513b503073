"""What a process needs to speak with others; `channel` does it over sockets, tests in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from awry.watch.clock import Clock
from awry.watch.ipc.frames import FrameSink, FrameSource
from awry.watch.messages import Hello, Message


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came.

    Attributes:
        sender: who sent it, as it said in its `Hello`.
        message: what it said.
        number: for `Hub.done`; 0 where the sender waits for no such answer.
    """

    sender: Hello
    message: Message
    number: int = 0


class Link(Protocol):
    """A process's end of its connection to the keeper.

    It connects again by itself, in whatever order processes start and die. Messages that were not
    answered by `done` are sent again then, in order, so that nothing is lost while the keeper is
    away, up to a bound in bytes: then `Scored` messages go first, oldest first, and are counted.
    """

    def send(self, message: Message, *, certain: bool = True) -> None:
        """Say something.

        Args:
            message: what.
            certain: keep it until the other side has done it; else it may be lost, e.g. `Load`.
        """
        ...

    def poll(self, timeout_s: float = 0.0) -> Sequence[Message]:
        """What came since, after at most so long; also what lets the link send and connect."""
        ...

    @property
    def waiting(self) -> int:
        """Messages that the other side has not done yet."""
        ...

    @property
    def lost(self) -> int:
        """`Scored` messages that were given up since the beginning."""
        ...

    def close(self) -> None:
        """End the connection; what waits is lost."""
        ...


class Hub(Protocol):
    """The keeper's end of all links."""

    def poll(self, timeout_s: float = 0.0) -> Sequence[Received]:
        """What came since, after at most so long."""
        ...

    def done(self, received: Received) -> None:
        """The message is in the store: its sender may forget it."""
        ...

    def send(self, process: str, name: str, message: Message) -> bool:
        """Say something to a process; False where it is not connected. Never blocks."""
        ...

    @property
    def connected(self) -> Sequence[Hello]:
        """Who is."""
        ...

    def close(self) -> None:
        """End all connections."""
        ...


class Context(Protocol):
    """What a process of a site is given; each has `run(context: Context) -> None` in `process`.

    `run` ends when a `Stop` came and what was under way is finished; an exception is a crash, which
    the supervisor reports and answers by starting the process anew.
    """

    @property
    def name(self) -> str:
        """Of the process, e.g. its camera's; empty where there is one of the kind."""
        ...

    @property
    def settings(self) -> str:
        """The newest settings as JSON text; see `site.portions`."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def keeper(self) -> Link:
        """The way to the keeper."""
        ...

    def poll(self) -> Sequence[Message]:
        """What the supervisor said since (`Stop`, `Configure`), at once; also beats."""
        ...

    def say(self, message: Message) -> None:
        """Say something to the supervisor."""
        ...

    def frames_in(self, camera: str) -> FrameSource:
        """For a scorer: a camera's pictures. It may ask before the camera's process is there."""
        ...

    def frames_out(self, camera: str) -> FrameSink:
        """For an ingest process: its mailbox."""
        ...

    def live_place(self, camera: str) -> Path | None:
        """The socket of a camera's live pictures; None: there are none."""
        ...

    def hub(self) -> Hub:
        """For the keeper: its end of all links."""
        ...
