"""Threads ask the keeper, the loop carries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from awry.watch.clock import ManualClock, SystemClock
from awry.watch.messages import Answer, Request
from awry.watch.web.api import KeeperAwayError
from awry.watch.web.asking import Asking


def test_each_thread_gets_the_answer_to_its_own_request() -> None:
    asking = Asking(SystemClock())
    with ThreadPoolExecutor(8) as pool:
        futures = {str(n): pool.submit(asking.ask, Request(str(n), "pin")) for n in range(8)}
        sent: list[Request] = []
        while len(sent) < 8:
            for request, certain in asking.outgoing():
                assert certain
                sent.append(request)
        for request in reversed(sent):
            asking.incoming(Answer(request.uid, f'"{request.uid}"'))
        assert {uid: future.result().values for uid, future in futures.items()} == {
            str(n): f'"{n}"' for n in range(8)
        }


def test_without_an_answer_in_time_the_keeper_is_away() -> None:
    clock = ManualClock()
    asking = Asking(clock, patience_s=7.0)
    before = clock.monotonic()
    with pytest.raises(KeeperAwayError):
        asking.ask(Request("1", "pin"))
    assert clock.monotonic() - before == 7.0
    asking.incoming(Answer("1"))  # it comes too late, and is left
    assert [request.uid for request, _ in asking.outgoing()] == ["1"]
    assert not asking.outgoing()


def test_what_may_be_lost_is_told_without_waiting_and_bounded() -> None:
    asking = Asking(ManualClock())
    for number in range(1000):
        asking.tell(Request(str(number), "session.touch"))
    sent = asking.outgoing()
    assert len(sent) == 256
    assert not any(certain for _, certain in sent)
