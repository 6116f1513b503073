"""One stream of a camera: its connection, kept for ever, and its packets with their times."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from awry.watch.clock import Clock
from awry.watch.ingest.connection import Feed, Limits, Opener
from awry.watch.ingest.packets import Arrival, Codec, Lost, Opened, Piece
from awry.watch.ingest.states import Action, Become, ConnectionStates, Patience
from awry.watch.ingest.times import WallTimes


@dataclass(slots=True)
class News:
    """What came of a step.

    Attributes:
        pieces: packets, in order.
        states: states that the connection went through.
        lost: whether the connection ended; the pieces came before that.
        jumps: what jumped, sentences.
    """

    pieces: list[Piece] = field(default_factory=list)
    states: list[Become] = field(default_factory=list)
    lost: bool = False
    jumps: list[str] = field(default_factory=list)


class Line:
    """A stream of a camera.

    Args:
        address: of the stream, with its password.
        limits: how long it may keep silent.
        opener: connects.
        clock: the time.
        wake: set when something came.
        patience: how long is waited for what.
        seed: of the jitter.

    Attributes:
        audio: codec of the sound; None: there is none.
        packet_at: when the last packet came, by the clock that only grows; None: none did.
        camera_shift_s: from the camera's own clock, as RTCP reports tell it, to this machine's;
            None: not known.
    """

    def __init__(
        self,
        address: str,
        limits: Limits,
        opener: Opener,
        clock: Clock,
        wake: threading.Event,
        patience: Patience | None = None,
        seed: int | None = None,
    ) -> None:
        self._address = address
        self._limits = limits
        self._opener = opener
        self._clock = clock
        self._wake = wake
        patience = patience or patience_of(limits)
        self._states = ConnectionStates(patience, random.Random(seed))
        self._times = WallTimes(clock)
        self._feed: Feed | None = None
        self._has_clock = True
        self.audio: Codec | None = None
        self.packet_at: float | None = None
        self.camera_shift_s: float | None = None

    def step(self) -> News:
        """Take what came, and do what is due."""
        news = News()
        jump = self._times.clock_jump()
        if jump:
            news.jumps.append(f"The clock of this machine was set by {jump:+.1f} s.")
        for one in () if self._feed is None else self._feed.take():
            self._hear(one, news)
            if self._feed is None:
                break
        self._do(self._states.tick(self._clock.monotonic()), news)
        return news

    def frame(self) -> News:
        """A picture was decoded."""
        news = News()
        self._do(self._states.frame(self._clock.monotonic()), news)
        return news

    def refuse(self, why: str) -> News:
        """What comes cannot be used, and only other settings can help."""
        news = News()
        now = self._clock.monotonic()
        self._do(self._states.lost(now, why, settings=True), news)
        return news

    def close(self) -> None:
        """End the connection."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def _hear(self, one: Arrival, news: News) -> None:
        now = self._clock.monotonic()
        if isinstance(one, Opened):
            self._has_clock, self.audio = one.has_clock, one.audio
            self._do(self._states.opened(now), news)
        elif isinstance(one, Lost):
            self._do(self._states.lost(now, one.why, settings=one.settings), news)
        else:
            self._place(one, news)
            self._do(self._states.packet(now), news)

    def _place(self, piece: Piece, news: News) -> None:
        if not self._has_clock:
            piece.pts = piece.dts = None  # made up from a made-up rate
        jumped = self._times.place(piece)
        news.jumps += [jumped] if jumped else []
        self.packet_at = piece.arrived
        if piece.camera_s is not None and not piece.audio:
            self._follow_camera(piece)
        news.pieces.append(piece)

    def _follow_camera(self, piece: Piece) -> None:
        assert piece.camera_s is not None
        shift = piece.at - piece.camera_s
        known = self.camera_shift_s
        if known is not None and abs(shift - known) < 1.0:
            shift = known + 0.05 * (shift - known)  # smoothed, but where a clock was set
        self.camera_shift_s = shift

    def _do(self, actions: list[Action], news: News) -> None:
        for action in actions:
            if isinstance(action, Become):
                news.states.append(action)
            elif action == "open":
                self._times.begin()
                self.camera_shift_s = None
                self._feed = self._opener(self._address, self._limits, self._wake)
            else:
                news.lost = True
                self.close()


def patience_of(limits: Limits) -> Patience:
    """How long is waited for what, as the settings of a camera say.

    FFmpeg takes its time limit twice: first it gives the packet that it held. So the connection is
    given up a little before the first.
    """
    return Patience(
        connect_s=limits.connect_s, packet_s=0.5 * limits.read_s, lost_s=0.9 * limits.read_s
    )
