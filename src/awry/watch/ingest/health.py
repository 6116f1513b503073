"""How a camera does: its connection's state, and what is wrong while pictures come."""

from __future__ import annotations

from awry.watch.clock import Clock
from awry.watch.ingest.states import Become
from awry.watch.ipc.frames import FrameSink
from awry.watch.messages import CameraState

# Pictures that nobody takes for so long are told of.
_UNREAD_S = 30.0
# A mailbox that has lost nothing for so long is no reason for worry.
_CALM_S = 5.0


class Health:
    """Four clocks, watched apart: packets and pictures by the connection, scores and files here.

    Args:
        clock: the time.
        sink: the mailbox; that it is read is seen by what it loses.

    Attributes:
        record_trouble: why the stream that is recorded does not come, a sentence; empty: it does.
    """

    def __init__(self, clock: Clock, sink: FrameSink) -> None:
        self._clock = clock
        self._sink = sink
        self._connection = Become("connecting")
        self._frame_at: float | None = None
        self._dropped = sink.dropped
        self._lost_at = self._read_at = clock.monotonic()
        self.record_trouble = ""

    def become(self, become: Become) -> None:
        """The connection is in another state."""
        self._connection = become
        if become.state != "running":
            self._read_at = self._clock.monotonic()

    def frame(self) -> None:
        """A picture was decoded."""
        self._frame_at = self._clock.monotonic()

    def state(self, recorder_trouble: str) -> tuple[CameraState, str]:
        """The camera's state, and a sentence.

        Args:
            recorder_trouble: why nothing is recorded; empty: all is.
        """
        if self._connection.state != "running":
            return self._connection.state, self._connection.reason
        if recorder_trouble:
            return "degraded", recorder_trouble
        if self.record_trouble:
            return "degraded", f"The stream that is recorded does not come. {self.record_trouble}"
        if self.unread_s > _UNREAD_S:
            return "degraded", "Nobody scores its pictures."
        return "running", ""

    @property
    def unread_s(self) -> float:
        """Seconds since the mailbox was read; 0 where nothing shows that it is not."""
        now = self._clock.monotonic()
        taken_at: float | None = getattr(self._sink, "taken_at", None)
        lost, self._dropped = self._sink.dropped > self._dropped, self._sink.dropped
        if lost:
            self._lost_at = now
        elif now - self._lost_at > _CALM_S:
            self._read_at = now  # a mailbox that loses nothing is read, or gets nothing
        self._read_at = max(self._read_at, taken_at or self._read_at)
        return now - self._read_at

    def ages(self, packet_at: float | None) -> dict[str, float]:
        """For `Load`: seconds since the last packet, picture, and reading of the mailbox."""
        now = self._clock.monotonic()
        ages = {"packet_age_s": packet_at, "frame_age_s": self._frame_at}
        return {name: now - at for name, at in ages.items() if at is not None} | {
            "unread_s": self.unread_s
        }
