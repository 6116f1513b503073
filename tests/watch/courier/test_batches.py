from __future__ import annotations

from awry.watch.courier.batches import Batch, batches, key_of
from watch_courier import NOW, row


def ids(found: list[Batch]) -> list[list[int]]:
    return [[one.id for one in batch.rows] for batch in found]


def test_fresh_rows_go_one_by_one_and_a_subject_keeps_its_order() -> None:
    rows = [row(1), row(2, kind="end"), row(3, "e2")]
    assert ids(batches(rows, NOW + 10)) == [[1], [3]]


def test_an_old_event_that_has_ended_is_told_at_once() -> None:
    rows = [row(1), row(2, kind="update"), row(3, "e2"), row(4, kind="end", made=NOW + 5)]
    assert ids(batches(rows, NOW + 59)) == [[1], [3]]
    found = batches(rows, NOW + 60)
    assert ids(found) == [[1, 2, 4], [3]]
    assert found[0].last.kind == "end"


def test_people_hear_of_a_short_event_once() -> None:
    assert ids(batches([row(1), row(2, kind="end")], NOW, people=True)) == [[1, 2]]


def test_people_get_a_digest_of_three_old_events_or_more() -> None:
    old = [row(1, "a"), row(2, "b"), row(3, "a", kind="end"), row(4, "s", kind="state")]
    assert ids(batches(old, NOW + 600, people=True)) == [[1, 3], [2], [4]]
    old.append(row(5, "c"))
    fresh = row(6, "d", made=NOW + 550)
    found = batches([*old, fresh], NOW + 600, people=True)
    assert ids(found) == [[1, 2, 3, 5], [4], [6]]
    assert found[0].subjects == ("a", "b", "c")
    assert ids(batches([*old, fresh], NOW + 600))[0] == [1, 3], "programs get each event"


def test_what_is_not_about_events_is_never_joined() -> None:
    rows = [row(1, "front", kind="state"), row(2, "front", kind="end")]
    assert ids(batches(rows, NOW + 9999)) == [[1]]


def test_later_rows_wait_for_one_that_may_not_be_tried() -> None:
    rows = [row(1), row(2, "e2"), row(3, kind="end")]
    assert ids(batches(rows, NOW, ready=lambda one: one.id != 1)) == [[2]]


def test_a_number_that_is_given_again_is_another_key() -> None:
    assert key_of(row(1)) == key_of(row(1))
    assert key_of(row(1)) != key_of(row(1, made=NOW + 1))
