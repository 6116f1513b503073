"""Tells systemd, or whoever started the site so, how it is: `sd_notify` without its library."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import MutableMapping


class Notifier:
    """Speaks to the socket that `NOTIFY_SOCKET` names; without one nothing happens.

    Args:
        environment: where the socket and the watchdog's time stand; they are taken out of it, so
            that no other process speaks in this one's name.
    """

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        self._place = environment.pop("NOTIFY_SOCKET", "")
        micros = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", str(os.getpid()))
        meant = micros.isdecimal() and pid == str(os.getpid())
        self.watchdog_s = int(micros) / 1e6 if meant and int(micros) > 0 else None
        """Within so many seconds a sign of life is wanted; None: none is."""
        self._said: str | None = None
        self._alive_at = float("-inf")

    def ready(self) -> None:
        """All processes run."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The settings are read anew; `ready` says that it is done."""
        micros = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={micros}")

    def stopping(self) -> None:
        """The site is ending."""
        self._send("STOPPING=1")

    def status(self, sentence: str) -> None:
        """How it is, for people; the same is not said twice."""
        if sentence != self._said:
            self._said = sentence
            self._send(f"STATUS={' '.join(sentence.split())}")

    def alive(self, now: float) -> None:
        """A sign of life, where one is due.

        Args:
            now: seconds of a clock that only grows.
        """
        if self.watchdog_s is not None and now - self._alive_at >= self.watchdog_s / 3:
            self._alive_at = now
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._place:
            return
        # A name that begins with @ stands for a null byte: it is no file.
        place = f"\0{self._place[1:]}" if self._place.startswith("@") else self._place
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.setblocking(False)
            one.sendto(text.encode(), place)
