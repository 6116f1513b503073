"""The log of a site: a line of JSON for each thing that any process said, without secrets."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

from awry.names import shown
from awry.watch.supervisor.scrub import Scrubber

LONGEST = 8192
"""Characters of a message; what is longer is cut."""
_LEVELS = {"debug", "info", "warning", "error", "critical"}


def line(process: str, level: str, message: str, at: float) -> str:
    """A line of the log, as JSON.

    Args:
        process: e.g. `ingest door`.
        level: `debug`, `info`, `warning`, `error` or `critical`.
        message: what is said; long ones are cut.
        at: seconds since 1970-01-01 UTC.
    """
    cut = message if len(message) <= LONGEST else f"{message[:LONGEST]} ..."
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"at": when, "process": process, "level": level, "message": cut})


class JsonFormatter(logging.Formatter):
    """Records as lines of the log.

    Args:
        process: whose.
        scrub: takes secrets out.
    """

    def __init__(self, process: str, scrub: Scrubber) -> None:
        super().__init__()
        self._process, self._scrub = process, scrub

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return line(self._process, record.levelname.lower(), self._scrub(text), record.created)


class SiteLog:
    """Where all lines come together.

    Args:
        stream: they are written there; people at a terminal get plain lines.
        scrub: takes secrets out of whatever any process wrote.

    Attributes:
        keep: called with each line as JSON; None: nothing is kept.
    """

    def __init__(self, stream: IO[str], scrub: Scrubber) -> None:
        self._stream, self.scrub = stream, scrub
        self.keep: Callable[[str], None] | None = None
        self._plain = stream.isatty()

    def say(self, message: str, level: str = "info", process: str = "supervisor") -> None:
        """Say something."""
        self._write(line(process, level, self.scrub(message), time.time()))

    def child_line(self, process: str, text: str) -> None:
        """A line that a process wrote on standard error; what is no line of ours is wrapped."""
        if not text.strip():
            return
        try:
            said: Any = json.loads(text)
            known = said["process"] == process and said["level"] in _LEVELS
            if not (known and isinstance(said["message"], str) and isinstance(said["at"], str)):
                raise ValueError
            wanted = {key: said[key] for key in ("at", "process", "level", "message")}
            wanted["message"] = self.scrub(wanted["message"])
            self._write(json.dumps(wanted))
        except (ValueError, TypeError, LookupError):
            self.say(text, "warning", process)

    def _write(self, text: str) -> None:
        if self.keep is not None:
            self.keep(text)
        if self._plain:
            said = json.loads(text)
            clock = said["at"][11:19]
            text = f"{clock} {said['process']}: {shown(said['message'])}"
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads the log; the site goes on
            return
