"""The state of a camera's connection, and what is to be done next: no clock, no sockets.

Everything that happens is told with its time by a clock that only grows; what is to be done comes
back as actions. Whoever drives it calls `tick` a few times a second.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from awry.watch.messages import CameraState


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what, in seconds.

    Attributes:
        connect_s: until a connection stands.
        packet_s: for the next packet before the camera counts as stalled.
        lost_s: for the next packet before the connection is given up.
        key_s: for the first picture.
        frame_s: for the next picture while packets come.
        first_back_off_s, longest_back_off_s: each failure in a row doubles the wait.
        settings_s: until the next attempt where only other settings can help.
        sound_s: so long a connection must give pictures before its failures are forgotten.
        jitter: share of a wait that is drawn at random, so that cameras do not come all at once.
    """

    connect_s: float = 10.0
    packet_s: float = 5.0
    lost_s: float = 10.0
    key_s: float = 30.0
    frame_s: float = 10.0
    first_back_off_s: float = 1.0
    longest_back_off_s: float = 60.0
    settings_s: float = 60.0
    sound_s: float = 10.0
    jitter: float = 0.2


@dataclass(frozen=True, slots=True)
class Become:
    """The camera is in another state from now on."""

    state: CameraState
    reason: str = ""


Act = Literal["open", "close"]
Action = Become | Act
# What takes longer than this beyond its own time limit hangs.
_GRACE_S = 5.0


class ConnectionStates:
    """From connecting to pictures and back, for ever.

    Args:
        patience: see `Patience`.
        chance: draws the jitter.
    """

    def __init__(self, patience: Patience, chance: random.Random) -> None:
        self._patience = patience
        self._chance = chance
        self.state: CameraState = "back-off"
        self.failures = 0
        self._due = float("-inf")  # the next attempt
        self._since = 0.0  # of the connection, or of the attempt
        self._packet = 0.0
        self._frame = 0.0
        self._first_frame: float | None = None
        self._stalled_on: Literal["packet", "frame"] = "packet"

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, standing or being made."""
        return self.state not in ("back-off", "misconfigured")

    def opened(self, now: float) -> list[Action]:
        """The connection stands."""
        if self.state != "connecting":
            return []
        self._since = self._packet = self._frame = now
        self._first_frame = None
        return self._become("waiting for a key frame")

    def packet(self, now: float) -> list[Action]:
        """A packet came."""
        if not self._stands:
            return []
        self._packet = now
        if self.state == "stalled" and self._stalled_on == "packet":
            self._frame = now
            begun = self._first_frame is not None
            return self._become("running" if begun else "waiting for a key frame")
        return []

    def frame(self, now: float) -> list[Action]:
        """A picture was decoded."""
        if not self._stands:
            return []
        self._packet = max(self._packet, now)
        self._frame = now
        self._first_frame = now if self._first_frame is None else self._first_frame
        if now - self._first_frame >= self._patience.sound_s:
            self.failures = 0
        return [] if self.state == "running" else self._become("running")

    def lost(self, now: float, why: str, *, settings: bool = False) -> list[Action]:
        """The connection ended, or never stood.

        Args:
            now: when.
            why: a sentence for people.
            settings: whether only other settings can help.
        """
        if not self.is_open:
            return []
        self.failures += 1
        if settings:
            self._due = now + self._with_jitter(self._patience.settings_s)
            return ["close", *self._become("misconfigured", why)]
        doubled = self._patience.first_back_off_s * 2 ** min(self.failures - 1, 30)
        wait = self._with_jitter(min(doubled, self._patience.longest_back_off_s))
        self._due = now + wait
        return ["close", *self._become("back-off", why)]

    def tick(self, now: float) -> list[Action]:
        """Time passed."""
        if not self.is_open:
            if now < self._due:
                return []
            self._since = now
            return ["open", *self._become("connecting")]
        if self.state == "connecting":
            if now - self._since > self._patience.connect_s + _GRACE_S:
                return self.lost(now, "The camera did not answer in time.")
            return []
        return self._silence(now)

    def _silence(self, now: float) -> list[Action]:
        """What a standing connection has kept back for too long."""
        patience = self._patience
        quiet = now - self._packet
        if quiet >= patience.lost_s:
            return self.lost(now, f"Nothing came for {quiet:.0f} s.")
        if quiet >= patience.packet_s:
            return self._stall("packet", f"Nothing comes since {quiet:.0f} s.")
        blind = now - self._frame
        limit = patience.key_s if self._first_frame is None else patience.frame_s
        if blind >= 2 * limit:
            return self.lost(now, f"Data came for {blind:.0f} s, but no picture.")
        if blind >= limit:
            return self._stall("frame", f"Data come, but no picture since {blind:.0f} s.")
        return []

    @property
    def _stands(self) -> bool:
        return self.state in ("waiting for a key frame", "running", "stalled")

    def _stall(self, on: Literal["packet", "frame"], why: str) -> list[Action]:
        if self.state == "stalled":
            return []
        self._stalled_on = on
        return self._become("stalled", why)

    def _become(self, state: CameraState, reason: str = "") -> list[Action]:
        self.state = state
        return [Become(state, reason)]

    def _with_jitter(self, seconds: float) -> float:
        return seconds * (1 + self._patience.jitter * (self._chance.random() - 0.5))
