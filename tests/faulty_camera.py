"""A simulated site with one camera whose pictures, packets and detector can be spoiled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sqlalchemy import select

from awry.watch.clock import Clock, ManualClock
from awry.watch.ingest.connection import Limits
from awry.watch.ingest.decode import PacketDecoder
from awry.watch.ingest.packets import Arrival, Piece
from awry.watch.simulation.camera import FakeCamera, FakeFeed, Reel
from awry.watch.simulation.site import SimulatedSite
from awry.watch.store import read
from awry.watch.store.models import ScoreRow
from awry.watch.store.scores import read_scores

Picture = np.ndarray
CAMERA = "front"
ODD_FROM, ODD_UNTIL = 20.0, 26.0
"""Seconds from the beginning in which the patch is bright."""


class _Reel(Reel):
    decoder = staticmethod(PacketDecoder)  # type: ignore[assignment]


class FaultyCamera(FakeCamera):
    """Its pictures can be changed.

    Attributes:
        show: changes each picture, uint8 BGR (H, W, 3), before it is encoded; None: as it is.
        cut: packets lack their second half.
        opened: how often somebody connected.
    """

    def __init__(self, clock: Clock, odd: Sequence[tuple[float, float]], rate: float) -> None:
        super().__init__(clock, _Reel(1), odd, rate)
        self.show: Callable[[Picture], Picture] | None = None
        self.cut, self.opened = False, 0

    def open(self, address: str, limits: Limits, wake: threading.Event) -> FakeFeed:
        self.opened += 1
        return _Feed(self)


class _Feed(FakeFeed):
    _faulty: FaultyCamera

    def __init__(self, camera: FaultyCamera) -> None:
        super().__init__(camera)
        self._faulty, self._codec = camera, camera.reel.codec

    def take(self) -> Sequence[Arrival]:
        return [self._spoiled(one) if isinstance(one, Piece) else one for one in super().take()]

    def _spoiled(self, piece: Piece) -> Piece:
        data, show = piece.data, self._faulty.show
        if show is not None:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            data = cv2.imencode(".jpg", show(picture))[1].tobytes()
        piece = replace(piece, data=data, codec=self._codec)
        piece.codec = self._codec = self._codec.after(piece)
        return replace(piece, data=data[: len(data) // 2]) if self._faulty.cut else piece


class FaultySite:
    """A site with `FaultyCamera`, and what is in its store."""

    def __init__(self, folder: Path, odd: Sequence[tuple[float, float]] = ()) -> None:
        self.clock = ManualClock()
        zero = self.clock.monotonic()
        spans = [(zero + a, zero + b) for a, b in (odd or [(ODD_FROM, ODD_UNTIL)])]
        self.camera = FaultyCamera(self.clock, spans, 1.0)
        self.site = SimulatedSite(folder, self.clock, {CAMERA: self.camera}, rate=1.0)
        self.acknowledged: dict[tuple[str, int], float] = {}
        self.site.acknowledged = lambda one: self.acknowledged.update(
            {(one.session, one.step): one.at}
        )

    def run(self, seconds: float, step_s: float = 1.0) -> None:
        """Let time pass."""
        for _ in range(round(seconds / step_s)):
            self.site.step()
            self.clock.advance(step_s)

    def slow_scorer(self, every: int) -> None:
        """The scorer looks once in so many steps, so that it misses what a mailbox cannot hold."""
        step, steps = self.site._step_scorer, count(1)

        def looks() -> None:
            if next(steps) % every == 0:
                step()

        self.site._step_scorer = looks  # type: ignore[method-assign]

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        assert self.site.database is not None
        with self.site.database.reading() as session:
            found = list(session.scalars(select(table)))
            session.expunge_all()
        return found

    def states(self) -> list[str]:
        """The camera's states in order."""
        return [one.kind for one in self._spans(read.states)]

    def why(self, state: str) -> str:
        """What was said of a state, when it was first there."""
        return next(one.detail for one in self._spans(read.states) if one.kind == state)

    def gaps(self) -> list[Any]:
        """Stretches without scores."""
        return self._spans(read.gaps)

    def flags(self) -> list[Any]:
        """When the picture was tampered with."""
        return self._spans(read.flags)

    def events(self) -> list[Any]:
        """All events with their clips, in order of time."""
        assert self.site.database is not None
        with self.site.database.reading() as session:
            page = read.events(session, read.EventFilter(), limit=1000)
        return list(reversed(page.events))

    def scores(self) -> Any:
        """All scores with their times."""
        assert self.site.database is not None
        with self.site.database.reading() as session:
            return read_scores(session, CAMERA, 0.0, 4e9, bundle=str(self.site.bundle))

    def lights(self) -> set[str]:
        """Light modes of the stored scores."""
        return {row.light for row in self.rows(ScoreRow)}

    def _spans(self, reader: Callable[..., Any]) -> list[Any]:
        assert self.site.database is not None
        with self.site.database.reading() as session:
            return list(reader(session, CAMERA))
