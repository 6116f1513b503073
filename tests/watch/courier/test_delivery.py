from __future__ import annotations

from awry.watch.courier.batches import Batch
from awry.watch.courier.channels import UndeliveredError
from awry.watch.courier.delivery import GIVE_UP_S, LONGEST_S, Delivery
from watch_courier import NOW, FakeReceiver, row

BROKEN = UndeliveredError("No.")


def test_one_parcel_at_a_time() -> None:
    delivery = Delivery(FakeReceiver())
    assert delivery.next([row(1)], NOW, 0) == Batch((row(1),))
    assert not delivery.is_free(0)
    delivery.arrived(0)
    assert delivery.is_free(0)


def test_back_off_doubles_to_ten_minutes() -> None:
    delivery, at, pauses = Delivery(FakeReceiver()), 0.0, []
    for _ in range(10):
        assert delivery.next([row(1)], NOW, at)
        _, again = delivery.failed(BROKEN, NOW, at)
        assert again is not None
        pauses.append(again - NOW)
        assert not delivery.is_free(at + pauses[-1] - 0.1)
        at += pauses[-1]
        assert delivery.is_free(at)
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_a_receiver_may_ask_to_wait_longer_but_not_for_ever() -> None:
    for asked, pause in ((60.0, 60.0), (1.0, 5.0), (1e9, LONGEST_S)):
        delivery = Delivery(FakeReceiver())
        delivery.next([row(1)], NOW, 0)
        _, again = delivery.failed(UndeliveredError("Later.", wait_s=asked), NOW, 0)
        assert again == NOW + pause


def test_the_next_try_takes_the_next_row_and_an_arrival_frees_the_first() -> None:
    delivery, rows = Delivery(FakeReceiver()), [row(1, "a"), row(2, "b")]
    delivery.next(rows, NOW, 0)
    delivery.failed(UndeliveredError("No.", wait_s=100), NOW, 0)
    delivery.next(rows[1:], NOW, 100)
    delivery.failed(UndeliveredError("No.", wait_s=200), NOW, 100)
    assert delivery.next(rows, NOW, 300) == Batch((rows[0],))
    delivery.arrived(300)
    assert delivery.next(rows[1:], NOW, 300.1) == Batch((rows[1],))


def test_known_to_be_back_means_at_once() -> None:
    delivery = Delivery(FakeReceiver())
    delivery.next([row(1)], NOW, 0)
    delivery.failed(BROKEN, NOW, 0)
    assert not delivery.is_free(1)
    delivery.back()
    assert delivery.is_free(1)
    assert delivery.next([row(1)], NOW, 1)


def test_final_errors_are_not_tried_again() -> None:
    delivery = Delivery(FakeReceiver())
    delivery.next([row(1)], NOW, 0)
    assert delivery.failed(UndeliveredError("Gone.", again=False), NOW, 0)[1] is None
    assert delivery.is_free(0), "the receiver answered, so the next row may go"


def test_a_row_dies_after_a_day_and_eight_tries_but_not_by_a_clock_that_jumps() -> None:
    delivery, at, now = Delivery(FakeReceiver()), 0.0, NOW + GIVE_UP_S
    answers = []
    for _ in range(8):
        assert delivery.next([row(1)], now, at)
        answers.append(delivery.failed(BROKEN, now, at)[1])
        at += LONGEST_S
    assert answers[:7] == [now + pause for pause in (5, 10, 20, 40, 80, 160, 320)]
    assert answers[7] is None


def test_a_row_waits_until_it_is_due_unless_the_clock_was_set_back() -> None:
    delivery = Delivery(FakeReceiver())
    assert delivery.next([row(1, due=NOW + 60)], NOW, 0) is None
    assert delivery.next([row(1, due=NOW + 60)], NOW + 60, 0)
    delivery.arrived(0)
    assert delivery.next([row(1, due=NOW + 86_400)], NOW, 0)
