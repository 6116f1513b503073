"""Batch normalisation over the shares of several processes.

`torch.nn.SyncBatchNorm` refuses tensors of the processor, and puts other modules into the place of
the model's. Here the modules stay; the statistics are those of the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.autograd import Function
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm


class Synchronised:
    """The batch normalisations of a model, which take all processes' statistics for a while.

    Only while they are in training mode; in evaluation they do what they do. What normalises
    without calling `nn.BatchNorm*` is reached where it calls `batch_norm`.
    """

    def __init__(self, model: nn.Module) -> None:
        self._is_part: Callable[[], bool] = lambda: True
        # Here, since it loads the compiler. What talks to other processes is not compiled.
        apart = torch.compiler.disable
        self.normalise: Callable[..., Tensor] = apart(_normalised)
        self.counts: Callable[[nn.Module], bool] = apart(self._counts)
        self._forwards = [
            (one, apart(partial(self._forward, one)))
            for one in model.modules()
            if isinstance(one, _BatchNorm)
        ]

    @contextmanager
    def inside(self, is_part: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Inside, batches are normalised together.

        Args:
            is_part: whether what comes in is a part of the batch, in all processes alike; else
                each has the whole, and its statistics.
        """
        self._is_part = is_part
        for module, forward in self._forwards:
            module.forward = forward  # type: ignore[method-assign]
        token = _inside.set(self)
        try:
            yield
        finally:
            _inside.reset(token)
            for module, _ in self._forwards:
                del module.forward

    def _counts(self, module: _BatchNorm) -> bool:
        """Whether a module takes the statistics of a batch of which a part comes in."""
        return (module.training or module.running_mean is None) and self._is_part()

    def _forward(self, module: _BatchNorm, x: Tensor) -> Tensor:
        if not self._counts(module):
            return type(module).forward(module, x)
        module._check_input_dim(x)
        running = None
        if module.running_mean is not None and module.running_var is not None:
            share = module.momentum
            if module.num_batches_tracked is not None:
                module.num_batches_tracked.add_(1)
                share = 1 / float(module.num_batches_tracked) if share is None else share
            assert share is not None
            running = (module.running_mean, module.running_var, share)
        return _normalised(x, module.weight, module.bias, module.eps, running)


_inside: ContextVar[Synchronised | None] = ContextVar("synchronised", default=None)


def batch_norm(x: Tensor, own: _BatchNorm, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """As `own` normalises, but with another scale and shift.

    Args:
        x: (n, c, ...).
        own: has the running statistics, with a momentum; batches count if it is in training.
        weight, bias: (c,), if any.
    """
    mean, variance, share = own.running_mean, own.running_var, own.momentum
    assert share is not None
    together = _inside.get()
    if together is None or not own.training or not together.counts(own):
        return F.batch_norm(x, mean, variance, weight, bias, own.training, share, own.eps)
    assert mean is not None
    assert variance is not None
    return together.normalise(x, weight, bias, own.eps, (mean, variance, share))


def _normalised(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    epsilon: float,
    running: tuple[Tensor, Tensor, float] | None,
) -> Tensor:
    """Batch normalisation by the statistics of all processes' batches.

    Calculated in float32 whatever comes in.

    Args:
        x: (n, c, ...) of this process.
        weight, bias: (c,), if any.
        epsilon: added to the variance.
        running: mean and variance that take in the batch's, in place, with that share.

    Returns:
        as `x`, in its dtype.
    """
    axes = [axis for axis in range(x.ndim) if axis != 1]
    shape = [1, -1, *[1] * (x.ndim - 2)]
    exact = x.float()
    count = _summed(exact.new_tensor([exact.numel() / exact.shape[1]]))
    mean = _summed(exact.sum(axes)) / count
    centred = exact - mean.view(shape)
    variance = _summed(centred.square().sum(axes)) / count
    if running is not None:
        own_mean, own_variance, share = running
        own_mean.lerp_(mean.detach(), share)
        # Of the population, as `nn.BatchNorm*` has it.
        own_variance.lerp_(variance.detach() * (count / (count - 1).clamp(1)), share)
    scale = torch.rsqrt(variance + epsilon)
    if weight is not None:
        scale = scale * weight
    output = centred * scale.view(shape)
    if bias is not None:
        output = output + bias.view(shape)
    return output.to(x.dtype)


class _Sum(Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.contiguous().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total


def _summed(x: Tensor) -> Tensor:
    found: Tensor = _Sum.apply(x)
    return found
