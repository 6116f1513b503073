"""What all ways of telling somebody have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from awry.errors import AwryError
from awry.watch.courier.batches import Batch
from awry.watch.store.results import StoredEvent


class UndeliveredError(AwryError):
    """A message did not arrive; the sentence holds neither addresses nor secrets.

    Args:
        sentence: what happened.
        again: whether another try may help.
        wait_s: seconds that the receiver asked to be left alone; None: it did not say.
    """

    def __init__(self, sentence: str, *, again: bool = True, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.again, self.wait_s = again, wait_s


@dataclass(frozen=True, slots=True)
class Letter:
    """A batch with what is known of it.

    Attributes:
        site: name of the site.
        batch: the rows that it stands for.
        events: the events among its subjects that the store still has, by uid.
        at: when it was made up, seconds since 1970-01-01 UTC.
        timezone: IANA name, for times that people read.
    """

    site: str
    batch: Batch
    events: dict[str, StoredEvent]
    at: float
    timezone: str = "UTC"


class Channel(Protocol):
    """A way to one receiver."""

    @property
    def people(self) -> bool:
        """Whether people read it: they get one message an event, and digests."""
        ...

    def send(self, letter: Letter) -> None:
        """Tell it; blocks for a bounded time.

        Raises:
            UndeliveredError: it did not arrive, or it is not known whether it did.
        """
        ...
