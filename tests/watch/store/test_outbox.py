from __future__ import annotations

from sqlalchemy.orm import Session

from awry.watch.store.outbox import (
    add_outbox,
    outbox_due,
    outbox_states,
    receiver_states,
    set_delivered,
    trim_outbox,
    try_again,
)


def waiting(session: Session, now: float = 1e9) -> list[int]:
    return [one.id for one in outbox_due(session, now)]


def test_a_receiver_is_told_once_of_a_subject(session: Session) -> None:
    first = add_outbox(session, "mqtt", "broker", "event", "new", {"n": 1}, 1.0)
    assert add_outbox(session, "mqtt", "broker", "event", "new", {"n": 2}, 2.0) is None
    assert add_outbox(session, "mqtt", "broker", "event", "end", {}, 2.0) is not None
    assert add_outbox(session, "webhook", "broker", "event", "new", {}, 2.0, due=9.0) is not None
    assert waiting(session, 5.0) == [1, 2]
    (entry,) = outbox_due(session, 5.0, channel="mqtt", limit=1)
    assert (entry.id, entry.payload, entry.made, entry.state) == (first, {"n": 1}, 1.0, "waiting")
    set_delivered(session, 1)
    assert add_outbox(session, "mqtt", "broker", "event", "new", {}, 3.0) is None
    assert waiting(session, 5.0) == [2]


def test_the_newest_state_replaces_what_waits(session: Session) -> None:
    def state(value: str) -> int | None:
        payload = {"state": value}
        return add_outbox(session, "mqtt", "b", "yard", "state", payload, 1.0, replace=True)

    first, second = state("running"), state("stalled")
    assert first is not None
    set_delivered(session, first)  # what was under way then is not the newest
    (entry,) = outbox_due(session, 1.0)
    assert (entry.id, entry.payload) == (second, {"state": "stalled"})


def test_what_fails_is_tried_again_or_given_up(session: Session) -> None:
    number = add_outbox(session, "notify", "phone", "event", "new", {}, 1.0)
    assert number is not None
    set_delivered(session, number, error="Refused.", retry_at=60.0)
    assert waiting(session, 59.0) == []
    (entry,) = outbox_due(session, 60.0)
    assert (entry.attempts, entry.error) == (1, "Refused.")
    set_delivered(session, number, error="Gone.")
    assert waiting(session) == []
    (state,) = outbox_states(session)
    assert (state.channel, state.waiting, state.sent, state.dead, state.oldest) == (
        *("notify", 0, 0, 1),
        None,
    )
    set_delivered(session, number)
    set_delivered(session, number, error="Late.", retry_at=1.0)
    assert [one.sent for one in outbox_states(session)] == [1]
    set_delivered(session, 999)


def test_the_oldest_go_where_too_many_wait(session: Session) -> None:
    for number in range(6):
        add_outbox(session, "mqtt", "b", f"e{number}", "new", {}, float(number))
    add_outbox(session, "mqtt", "other", "e", "new", {}, 0.0)
    assert trim_outbox(session, 10.0, capacity=4) == 2
    assert [one.subject for one in outbox_due(session, 10.0)] == ["e2", "e3", "e4", "e5", "e"]
    (state,) = outbox_states(session)
    assert (state.waiting, state.dead, state.oldest) == (5, 2, 0.0)
    assert trim_outbox(session, 31 * 86_400.0, capacity=4) == 0
    assert [(one.waiting, one.dead) for one in outbox_states(session)] == [(5, 0)]


def test_receivers_by_name_and_again(session: Session) -> None:
    numbers = [
        add_outbox(session, "webhook", target, subject, "new", {}, at)
        for target, subject, at in (
            ("a", "1", 1.0),
            ("a", "2", 2.0),
            ("a", "3", 3.0),
            ("b", "1", 4.0),
        )
    ]
    given = [one for one in numbers if one is not None]
    set_delivered(session, given[0], error="It is away.", retry_at=1000.0)
    set_delivered(session, given[1], error="Refused.")
    set_delivered(session, given[2])
    first, second = receiver_states(session)
    assert (first.channel, first.target) == ("webhook", "a")
    assert (first.waiting, first.sent, first.dead, first.oldest) == (1, 1, 1, 1.0)
    assert (first.failing, first.error) == (True, "Refused.")
    assert (second.waiting, second.failing, second.error) == (1, False, "")
    assert try_again(session, "webhook", "a", 50.0) == 2
    assert waiting(session, 50.0) == [*given[:2], given[3]]
    assert try_again(session, "webhook", "none", 50.0) == 0
