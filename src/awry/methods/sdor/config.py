"""SDOR's settings and presets, at one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from awry.methods.base import MethodConfig


class SDORConfig(MethodConfig):
    """Settings of SDOR (Pang et al., CVPR 2020). Defaults are the paper's text."""

    # What frames are turned into
    backbone: str = Field(
        "torchvision:resnet50@IMAGENET1K_V1",
        description="KIND:WHAT: torchvision:NAME of a ResNet, a VGG or r3d_18, "
        "pip:efficientnet-lite0, or random:NAME for tests",
    )
    height: int = Field(224, ge=32, description="of the network's pictures")
    width: int | None = Field(224, ge=32, description="None: by the camera's aspect")
    frozen: int | None = Field(
        0,
        ge=0,
        description="so many stages of the backbone, from the picture's side, stay as they are; "
        "what they give is kept on disk. None: all but the last two",
    )

    # Initial detection (section 3.1)
    features: Literal["classes", "pooled"] = Field(
        "classes", description="the last dense layer's outputs, or what it takes in"
    )
    components: int = Field(100, ge=1, description="of PCA")
    detectors: tuple[Literal["sp", "isolation_forest"], ...] = Field(
        ("sp", "isolation_forest"), min_length=1, description="whose scores are averaged"
    )
    sp_sample: int = Field(8, ge=1, description="frames of a random subsample")
    sp_draws: int = Field(50, ge=1, description="subsamples")
    trees: int = Field(100, ge=1, description="of the isolation forest")
    tree_sample: int = Field(256, ge=2, description="frames that each tree sees")

    scenes: Literal["together", "apart"] = Field(
        "together",
        description="an archive of several cameras is looked at as one, or generic detectors and "
        "pseudo labels see each camera's frames by themselves; one network learns from all",
    )

    # Pseudo labels (section 4.1)
    abnormal_share: float = Field(0.1, gt=0, lt=1, description="the most abnormal frames")
    normal_share: float = Field(0.2, gt=0, lt=1, description="the most normal frames")
    batch_abnormal: float = Field(
        0.5, gt=0, lt=1, description="share of a batch that is drawn from the abnormal frames"
    )
    by_score: bool = Field(
        True, description="draw abnormal frames in proportion to their scores, not evenly"
    )
    label_sigma: float = Field(
        0.0,
        ge=0,
        description="pseudo labels come from scores that were smoothed over time, by a Gaussian "
        "of so many frames; 0: as they are",
    )

    # The score learner and self-training (sections 3.2, 3.3)
    hidden: int = Field(100, ge=1)
    rounds: int = Field(5, ge=1)
    labels_from: Literal["last", "mean"] = Field(
        "last", description="what labels the next round: the last round's scores, or all rounds'"
    )
    restart: bool = Field(
        True, description="each round begins with the backbone as it was, not with the last round's"
    )
    moving_statistics: bool = Field(
        True, description="batch normalisation learns and uses the batches' own statistics"
    )
    epochs: int = Field(50, ge=1)
    batch: int = Field(128, ge=2)
    learning_rate: float = Field(0.005, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)
    enough: float = Field(
        0.0,
        ge=0,
        description="a round ends after an epoch whose mean loss is below: what is left is mostly "
        "wrong labels",
    )

    # A person's feedback (section 4.5)
    feedback_epochs: int = Field(20, ge=1)
    feedback_steps: int | None = Field(
        None, ge=1, description="most steps of an interaction; None: the epochs alone count"
    )
    feedback_pseudo: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of a batch that comes from the ranking's pseudo labels, lest what was "
        "learned before be forgotten",
    )
    feedback_neighbours: int = Field(5, ge=0, description="frames on each side, labelled alike")
    feedback_learners: Literal["all", "last"] = Field(
        "all", description="which rounds' learners take it in; their mean is the score then"
    )
    feedback_kept: bool = Field(True, description="earlier feedback is learned from again")

    @model_validator(mode="after")
    def _apart(self) -> SDORConfig:
        if self.abnormal_share + self.normal_share > 1:
            raise ValueError("abnormal_share and normal_share overlap: together at most 1")
        return self


_CPU: Mapping[str, Any] = {
    "backbone": "pip:efficientnet-lite0",
    "features": "pooled",
    "height": 240,
    "width": None,
    "frozen": None,
    "moving_statistics": False,
    "momentum": 0.9,
    "learning_rate": 0.002,
    "epochs": 3,
    "batch": 32,
    "enough": 0.05,
    "labels_from": "mean",
    "scenes": "apart",
    "feedback_learners": "last",
    "feedback_steps": 60,
    "feedback_pseudo": 0.5,
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": {},
    "cpu": _CPU,
    "tiny": {
        **_CPU,
        "backbone": "random:resnet-narrow",
        "height": 32,
        "components": 8,
        "sp_draws": 5,
        "trees": 10,
        "hidden": 8,
        "rounds": 2,
        "epochs": 2,
        "learning_rate": 0.005,
        "enough": 0.0,
        # Odd: of as many normal as abnormal frames, L1's gradients of the last bias may cancel out.
        "batch": 9,
        "feedback_epochs": 2,
        "feedback_neighbours": 1,
    },
}
