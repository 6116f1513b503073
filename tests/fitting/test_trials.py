"""Successive halving: who goes on, what a budget buys, and going on after a stop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from awry.errors import ConfigError
from awry.fitting.trials import Trial, TrialLog, judge_losses, search
from awry.methods.search_space import SearchSpace
from awry.progress import Silent

SPACE = SearchSpace({"blur": (1, 2, 3, 4, 5, 6, 7, 8)}, ("epochs",))


class Attempts:
    """Fits that take ten seconds; a larger blur is better, and the preset is worst."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.made: list[tuple[int, float]] = []
        self._stop_after = stop_after

    def __call__(self, settings: Mapping[str, Any], share: float) -> Trial:
        if len(self.made) == self._stop_after:
            raise KeyboardInterrupt
        blur = settings.get("blur", 0)
        self.made.append((blur, share))
        return Trial(dict(settings), share, 0.5 + blur / 20, 0.4, 1.0, {}, 10.0)


def run(log: TrialLog, attempts: Attempts, budget: float = 1e9) -> Trial:
    return search(SPACE, log, attempts, budget, 0, Silent())


def test_the_best_third_goes_on_to_longer_fits(tmp_path: Path) -> None:
    attempts = Attempts()
    best = run(TrialLog(tmp_path / "trials.json", {}, False), attempts)
    rounds = [[blur for blur, share in attempts.made if share == 3.0**n] for n in (-2, -1, 0)]
    assert sorted(rounds[0]) == list(range(9))
    assert (rounds[1], rounds[2]) == ([8, 7, 6], [8])
    assert (best.settings, best.share) == ({"blur": 8}, 1)


def test_the_budget_bounds_each_round_and_the_last_has_a_whole_fit(tmp_path: Path) -> None:
    attempts = Attempts()
    best = run(TrialLog(tmp_path / "trials.json", {}, False), attempts, budget=60)
    assert [share for _, share in attempts.made].count(1 / 9) == 2
    assert best.share == 1
    attempts = Attempts()
    assert run(TrialLog(tmp_path / "b.json", {}, False), attempts, budget=1).share == 1
    assert len(attempts.made) == 3


def test_without_lengths_every_fit_is_whole(tmp_path: Path) -> None:
    attempts = Attempts()
    space = SearchSpace({"blur": (1, 2)})
    log = TrialLog(tmp_path / "trials.json", {}, False)
    best = search(space, log, attempts, 1e9, 0, Silent())
    assert {share for _, share in attempts.made} == {1}
    assert best.settings == {"blur": 2}


def test_what_has_no_figure_is_never_the_best(tmp_path: Path) -> None:
    def attempt(settings: Mapping[str, Any], share: float) -> Trial:
        figure = 0.1 if settings.get("blur") == 2 else None
        return Trial(dict(settings), share, figure, figure, figure, {}, 1.0)

    log = TrialLog(tmp_path / "trials.json", {}, False)
    best = search(SearchSpace({"blur": (1, 2)}), log, attempt, 1e9, 0, Silent())
    assert best.settings == {"blur": 2}


def test_by_losses_the_lowest_sum_of_the_kept_epochs_is_best(tmp_path: Path) -> None:
    history = [
        {"phase": "object", "validation_total": 2.0, "validation_a": 0.5, "validation_b": 0.25},
        {"phase": "object", "validation_total": 1.0, "validation_a": 0.6, "validation_b": 0.3},
        {"phase": "frame", "validation_total": 1.0, "validation_a": 0.1, "validation_c": 9.0},
    ]
    trial = judge_losses(history, ("a", "b"), {"blur": 1}, 1.0, 0.0)
    assert trial.kinds == {"object a": 0.6, "object b": 0.3, "frame a": 0.1}
    assert trial.figure == pytest.approx(1.0)
    assert judge_losses([], ("a",), {}, 1.0, 0.0).figure is None

    def attempt(settings: Mapping[str, Any], share: float) -> Trial:
        figure = {1: 0.7, 2: None, 3: 0.4}[settings["blur"]]
        return Trial(dict(settings), share, figure, None, None, {}, 1.0)

    log = TrialLog(tmp_path / "trials.json", {}, False)
    space = SearchSpace({"blur": (1, 2, 3)}, losses=("a",))
    assert search(space, log, attempt, 1e9, 0, Silent()).settings == {"blur": 3}


def test_a_stopped_search_goes_on_without_repeating_anything(tmp_path: Path) -> None:
    whole = Attempts()
    expected = run(TrialLog(tmp_path / "whole.json", {}, False), whole)
    file, first, rest = tmp_path / "trials.json", Attempts(stop_after=5), Attempts()
    with pytest.raises(KeyboardInterrupt):
        run(TrialLog(file, {"seed": 0}, False), first)
    log = TrialLog(file, {"seed": 0}, True)
    assert len(log.trials) == 5
    assert run(log, rest) == expected
    assert first.made + rest.made == whole.made
    with pytest.raises(ConfigError, match=r"begun otherwise: seed \(0 then, 1 now\)"):
        TrialLog(file, {"seed": 1}, True)
    assert TrialLog(file, {"seed": 1}, False).trials == []
