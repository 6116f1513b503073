"""Networks that are compiled while they are trained (`torch.compile`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from awry.errors import TrainingError

BACKEND = "inductor"


@contextmanager
def compiled(model: nn.Module, probe: Callable[[], object]) -> Iterator[None]:
    """Inside, the networks that training calls are compiled, in place.

    Parameters, their names and the model itself stay the same; what is saved is as ever.

    Args:
        model: which is trained.
        probe: calculates a step's losses once, uncompiled; shows which networks are called.

    Raises:
        TrainingError: there is no compiler here, or it cannot compile them.
    """
    from torch._dynamo.exc import TorchDynamoException

    networks = called(model, probe)
    try:
        for network in networks:
            network.compile(backend=BACKEND)
        yield
    except TorchDynamoException as error:
        raise TrainingError(_said(error)) from error
    finally:
        for network in networks:
            network._compiled_call_impl = None


def called(model: nn.Module, probe: Callable[[], object]) -> list[nn.Module]:
    """The modules of a model that a function calls itself, not through one another.

    The model's parameters and buffers, such as running statistics, are afterwards what they were.

    Args:
        model: looked at with all its parts.
        probe: the function.
    """
    found: dict[nn.Module, None] = {}
    depth = 0

    def enter(module: nn.Module, given: Any) -> None:
        nonlocal depth
        if depth == 0:
            found[module] = None
        depth += 1

    def leave(module: nn.Module, given: Any, output: Any) -> None:
        nonlocal depth
        depth -= 1

    before = [(value, value.detach().clone()) for value in (*model.parameters(), *model.buffers())]
    with ExitStack() as hooks:
        for module in model.modules():
            hooks.callback(module.register_forward_pre_hook(enter).remove)
            hooks.callback(module.register_forward_hook(leave, always_call=True).remove)
        probe()
    with torch.no_grad():
        for value, copy in before:
            value.copy_(copy)
    return list(found)


def _said(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    reason = lines[0].strip()[:200] if lines else type(error).__name__
    return (
        f"torch.compile does not work here ({reason}): install the compiler that it asks for "
        "(a C++ compiler for processors, Triton for cards), or leave out --compile."
    )
