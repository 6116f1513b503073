from __future__ import annotations

from sqlalchemy.orm import Session

from awry.watch.store.changes import add_change, answer_to, first_time, set_answer, trim
from awry.watch.store.read import changes, first_change, last_change


def test_a_message_is_done_once_and_its_answer_kept(session: Session) -> None:
    assert answer_to(session, "a") is None
    assert first_time(session, "a", 1.0)
    set_answer(session, "a", '{"token": 1}')
    assert not first_time(session, "a", 2.0)
    assert answer_to(session, "a") == '{"token": 1}'
    set_answer(session, "nobody", "{}")
    assert answer_to(session, "nobody") is None


def test_the_newest_changes_stay_and_messages_of_a_day(session: Session) -> None:
    first_time(session, "old", 1000.0)
    first_time(session, "new", 1001.0)
    for number in range(5):
        add_change(session, float(number), "state", f"s{number}", camera="yard", payload={"n": 1})
    trim(session, 86_400 + 1000.5, changes=3)
    assert (first_change(session), last_change(session)) == (3, 5)
    assert [one.subject for one in changes(session, 0)] == ["s2", "s3", "s4"]
    assert (answer_to(session, "old"), answer_to(session, "new")) == (None, "")


def test_an_empty_list_is_trimmed(session: Session) -> None:
    trim(session, 1.0)
    assert (first_change(session), last_change(session)) == (0, 0)
