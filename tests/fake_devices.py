"""A card that is not there: fake tensors run forward passes on a device `cuda` without one.

Operations that mix devices raise, so what is left on the processor is found. There everything is
real and calculates; on the card values do not exist, and what is fetched is zeros.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._pytree import tree_leaves

from awry.devices import Compute

CARD = Compute("cuda:0")

_Module = TypeVar("_Module", bound=nn.Module)
_Made = TypeVar("_Made")
_fetch, _grad = Compute.fetch, torch.autograd.grad


@contextmanager
def fake_card(precision: str = "32") -> Iterator[Compute]:
    """Inside, `CARD` works: networks and tensors can be put there, forward passes and losses run.

    Backward passes need a real card; slopes that a loss asks for are zeros.

    Args:
        precision: of what it gives.
    """
    there = {
        "torch.cuda.amp.common.amp_definitely_not_available": lambda: False,
        "torch.cuda.is_bf16_supported": lambda *including: True,
        "awry.devices.Compute.fetch": _fetched,
        "awry.devices.Compute.copy_of": _copy_of,
        "torch.autograd.grad": _slopes,
    }
    with ExitStack() as stack:
        for name, instead in there.items():
            stack.enter_context(patch(name, instead))
        stack.enter_context(_Card(allow_non_fake_inputs=True))
        yield Compute(CARD.device, precision)


class _Card(FakeTensorMode):
    """Fake tensors on the card alone: what the processor does with its own, it does."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.overloadpacket is torch.ops.aten.to:  # in inference mode it comes whole
            with self:
                return func.decompose(*args, **kwargs)
        fake = any(isinstance(leaf, FakeTensor) for leaf in tree_leaves((args, kwargs)))
        device = kwargs.get("device")
        if fake or (device is not None and torch.device(device).type != "cpu"):
            return super().__torch_dispatch__(func, types, args, kwargs)
        return func(*args, **kwargs)


def on_card(module: _Module) -> _Module:
    """The module itself, whose parameters and buffers are on the card; inside of `fake_card`."""
    for one in module.modules():
        for name, parameter in one._parameters.items():
            if parameter is not None:
                moved = parameter.detach().to(CARD.device)
                one._parameters[name] = nn.Parameter(moved, parameter.requires_grad)
        for name, buffer in one._buffers.items():
            if buffer is not None:
                one._buffers[name] = buffer.to(CARD.device)
    return module


def _copy_of(compute: Compute, module: _Module) -> _Module:
    return module if compute.device == "cpu" else on_card(_copied(module))


def for_card(make: Callable[[Compute], _Made]) -> _Made:
    """What is made for `CARD` of real weights, which a teacher's key needs.

    Its network is still on the processor: `on_card` moves that, inside of `fake_card`.
    """
    with patch.object(Compute, "copy_of", lambda compute, module: module):
        return make(CARD)


def _slopes(outputs: Tensor, inputs: Tensor, **options: Any) -> tuple[Tensor, ...]:
    if not isinstance(inputs, FakeTensor):
        return _grad(outputs, inputs, **options)
    assert outputs.device == inputs.device
    return (torch.zeros_like(inputs),)


def _copied(module: _Module) -> _Module:
    """A copy whose tensors are shared: some may be fake, which cannot be copied."""
    duplicate = copy.copy(module)
    duplicate._parameters = dict(module._parameters)
    duplicate._buffers = dict(module._buffers)
    duplicate._modules = {
        name: None if one is None else _copied(one) for name, one in module._modules.items()
    }
    return duplicate


def _fetched(compute: Compute, tensor: Tensor) -> Tensor:
    assert tensor.device.type == compute.kind, f"{tuple(tensor.shape)} is on {tensor.device}"
    if not isinstance(tensor, FakeTensor):
        return _fetch(compute, tensor)
    short = tensor.dtype in (torch.bfloat16, torch.float16)
    return torch.zeros(tensor.shape, dtype=torch.float32 if short else tensor.dtype)
