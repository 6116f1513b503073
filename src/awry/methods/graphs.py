"""Networks that scoring asks, by name, so that another runtime may answer in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from awry.runtimes import Network

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Graph", "Network", "eager", "ran"]


@dataclass(frozen=True, slots=True)
class Graph:
    """One network of a fitted method, on its own.

    Attributes:
        module: in evaluation mode; takes the inputs in order, gives a tensor or a tuple of them.
        inputs: name -> an example, float32, whose first axis is a batch of two; scoring may ask
            with any other batch.
        outputs: names of what comes out; each one's first axis is the batch too.
    """

    module: nn.Module
    inputs: Mapping[str, Tensor]
    outputs: tuple[str, ...]


def eager(graphs: Mapping[str, Graph]) -> dict[str, Network]:
    """The graphs' own modules, run by PyTorch as they are now."""
    from awry.methods.folding import for_scoring

    return {name: partial(ran, for_scoring(graph.module)) for name, graph in graphs.items()}


def ran(module: Callable[..., Tensor | tuple[Tensor, ...]], *inputs: Tensor) -> Sequence[Tensor]:
    """What a module gives, as a tuple of tensors."""
    output = module(*inputs)
    return output if isinstance(output, tuple) else (output,)
