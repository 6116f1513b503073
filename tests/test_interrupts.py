"""Signals that ask for an end."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from awry.interrupts import exit_code, forget, interrupt_flag, stop_on_signals, stopped_by

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def not_ignored() -> Iterator[None]:
    """Signals as a terminal has them, also where the tests themselves run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("not_ignored")
@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_signal_is_remembered_and_the_second_interrupts(number: int) -> None:
    before = [signal.getsignal(one) for one in NUMBERS]
    forget()
    with interrupt_flag() as asked:
        assert not asked
        signal.raise_signal(number)
        assert asked
        assert exit_code() == 128 + number
        with pytest.raises(KeyboardInterrupt, match="stopped by"):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(one) for one in NUMBERS] == before


def test_every_signal_interrupts_a_program_that_asked_for_it() -> None:
    before = {one: signal.signal(one, signal.SIG_DFL) for one in NUMBERS}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
        stop_on_signals()
        forget()
        assert (exit_code(), stopped_by()) == (130, "Ctrl-C")
        with pytest.raises(KeyboardInterrupt, match="stopped by the signal SIGTERM"):
            signal.raise_signal(signal.SIGTERM)
        assert exit_code() == 143
        with pytest.raises(KeyboardInterrupt, match="stopped by Ctrl-C"):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGHUP)  # still ignored
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        forget()
