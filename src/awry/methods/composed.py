"""Synthetic anomalies as scorers of windows see them: what weights of parts are learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.frames import Frame
from awry.methods.windowed import Origin
from awry.training.blind import ENOUGH, BlindScores
from awry.training.footage import Footage
from awry.training.synthetic import Composition, compositions
from awry.video.pictures import working_size

Floats = NDArray[np.float64]

NO_WEIGHTS = (
    "weights=blind needs held-back footage that can be scored, and there is none: the weights of "
    "the settings stay. Fit with --validation 0.1, or with longer footage."
)

OBJECTS, EACH, SECONDS, LEAST = 6, 3, 0.8, 6
"""Objects pasted, alterations of each, for how long they are scored, and the fewest frames."""


class Numbered(Protocol):
    """A frame's result, which knows the frame's number."""

    index: int


Raw = TypeVar("Raw", bound=Numbered)


@dataclass(frozen=True, slots=True)
class ScoredCompositions(Generic[Raw]):
    """Compositions, and for each what teachers and networks said of its frames."""

    made: Sequence[Composition]
    results: Sequence[list[Raw]]

    @classmethod
    def of(
        cls,
        ask: Callable[[Iterable[Frame], Origin], list[Raw]],
        footage: Footage,
        height: int | None,
        grey: bool,
        window: int,
    ) -> ScoredCompositions[Raw]:
        """Composed from the validation part, which nothing was trained on.

        Args:
            ask: gives the results of a clip's frames.
            footage: of the fit.
            height, grey: of the pictures, as the method works with them.
            window: frames that one result needs.
        """
        made = compositions(
            footage,
            count=OBJECTS,
            each=EACH,
            seconds=SECONDS,
            shortest=LEAST,
            unscored=window - 1,
            size=working_size(footage.frame_size(), height),
            grey=grey,
        )
        footage.reporter.start("weighing parts", len(made), 0)
        results = []
        for one in made:
            origin = Origin(scene=one.base.scene, size=one.base.original_size, fps=one.fps)
            results.append(ask(one.frames(), origin))
            footage.reporter.advance({})
        return cls(made, results)

    def judged(self, values: Sequence[Floats]) -> BlindScores:
        """Scores of the results, for each composition (frames, candidates)."""
        places = [[raw.index for raw in results] for results in self.results]
        return BlindScores.of(self.made, list(zip(places, values, strict=True)))

    def said(self, weights: Mapping[str, Mapping[str, float]]) -> str:
        """Learned weights in sentences, for the bundle's notes.

        Args:
            weights: what is weighed -> name -> weight.
        """
        judged = self.judged([np.zeros((len(results), 1)) for results in self.results])
        if not judged.tells:
            return (
                "Nothing in the held-back footage moves for long enough to be pasted elsewhere: "
                "no weights could be learned, and those of the settings stay."
            )
        if judged.objects < ENOUGH:
            return (
                f"Only {judged.objects} of the held-back objects can be pasted elsewhere, and "
                f"weights take {ENOUGH}: those of the settings stay."
            )
        words = [
            f"{what}: " + ", ".join(f"{name} {value:.2f}" for name, value in rows.items())
            for what, rows in weights.items()
        ]
        return (
            f"Weights learned from synthetic anomalies, {len(judged.scores)} frames with "
            f"{judged.objects} different objects. {'; '.join(words)}."
        )


def with_weights(
    tensors: Mapping[str, Tensor], model: nn.Module, *names: str
) -> Mapping[str, Tensor]:
    """A bundle's tensors; where it is of before there were weights, with the model's own.

    Args:
        tensors: of the bundle.
        model: of the same settings.
        names: the last parts of the weights' names.
    """
    weights = {
        name: torch.clone(tensor)
        for name, tensor in model.state_dict().items()
        if name.rpartition(".")[2] in names
    }
    return tensors if weights.keys() & tensors.keys() else {**weights, **tensors}
