"""`awry.tune`: the best settings' bundle, from normal footage alone; clear refusals; resuming."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError, FootageError
from awry.fitting import search
from awry.methods.ssmtl import SSMTL
from awry.video.memory import ArraySource
from support import moving_square_data

TRIED = {"quality": "fast", "relative": False}


def tuned(out: Path, **options: Any) -> awry.TuneResult:
    data = options.pop("data", None) or moving_square_data(clips=6)
    settings = {"preset": "tiny", "changes": TRIED, **options}
    return awry.tune("flow", data, out=out, **settings)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> awry.TuneResult:
    return tuned(tmp_path_factory.mktemp("tune") / "bundle")


def test_the_best_setting_s_bundle_is_there_and_scores(result: awry.TuneResult) -> None:
    assert len(result.trials) == 5
    figures = [trial.figure for trial in result.trials]
    assert result.best.figure == max(figure for figure in figures if figure is not None)
    detector = awry.load(result.bundle)
    config = detector.models["*"].config
    assert {**result.best.settings, **TRIED}.items() <= config.model_dump().items()
    assert not result.bundle.with_name("bundle.work").exists()
    assert "No label was looked at" in result.notes[0]


def test_test_clips_are_not_looked_at(tmp_path: Path, result: awry.TuneResult) -> None:
    def refused() -> ArraySource:
        raise AssertionError("a test clip was opened")

    data = moving_square_data(clips=6)
    hidden = Dataset(
        data.name, data.variant, None, 10.0, data.train, (Clip("secret", refused, "yard"),)
    )
    again = tuned(tmp_path / "b", data=hidden)
    assert [trial.figure for trial in again.trials] == [trial.figure for trial in result.trials]


def test_a_stopped_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result: awry.TuneResult
) -> None:
    judged: list[int] = []
    judge = search.judge

    def stopping(*given: Any) -> Any:
        judged.append(1)
        if len(judged) == 3:
            raise KeyboardInterrupt
        return judge(*given)

    monkeypatch.setattr(search, "judge", stopping)
    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path / "b")
    with pytest.raises(ConfigError, match="holds a search that was stopped"):
        tuned(tmp_path / "b")
    with pytest.raises(ConfigError, match="begun otherwise"):
        tuned(tmp_path / "b", resume=True, seed=1)
    again = tuned(tmp_path / "b", resume=True)
    assert len(judged) == 6
    assert again.best.settings == result.best.settings


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"budget": "soon"}, "Cannot read the budget 'soon'"),
        ({"budget": "0h"}, "Cannot read the budget"),
        ({"changes": {**TRIED, "blur": 5}}, "no settings to try: all of them were given"),
        ({"preset": "huge"}, "has no preset 'huge'"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        tuned(tmp_path / "b", **options)


def test_a_method_without_a_space_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sdor has no settings to try: it declares none"):
        awry.tune("sdor", moving_square_data(), out=tmp_path / "b")


def test_what_the_paper_chose_by_losses_is_tried_by_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = SSMTL.loss_space()
    assert (space.values["t"], space.lengths) == ((1, 2, 3, 4), ())
    few = replace(space, values={"t": (1, 2), "distillation_weight": (0.1,)})
    monkeypatch.setattr(SSMTL, "loss_space", lambda: few)
    data = moving_square_data(clips=4)
    changes = {"level": "object", "distillation_weight": 0.5}
    found = awry.tune(
        "ssmtl", data, out=tmp_path / "b", by="losses", preset="tiny", changes=changes
    )
    assert sorted(trial.settings["t"] for trial in found.trials) == [1, 2]
    assert {tuple(trial.settings) for trial in found.trials} == {("t",)}
    assert found.best.figure == min(trial.figure for trial in found.trials if trial.figure)
    for trial in found.trials:
        assert set(trial.kinds) == {  # foreground knows no classes to distil
            "object arrow_of_time",
            "object motion_irregularity",
            "object middle_box",
        }
        assert trial.figure == pytest.approx(sum(trial.kinds.values()))
    config: Any = found.fit.detector.models["*"].config
    assert (config.t, config.distillation_weight) == (found.best.settings["t"], 0.5)
    assert "No label was looked at" in found.notes[0]


def test_a_method_that_chose_nothing_by_losses_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="flow has no settings to try: it declares none for --by"):
        tuned(tmp_path / "b", by="losses")


def test_footage_in_which_nothing_moves_is_refused(tmp_path: Path) -> None:
    still = np.full((100, 48, 72, 3), 80, np.uint8)
    clips = (Clip("still", lambda: ArraySource(still, fps=10, name="still"), "yard"),)
    data = Dataset("memory", "still", None, 10.0, clips, ())
    with pytest.raises(FootageError, match="nothing moves for long enough"):
        tuned(tmp_path / "b", data=data)
