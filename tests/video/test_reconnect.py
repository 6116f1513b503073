from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from awry.errors import ConfigError, SourceError
from awry.frames import Frame
from awry.video import Source
from awry.video.reconnect import Reconnecting
from awry.video.source import SourceHealth


class Camera:
    """A live source of so many frames, that is lost after them or ends in order."""

    name, fps, is_live = "gate", 10.0, True

    def __init__(self, length: int, lost: bool = True) -> None:
        self.length, self.lost = length, lost
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        for n in range(self.length):
            yield Frame(n, n / 10, np.zeros((2, 2, 3), np.uint8), damaged=n == 1)
        self.health.notes.append("Something at the end.")
        if self.lost:
            raise SourceError("Lost it.")


class Case:
    """A camera that answers as is told: a source, or None where nobody answers."""

    def __init__(self, *answers: Camera | None, attempts: int | None = None) -> None:
        self.answers = list(answers)
        self.clock = 100.0
        self.waits: list[float] = []
        self.source = Reconnecting(self.open, attempts=attempts, now=lambda: self.clock)
        self.source._wait = self.wait

    def open(self) -> Camera:
        answer = self.answers.pop(0)
        if answer is None:
            raise SourceError("Nobody answers.")
        return answer

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock += seconds


def test_frames_and_times_go_on_over_a_gap() -> None:
    case = Case(Camera(3), None, None, Camera(2), Camera(2, lost=False))
    frames = list(case.source)
    assert isinstance(case.source, Source)
    assert (case.source.name, case.source.fps, case.source.is_live) == ("gate", 10.0, True)
    assert [frame.index for frame in frames] == list(range(7))
    # 1 + 2 + 4 seconds to the second connection; a frame was there, so 1 to the third.
    assert case.waits == [1, 2, 4, 1]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.2, 7.2, 7.3, 8.3, 8.4])
    assert case.source.health.damaged == [1, 4, 6]
    assert case.source.health.notes == [
        "Something at the end.",
        "Lost it. Connecting again.",
        "Connected again after 7.0 s without a picture; frame 3 is the first after the gap.",
        "Something at the end.",
        "Lost it. Connecting again.",
        "Connected again after 1.0 s without a picture; frame 5 is the first after the gap.",
        "Something at the end.",
    ]


def test_the_wait_grows_to_a_minute() -> None:
    case = Case(Camera(1), *[None] * 9, Camera(1, lost=False))
    assert len(list(case.source)) == 2
    assert case.waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_it_gives_up_after_so_many_failures_in_a_row() -> None:
    case = Case(Camera(1), None, Camera(1), None, None, None, attempts=2)
    found = []
    with pytest.raises(SourceError, match=r"Nobody answers\. Gave up after 2 attempts"):  # noqa: PT012
        for frame in case.source:
            found.append(frame)
    assert len(found) == 2
    assert len(case.answers) == 1
    with pytest.raises(ConfigError, match="1 or more"):
        Case(Camera(1), attempts=0)


def test_nobody_answers_at_first() -> None:
    case = Case(None, None, Camera(2, lost=False))
    assert (case.source.name, case.source.fps, case.source.is_live) == ("stream", None, True)
    assert [frame.index for frame in case.source] == [0, 1]
    assert case.waits == [1, 2]
    assert case.source.health.notes[:2] == ["Nobody answers. Connecting again.", "Connected."]
    with pytest.raises(SourceError, match="Gave up after 1 attempts"):
        list(Case(None, None, attempts=1).source)


def test_a_file_does_not_begin_anew() -> None:
    sent = Camera(2)
    sent.is_file = True
    with pytest.raises(SourceError, match=r"^Lost it\.$"):
        list(Case(sent, Camera(2)).source)
    with pytest.raises(SourceError, match=r"^Lost it\.$"):
        list(Case(None, sent, Camera(2)).source)


def test_it_can_be_stopped_while_it_waits() -> None:
    case = Case(Camera(1), Camera(1))
    case.source._wait = lambda seconds: case.source.stop()
    assert len(list(case.source)) == 1
