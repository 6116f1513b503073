"""The process of a scorer: asks its cameras for pictures, and tells the keeper their scores."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import psutil  # type: ignore[import-untyped]
import torch

from awry.detector import load
from awry.watch.ipc.links import Context
from awry.watch.messages import Configure, Interesting, Load, Message, ShowAll, Stop
from awry.watch.scorer.core import ScorerHost
from awry.watch.site.portions import ScorerSettings

IDLE_S = 0.01
REPORT_S = 5.0
LAST_WORDS_S = 5.0
"""After a `Stop` the keeper has so long to take what was said."""


def run(context: Context) -> None:
    """Score until a `Stop` comes.

    Raises:
        ValidationError: settings that are none.
    """
    settings = ScorerSettings.model_validate_json(context.settings)
    with ThreadPoolExecutor(1, "load") as executor:
        following: ScorerSettings | None = settings
        while following is not None:
            following = _score(context, following, executor)
    _last_words(context)


def _score(context: Context, settings: ScorerSettings, executor: Executor) -> ScorerSettings | None:
    """Score until a `Stop` comes, which gives None, or until networks are to run elsewhere."""
    torch.set_num_threads(settings.threads)
    opener = partial(load, device=settings.device)
    host = ScorerHost(settings, context.clock, opener, context.frames_in, executor)
    following, told_at, idle = settings, context.clock.monotonic(), True
    while not _elsewhere(settings, following):
        for message in context.poll():
            if isinstance(message, Stop):
                _say(context, host.close())
                return None
            if isinstance(message, Configure):
                following = ScorerSettings.model_validate_json(message.settings)
                _say(context, host.configure(following))
        for message in context.keeper.poll(IDLE_S if idle else 0.0):
            if isinstance(message, Interesting):
                host.interesting(message)
            elif isinstance(message, ShowAll):
                host.show_all(message)
        said = host.step()
        idle = said is None
        _say(context, said or ())
        if context.clock.monotonic() - told_at >= REPORT_S:
            told_at = context.clock.monotonic()
            context.keeper.send(_load(context, host), certain=False)
    _say(context, host.close())
    return following


def _elsewhere(before: ScorerSettings, after: ScorerSettings) -> bool:
    return (before.device, before.threads) != (after.device, after.threads)


def _load(context: Context, host: ScorerHost) -> Load:
    own = psutil.Process()
    figures = {
        **host.figures(),
        "rss_bytes": float(own.memory_info().rss),
        "cpu_s": time.process_time(),
        "waiting": float(context.keeper.waiting),
        "lost": float(context.keeper.lost),
    }
    return Load("scorer", context.name, context.clock.now(), figures)


def _say(context: Context, messages: Iterable[Message]) -> None:
    for message in messages:
        context.keeper.send(message)


def _last_words(context: Context) -> None:
    """Wait until the keeper has done what it was told, for a while."""
    until = context.clock.monotonic() + LAST_WORDS_S
    while context.keeper.waiting and context.clock.monotonic() < until:
        context.poll()
        context.keeper.poll(IDLE_S)
