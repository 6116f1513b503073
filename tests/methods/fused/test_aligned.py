"""Several scorers on one stream, one after the other and in threads beside one another."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, FrameError
from awry.frames import Frame, FrameScore
from awry.methods.fused.aligned import VARIABLE, AlignedScorers, systems_at_once
from awry.runtimes import threads
from awry.teachers.outputs import said_before

from .late import Late, stream


class Meeting(Late):
    """Answers a frame only when the other one looks at it at the same time."""

    def __init__(self, both: threading.Barrier) -> None:
        super().__init__(0)
        self._both = both
        self.threads: set[str] = set()

    def _push(self, frame: Frame) -> list[FrameScore]:
        self._both.wait(60)
        self.threads.add(threading.current_thread().name)
        return super()._push(frame)


class Asking(Late):
    """Asks a teacher about each frame, and counts who had to answer."""

    def __init__(self) -> None:
        super().__init__(0)
        self.asked = 0

    def _push(self, frame: Frame) -> list[FrameScore]:
        def answer() -> dict[str, np.ndarray]:
            self.asked += 1
            return {"x": np.array([frame.index])}

        found = said_before(lambda: str(frame.index), answer, costly=False)
        assert found["x"].tolist() == [frame.index]
        return super()._push(frame)


class Failing(Late):
    """Cannot look at a frame."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        raise FrameError(f"{self.lookahead} cannot")


def answers(aligned: AlignedScorers, count: int) -> list[tuple[float | None, ...]]:
    found = [answer for frame in stream(count) for answer in aligned.push(frame)]
    return [tuple(one.score for one in answer) for answer in found + aligned.flush()]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_at_the_end_the_last_word_stands(at_once: int) -> None:
    *_, last = AlignedScorers([Late(0), Late(2)], at_once).push(stream(1)[0]) or [()]
    assert last == ()
    aligned = AlignedScorers([Late(0), Late(2)], at_once)
    expected = [(0, 0), (1, 1), (2, 2), (3, 2), (4, 2)]
    assert answers(aligned, 5) == expected
    assert answers(aligned, 5) == expected  # a new stream


def test_two_look_at_a_frame_at_the_same_time() -> None:
    both = threading.Barrier(2)
    scorers = [Meeting(both), Meeting(both)]
    assert answers(AlignedScorers(scorers, 2), 3) == [(0, 0), (1, 1), (2, 2)]
    names = scorers[0].threads | scorers[1].threads
    assert all(name.startswith("awry fused") for name in names)


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_teacher_is_asked_once(at_once: int) -> None:
    scorers = [Asking(), Asking(), Asking()]
    aligned = AlignedScorers(scorers, at_once)
    answers(aligned, 4)
    assert sum(one.asked for one in scorers) == 4
    assert (aligned.memory.asked, aligned.memory.found) == (12, 8)


@pytest.mark.parametrize("at_once", [1, 2])
def test_the_first_error_comes_out(at_once: int) -> None:
    aligned = AlignedScorers([Late(0), Failing(1), Failing(2)], at_once)
    with pytest.raises(FrameError, match="1 cannot"):
        aligned.push(stream(1)[0])


@pytest.mark.parametrize(
    ("said", "there", "meant"),
    [(None, 1, 1), (None, 2, 2), (None, 16, 2), ("", 2, 2), ("1", 2, 1), (" 3 ", 1, 3)],
)
def test_the_environment_or_the_threads_say_how_many(
    monkeypatch: pytest.MonkeyPatch, said: str | None, there: int, meant: int
) -> None:
    monkeypatch.setattr("awry.methods.fused.aligned.threads", lambda: there)
    if said is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, said)
    assert systems_at_once(PROCESSOR) == meant
    assert systems_at_once(Compute("cuda:0")) == (1 if meant == 2 else meant)


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_what_is_no_number_of_systems_is_refused(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv(VARIABLE, said)
    with pytest.raises(ConfigError, match=rf"AWRY_SYSTEMS_AT_ONCE is '{said}'; expected a"):
        systems_at_once(PROCESSOR)


class Counting(Late):
    """Notes how many threads PyTorch has where it looks."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        self.threads = threads()
        return super()._push(frame)


def test_systems_beside_one_another_share_the_threads() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        scorers = [Counting(0), Counting(0)]
        for at_once, each in ((2, 2), (1, 4)):
            AlignedScorers(scorers, at_once).push(stream(1)[0])
            assert [one.threads for one in scorers] == [each, each]
        assert threads() == 4
    finally:
        torch.set_num_threads(before)
