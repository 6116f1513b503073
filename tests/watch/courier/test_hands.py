from __future__ import annotations

import threading

from awry.watch.courier.hands import OwnHands, ThreadHands


def fail() -> None:
    raise ValueError("no")


def test_own_hands_do_it_at_once() -> None:
    hands = OwnHands()
    hands.start("a", fail)
    ((name, error),) = hands.finished()
    assert name == "a"
    assert isinstance(error, ValueError)
    assert not hands.finished()


def test_a_slow_lane_holds_up_no_other() -> None:
    wake, hold = threading.Event(), threading.Event()
    hands = ThreadHands(wake)
    hands.start("slow", lambda: bool(hold.wait(5)))
    hands.start("quick", lambda: None)
    assert wake.wait(5)
    assert hands.finished() == [("quick", None)]
    wake.clear()
    hold.set()
    assert wake.wait(5)
    assert hands.finished() == [("slow", None)]
