"""Networks that scoring asks, by name, so that another runtime may answer in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from awry.devices import PROCESSOR, Compute
from awry.runtimes import Network

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Graph", "Network", "eager", "ran", "resident"]


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


def eager(graphs: Mapping[str, Graph], compute: Compute = PROCESSOR) -> dict[str, Network]:
    """The graphs' own modules, run by PyTorch as they are now.

    Args:
        graphs: by name.
        compute: where they run; on a device they are copies.

    Returns:
        Graph's name -> callable, from tensors of any device to CPU tensors.
    """
    networks = resident(graphs, compute)
    if compute.plain:
        return networks
    return {name: partial(_fetched, compute, network) for name, network in networks.items()}


def resident(graphs: Mapping[str, Graph], compute: Compute = PROCESSOR) -> dict[str, Network]:
    """As `eager`, but what comes out stays where it is, for scorers that go on with it there.

    Returns:
        Graph's name -> callable, from tensors of any device to tensors there, float32.
    """
    from awry.methods.folding import for_scoring

    modules = {name: for_scoring(graph.module) for name, graph in graphs.items()}
    return {name: there(compute, compute.copy_of(module)) for name, module in modules.items()}


def there(compute: Compute, module: Callable[..., Tensor | tuple[Tensor, ...]]) -> Network:
    """A module that is on the device, from tensors of any device to CPU tensors."""
    return partial(ran, module) if compute.plain else partial(_ran_there, compute, module)


def ran(module: Callable[..., Tensor | tuple[Tensor, ...]], *inputs: Tensor) -> Sequence[Tensor]:
    """What a module gives, as a tuple of tensors."""
    output = module(*inputs)
    return output if isinstance(output, tuple) else (output,)


def _ran_there(
    compute: Compute, module: Callable[..., Tensor | tuple[Tensor, ...]], *inputs: Tensor
) -> Sequence[Tensor]:
    """As `ran`, elsewhere or in another precision."""
    with compute.rounding():
        outputs = ran(module, *(compute.put(one) for one in inputs))
    return tuple(one.float() for one in outputs)


def _fetched(compute: Compute, network: Network, *inputs: Tensor) -> Sequence[Tensor]:
    return tuple(compute.fetch(one) for one in network(*inputs))
