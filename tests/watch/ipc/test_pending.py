"""What waits for the other side: in order, within a bound, scores given up first."""

from __future__ import annotations

from awry.watch.ipc.pending import Pending


def test_where_no_score_waits_the_oldest_goes() -> None:
    pending: Pending[str] = Pending(10)
    for text in "abc":
        pending.add(text, 4, score=False)
    assert [text for _, text in pending.unsent()] == ["b", "c"]
    assert pending.lost == 1


def test_one_alone_is_kept_however_long() -> None:
    pending: Pending[str] = Pending(10)
    pending.add("a", 100, score=True)
    assert len(pending) == 1


def test_a_score_that_was_done_is_not_given_up_again() -> None:
    pending: Pending[str] = Pending(10)
    pending.add("a", 4, score=True)
    ((number, _),) = pending.unsent()
    pending.done(number)
    pending.done(number)
    for text in "bcd":
        pending.add(text, 4, score=True)
    assert ([text for _, text in pending.unsent()], pending.lost) == (["c", "d"], 1)


def test_after_a_break_what_is_not_done_comes_again_in_order() -> None:
    pending: Pending[str] = Pending(1000)
    for text in "abcd":
        pending.add(text, 1, score=True)
    numbers = [number for number, _ in pending.unsent()]
    assert list(pending.unsent()) == []
    pending.done(numbers[1])
    pending.again()
    assert [text for _, text in pending.unsent()] == ["a", "c", "d"]
    assert len(pending) == 3


def test_numbers_of_two_are_not_the_same() -> None:
    one, other = Pending[str](10), Pending[str](10)
    one.add("a", 1, score=False)
    other.add("a", 1, score=False)
    assert next(one.unsent())[0] != next(other.unsent())[0]
