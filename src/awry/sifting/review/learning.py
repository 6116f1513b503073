"""Learning in the background, with its progress for the page."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from awry.errors import AwryError
from awry.progress import NO_FIGURES, Silent
from awry.sifting.review.moments import RankChanges
from awry.sifting.review.session import ReviewSession


class Learning(Silent):
    """At most one retraining at a time, in a thread of its own; a `Reporter` for it.

    Args:
        session: what learns.

    Attributes:
        title, detail: what is being done, and more of it.
        done, total: steps of it; a total of 0 is unknown.
        changes: what the last retraining changed; None before, and where it failed.
        problem: why the last retraining failed, a sentence; empty where it did not.
        ended: how many have ended.
    """

    def __init__(self, session: ReviewSession) -> None:
        self._session = session
        self._thread: threading.Thread | None = None
        self.title = self.detail = ""
        self.done = self.total = self.ended = 0
        self.changes: RankChanges | None = None
        self.problem = ""
        self._beginning = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether it learns just now."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def share(self) -> float:
        """How much of the present step is done, 0 to 1."""
        return self.done / self.total if self.total else 0.0

    def begin(self) -> None:
        """Start, unless it learns already; two browsers may ask at once."""
        with self._beginning:
            if self.running:
                return
            self.title, self.detail, self.done, self.total = "reading the learners", "", 0, 0
            # A daemon: the server may end at any time, and the run is only ever replaced whole.
            self._thread = threading.Thread(target=self._run, name="learning", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until it is done."""
        if self._thread is not None:
            self._thread.join()

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        """A task begins."""
        self.title, self.detail, self.total, self.done = title, "", total or 0, done

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """One step is done."""
        self.done += 1

    def message(self, sentence: str) -> None:
        """What is being done just now."""
        self.detail = sentence

    def _run(self) -> None:
        self.changes, self.problem = None, ""
        try:
            self.changes = self._session.retrain(self)
        except (AwryError, OSError) as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"A fault of awry itself ({error!r}); please report it."
            raise
        finally:
            self.ended += 1
