"""What a fit's history says of its epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def best_validation(
    history: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, dict[str, float]]:
    """For each phase the validation figures of the epoch with the lowest validation loss.

    Args:
        history: scene -> one entry an epoch, as `awry.training.loop.FitContext.history`.

    Returns:
        phase -> figure -> value, without `validation_` before its name.
    """
    start = "validation_"
    best: dict[str, dict[str, float]] = {}
    for epochs in history.values():
        for entry in epochs:
            figures = {k[len(start) :]: v for k, v in entry.items() if k.startswith(start)}
            before = best.get(entry["phase"], {}).get("total", math.inf)
            if figures.get("total", math.inf) < before:
                best[entry["phase"]] = figures
    return best
