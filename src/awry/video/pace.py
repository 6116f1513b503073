"""How fast a file's pictures follow each other, as their stamps tell."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import numpy as np
from av.container import InputContainer

from awry.video.container import claimed_rate, counts_frames, the_video

# So many packets are looked at.
_PACKETS = 250
# A pace is constant where so many of the steps are equal; the others are gaps or damage.
_EQUAL = 0.8
# A claimed rate is taken as the exact value of a measured one that is this near.
_NEAR = 5e-4
# Codecs whose pictures may come as two packets, one for each field.
_OF_FIELDS = frozenset({"h264", "hevc", "mpeg2video", "vc1"})


@dataclass(frozen=True, slots=True)
class Pace:
    """The usual time from one picture to the next.

    Attributes:
        step: seconds; None where it is unknown.
        constant: whether all steps are that one, but for gaps and damage.
    """

    step: float | None
    constant: bool = False

    @property
    def rate(self) -> float | None:
        """Frames per second, or None."""
        return None if self.step is None else 1 / self.step


def measured_pace(container: InputContainer) -> Pace:
    """The pace of a file's video, from the stamps of its first packets.

    What the container claims counts only where there are no stamps, or where it agrees with them
    (then it is the exact value). Packets are read, not decoded; the container is used up by it.
    """
    claim = claimed_rate(container)
    if counts_frames(container):
        return Pace(None if claim is None else 1 / claim, constant=claim is not None)
    steps, tick = _steps(container)
    if not len(steps):
        return Pace(None if claim is None else 1 / claim)
    usual = float(np.median(steps))
    equal = steps[np.abs(steps - usual) <= max(1.01 * tick, 0.01 * usual)]
    constant = len(equal) >= _EQUAL * len(steps)
    step = float(equal.mean()) if constant else usual
    near = _NEAR + tick / (step * max(len(equal), 1))
    codec = the_video(container).codec_context.name
    for fields in (1, 2) if codec in _OF_FIELDS else (1,):
        if claim is not None and abs(fields * step * claim - 1) < near:
            return Pace(1 / claim, constant)
    return Pace(step, constant)


def _steps(container: InputContainer) -> tuple[np.ndarray, float]:
    """Seconds between the stamps of the first packets, in order, and one tick of their clock."""
    stream = the_video(container)
    stamps: list[int] = []
    # What can be read up to a damage is enough.
    with suppress(OSError, ValueError, IndexError):
        for packet in islice(container.demux(stream), _PACKETS):
            if packet.pts is not None and not packet.is_discard:
                stamps.append(packet.pts)
    tick = float(stream.time_base or 0)
    return np.diff(np.unique(np.array(stamps, np.int64))) * tick, tick
