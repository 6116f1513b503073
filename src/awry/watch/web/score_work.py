"""Work on days of scores: one at a time, so that the API stays quick for everybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from awry.errors import AwryError
from awry.watch.web.api import Api
from awry.watch.web.refusals import RefusedError
from awry.watch.web.settings import settings_of

LONGEST_S = 7 * 86_400.0
"""So much is looked at at once, at most; the command line takes more."""
_one_at_a_time = threading.Lock()


@contextmanager
def score_work(patience_s: float = 0.0) -> Iterator[None]:
    """Do it once nobody else does such work.

    Args:
        patience_s: how long to wait for that.

    Raises:
        RefusedError: 429: another one is under way; 409: what is said of the work itself.
    """
    if not _one_at_a_time.acquire(timeout=patience_s):
        raise RefusedError(
            429, "Other scores are looked at just now: try again.", {"Retry-After": "5"}
        )
    try:
        yield
    except RefusedError:
        raise
    except AwryError as error:
        raise RefusedError(409, str(error)) from error
    finally:
        _one_at_a_time.release()


def longest_event_of(api: Api, camera: str) -> float:
    """After how many seconds an event of a camera is cut; the default where nobody knows."""
    try:
        found = settings_of(api.settings.config, camera)
    except AwryError:
        found = None
    return 300.0 if found is None else found.longest_event_s
