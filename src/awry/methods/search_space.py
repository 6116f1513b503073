"""Which settings of a method are worth trying on new footage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """A small space of settings, which a method declares.

    Attributes:
        values: setting -> the values to try; empty: there is nothing to try.
        lengths: whole-number settings by which a fit lasts longer, e.g. epochs. They are reduced
            for a first impression.
        losses: validation losses by whose plain sum settings are judged, the lowest best; empty:
            they are judged by synthetic anomalies.
    """

    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    lengths: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()

    def candidates(self, most: int, seed: int) -> list[dict[str, Any]]:
        """Settings in the order in which they are tried: none, then others at random.

        Those that are judged by losses are tried alone: they hold what the preset has.

        Args:
            most: of them.
            seed: of the order.

        >>> SearchSpace({"blur": (5, 9)}).candidates(2, 0)[0]
        {}
        """
        rows = [dict(zip(self.values, row, strict=True)) for row in product(*self.values.values())]
        order = np.random.default_rng(seed).permutation(len(rows))
        shuffled = [rows[place] for place in order]
        return (shuffled if self.losses else [{}, *shuffled])[:most]

    def shortened(self, settings: Mapping[str, Any], share: float) -> dict[str, int]:
        """The lengths for a share of a whole fit, at least 1 each.

        >>> SearchSpace({}, ("epochs",)).shortened({"epochs": 8}, 1 / 3)
        {'epochs': 3}
        """
        known = {name: settings[name] for name in self.lengths if settings.get(name) is not None}
        return {name: max(1, round(value * share)) for name, value in known.items()}
