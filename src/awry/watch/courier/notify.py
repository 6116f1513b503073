"""Notifications to people through Apprise: e-mail, chats, push services.

One message an event, when it begins. Whose events a receiver is told of, and when, is decided by
the keeper before a row stands in the outbox.
"""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path

from awry.watch.courier.channels import Letter, UndeliveredError
from awry.watch.courier.payloads import words

_CODE = re.compile(r"error=(\d{3})\b")


class Notify:
    """A receiver that Apprise reaches.

    Args:
        address: of Apprise, e.g. `mailtos://...`; holds secrets, and is never told.
        store: folder that pictures of events lie in.
        snapshot: whether a picture goes along.

    Raises:
        UndeliveredError: by `send`, where Apprise knows no such address.
    """

    people = True

    def __init__(self, address: str, store: Path, *, snapshot: bool = True) -> None:
        self._address, self._store, self._snapshot = address, store, snapshot

    def send(self, letter: Letter) -> None:
        """Tell it.

        Raises:
            UndeliveredError: Apprise or the service did not take it.
        """
        kinds = {row.kind for row in letter.batch.rows}
        if kinds <= {"update", "end"}:
            return  # people were told when it began
        from apprise import Apprise, AppriseAttachment, NotifyType

        _said.begin()
        service = Apprise.instantiate(self._address)
        if service is None:
            raise UndeliveredError(
                "Apprise does not know this kind of address: see its list of services.",
                again=False,
            )
        title, body = words(letter)
        picture = self._picture(letter)
        attached = AppriseAttachment(picture) if picture else None
        sent = service.notify(body, title, notify_type=NotifyType.WARNING, attach=attached)
        if not sent:
            code = f" (it answered {_said.code})" if _said.code else ""
            raise UndeliveredError(f"The service did not take the notification{code}.")

    def _picture(self, letter: Letter) -> str | None:
        """The newest picture of the only event; a digest has none."""
        if not self._snapshot or len(letter.batch.subjects) != 1:
            return None
        event = letter.events.get(letter.batch.last.subject)
        for name in (event.annotated, event.picture) if event else ():
            path = self._store / name
            if name and path.is_file():
                return str(path)
        return None


class _Said(logging.Filter):
    """Keeps what Apprise logs to itself, whoever listens: its lines quote addresses."""

    def __init__(self) -> None:
        super().__init__()
        self._here = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Note the status that a service answered, and drop the line."""
        found = _CODE.search(record.getMessage())
        if found:
            self._here.code = found[1]
        return False

    def begin(self) -> None:
        """This thread sends something."""
        self._here.code = ""
        logger = logging.getLogger("apprise")
        if self not in logger.filters:
            logger.addFilter(self)

    @property
    def code(self) -> str:
        """HTTP status of the last answer in this thread; empty: none was told."""
        return str(self._here.code)


_said = _Said()
