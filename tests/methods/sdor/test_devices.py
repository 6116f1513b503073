"""SDOR on a card that is not there, in 16 bits, and in shares of a step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from awry.devices import Compute
from awry.methods.base import Setting
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.feedback import feedback_phase, with_neighbours
from awry.methods.sdor.localisation import frame_maps
from awry.methods.sdor.network import ScoreLearner
from awry.methods.sdor.reading import LAYOUT, read_archive
from awry.methods.sdor.samples import Archive, as_pictures
from awry.methods.sdor.training import Ranking, for_all_frames, labels_of, my_part, phases, rank
from awry.progress import Silent
from awry.training.loop import FitContext, Phase, Step
from awry.video import ArraySource
from fake_devices import fake_card

from .conftest import SIZE, noise, pictures, stretch

Make = Callable[..., tuple[SDOR, Archive]]
Tiny = Callable[..., SDORConfig]

HALF = Compute("cpu", "bf16")
PAPER: dict[str, Any] = {"frozen": 0, "moving_statistics": True, "features": "classes"}


@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**PAPER, "backbone": "random:resnet50", "rounds": 1},
        {**PAPER, "backbone": "random:r3d_18", "rounds": 1},
        {"backbone": "random:vgg11", "features": "pooled", "rounds": 1},
    ],
)
def test_all_that_learns_and_ranks_runs_on_the_card(
    changes: dict[str, Any], precision: str, tiny: Tiny, tmp_path: Path
) -> None:
    method = SDOR(tiny(**changes))
    model = method.prepare(SIZE, 0)
    clips = [stretch("a", noise(40)), stretch("b", noise(20, 1))]
    with fake_card(precision) as card:
        how = (method.config, tmp_path, Silent(), None, card)
        archive = read_archive(clips, model, *how)
        assert not archive.features.any()  # it is the card that spoke
        ranked = rank(next(model.learners), archive, card)
        assert ranked.shape == (60,)
        maps = frame_maps(model, archive, method.config, fed_back=False, compute=card)
        assert maps.shape[0] == 60
        assert for_all_frames(card.copy_of(model.rounds[0]).dense, archive, card).shape[0] == 60
        there = card.copy_of(model)
        ranking = Ranking(archive, method.config, np.linspace(0, 1, 60), {}, card)
        marks = with_neighbours({3: True, 30: False}, archive, 1)
        labels = labels_of(ranking.scores, archive, method.config)
        more = feedback_phase(there, archive, marks, labels, method.config, 1, card)
        for phase in (*phases(there, ranking), more):
            phase.prepare()
            with card.rounding():
                loss = phase.loss(Step(0, 0, np.random.default_rng(0)))["total"]
            assert (loss.device.type, loss.dtype, loss.shape) == ("cuda", torch.float32, ())
        scorer = method.on(card).scorer(Setting(maps=True, map_levels=(0.5,)))
        source = ArraySource(noise(3), 25)
        scores = [one for frame in source for one in scorer.push(frame)]
    assert [one.score for one in scores] == [0, 0, 0]
    assert all(one.map is not None for one in scores)


def test_pictures_are_exactly_what_they_were_before_they_came_as_bytes() -> None:
    images = noise(4)
    one = as_pictures(images[:, None])
    np.testing.assert_array_equal(one.numpy(), images.transpose(0, 3, 1, 2).astype(np.float32))
    assert one.is_contiguous(memory_format=torch.channels_last)
    several = as_pictures(images[None])
    assert several.shape == (1, 3, 4, *SIZE)
    assert several.is_contiguous()
    np.testing.assert_array_equal(several[0, :, 2].numpy(), one[2].numpy())


def test_what_was_read_in_one_precision_does_not_serve_another(tiny: Tiny, tmp_path: Path) -> None:
    method = SDOR(tiny())
    model, clips = method.prepare(SIZE, 0), [stretch("a", pictures(20, range(5, 9)))]

    def read(compute: Compute) -> Archive:
        return read_archive(clips, model, method.config, tmp_path, Silent(), compute=compute)

    full, half = read(Compute()), read(HALF)
    assert len(list(tmp_path.iterdir())) == 2
    assert not np.array_equal(full.features, half.features)
    np.testing.assert_allclose(half.features, full.features, rtol=0.05, atol=0.02)
    every = range(20)
    found, expected = half.activations(every), full.activations(every)
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0.05)
    assert half.features.dtype == np.float32
    # Archives from before there were precisions are found again.
    config = method.config
    seen = (config.backbone, config.frozen, config.features, config.height, config.width)
    name = hashlib.sha256(repr((LAYOUT, "a", seen)).encode()).hexdigest()[:32]
    assert (tmp_path / name).is_dir()


def fitted(make_archive: Make, folder: Path, compute: Compute) -> tuple[SDOR, Ranking]:
    method, archive = make_archive()
    _, ranking = method.learn(archive, FitContext(folder, compute=compute))
    return method, ranking


def test_learning_in_bf16_ranks_as_learning_in_full_does(
    make_archive: Make, tmp_path: Path
) -> None:
    """Scores, which rounding and training move, correlate by 0.98 and have no ties."""
    methods, rankings = zip(
        *(fitted(make_archive, tmp_path / c.precision, c) for c in (Compute(), HALF)), strict=True
    )
    full, half = (m.final_scores(r) for m, r in zip(methods, rankings, strict=True))
    assert np.corrcoef(full, half)[0, 1] > 0.98
    assert len(np.unique(half)) == len(half) == 60
    assert all(one.dtype == torch.float32 for one in methods[1].state().values() if one.ndim)


def test_scores_in_bf16_are_near_those_in_full(make_archive: Make, tmp_path: Path) -> None:
    method, _ = fitted(make_archive, tmp_path / "fit", Compute())
    source = ArraySource(pictures(20, range(5, 9)), 25)
    full, half = (
        [one.score for one in made.scorer(Setting()).score(source)]
        for made in (method, method.on(HALF))
    )
    assert full != half
    np.testing.assert_allclose(half, full, atol=0.05 * np.std(full))


def halves(phase: Phase) -> list[list[Tensor]]:
    """Loss and gradients of a whole step, and of its two shares."""
    found = []
    for share, shares in ((0, 1), (0, 2), (1, 2)):
        for parameter in phase.parameters:
            parameter.grad = None
        loss = phase.loss(Step(0, 1, np.random.default_rng(0), share, shares))["total"]
        loss.backward()
        found.append([loss.detach(), *(p.grad for p in phase.parameters if p.grad is not None)])
    return found


@pytest.mark.parametrize("fed_back", [False, True])
def test_two_shares_of_a_step_are_the_whole(make_archive: Make, fed_back: bool) -> None:
    """Where batch normalisation does not move; in `paper` its statistics are each share's own."""
    method, archive = make_archive(batch=8, moving_statistics=False)
    model = method.model
    assert model is not None
    ranking = Ranking(archive, method.config, np.linspace(0, 1, len(archive)), {})
    phase = phases(model, ranking)[0]
    if fed_back:
        marks = with_neighbours({3: True, 30: False, 9: True}, archive, 1)
        labels = labels_of(ranking.scores, archive, method.config)
        phase = feedback_phase(model, archive, marks, labels, method.config, 1)
    phase.prepare()
    whole, *parts = halves(phase)
    for all_of_it, first, second in zip(whole, *parts, strict=True):
        torch.testing.assert_close((first + second) / 2, all_of_it, rtol=1e-4, atol=1e-5)
    assert not all(torch.equal(*pair) for pair in zip(*parts, strict=True))


def test_each_share_has_as_much_of_both_kinds() -> None:
    places = np.arange(100, 110)
    for abnormal in range(11):
        shares = [
            my_part(Step(0, 0, np.random.default_rng(0), share, 2), places, abnormal)
            for share in range(2)
        ]
        assert [len(own) for own, _ in shares] == [5, 5]
        assert sum(count for _, count in shares) == abnormal
        assert abs(shares[0][1] - shares[1][1]) <= 1
        for own, count in shares:
            assert (own[:count] < 100 + abnormal).all()
            assert (own[count:] >= 100 + abnormal).all()


def test_a_share_of_fewer_frames_than_kinds_keeps_their_labels() -> None:
    steps = [Step(0, 0, np.random.default_rng(0), share, 4) for share in range(4)]
    counts = [my_part(step, np.arange(10), 3)[1] for step in steps]
    assert counts == [1, 1, 1, 0]
    assert [step.weight for step in steps] == [0.3, 0.3, 0.2, 0.2]


def test_a_single_frame_goes_to_both_processes() -> None:
    steps = [Step(0, 0, np.random.default_rng(0), share, 2) for share in range(2)]
    for step in steps:
        own, abnormal = my_part(step, np.arange(7, 8), 1)
        assert (own.tolist(), abnormal, step.weight) == ([7], 1, 0.5)


def test_a_single_abnormal_frame_is_in_one_share_alone() -> None:
    """And shares of other sizes are one batch all the same."""
    steps = [Step(0, 0, np.random.default_rng(0), share, 2) for share in range(2)]
    found = [(*my_part(step, np.arange(5), 1), step.weight) for step in steps]
    assert [(own.tolist(), *rest) for own, *rest in found] == [
        ([0, 2, 4], 1, 0.6),
        ([1, 3], 0, 0.4),
    ]


def test_scores_in_16_bits_come_out_of_dense_layers_in_full() -> None:
    """Else a ranking would be full of ties."""
    torch.manual_seed(0)
    learner = ScoreLearner([torch.nn.Conv2d(3, 16, 3)], 16, 8, False).eval()
    with torch.inference_mode(), HALF.rounding():
        scores = learner(torch.rand(400, 3, 5, 5))
        again, maps = learner.score_maps(torch.rand(2, 3, 5, 5))
    assert {scores.dtype, again.dtype, maps.dtype} == {torch.float32}
    assert len(scores.unique()) > 390
