"""What is done to feature vectors before a density sees them; learned from training objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.products import product

Rows = NDArray[np.float32]
MOST_BOXES = 1000
"""Boxes whose size is compared with their place, evenly spread."""
LEAST_SIDE = 1 / 3
"""Of the usual size: objects are taken to be no smaller at any place."""


@dataclass(frozen=True, slots=True)
class LocalSides:
    """How large objects usually are at each height of the picture: a line.

    Attributes:
        base, slope: the longer side at the top, and what is added a pixel further down.
        least: no side is smaller.
    """

    base: float
    slope: float
    least: float

    @classmethod
    def of(cls, boxes: Rows) -> LocalSides:
        """The line through most boxes float32 (n, 4), n >= 1, as Theil and Sen draw it.

        It is level unless boxes say with 95 % confidence that it is not.
        """
        from scipy.stats import theilslopes

        few = boxes[np.linspace(0, len(boxes) - 1, min(len(boxes), MOST_BOXES)).astype(int)]
        sides, middles = box_sides(few), _middles(few)
        usual = float(np.median(sides))
        if np.ptp(middles) < usual:
            return cls(usual, 0.0, usual)
        slope, base, low, high = theilslopes(
            sides.astype(np.float64), middles.astype(np.float64), method="joint"
        )
        if not low * high > 0:
            return cls(usual, 0.0, usual)
        return cls(float(base), float(slope), usual * LEAST_SIDE)

    def at(self, boxes: Rows) -> Rows:
        """Usual sides (n,) where boxes float32 (n, 4) are, in their pixels; above 0."""
        sides = self.base + self.slope * _middles(boxes)
        return np.asarray(np.maximum(sides, max(self.least, 1.0)), np.float32)

    def state(self) -> Tensor:
        """As a tensor (3,)."""
        return torch.tensor([self.base, self.slope, self.least], dtype=torch.float64)

    @classmethod
    def from_state(cls, tensor: Tensor) -> LocalSides:
        """What `state` gave.

        Raises:
            ValueError: it is something else.
        """
        if tensor.shape != (3,) or not bool(tensor.isfinite().all()):
            raise ValueError("no line of usual sizes")
        return cls(*tensor.tolist())


def in_unit(velocities: Rows, boxes: Rows, sides: LocalSides | None) -> Rows:
    """Velocities (n, bins) of boxes in usual sides a second; as they are where none are known."""
    return velocities if sides is None else np.asarray(velocities / sides.at(boxes)[:, None])


def box_sides(boxes: Rows) -> Rows:
    """The longer side of each box."""
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(1, initial=0), np.float32)


def _middles(boxes: Rows) -> Rows:
    return np.asarray((boxes[:, 1] + boxes[:, 3]) / 2, np.float32)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Of one attribute's feature vectors.

    Attributes:
        least: float32 (d,), lower values are raised to these; None: they stay.
        centre, axes: float32 (d,) and (d, k): vectors become `(x - centre) @ axes`, principal
            components of deviation 1; None: they stay.
    """

    least: Rows | None = None
    centre: Rows | None = None
    axes: Rows | None = None

    @classmethod
    def of(cls, name: str, values: Rows, config: AttributesConfig) -> Preparation:
        """Learned from training vectors float32 (n, d), n >= 2.

        Args:
            name: of the attribute.
            values: the vectors.
            config: what is asked for.
        """
        if name == "velocity":
            return cls() if config.slower else cls(least=np.median(values, 0).astype(np.float32))
        if name != "deep" or config.deep_components is None:
            return cls()
        return cls._whitened(values, config.deep_components)

    @classmethod
    def _whitened(cls, values: Rows, components: int) -> Preparation:
        from sklearn.decomposition import PCA

        count = min(components, len(values) - 1, values.shape[1])
        model = PCA(count, svd_solver="covariance_eigh").fit(values.astype(np.float64))
        known = model.explained_variance_ > 1e-9 * max(float(model.explained_variance_[0]), 1e-12)
        axes = model.components_[known].T / np.sqrt(model.explained_variance_[known])
        # In the order in which it is saved, so that a loaded one gives the same digits.
        ordered = np.ascontiguousarray(axes, np.float32)
        return cls(centre=model.mean_.astype(np.float32), axes=ordered)

    def __call__(self, values: Rows) -> Rows:
        """Prepared vectors float32 (n, d or k)."""
        if self.least is not None:
            values = np.maximum(values, self.least)
        if self.centre is not None and self.axes is not None:
            values = np.asarray(product(values - self.centre, self.axes), np.float32)
        return np.asarray(values, np.float32)

    def state(self) -> dict[str, Tensor]:
        """As named tensors."""
        known = {"least": self.least, "centre": self.centre, "axes": self.axes}
        return {f"ready.{n}": torch.from_numpy(v) for n, v in known.items() if v is not None}

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor]) -> Preparation:
        """What `state` gave."""
        known = {name: tensors.get(f"ready.{name}") for name in ("least", "centre", "axes")}
        return cls(*(None if tensor is None else tensor.numpy() for tensor in known.values()))
