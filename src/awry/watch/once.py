"""A sentence that a loop would repeat is said once."""

from __future__ import annotations

import logging


class Once:
    """Says something in the log where it is not what was said last.

    Args:
        logger: where to.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger, self._said = logger, ""

    def say(self, level: int, sentence: str) -> None:
        """Say it, unless it was said last."""
        if sentence != self._said:
            self._said = sentence
            self._logger.log(level, "%s", sentence)

    def over(self) -> None:
        """What was said is over: the next time it is news."""
        self._said = ""
