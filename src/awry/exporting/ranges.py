"""What a bundle's networks are asked on normal footage: the ranges of int8 come from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import ExportError
from awry.exporting.clips import thinned
from awry.exporting.parity import watched
from awry.scoring.calibration import POOLED

if TYPE_CHECKING:
    from torch import Tensor

RANGE_FRAMES = 192
"""Frames, over all clips of a model, that int8 takes its ranges from."""


def inputs_on(
    detector: Detector, footage: Sequence[Clip]
) -> dict[str, dict[str, Sequence[tuple[Tensor, ...]]]]:
    """Scene -> graph's name -> what its network is asked on normal footage of that scene.

    Raises:
        ExportError: a scene with a model of its own has no footage.
    """
    batches: dict[str, dict[str, Sequence[tuple[Tensor, ...]]]] = {}
    for scene, model in detector.models.items():
        own = [clip for clip in footage if scene in (POOLED, clip.scene)]
        if not own:
            raise ExportError(
                f"There is no normal footage of the scene '{scene}' for the ranges of int8: give "
                "--data with training clips of each scene that has a model."
            )
        before = model.runtime
        networks = watched(model)
        try:
            for clip in own:
                where = clip.scene if scene == POOLED else scene
                scorer = detector.scorer(where, clip=clip.name, maps=False)
                for _ in scorer.score(thinned(detector, clip.open(), RANGE_FRAMES // len(own))):
                    pass
        finally:
            model.runtime = before
        batches[scene] = {name: network.batches for name, network in networks.items()}
    return batches
