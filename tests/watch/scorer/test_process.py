"""The loop of a scorer process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from awry.watch.clock import ManualClock
from awry.watch.messages import Configure, Interesting, Load, Message, Scored, SessionEnded, Stop
from awry.watch.scorer import process
from awry.watch.site.portions import ScorerSettings, revealed
from scorer_fakes import BUNDLE, FakeContext, bright_detector, camera, opening


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    open_detector = opening({BUNDLE: bright_detector()})
    monkeypatch.setattr(process, "load", lambda path, device: open_detector(path))
    monkeypatch.setattr(process.torch, "set_num_threads", lambda threads: None)
    settings = ScorerSettings(cameras=(camera("gate"),))
    return FakeContext("0", revealed(settings), ManualClock())


def play(context: FakeContext, *acts: Callable[[], Sequence[Message] | None]) -> list[Any]:
    """Run with an act at each poll once its detector is there, then a stop; what it sent."""

    def until_scored() -> Sequence[Message]:
        if context.boxes["gate"].waiting:
            context.supervisor.appendleft(until_scored)
        return ()

    context.boxes["gate"].give(10, 11, 12, 13)
    steps: list[Callable[[], Sequence[Message]]] = [until_scored]
    for act in acts:
        steps += [lambda act=act: act() or (), until_scored]  # type: ignore[misc]
    context.supervisor.extend([*steps, lambda: [Stop()]])
    process.run(context)
    return context.keeper.sent


def test_it_scores_until_it_is_stopped(context: FakeContext) -> None:
    sent = play(context)
    assert [one.score for one in sent if isinstance(one, Scored)] == [None, 11.0, 12.0, 13.0]
    assert isinstance(sent[-1], SessionEnded)
    assert context.boxes["gate"].closed


def test_it_takes_what_the_keeper_wants_to_see(context: FakeContext) -> None:
    def wish() -> None:
        context.keeper.coming.append([Interesting("gate", "day", 5.0)])

    def more() -> None:
        context.boxes["gate"].give(14, 15)

    sent = play(context, wish, more)
    scores = [one for one in sent if isinstance(one, Scored)]
    assert not scores[1].picture
    assert scores[-1].picture


@pytest.mark.parametrize("threads", [1, 2])
def test_it_takes_other_settings(context: FakeContext, threads: int) -> None:
    gone = revealed(ScorerSettings(threads=threads))
    sent = play(context, lambda: [Configure(gone)])
    assert [one.session for one in sent if isinstance(one, SessionEnded)] == ["gate-1"]


def test_it_says_how_it_does(context: FakeContext) -> None:
    sent = play(context, lambda: context.clock.advance(6))
    (load,) = [one for one in sent if isinstance(one, Load)]
    assert (load.process, load.name) == ("scorer", "0")
    assert load.figures["frames"] == 4
    assert load.figures["cameras"] == 1
    assert load.figures["rss_bytes"] > 1e6


def test_its_last_words_have_a_while(context: FakeContext) -> None:
    context.keeper.waiting = 3

    def tick() -> Sequence[Message]:
        context.clock.advance(1)
        return ()

    context.boxes["gate"].give(10)
    context.supervisor.append(lambda: [Stop()])
    context.supervisor.extend([tick] * 5)
    process.run(context)
    assert not context.supervisor
