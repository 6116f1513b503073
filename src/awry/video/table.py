"""What containers tell of their frames beside the frames themselves."""

from __future__ import annotations

import av
from av.container import InputContainer

from awry.video.container import the_video
from awry.video.pace import Pace

# In an AVI's index stand the chunks' headers, eight bytes before their data.
_CHUNK_HEADER = 8
# A file whose announced end is this many seconds, and this many steps, later than its last frame
# has been cut off.
_CUT_S = 1.0
_CUT_STEPS = 3


class FrameTable:
    """The table of frames of mp4, mov and avi files, and the announced length of others.

    Args:
        container: opened, not yet read.
    """

    def __init__(self, container: InputContainer) -> None:
        self._container = container
        self._stream = the_video(container)
        names = set(container.format.name.split(","))
        self._is_avi = "avi" in names
        self._is_mov = "mov" in names
        # Numbers of frames, by their chunks' places in an AVI and by decoding stamps in an mp4.
        self._numbers: dict[int, int] = {}
        self._filled: set[int] = set()
        entries = self._stream.index_entries or () if self._is_avi or self._is_mov else ()
        if self._is_avi and len(entries) > 1:  # without an index FFmpeg gives the first chunk's
            self._numbers = {entry.pos + _CHUNK_HEADER: entry.timestamp for entry in entries}
            self._filled = set(self._numbers.values())
        elif self._is_mov and any(entry.size == 0 for entry in entries):
            self._numbers = {entry.timestamp: number for number, entry in enumerate(entries)}
        has_table = self._is_avi or (self._is_mov and self._stream.frames > 0)
        self.gaps_are_losses = not has_table or (self._is_mov and bool(self._numbers))
        """Whether a gap in the stamps is a loss.

        A table of frames would tell of each; other containers, and fragments of an mp4, tell
        nothing. An empty entry in a table is a frame whose data have gone.
        """

    def number_of(self, packet: av.Packet) -> int | None:
        """The number of a packet's frame in the table, or None where that tells nothing."""
        if packet.dts is None:
            return None
        if self._is_avi:
            return self._numbers.get(packet.pos or 0, packet.dts)
        return self._numbers.get(packet.dts)

    def is_empty(self, number: int) -> bool:
        """Whether an AVI repeats the frame before at this number, so that nothing is damaged."""
        return bool(self._filled) and number not in self._filled

    @property
    def tells_where(self) -> bool:
        """Whether frames that are missing altogether have their places."""
        return not self._is_avi or bool(self._numbers)

    def total(self, places: int, end_s: float | None, pace: Pace) -> int:
        """Frames that are announced in all.

        Args:
            places: frames that were met, with those lost on the way.
            end_s: when the last of them ends, on the file's clock; None where it is unknown.
            pace: as measured.
        """
        if self._is_mov:
            entries = self._stream.index_entries or ()
            return max(places, sum(not entry.is_discard for entry in entries))
        if self._is_avi:
            return max(places, self._stream.frames)
        announced = self._container.duration
        alone = len(self._container.streams) == 1
        if announced is None or not alone or end_s is None or not pace.constant or not pace.step:
            return places
        behind = announced / av.time_base + self._start() - end_s
        is_cut = behind > max(_CUT_S, _CUT_STEPS * pace.step)
        return places + round(behind / pace.step) if is_cut else places

    def _start(self) -> float:
        return (self._container.start_time or 0) / av.time_base
