"""Whom long work tells how it goes on: nobody, bars on a terminal, a log, a test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from awry.frames import Event

NO_FIGURES: Mapping[str, float] = MappingProxyType({})


@runtime_checkable
class Reporter(Protocol):
    """Shows how long work goes on. Several tasks may be open at a time, each under its title."""

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        """A task begins.

        Args:
            title: what is done.
            total: its steps; None where nobody knows how many there will be.
            done: steps of an earlier run.
        """

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """One step is done.

        Args:
            figures: what to show of it, e.g. losses by name.
            title: the task's; of the one that began last if it is not given.
        """

    def end(self, title: str) -> None:
        """A task is over, or could not go on."""

    def message(self, sentence: str) -> None:
        """Something to say in words."""

    def alarm(self, event: Event, *, over: bool) -> None:
        """An alarm has begun, of which `event` says what is known so far, or is over."""


class Silent:
    """A reporter that shows nothing, and what others inherit from."""

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        """Show nothing."""

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """Show nothing."""

    def end(self, title: str) -> None:
        """Show nothing."""

    def message(self, sentence: str) -> None:
        """Show nothing."""

    def alarm(self, event: Event, *, over: bool) -> None:
        """Show nothing."""
