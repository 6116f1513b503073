"""Links and mailboxes within one process, as tests and simulations need them.

What they do is what those over sockets do: objects that are thrown away and made anew stand for
processes that die and are started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from awry.watch.clock import Clock, ManualClock
from awry.watch.ipc.channel import KEPT_BYTES
from awry.watch.ipc.frames import FrameSink, FrameSource, GridEnd, GridFrame
from awry.watch.ipc.links import Hub, Link, Received
from awry.watch.ipc.mailbox import Mailbox
from awry.watch.ipc.pending import Pending
from awry.watch.messages import Beat, Configure, Hello, Message, Scored


class Wire:
    """What lies between the processes of a simulated site.

    Args:
        clock: for mailboxes; None: one that stands still.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.current_hub: MemoryHub | None = None
        self.links: dict[tuple[str, str], MemoryLink] = {}
        self._boxes: dict[str, Mailbox] = {}
        self._pids = 1000

    def hub(self) -> MemoryHub:
        """The keeper starts: what was sent and not done comes again."""
        self.current_hub = MemoryHub(self)
        return self.current_hub

    def link(self, process: str, name: str = "") -> MemoryLink:
        """A process starts; one of the same kind and name is dead from now on."""
        self._pids += 1
        return MemoryLink(self, Hello(process, name, self._pids))

    def frames_out(self, camera: str) -> Mailbox:
        """An ingest process starts: what its predecessor left is gone."""
        self._boxes[camera] = Mailbox(self.clock)
        return self._boxes[camera]

    def frames_in(self, camera: str) -> MemorySource:
        """A scorer's end of a camera's mailbox."""
        return MemorySource(self, camera)

    def box(self, camera: str) -> Mailbox | None:
        """The mailbox of a camera, where its process was started."""
        return self._boxes.get(camera)


class MemoryHub:
    """A `Hub`; `poll` returns at once. Made by `Wire.hub`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.inbox: list[Received] = []

    def poll(self, timeout_s: float = 0.0) -> Sequence[Received]:
        """What came since."""
        for link in list(self._wire.links.values()):
            link.exchange()
        came, self.inbox = self.inbox, []
        return came

    def done(self, received: Received) -> None:
        """See `Hub.done`."""
        link = self._link(received.sender.process, received.sender.name)
        if received.number and link is not None and link.hello == received.sender:
            link.done(received.number)

    def send(self, process: str, name: str, message: Message) -> bool:
        """See `Hub.send`."""
        link = self._link(process, name)
        if link is not None:
            link.came.append(message)
        return link is not None

    @property
    def connected(self) -> Sequence[Hello]:
        """Who is."""
        return [link.hello for link in self._wire.links.values() if self._is_current]

    def close(self) -> None:
        """End all connections."""
        if self._is_current:
            self._wire.current_hub = None

    @property
    def _is_current(self) -> bool:
        return self._wire.current_hub is self

    def _link(self, process: str, name: str) -> MemoryLink | None:
        return self._wire.links.get((process, name)) if self._is_current else None


class MemoryLink:
    """A `Link`; `poll` returns at once. Made by `Wire.link`."""

    def __init__(self, wire: Wire, hello: Hello, limit_bytes: int = KEPT_BYTES) -> None:
        self._wire, self.hello = wire, hello
        self._pending: Pending[Message] = Pending(limit_bytes)
        self._hub: MemoryHub | None = None
        self.came: list[Message] = []
        wire.links[hello.process, hello.name] = self

    @property
    def waiting(self) -> int:
        """Messages that the other side has not done yet."""
        return len(self._pending)

    @property
    def lost(self) -> int:
        """Messages that were given up since the beginning, `Scored` ones first."""
        return self._pending.lost

    def send(self, message: Message, *, certain: bool = True) -> None:
        """See `Link.send`."""
        if certain:
            score = isinstance(message, Scored)
            self._pending.add(message, _size(message), score=score)
        self.exchange()
        if not certain and self._hub is not None:
            self._hub.inbox.append(Received(self.hello, message))

    def poll(self, timeout_s: float = 0.0) -> Sequence[Message]:
        """What came since."""
        self.exchange()
        came, self.came = self.came, []
        return came

    def close(self) -> None:
        """End the connection; what waits is lost."""
        if self._is_alive:
            del self._wire.links[self.hello.process, self.hello.name]

    def exchange(self) -> None:
        """Give the hub what it has not got."""
        if not self._is_alive:
            return
        if self._hub is not self._wire.current_hub:
            self._hub = self._wire.current_hub
            self._pending.again()
        if self._hub is not None:
            self._hub.inbox += [
                Received(self.hello, message, number) for number, message in self._pending.unsent()
            ]

    def done(self, number: int) -> None:
        """The hub has done a message."""
        self._pending.done(number)

    @property
    def _is_alive(self) -> bool:
        return self._wire.links.get((self.hello.process, self.hello.name)) is self


class MemorySource:
    """A `FrameSource`; `next` returns at once. Made by `Wire.frames_in`."""

    def __init__(self, wire: Wire, camera: str) -> None:
        self._wire, self._camera = wire, camera
        self._box: Mailbox | None = None

    def next(self, timeout_s: float = 0.0) -> GridFrame | GridEnd | None:
        """The oldest that waits, or None."""
        box = self._wire.box(self._camera)
        if box is not self._box:
            self.close()
            self._box = box
            if box is not None:
                box.reader_came()
        return None if box is None else box.take()[0]

    def close(self) -> None:
        """Ask no more."""
        if self._box is not None:
            self._box.reader_went()
        self._box = None


class MemoryContext:
    """A `Context` for tests: `tell` plays the supervisor, `said` is what it heard.

    Args:
        wire: between the processes.
        process, name: whose.
        settings: JSON text; see `site.portions`.
    """

    def __init__(self, wire: Wire, process: str, name: str = "", settings: str = "{}") -> None:
        self._wire, self._name, self._settings = wire, name, settings
        self._link: Link = wire.link(process, name)
        self._told: list[Message] = []
        self.said: list[Message] = []
        self.beats = 0

    @property
    def name(self) -> str:
        """Of the process."""
        return self._name

    @property
    def settings(self) -> str:
        """The newest settings as JSON text."""
        return self._settings

    @property
    def clock(self) -> Clock:
        """The wire's."""
        return self._wire.clock

    @property
    def keeper(self) -> Link:
        """The way to the keeper."""
        return self._link

    def tell(self, message: Message) -> None:
        """Say something as the supervisor; `poll` gives it."""
        self._told.append(message)

    def poll(self) -> Sequence[Message]:
        """What `tell` was given since."""
        self.beats += 1
        told, self._told = self._told, []
        for message in told:
            if isinstance(message, Configure):
                self._settings = message.settings
        return told

    def say(self, message: Message) -> None:
        """Add to `said`; beats are counted."""
        if isinstance(message, Beat):
            self.beats += 1
        else:
            self.said.append(message)

    def frames_in(self, camera: str) -> FrameSource:
        """A camera's pictures."""
        return self._wire.frames_in(camera)

    def frames_out(self, camera: str) -> FrameSink:
        """A camera's mailbox."""
        return self._wire.frames_out(camera)

    def live_place(self, camera: str) -> Path | None:
        """None: live pictures are for real processes."""
        return None

    def hub(self) -> Hub:
        """The keeper's end of all links."""
        return self._wire.hub()


def _size(message: Message) -> int:
    """Bytes of a message, about."""
    if isinstance(message, Scored):
        return 300 + len(message.picture) + len(message.heat) + 100 * len(message.regions)
    return 300
