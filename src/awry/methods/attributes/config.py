"""The settings and presets of `attributes`, at one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from awry.frames import ASSUMED_FPS, frames_in
from awry.methods.base import MethodConfig
from awry.methods.weighing import DETECT_EVERY_S
from awry.scoring.streaming import odd_frames

Attribute = Literal["velocity", "deep", "pose"]
ATTRIBUTES: tuple[Attribute, ...] = ("velocity", "deep", "pose")
DensityKind = Literal["knn", "mixture", "mulde"]


class AttributesConfig(MethodConfig):
    """Settings of `attributes`. Defaults are AI-VAD's, as far as its networks are at hand."""

    attributes: tuple[Attribute, ...] = Field(
        ATTRIBUTES, min_length=1, description="what is known of each object"
    )

    # Objects
    detector: str = Field(
        "torchvision:maskrcnn_resnet50_fpn", description="KIND:WHAT of the object detector"
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="lowest confidence; None: the detector's own"
    )
    tiles: tuple[int, int] | None = Field(
        (1, 1), description="columns, rows of tiles shown to it; None: as objects' size asks for"
    )
    across_classes: bool = Field(
        False, description="suppress boxes of other classes too, and join their probabilities"
    )
    least_side: float = Field(4.0, ge=0, description="boxes with a shorter side, in pixels, go")
    contained: bool = Field(False, description="keep boxes inside another of the same class")
    motion_boxes: bool = Field(
        False, description="regions that move and that no detected box covers are objects too"
    )
    around_s: float = Field(
        0.3, gt=0, description="seconds to the frames that a detector of motion compares with"
    )
    trust: bool = Field(
        False, description="boxes count as far as something is there that the empty scene has not"
    )
    detect_every_s: float = Field(0.0, ge=0, description=DETECT_EVERY_S)
    detector_fingerprint: str = Field("", description="of the detector's weights; set by fit")
    height: int | None = Field(
        None, ge=32, description="detector and flow see higher frames reduced to this height"
    )
    crop_height: int | None = Field(
        None, ge=32, description="crops are cut from frames reduced to this height; None: as filmed"
    )
    grey: bool | None = Field(None, description="one channel; None: where the footage is grey")

    # Velocity
    flow: str = Field(
        "torchvision:raft_large",
        description="optical flow: dis, dis:PRESET, dis:PRESET:auto, farneback, torchvision:NAME",
    )
    step_s: float = Field(
        0.0, ge=0, description="seconds between the two frames of a flow; 0: consecutive frames"
    )
    fps: float | None = Field(
        None, gt=0, description="frames per second where a stream does not say; fit settles it"
    )
    bins: int = Field(8, ge=1, le=64, description="orientation bins of a velocity")
    velocity: Literal["mean", "median"] = Field(
        "mean", description="of the magnitudes in each bin; a median needs a share of the box"
    )
    unit: Literal["pixels", "heights", "local"] = Field(
        "pixels",
        description="velocities in pixels, in heights of the object, or in lengths that objects "
        "usually have at that height of the picture, per second",
    )
    slower: bool = Field(
        True, description="what moves less than usual is strange too; false: only what moves more"
    )

    # Deep features
    classifier: str = Field(
        "torchvision:vit_b_16", description="KIND:WHAT of the image features, or none"
    )
    side: int = Field(224, ge=16, description="of the crops that it is shown, in pixels")
    margin: float = Field(0.0, ge=0, description="boxes grow by this share of their sides")
    deep_every_s: float = Field(
        0.0, ge=0, description="seconds for which features of a thing stand in scoring; 0: none"
    )
    deep_components: int | None = Field(
        None, ge=1, description="features become so many principal components; None: they stay"
    )

    # Poses
    poses: str = Field(
        "",
        description="folder with CLIP.json of keypoints, as AlphaPose writes them; without "
        "one there is no attribute pose",
    )
    keypoints: int = Field(0, ge=0, description="of a pose; set by fit")

    # Densities
    density: DensityKind | None = Field(None, description="of every attribute; None: each its own")
    velocity_density: DensityKind = "mixture"
    deep_density: DensityKind = "knn"
    pose_density: DensityKind = "knn"
    neighbours: int = Field(1, ge=1, description="knn: the mean distance to so many")
    components: int | None = Field(
        5, ge=1, le=64, description="of a mixture of Gaussians; None: 1 to 8, chosen by BIC"
    )
    energy_width: int = Field(4096, ge=4, description="mulde: units of the two hidden layers")
    energy_epochs: int = Field(20, ge=1, description="mulde: epochs of 100 steps")
    energy_batch: int = Field(256, ge=2, description="mulde: objects a step")
    energy_rate: float = Field(1e-4, gt=0, description="mulde: learning rate")
    energy_scales: int = Field(16, ge=1, description="mulde: scales of noise that are asked")
    beta: float = Field(0.1, gt=0, description="mulde: weight of the energies' size")
    most: int = Field(20000, ge=8, description="training objects kept, evenly spread")
    most_frames: int = Field(20000, ge=1, description="training frames looked at, evenly spread")

    # Scores
    calibration: Literal["span", "log", "rarity"] = Field(
        "span",
        description="span: 0 at the lowest training score, 1 at a quantile, growing on; log: "
        "above 1 it grows by its logarithm; rarity: standard deviations by rank among training "
        "scores, with a fitted tail beyond them, at least 0",
    )
    quantile: Mapping[str, float] = Field(
        {"velocity": 0.999, "deep": 1.0},
        description="of training scores, each without its own clip, that counts as 1, for span "
        "and log",
    )
    apart_s: float = Field(
        10.0,
        gt=0,
        description="with one or two clips: training objects so near in time are its own",
    )
    least_velocity: float = Field(
        0.0, ge=0, description="velocities, in their unit, below which differences are noise"
    )
    combine: Literal["frame", "object"] = Field(
        "frame", description="sum of the attributes' maxima, or the maximum over objects of the sum"
    )
    join_s: float = Field(
        0.0, ge=0, description="seconds over which each object's scores are averaged; 0: none"
    )
    join_causal: bool = Field(False, description="of the past alone, instead of around a frame")
    smoothing: Literal["none", "gaussian", "causal"] = Field(
        "none", description="temporal filter of the frames' scores, inside the scorer"
    )
    smoothing_sigma: float = Field(8.0, gt=0, description="in frames")

    # Pictures
    crops: int = Field(2000, ge=0, description="training crops kept to be shown beside a test one")

    @model_validator(mode="after")
    def _fits(self) -> AttributesConfig:
        if len(set(self.attributes)) < len(self.attributes):
            raise ValueError("each attribute once")
        if not self.used:
            raise ValueError("deep features need a classifier, and poses a folder of them")
        if not all(0 < share <= 1 for share in self.quantile.values()):
            raise ValueError("quantiles lie above 0, up to 1")
        return self

    @property
    def used(self) -> tuple[Attribute, ...]:
        """The attributes that can be had: deep features need a classifier, poses a folder."""
        without = {"deep"} if self.classifier == "none" else set()
        without |= set() if self.poses else {"pose"}
        return tuple(name for name in self.attributes if name not in without)

    def density_of(self, attribute: str) -> DensityKind:
        """The kind of density of an attribute."""
        own = {"velocity": self.velocity_density, "deep": self.deep_density}
        return self.density or own.get(attribute, self.pose_density)

    def joined(self, fps: float | None) -> int:
        """Frames over which an object's scores are averaged, at a stream's rate."""
        if self.join_causal:
            return frames_in(self.join_s, self.rate(fps))
        return odd_frames(self.join_s, self.rate(fps))

    def stride(self, fps: float | None) -> int:
        """Frames from the first to the second picture of a flow, at a stream's rate."""
        return frames_in(self.step_s, self.rate(fps))

    def around(self, fps: float | None) -> int:
        """Frames to the earlier and the later picture that show what moves, likewise."""
        return frames_in(self.around_s, self.rate(fps))

    def rate(self, fps: float | None) -> float:
        """Frames per second of footage that says so, else of all; `ASSUMED_FPS` if nobody does."""
        return fps or self.fps or ASSUMED_FPS

    def seconds(self, fps: float | None) -> float:
        """Seconds between the pictures of a flow.

        Where nobody knows the rate, pixels a second are but pixels a frame by another name.
        """
        return self.stride(fps) / self.rate(fps)


_LITTLE: Mapping[str, Any] = {
    "detector": "foreground",
    "flow": "dis:ultrafast:auto",
    "tiles": None,
    "motion_boxes": True,
    "trust": True,
    "detect_every_s": 0.2,
    "deep_every_s": 0.1,
    "classifier": "pip:efficientnet-lite0",
    "height": 480,
    "crop_height": 720,
    "step_s": 0.1,
    "bins": 1,  # see docs/experiments.md
    "side": 96,
    "margin": 0.1,
    "most": 8000,
    "most_frames": 4000,
    "energy_width": 256,
    "energy_rate": 1e-3,
    "least_velocity": 0.1,
    "unit": "local",
    "slower": False,
    "deep_components": 32,
    "calibration": "rarity",
    "join_s": 0.9,
    "combine": "object",
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": {},
    "cpu": _LITTLE,
    "demo": {**_LITTLE, "classifier": "none"},
    "tiny": {
        **_LITTLE,
        "classifier": "random:squeezenet1_1",
        "side": 32,
        "bins": 4,
        "velocity_density": "mulde",
        "energy_width": 8,
        "energy_epochs": 1,
        "energy_scales": 4,
        "components": 2,
        "most": 200,
        "most_frames": 60,
        "crops": 8,
    },
}
