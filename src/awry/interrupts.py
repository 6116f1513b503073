"""Ctrl-C and the signals by which service managers, containers and closed terminals end a program.

All of them ask for the same: an orderly end. Work that can stop at any moment is interrupted by a
`KeyboardInterrupt`; work that must first bring something to an end asks `interrupt_flag`.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_WORDS = {"SIGINT": "Ctrl-C", "SIGTERM": "the signal SIGTERM", "SIGHUP": "the terminal's end"}
_received: list[int] = []


def stopped_by() -> str:
    """What asked for the end, in words; Ctrl-C where nothing was heard of it."""
    return _WORDS[signal.Signals(_received[-1]).name if _received else "SIGINT"]


def exit_code() -> int:
    """What a program returns that was stopped: 130 for Ctrl-C, 143 for SIGTERM, as shells do."""
    return 128 + (_received[-1] if _received else signal.SIGINT)


def forget() -> None:
    """A new command begins: no signal has come yet."""
    _received.clear()


def stop_on_signals() -> None:
    """From now on SIGTERM and SIGHUP interrupt the main thread as Ctrl-C does.

    SIGHUP stays ignored where it was, as by `nohup`.
    """
    for number in _STOPPING:
        if number == signal.SIGINT or signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt(f"stopped by {stopped_by()}")


def leave_ctrl_c() -> None:
    """In a process that another one started: that one decides what Ctrl-C means."""
    # Blocked and not ignored: a fit sets a handler of its own.
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def interrupt_flag() -> Iterator[list[bool]]:
    """A list that is filled once an end was asked for; a second signal interrupts at once."""
    asked: list[bool] = []

    def remember(number: int, frame: FrameType | None) -> None:
        if asked:
            _interrupt(number, frame)
        _received.append(number)
        asked.append(True)

    before = {}
    try:
        for number in _STOPPING:
            if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGINT:
                before[number] = signal.signal(number, remember)
    except ValueError:  # not in the main thread: whoever runs the thread handles the signals
        yield asked
        return
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
