from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.watch.ingest.states import Become, ConnectionStates, Patience


def made(**more: float) -> ConnectionStates:
    return ConnectionStates(Patience(**{"jitter": 0.0, **more}), random.Random(0))


def names(actions: list[object]) -> list[str]:
    return [one.state if isinstance(one, Become) else str(one) for one in actions]


def running(states: ConnectionStates, now: float = 0.0) -> None:
    states.tick(now)
    states.opened(now)
    states.packet(now)
    states.frame(now)


def test_from_an_address_to_pictures() -> None:
    states = made()
    assert names(states.tick(0)) == ["open", "connecting"]
    assert states.tick(1) == []
    assert names(states.opened(2)) == ["waiting for a key frame"]
    assert states.packet(3) == []
    assert names(states.frame(4)) == ["running"]
    assert states.frame(5) == []


def test_the_wait_doubles_up_to_a_minute_and_for_ever() -> None:
    states, now, waits = made(), 0.0, []
    for _ in range(12):
        assert names(states.tick(now)) == ["open", "connecting"]
        assert names(states.lost(now, "Connection refused.")) == ["close", "back-off"]
        before = now
        while not states.is_open:
            now += 0.5
            if states.tick(now):
                break
        waits.append(now - before)
        states.state = "back-off"
        states._due = now
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]


def test_an_orderly_end_waits_too() -> None:
    states = made()
    running(states)
    assert names(states.lost(1, "The other side ended it.")) == ["close", "back-off"]
    assert states.tick(1.5) == []
    assert names(states.tick(2)) == ["open", "connecting"]


def test_pictures_for_a_while_make_failures_forgotten() -> None:
    states = made()
    states.failures = 5
    running(states)
    assert states.failures == 5
    states.frame(9)
    assert states.failures == 5
    states.frame(10)
    assert states.failures == 0


def test_what_only_settings_can_help_is_tried_slowly() -> None:
    states = made()
    states.tick(0)
    actions = states.lost(0, "It refuses the password.", settings=True)
    assert actions == ["close", Become("misconfigured", "It refuses the password.")]
    assert states.tick(59) == []
    assert names(states.tick(60)) == ["open", "connecting"]


def test_silence_stalls_and_then_ends_the_connection() -> None:
    states = made(packet_s=5, lost_s=10)
    running(states)
    assert states.tick(4) == []
    assert names(states.tick(5)) == ["stalled"]
    assert states.tick(6) == []
    assert names(states.packet(7)) == ["running"]
    assert names(states.tick(12)) == ["stalled"]
    assert names(states.tick(17)) == ["close", "back-off"]


def test_packets_without_pictures_stall() -> None:
    states = made(frame_s=10)
    running(states)
    for now in range(1, 20):
        states.packet(now)
        actions = names(states.tick(now))
        assert actions == (["stalled"] if now == 10 else [])
    states.packet(20)
    assert names(states.tick(20)) == ["close", "back-off"]


def test_no_key_picture_stalls() -> None:
    states = made(key_s=30)
    states.tick(0)
    states.opened(0)
    for now in range(1, 30):
        states.packet(now)
        assert states.tick(now) == []
    states.packet(30)
    assert names(states.tick(30)) == ["stalled"]
    assert names(states.frame(31)) == ["running"]


def test_a_connection_that_hangs_is_given_up() -> None:
    states = made(connect_s=10)
    states.tick(0)
    assert states.tick(15) == []
    assert names(states.tick(15.5)) == ["close", "back-off"]


EVENTS = st.sampled_from(["opened", "packet", "frame", "lost", "settings", "tick"])


@given(st.lists(st.tuples(EVENTS, st.floats(0, 40)), max_size=80), st.integers(0, 9))
def test_whatever_happens(events: list[tuple[str, float]], seed: int) -> None:
    """One connection at most; every attempt ends; waits are kept; the state fits."""
    states = ConnectionStates(Patience(), random.Random(seed))
    now, connections, closed_at, known = 0.0, 0, float("-inf"), states.state
    for event, passed in events:
        now += passed
        if event == "lost":
            actions = states.lost(now, "why")
        elif event == "settings":
            actions = states.lost(now, "why", settings=True)
        else:
            actions = getattr(states, event)(now)
        for action in actions:
            if action == "open":
                connections += 1
                assert now - closed_at >= 0.9 * Patience().first_back_off_s
            elif action == "close":
                connections -= 1
                closed_at = now
            else:
                assert isinstance(action, Become)
                known = action.state
        assert connections == int(states.is_open)
        assert known == states.state
        assert (states.state in ("back-off", "misconfigured")) == (connections == 0)
    # Whatever it was, without any news an attempt follows within the longest waits.
    for _ in range(400):
        now += 1
        if "open" in states.tick(now):
            break
    else:
        pytest.fail("no attempt followed")
