"""Pictures and ends of sessions as values."""

from __future__ import annotations

import numpy as np

from awry.watch.ipc.frames import FrameSink, FrameSource, GridEnd, GridFrame
from awry.watch.ipc.memory import Wire


def test_a_picture_is_itself_alone() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    one, same = GridFrame("a", "s", 1, 0.0, image), GridFrame("a", "s", 1, 0.0, image)
    assert one != same
    assert (one.light, one.damaged, one.dropped) == ("day", False, 0)


def test_ends_are_equal_by_what_they_say() -> None:
    assert GridEnd("a", "s", 1.0) == GridEnd("a", "s", 1.0)
    assert GridEnd("a", "s", 1.0) != GridEnd("a", "t", 1.0)


def test_mailboxes_are_both_ends() -> None:
    wire = Wire()
    sink: FrameSink = wire.frames_out("a")
    source: FrameSource = wire.frames_in("a")
    sink.put(GridEnd("a", "s", 1.0))
    assert source.next() == GridEnd("a", "s", 1.0)
