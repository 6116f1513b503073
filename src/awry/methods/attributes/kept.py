"""What was asked of each thing of a stream a moment ago, and need not be asked again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
SLACK_S = 1e-6


class KeptRows:
    """A row of numbers for each thing, asked anew every so many seconds.

    Args:
        every_s: seconds for which a row stands; 0: it is asked in each frame.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._rows: dict[int, tuple[float, Rows]] = {}

    def clear(self) -> None:
        """Forget the stream."""
        self._rows.clear()

    def rows(
        self, things: NDArray[np.int64], time_s: float, ask: Callable[[NDArray[np.int64]], Rows]
    ) -> Rows:
        """The rows of a frame's things, float32 (n, d).

        Args:
            things: int64 (n,), their numbers.
            time_s: seconds of the stream, ascending.
            ask: gives the rows of some of them, by their places.
        """
        oldest = time_s - self._every_s + SLACK_S
        self._rows = {n: row for n, row in self._rows.items() if row[0] > oldest}
        fresh = np.array(
            [n for n, one in enumerate(things) if int(one) not in self._rows], np.int64
        )
        answers = ask(fresh)
        for place, answer in zip(fresh, answers, strict=True):
            self._rows[int(things[place])] = time_s, answer
        kept = [self._rows[int(thing)][1] for thing in things]
        return np.stack(kept) if kept else answers
