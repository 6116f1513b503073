"""Several systems on one stream: each frame goes to all, and their answers come out together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace

from threadpoolctl import threadpool_limits

from awry.devices import Compute
from awry.environment import number_from
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer
from awry.runtimes import share_of_threads, threads
from awry.teachers.outputs import OutputMemory, share_outputs

VARIABLE = "AWRY_SYSTEMS_AT_ONCE"
"""How many systems look at a frame beside one another; 1: one after the other."""
USUAL = 2
"""So many where nothing is said, on a processor with as many threads."""


def systems_at_once(compute: Compute) -> int:
    """What `$AWRY_SYSTEMS_AT_ONCE` says; else 2 on a processor with two threads or more, or 1.

    Raises:
        ConfigError: it says something else than a number from 1 on.
    """
    usual = min(USUAL, threads()) if compute.kind == "cpu" else 1
    return number_from(VARIABLE, usual, "systems at once")


class AlignedScorers:
    """The scorers of several systems on one stream, whose answers come out frame by frame.

    Each frame goes to all of them while they share what their teachers say. A system that has no
    score for a frame, between two that it looks at or at a clip's end, keeps its last one.

    Args:
        scorers: fresh ones.
        at_once: so many of them look at a frame beside one another, each in a thread of its own,
            with its share of PyTorch's threads; what they say does not depend on it.

    Attributes:
        memory: what teachers said last.
        run_up, lookahead: of the slowest.
    """

    def __init__(self, scorers: Sequence[Scorer], at_once: int = 1) -> None:
        self.scorers = tuple(scorers)
        self._threads: ThreadPoolExecutor | None = None
        if at_once > 1:
            count = min(at_once, len(scorers))
            share = share_of_threads(count)
            self._threads = ThreadPoolExecutor(count, "awry fused", _take, (share,))
        self.memory = OutputMemory()
        self.run_up = max(scorer.run_up for scorer in scorers)
        self.lookahead = max(scorer.lookahead for scorer in scorers)
        self._restart()

    def _restart(self) -> None:
        self._owed: list[deque[FrameScore]] = [deque() for _ in self.scorers]
        self._last: list[FrameScore | None] = [None] * len(self.scorers)

    def push(self, frame: Frame) -> list[tuple[FrameScore, ...]]:
        """What all say of the frames that all have answered, in order."""
        self._ask(lambda scorer: scorer.push(frame))
        return self._answered()

    def flush(self) -> list[tuple[FrameScore, ...]]:
        """The stream has ended: the rest."""
        self._ask(lambda scorer: scorer.flush())
        answers = self._answered()
        self._restart()
        return answers

    def _ask(self, question: Callable[[Scorer], list[FrameScore]]) -> None:
        with share_outputs(self.memory):
            answers: Iterable[list[FrameScore]] = map(question, self.scorers)
            if self._threads is not None:
                answers = self._asked_beside(self._threads, question)
            for owed, answer in zip(self._owed, answers, strict=True):
                owed.extend(answer)

    def _asked_beside(
        self, threads: Executor, question: Callable[[Scorer], list[FrameScore]]
    ) -> Iterator[list[FrameScore]]:
        """Answers in order; an error comes out when all have answered, the first one's first."""
        jobs = [threads.submit(copy_context().run, question, scorer) for scorer in self.scorers]
        wait(jobs)
        return (job.result() for job in jobs)

    def _answered(self) -> list[tuple[FrameScore, ...]]:
        return [
            tuple(self._kept(number, owed.popleft()) for number, owed in enumerate(self._owed))
            for _ in range(min(len(owed) for owed in self._owed))
        ]

    def _kept(self, number: int, score: FrameScore) -> FrameScore:
        last = self._last[number]
        if score.score is None and last is not None:
            return replace(last, index=score.index, time_s=score.time_s)
        if score.score is not None:
            self._last[number] = score
        return score


def _take(share: int) -> None:
    """Let PyTorch use so many threads from this one."""
    threads()  # PyTorch sets a thread's number when it is first asked
    threadpool_limits(share, "openmp")
