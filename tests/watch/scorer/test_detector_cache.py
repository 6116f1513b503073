"""Detectors are loaded once, and tried again where that failed."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

import pytest

from awry.errors import BundleError
from awry.watch.clock import ManualClock
from awry.watch.scorer.detector_cache import SLOW_RETRY_S, DetectorCache, Trouble, sentence_of
from scorer_fakes import BUNDLE, bright_detector, opening


class Later(Executor):
    """Does what it was given when the test says so."""

    def __init__(self) -> None:
        self.given: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, function: Any, /, *args: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.given.append((future, function, args))
        return future

    def work(self) -> None:
        future, function, args = self.given.pop(0)
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)


def test_a_detector_is_loaded_once() -> None:
    opened: list[Any] = []
    cache = DetectorCache(opening({BUNDLE: bright_detector()}, opened), ManualClock())
    assert cache.get(BUNDLE) is cache.get(BUNDLE)
    assert opened == [BUNDLE]
    cache.keep([])
    cache.get(BUNDLE)
    assert opened == [BUNDLE, BUNDLE]


def test_what_failed_is_tried_again_after_a_minute() -> None:
    clock, opened = ManualClock(), list[Any]()
    cache = DetectorCache(opening({BUNDLE: BundleError("Damaged.")}, opened), clock)
    assert cache.get(BUNDLE) == cache.get(BUNDLE) == Trouble("Damaged.")
    clock.advance(SLOW_RETRY_S)
    cache.get(BUNDLE)
    assert len(opened) == 2


def test_loading_does_not_hold_others_up() -> None:
    clock, later = ManualClock(), Later()
    detectors: dict[Any, Any] = {BUNDLE: BundleError("Damaged.")}
    cache = DetectorCache(opening(detectors), clock, later)
    assert cache.get(BUNDLE) is None
    assert cache.get(BUNDLE) is None
    assert len(later.given) == 1
    later.work()
    assert cache.get(BUNDLE) == Trouble("Damaged.")
    detectors[BUNDLE] = bright_detector()
    clock.advance(SLOW_RETRY_S)
    assert cache.get(BUNDLE) == Trouble("Damaged.")
    later.work()
    assert cache.get(BUNDLE) is detectors[BUNDLE]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BundleError("It is damaged."), "It is damaged."),
        (MemoryError(), "No bundle: The memory does not suffice."),
        (RuntimeError("CUDA out of memory"), "No bundle: The memory does not suffice ("),
        (KeyError("weights"), "No bundle: 'weights' is missing."),
    ],
)
def test_any_error_becomes_a_sentence(error: Exception, said: str) -> None:
    assert sentence_of(error, "No bundle").startswith(said)
