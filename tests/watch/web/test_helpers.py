"""Work that the API has done elsewhere: one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from awry.watch.checking.apart import ApartError
from awry.watch.clock import ManualClock
from awry.watch.web.helpers import Helpers, Outside
from awry.watch.web.refusals import RefusedError
from web_site import TRIED

Heard = Callable[[dict[str, Any]], object]


def test_one_address_is_tried_at_a_time() -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(address: str) -> Any:
        began.set()
        assert go_on.wait(10)
        return TRIED

    helpers = Helpers(ManualClock(0.0), Outside(try_address=slow))
    first = threading.Thread(target=helpers.try_address, args=("rtsp://a",))
    first.start()
    assert began.wait(10)
    with pytest.raises(RefusedError, match="Another address") as refused:
        helpers.try_address("rtsp://b")
    assert refused.value.status == 429
    go_on.set()
    first.join(10)
    assert helpers.try_address("rtsp://b") is TRIED


def test_after_a_failure_the_next_is_tried() -> None:
    def broken(address: str) -> Any:
        raise OSError

    helpers = Helpers(ManualClock(0.0), Outside(try_address=broken))
    for _ in range(2):
        with pytest.raises(OSError):  # noqa: PT011
            helpers.try_address("rtsp://a")


def test_how_far_a_measurement_is() -> None:
    said, go_on = threading.Event(), threading.Event()

    def measure(wanted: Any, heard: Heard) -> dict[str, Any]:
        heard({"step": "method", "share": 0.5})
        said.set()
        assert go_on.wait(10)
        return {"found": {"carries": 3}}

    helpers = Helpers(ManualClock(0.0), Outside(measure=measure))
    helpers.measure({"method": ""})
    assert said.wait(10)
    assert (helpers.measuring.step, helpers.measuring.share) == ("method", 0.5)
    with pytest.raises(RefusedError, match="already"):
        helpers.measure({"method": ""})
    go_on.set()
    assert helpers.measurer is not None
    helpers.measurer.join(10)
    assert (helpers.measuring.step, helpers.measuring.found) == ("", {"carries": 3})


def away(wanted: Any, heard: Heard) -> dict[str, Any]:
    raise ApartError


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (away, "too long"),
        (lambda wanted, heard: {"step": "method", "share": 0.5}, "too long"),
        (lambda wanted, heard: {"problem": "No detector."}, "No detector."),
    ],
)
def test_a_measurement_that_fails_says_why(measure: Any, said: str) -> None:
    helpers = Helpers(ManualClock(0.0), Outside(measure=measure))
    for _ in range(2):  # the next may be tried
        helpers.measure({})
        assert helpers.measurer is not None
        helpers.measurer.join(10)
        assert said in helpers.measuring.problem
        assert helpers.measuring.found is None
