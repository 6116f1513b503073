"""Log-ins are limited by address and by user."""

from __future__ import annotations

import pytest

from awry.watch.clock import ManualClock
from awry.watch.web.attempts import BY_ADDRESS, BY_USER, WINDOW_S, Attempts


def test_a_user_may_fail_so_often_from_anywhere() -> None:
    clock = ManualClock()
    attempts = Attempts(clock)
    for number in range(BY_USER):
        assert attempts.begin(f"10.0.0.{number}", "anna") == 0
    assert attempts.begin("10.0.1.1", "anna") == WINDOW_S
    assert attempts.begin("10.0.1.1", "bert") == 0
    clock.advance(WINDOW_S - 1)
    assert attempts.begin("10.0.1.1", "anna") == 1
    clock.advance(1)
    assert attempts.begin("10.0.1.1", "anna") == 0


def test_an_address_may_fail_so_often_whoever_it_names() -> None:
    attempts = Attempts(ManualClock())
    for number in range(BY_ADDRESS):
        assert attempts.begin("10.0.0.1", f"user{number}") == 0
    assert attempts.begin("10.0.0.1", "another") == WINDOW_S
    assert attempts.begin("10.0.0.2", "another") == 0


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("unix", "unix", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, joined: bool) -> None:
    attempts = Attempts(ManualClock())
    for number in range(BY_ADDRESS):
        attempts.begin(one, f"user{number}")
    assert (attempts.begin(other, "another") > 0) is joined


def test_a_log_in_does_not_count_and_a_refused_attempt_neither() -> None:
    attempts = Attempts(ManualClock())
    for _ in range(3 * BY_ADDRESS):
        assert attempts.begin("10.0.0.1", "anna") == 0
        attempts.forgive("10.0.0.1", "anna")
    for _ in range(BY_USER):
        attempts.begin("10.0.0.1", "anna")
    waits = {attempts.begin("10.0.0.1", "anna") for _ in range(5)}
    assert waits == {WINDOW_S}
    assert attempts.begin("10.0.0.1", "bert") == 0
    attempts.forgive("10.0.0.9", "nobody")


def test_a_jump_of_the_wall_clock_lifts_no_limit() -> None:
    clock = ManualClock()
    attempts = Attempts(clock)
    for _ in range(BY_USER):
        attempts.begin("10.0.0.1", "anna")
    clock.jump(86_400)
    assert attempts.begin("10.0.0.1", "anna") > 0


def test_what_is_kept_is_bounded() -> None:
    attempts = Attempts(ManualClock())
    for number in range(6000):
        attempts.begin(f"10.{number // 256}.{number % 256}.1", f"user{number}")
    assert attempts.kept == 4096
