"""Networks made ready for scoring in PyTorch: the same answers in less time."""

from __future__ import annotations

import copy
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)
LITE = "efficientnet_lite_pytorch"
"""A package whose convolutions pad by themselves, and whose normalisations stand apart."""
LITE_PAIRS = (
    ("_conv_stem", "_bn0"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
    ("_conv_head", "_bn1"),
)
"""Names of its convolutions, and of what is called next."""
_Module = TypeVar("_Module", bound=nn.Module)


@runtime_checkable
class Foldable(Protocol):
    """A module that can say itself how its convolutions take in its normalisations."""

    def folded(self) -> nn.Module:
        """The same function in evaluation mode; other weights are shared."""
        ...


def folded(module: nn.Module) -> nn.Module:
    """A copy whose batch normalisations are part of the convolutions before them.

    That holds inside of every `nn.Sequential`, for modules that are `Foldable`, and for those of
    EfficientNet-Lite's package. All other weights are shared with the module, which is left as it
    was.

    Args:
        module: in evaluation mode; what it learns later, its copy does not know.
    """
    if isinstance(module, Foldable):
        module = module.folded()
    if type(module).__module__.partition(".")[0] == LITE:
        module = _lite_folded(module)
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        module = nn.Sequential(*_joined([_padded(layer) for layer in module]))
    return with_children(module, **{name: folded(one) for name, one in module.named_children()})


def for_scoring(module: nn.Module) -> nn.Module:
    """As `folded`, and batches of one input are fast in PyTorch; not to be exported."""
    return _hastened(folded(module))


def _hastened(module: nn.Module) -> nn.Module:
    if type(module) in _FAST and module.padding_mode == "zeros":
        fast = with_children(module)
        fast.__class__ = _FAST[type(module)]
        return fast
    children = {name: _hastened(one) for name, one in module.named_children()}
    return with_children(module, **children)


def with_children(module: _Module, **children: nn.Module) -> _Module:
    """A copy that shares everything but some of its children."""
    duplicate = copy.copy(module)
    duplicate._modules = {**module._modules, **children}
    return duplicate


def normalised(convolution: Any, norm: Any) -> nn.Module:
    """A convolution like the first with the normalisation in its weights; both in evaluation."""
    fused: nn.Module = fuse_conv_bn_eval(convolution, norm)
    return fused


def _joined(layers: list[nn.Module]) -> list[nn.Module]:
    """A sequence's layers, each normalisation inside of the convolution before it."""
    joined: list[nn.Module] = []
    for layer in layers:
        # Without running statistics a normalisation depends on the batch.
        known = type(layer) in _NORMS and layer.running_mean is not None and not layer.training
        if known and joined and _takes_in(joined[-1]):
            joined[-1] = normalised(joined[-1], layer)
        else:
            joined.append(layer)
    return joined


def _lite_folded(module: nn.Module) -> nn.Module:
    """A part of EfficientNet-Lite, whose `forward` calls the layers of `LITE_PAIRS` in turn."""
    layers = module._modules
    changed: dict[str, nn.Module] = {}
    for first, second in LITE_PAIRS:
        pair = [layer for layer in (layers.get(first), layers.get(second)) if layer is not None]
        joined = _joined([_padded(layer) for layer in pair])
        if len(pair) == 2 and len(joined) == 1:
            changed |= {first: joined[0], second: nn.Identity()}
    return with_children(module, **changed)


def _padded(layer: nn.Module) -> nn.Module:
    """A convolution of EfficientNet-Lite that pads itself; where all sides are alike, a usual one.

    Any other layer stays as it is.
    """
    padding = _static_padding(layer)
    if padding is None:
        return layer
    left, right, top, bottom = getattr(padding, "padding", (0, 0, 0, 0))
    if (left, top) != (right, bottom):
        return layer
    plain: Any = copy.copy(layer)
    plain.__class__ = nn.Conv2d
    plain._modules = {}
    plain.padding = (top, left)
    alike: nn.Module = plain
    return alike


def _static_padding(layer: nn.Module) -> nn.Module | None:
    """What such a convolution pads by; None: it is no such one."""
    return layer._modules.get("static_padding") if isinstance(layer, nn.Conv2d) else None


def _takes_in(layer: nn.Module) -> bool:
    """Whether a normalisation behind it can become part of it."""
    return type(layer) in _FAST or _static_padding(layer) is not None


def _convolved(own: nn.Conv2d | nn.Conv3d, x: Tensor) -> Tensor:
    """PyTorch leaves batches of one small input to a slow path; here they take oneDNN as well.

    Whole frames of 64x64 pixels: five times faster.
    """
    small = len(x) == 1 and x.dtype == torch.float32 and x.device.type == "cpu"
    # `autocast` does not know oneDNN's own operation, which would calculate in full.
    small = small and not torch.is_autocast_enabled("cpu")
    if not small or isinstance(own.padding, str) or not torch.backends.mkldnn.is_available():
        return own._conv_forward(x, own.weight, own.bias)
    return torch.mkldnn_convolution(
        x, own.weight, own.bias, own.padding, own.stride, own.dilation, own.groups
    )


class _Conv2d(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return _convolved(self, x)


class _Conv3d(nn.Conv3d):
    def forward(self, x: Tensor) -> Tensor:
        return _convolved(self, x)


_FAST: dict[type[nn.Module], type[nn.Module]] = {nn.Conv2d: _Conv2d, nn.Conv3d: _Conv3d}
"""Subclasses may do something else than they inherit, and are left alone."""
