"""How well scores tell synthetic anomalies from their controls, and weights that follow from it.

No label is looked at: see `awry.training.synthetic` for what is told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from awry.training.synthetic import CONTROL, Composition

Floats = NDArray[np.float64]

RESAMPLES = 200
ENOUGH = 3
"""With so many different objects the evidence counts half, with fewer it does not count."""
SELDOM = 0.1
"""What is among the best in so few of the resamples loses its weight."""
MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class BlindScores:
    """Scores of composed frames by candidates.

    Attributes:
        scores: float64 (n, candidates).
        kinds: (n,), the kind of each frame, `CONTROL` for those that are not altered.
        donors: int (n,), the number of the pasted object.
    """

    scores: Floats
    kinds: NDArray[np.str_]
    donors: NDArray[np.int64]

    @classmethod
    def of(
        cls, made: Sequence[Composition], scored: Sequence[tuple[Sequence[int], Floats]]
    ) -> BlindScores:
        """Of compositions and what was scored of each.

        Args:
            made: the compositions.
            scored: for each the numbers of its frames that have scores, and these, float64
                (frames, candidates).

        Returns:
            all frames of the controls, and the altered ones of the others.
        """
        scores, kinds, donors = [], [], []
        for one, (places, values) in zip(made, scored, strict=True):
            rows = np.asarray(values, np.float64).reshape(len(places), -1)
            taken = [one.kind == CONTROL or bool(one.altered[place]) for place in places]
            scores.append(rows[np.array(taken, bool)])
            kinds += [one.kind] * sum(taken)
            donors += [one.donor] * sum(taken)
        width = max((rows.shape[1] for rows in scores), default=1)
        filled = [rows for rows in scores if len(rows)]
        together = np.concatenate(filled) if filled else np.empty((0, width))
        return cls(together, np.array(kinds, np.str_), np.array(donors, np.int64))

    @property
    def objects(self) -> int:
        """How many different objects there are."""
        return len(np.unique(self.donors))

    @property
    def tells(self) -> bool:
        """Whether there are frames of both sorts."""
        control = self.kinds == CONTROL
        return bool(control.any() and not control.all())


@dataclass(frozen=True, slots=True)
class BlindFigure:
    """How well one score tells altered frames from their controls.

    Attributes:
        figure: mean over the kinds of the AUC of altered against control frames.
        low, high: its 90 % interval, by resampling the objects.
        kinds: kind -> AUC.
        objects, frames: how many different ones it rests on.
    """

    figure: float
    low: float
    high: float
    kinds: dict[str, float]
    objects: int
    frames: int


def blind_figure(judged: BlindScores, seed: int = 0) -> BlindFigure | None:
    """The figure of the first candidate; None where there is nothing to compare."""
    if not judged.tells:
        return None
    wins = _Wins.of(judged)
    by_kind = wins.by_kind(np.ones((1, wins.objects)))[0, 0]
    spread = wins.figures(_resamples(wins.objects, seed))[:, 0]
    low, high = np.nanquantile(spread, [0.05, 0.95])
    figure = float(np.nanmean(by_kind))
    kinds = dict(zip(wins.kinds, by_kind.tolist(), strict=True))
    return BlindFigure(figure, float(low), float(high), kinds, judged.objects, len(judged.scores))


def mixtures(parts: int) -> Floats:
    """The candidates of `weights_of`: (candidates, parts), equal weights over a subset each.

    All parts together come first.

    >>> mixtures(2).tolist()
    [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]
    """
    counts = range(parts, 0, -1) if parts <= MOST_PARTS else (parts, parts - 1, 1)
    rows = []
    for count in counts:
        for chosen in combinations(range(parts), count):
            row = np.zeros(parts)
            row[list(chosen)] = 1 / count
            rows.append(row)
    return np.array(rows)


def mixed(parts: Floats, ways: Floats, combine: str = "mean") -> Floats:
    """Scores (n, ways) of parts (n, parts) by several ways to weigh them (ways, parts).

    `max` takes the highest part of those whose weight is not 0.
    """
    if combine == "max":
        return np.asarray(np.where(ways > 0, parts[:, None], -np.inf).max(2))
    return np.asarray(parts @ ways.T)


def weights_of(judged: BlindScores, prior: Floats, seed: int = 0) -> Floats:
    """Weights of parts by how often each is in the best subset of them.

    The objects are drawn anew `RESAMPLES` times, and each time the best candidate is noted. The
    mean of those is mixed with what was thought before, the more so the fewer objects there are;
    with fewer than `ENOUGH` nothing changes.

    Args:
        judged: frames' scores by the candidates that `mixtures` gives, (n, candidates).
        prior: the weights where there is no evidence, (parts,).
        seed: of the resampling.

    Returns:
        (parts,), 0 or more, with the sum 1.
    """
    prior = np.asarray(prior, np.float64) / np.sum(prior)
    candidates = mixtures(len(prior))
    if not judged.tells or len(prior) == 1 or judged.objects < ENOUGH:
        return prior
    wins = _Wins.of(judged)
    figures = wins.figures(_resamples(wins.objects, seed))
    figures = figures[~np.isnan(figures).all(1)]
    best = candidates[np.nanargmax(figures, axis=1)]
    trust = judged.objects / (judged.objects + ENOUGH)
    weights = trust * best.mean(0) + (1 - trust) * prior
    weights[(best > 0).mean(0) < SELDOM] = 0
    return np.asarray(weights / weights.sum())


def part_weights(
    judged: BlindScores, prior: Floats, combine: str = "mean", seed: int = 0
) -> Floats:
    """`weights_of` for parts that a frame has one value of each.

    Args:
        judged: the parts of each frame, all of one scale, (n, parts).
        prior, seed: as `weights_of`.
        combine: as `mixed`.
    """
    scores = mixed(judged.scores, mixtures(judged.scores.shape[1]), combine)
    return weights_of(BlindScores(scores, judged.kinds, judged.donors), prior, seed)


def _resamples(objects: int, seed: int) -> Floats:
    """How often each object is drawn, (RESAMPLES, objects)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(objects, np.full(objects, 1 / objects), RESAMPLES).astype(float)


@dataclass(frozen=True, slots=True)
class _Wins:
    """How often an altered frame scores above a control one, by kind and by pair of objects.

    Attributes:
        kinds: the alterations.
        won: (candidates, kinds, objects, objects); half for a tie.
        compared: (kinds, objects, objects), pairs of frames.
    """

    kinds: list[str]
    won: Floats
    compared: Floats

    @property
    def objects(self) -> int:
        return self.compared.shape[1]

    @classmethod
    def of(cls, judged: BlindScores) -> _Wins:
        donors = np.unique(judged.donors)
        kinds = [str(kind) for kind in dict.fromkeys(judged.kinds.tolist()) if kind != CONTROL]
        shape = (len(kinds), len(donors), len(donors))
        won, compared = np.zeros((judged.scores.shape[1], *shape)), np.zeros(shape)
        rows = {
            (kind, donor): judged.scores[(judged.kinds == kind) & (judged.donors == donor)]
            for kind in (*kinds, CONTROL)
            for donor in donors
        }
        for place, kind in enumerate(kinds):
            for first, one in enumerate(donors):
                for second, other in enumerate(donors):
                    altered, control = rows[kind, one], rows[CONTROL, other]
                    above = altered[:, None] > control[None]
                    tied = altered[:, None] == control[None]
                    won[:, place, first, second] = (above + tied / 2).sum((0, 1))
                    compared[place, first, second] = len(altered) * len(control)
        return cls(kinds, won, compared)

    def by_kind(self, draws: Floats) -> Floats:
        """AUC (draws, candidates, kinds) with objects drawn so often; NaN where none is left."""
        won = np.einsum("rd,ckde,re->rck", draws, self.won, draws)
        compared = np.einsum("rd,kde,re->rk", draws, self.compared, draws)[:, None]
        return np.where(compared > 0, won / np.maximum(compared, 1), np.nan)

    def figures(self, draws: Floats) -> Floats:
        """Mean over the kinds, (draws, candidates)."""
        values = self.by_kind(draws)
        there = ~np.isnan(values)
        total = np.where(there, values, 0).sum(2)
        count = there.sum(2)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
