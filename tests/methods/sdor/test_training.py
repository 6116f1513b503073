from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import Ranking, ordinal_loss, phases, rank
from awry.progress import NO_FIGURES, Silent
from awry.training import loop
from awry.training.loop import FitContext, Interrupted, Step

Make = Callable[..., tuple[SDOR, Archive]]


def test_the_loss_is_eq_8_by_hand() -> None:
    scores = torch.tensor([0.5, 2.0, -1.0, 0.25])
    assert float(ordinal_loss(scores, 2)) == pytest.approx((0.5 + 1 + 1 + 0.25) / 4)


def test_what_is_strange_comes_out_on_top(make_archive: Make, tmp_path: Path) -> None:
    method, archive = make_archive(epochs=6)
    _, ranking = method.learn(archive, FitContext(tmp_path / "fit"))
    scores = method.final_scores(ranking)
    assert set(np.argsort(-scores)[:6]) == set(range(40, 46))
    every = [ranking.rounds[number] for number in range(2)]
    np.testing.assert_allclose(scores, np.mean(every, axis=0))  # eq. 9
    assert ranking.rounds.keys() == {0, 1}


def test_each_round_replaces_the_labels(make_archive: Make) -> None:
    method, archive = make_archive()
    assert method.model is not None
    scores = np.linspace(0, 1, len(archive))
    ranking = Ranking(archive, method.config, scores, {})
    first = ranking.labels(method.model, 0)
    assert set(first.abnormal) == set(range(54, 60))
    second = ranking.labels(method.model, 1)
    learner = next(iter(method.model.learners))
    own = rank(learner, archive)
    assert set(second.abnormal) == set(np.argsort(-own, kind="stable")[:6])


def test_labels_come_from_the_last_round_or_from_the_mean_of_all(make_archive: Make) -> None:
    told = {0: np.arange(60.0), 1: np.roll(np.arange(60.0), 25)}
    wanted = {"last": told[1], "mean": (told[0] + told[1]) / 2}
    for choice, scores in wanted.items():
        method, archive = make_archive(rounds=3, labels_from=choice)
        assert method.model is not None
        ranking = Ranking(archive, method.config, told[0], dict(told))
        labels = ranking.labels(method.model, 2)
        assert set(labels.abnormal) == set(np.argsort(-scores, kind="stable")[:6])


def test_a_round_begins_where_the_last_one_ended_only_if_asked(make_archive: Make) -> None:
    for restart in (True, False):
        method, archive = make_archive(restart=restart)
        model = method.model
        assert model is not None
        first, second = model.learners
        with torch.no_grad():
            first.output.bias.fill_(7)
        ranking = Ranking(archive, method.config, np.linspace(0, 1, len(archive)), {})
        later = phases(model, ranking)[1]
        later.prepare()
        later.loss(Step(0, 0, np.random.default_rng(0)))
        assert (second.output.bias.item() == 7) != restart


def test_an_interrupted_fit_goes_on_to_the_same_end(
    make_archive: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped within the second round, whose labels come from the first round's learner."""
    method, archive = make_archive()
    _, ranking = method.learn(archive, FitContext(tmp_path / "whole"))
    whole = method.final_scores(ranking)
    asked: list[bool] = []

    class Stops(Silent):
        steps = 0

        def start(self, title: str, total: int | None = None, done: int = 0) -> None:
            self.title = title

        def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
            self.steps += self.title == "round 2"
            if self.steps == 2:
                asked.append(True)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "interrupt_flag", lambda: nullcontext(asked))
        again, archive = make_archive()
        with pytest.raises(Interrupted):
            again.learn(archive, FitContext(tmp_path / "part", reporter=Stops()))
    last, archive = make_archive()
    _, ranking = last.learn(archive, FitContext(tmp_path / "part", resume=True))
    np.testing.assert_array_equal(last.final_scores(ranking), whole)


def test_frames_that_look_alike_are_not_learned_from(
    make_archive: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    method, archive = make_archive()
    archive.features[:] = 1
    initial, ranking = method.learn(archive, FitContext(tmp_path))
    assert initial.constant
    assert not ranking.rounds
    assert not ranking.scores.any()


def test_a_round_ends_when_its_loss_is_low_enough(make_archive: Make, tmp_path: Path) -> None:
    method, archive = make_archive(enough=0.6, epochs=4)
    context = FitContext(tmp_path)
    method.learn(archive, context)
    lasted = {entry["phase"]: entry for entry in context.history}
    assert lasted["round 2"]["epoch"] < 4
    for number in (1, 2):
        mine = [e for e in context.history if e["phase"] == f"round {number}"]
        assert all(entry["total"] >= 0.6 for entry in mine[:-1])


def test_the_paper_preset_is_the_papers_text() -> None:
    config = SDOR.configure("paper")
    assert isinstance(config, SDORConfig)
    assert (config.backbone, config.frozen, config.features) == (
        "torchvision:resnet50@IMAGENET1K_V1",
        0,
        "classes",
    )
    assert (config.components, config.abnormal_share, config.normal_share) == (100, 0.1, 0.2)
    assert (config.learning_rate, config.batch, config.epochs) == (0.005, 128, 50)
    assert (config.hidden, config.rounds, config.momentum) == (100, 5, 0)
