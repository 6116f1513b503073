"""SSMTL's settings and presets, at one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from awry.methods.base import MethodConfig
from awry.methods.weighing import DETECT_EVERY_S

Task = Literal["arrow_of_time", "motion_irregularity", "middle_box", "distillation"]
TASKS: tuple[Task, ...] = ("arrow_of_time", "motion_irregularity", "middle_box", "distillation")


class SSMTLConfig(MethodConfig):
    """Settings of SSMTL (Georgescu et al., CVPR 2021).

    Defaults are the paper's text, but for what bundles of older versions do not record: there the
    default is how they were fitted, and the preset `paper` says what the paper does.
    """

    level: Literal["object", "frame", "fused"] = Field(
        "fused", description="objects, whole frames, or both, fused late (section 3.5)"
    )
    tasks: tuple[Task, ...] = Field(TASKS, min_length=1, description="which proxy tasks")

    # Objects
    detector: str = Field("onnx:yolov3.onnx", description="KIND:WHAT of the object detector")
    threshold: float | None = Field(
        None, ge=0, le=1, description="lowest confidence; None: the detector's own"
    )
    tiles: tuple[int, int] | None = Field(
        (1, 1), description="columns, rows of tiles shown to it; None: as objects' size asks for"
    )
    across_classes: bool = Field(
        False, description="suppress boxes of other classes too, and join their probabilities"
    )
    detect_every: int = Field(
        1,
        ge=1,
        description="in scoring the detector looks at every n-th frame; in between its boxes are "
        "carried along by the flow inside them",
    )
    detect_every_s: float = Field(0.0, ge=0, description=DETECT_EVERY_S)
    least_side: float = Field(4.0, ge=0, description="boxes with a shorter side, in pixels, go")
    contained: bool = Field(False, description="keep boxes inside another of the same class")
    trust: bool = Field(
        False,
        description="objects count by how far the detector is believed: boxes that the empty scene "
        "has too, or that come and go, are weak or out (awry.teachers.objects.trust)",
    )
    classes_from: str | None = Field(
        None,
        description="KIND:WHAT of a second detector that lends its class probabilities to boxes "
        "without classes, matched by IoU",
    )
    classes_iou: float = Field(0.5, gt=0, le=1, description="lowest IoU of such a match")
    class_scores: bool | None = Field(
        None, description="whether objects have class probabilities; fit settles it"
    )
    detector_fingerprint: str = Field("", description="of the detector's weights; set by fit")
    height: int | None = Field(None, ge=32, description="higher frames are reduced to this height")
    margin: float = Field(0.0, ge=0, description="boxes grow by this share of their sides")

    # Sequences
    t: int = Field(3, ge=1, le=4, description="frames on each side of the middle one")
    stride: int = Field(
        1,
        ge=0,
        description="frames from one frame of a sequence to the next, and gaps grow with it; 0: "
        "by span_s and the frame rate",
    )
    span_s: float = Field(
        0.6, gt=0, description="seconds from a sequence's first frame to its last, for stride=0"
    )
    side: int | None = Field(
        64, ge=16, description="of the crops, in pixels; None: by the objects' size"
    )
    frame_side: int = Field(64, ge=16, description="of the whole frames, in pixels")
    grey: bool | None = Field(
        None, description="one channel instead of three; None: where the footage is grey"
    )
    gaps: tuple[int, ...] = Field((1, 2, 3, 4), min_length=1)
    gap_is_step: bool = Field(False, description="a gap g advances g frames instead of skipping g")

    # Networks
    depth: Literal["shallow", "deep"] = "deep"
    width: Literal["narrow", "wide"] = "wide"
    filters: tuple[int, int, int] = Field((16, 32, 32), description="of the narrow networks")
    deep_pools: tuple[int, ...] = Field((2, 4, 6), description="deep: pooling after these layers")
    statistics: Literal["shared", "separate"] = Field(
        "separate",
        description="batch statistics over all inputs, or each kind of input its own: sequences, "
        "sequences without the middle, single pictures",
    )
    affine: Literal["shared", "separate"] = Field(
        "separate",
        description="with separate statistics: one learned scale and shift of the normalisation "
        "for all kinds of input, as all other weights of the trunk, or each kind its own",
    )

    # Teachers
    classifier: str = Field("torchvision:resnet50@IMAGENET1K_V1", description="KIND:WHAT, or none")
    classifier_side: int = Field(224, ge=32)
    score_classifier: bool = Field(
        False, description="the classifier's error counts in the score; it then runs in scoring"
    )

    # Training
    every: int = Field(1, ge=1, description="objects are taken from every n-th training frame")
    epochs: int = Field(30, ge=1)
    steps: int | None = Field(None, ge=1, description="steps an epoch; None: one whole pass")
    batch: int | None = Field(None, ge=2, description="objects a step; None: the paper's")
    frame_epochs: int | None = Field(None, ge=1, description="whole frames; None: as objects")
    frame_steps: int | None = Field(None, ge=1, description="whole frames; None: as objects")
    frame_batch: int | None = Field(None, ge=2, description="whole frames; None: as objects")
    learning_rate: float = Field(1e-3, gt=0)
    decay: Literal["none", "cosine"] = "none"
    average: float = Field(0.0, ge=0, lt=1, description="of a moving average of the weights")
    frame_average: float | None = Field(
        None, ge=0, lt=1, description="whole frames; None: as objects"
    )
    flip: bool = Field(False, description="mirror half of the training sequences")
    distillation_weight: float | None = Field(
        0.2, ge=0, description="lambda of eq. 5; None: 0.5 where objects are small, else 0.2"
    )
    held_back: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="end of each clip of the train part, not trained on; "
        "not used where `awry fit` holds back the end of each clip itself (paper), or nothing",
    )
    validation_objects: int | None = Field(
        1024, ge=1, description="validated on so many, evenly spread; None: on all of them"
    )

    # Scores
    part_scale: Literal["none", "standard"] = Field(
        "none", description="parts as they are (eq. 6), or standardised on held-back footage first"
    )
    floor: Literal["zero", "lowest"] = Field(
        "lowest",
        description="what is taken off an object's score before the map's mean filter and added "
        "afterwards: nothing, or the lowest score of any held-back object. It is the score of "
        "frames without objects; what lies below it is cut off",
    )
    usual_share: float = Field(
        0.75, ge=0, lt=1, description="scores that such a share of held-back objects has are usual"
    )
    usual_weight: float | None = Field(
        1.0,
        ge=0,
        le=1,
        description="how much of a score counts from the floor up to what is usual: 1: as much as "
        "above; None: 1/n where held-back frames with objects have n on average, so that a crowd "
        "of usual ones does not fill the mean filter and outdo a single other one",
    )
    combine: Literal["mean", "max"] = Field("mean", description="of the parts")
    weights: Literal["equal", "blind"] = Field(
        "equal",
        description="of parts and levels: equal and as in fusion, or by how well each tells "
        "synthetic anomalies in held-back footage",
    )
    frame_tasks: tuple[Task, ...] = Field(
        ("arrow_of_time", "motion_irregularity", "middle_box"),
        description="parts of the frame level's score",
    )
    fusion: tuple[float, float] = Field(
        (1.0, 1.0),
        description="weights of the standardised object and frame level; with weights=blind what "
        "they are where there is no evidence",
    )
    filter_size: int | None = Field(
        9,
        ge=1,
        description="side of the map's mean filter, in pixels of the working size; None: that of "
        "a typical object, the median of the longer sides of held-back boxes",
    )
    filter_frames: int = Field(
        9, ge=0, description="frames that the mean filter joins; 0: by filter_s and the frame rate"
    )
    filter_s: float = Field(0.9, gt=0, description="seconds likewise, for filter_frames=0")
    filter_causal: bool = Field(False, description="past frames only, instead of centred")
    smoothing: Literal["none", "gaussian", "causal"] = Field(
        "none", description="temporal filter of the frames' scores, inside the scorer"
    )
    smoothing_sigma: float = Field(21.0, gt=0, description="in frames")

    @model_validator(mode="after")
    def _fits(self) -> SSMTLConfig:
        if (self.side or 0) % 2**self.pools or self.frame_side % 2**self.pools:
            raise ValueError(f"side and frame_side must be divisible by {2**self.pools}")
        if self.filter_frames and self.filter_frames % 2 == 0 and not self.filter_causal:
            raise ValueError("filter_frames must be odd where the filter is centred")
        if min(self.fusion) < 0 or not any(self.fusion):
            raise ValueError("fusion must be two weights of 0 or more, one of them above 0")
        if self.floor == "zero" and self.part_scale == "standard":
            raise ValueError("floor=zero needs part_scale=none: standardised parts lie below 0 too")
        if len(set(self.tasks)) < len(self.tasks):
            raise ValueError("each task once")
        if any(gap < 1 for gap in self.gaps) or (self.gap_is_step and max(self.gaps) < 2):
            raise ValueError("gaps must be 1 or more, and with gap_is_step one above 1")
        deep = self.deep_pools
        if list(deep) != sorted(set(deep)) or deep[-1] != 6 or deep[0] < 1:
            raise ValueError("deep_pools must ascend within 1 to 6, and end with 6")
        return self

    @property
    def pools(self) -> int:
        """How often the picture's side is halved."""
        return 3 if self.depth == "shallow" else len(self.deep_pools)

    @property
    def crop(self) -> int:
        """Side of the crops, which fit has settled."""
        assert self.side is not None
        return self.side

    @property
    def distillation(self) -> float:
        """Lambda of eq. 5, which fit has settled."""
        assert self.distillation_weight is not None
        return self.distillation_weight

    @property
    def steps_between(self) -> tuple[int, ...]:
        """Strides from one frame of an intermittent sequence to the next."""
        return self.gaps if self.gap_is_step else tuple(gap + 1 for gap in self.gaps)

    def average_of(self, level: str) -> float:
        """Decay of the moving average of a level's weights."""
        own = level == "frame" and self.frame_average is not None
        return self.frame_average or 0.0 if own else self.average

    def schedule(self, level: str) -> tuple[int, int | None, int]:
        """Epochs, steps an epoch (None: one pass), and samples a step of a level.

        Section 4.2: 256, 128, 128 and 64 samples for the four networks.
        """
        sizes = {("shallow", "narrow"): 256, ("deep", "wide"): 64}
        batch = self.batch or sizes.get((self.depth, self.width), 128)
        if level == "object":
            return self.epochs, self.steps, batch
        return (
            self.frame_epochs or self.epochs,
            self.frame_steps or self.steps,
            self.frame_batch or batch,
        )


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": {
        "threshold": 0.8,
        "least_side": 1.0,  # what lies beyond the border is no object
        "contained": True,
        "grey": False,
        "affine": "shared",
        "floor": "zero",
        "validation_objects": None,
    },
    "cpu": {
        "detector": "foreground",
        "classifier": "none",
        "trust": True,
        "detect_every_s": 0.2,
        "height": 480,
        "tiles": None,
        "side": None,
        "stride": 0,
        "distillation_weight": None,
        "depth": "shallow",
        "width": "narrow",
        "batch": 32,
        "steps": 150,
        "epochs": 8,
        "decay": "cosine",
        "average": 0.99,
        "frame_epochs": 5,
        "frame_steps": 60,
        "frame_batch": 8,
        "frame_average": 0.95,
        "part_scale": "standard",
        "usual_weight": None,
        "filter_size": None,
        "filter_frames": 0,
        "fusion": (1.0, 0.0),  # the best blind figure; test figures stood beside it
    },
    "demo": {
        "detector": "foreground",
        "classifier": "none",
        "side": 32,
        "frame_side": 32,
        "depth": "shallow",
        "width": "narrow",
        "batch": 16,
        "steps": 100,
        "epochs": 6,
        "frame_epochs": 4,
        "frame_steps": 60,
        "average": 0.98,
        "frame_average": 0.95,
        "part_scale": "standard",
        "filter_size": None,
    },
    "tiny": {
        "detector": "foreground",
        "trust": True,
        "detect_every_s": 0.2,
        "classifier": "none",
        "side": 16,
        "frame_side": 16,
        "depth": "shallow",
        "width": "narrow",
        "filters": (4, 4, 4),
        "batch": 8,
        "steps": 3,
        "epochs": 1,
        "validation_objects": 16,
        "filter_frames": 3,
        "filter_size": 3,
        "part_scale": "standard",
        "usual_weight": None,
    },
}


def for_variant(preset: str, variant: str) -> dict[str, Any]:
    """Settings of a preset that depend on the data set: the paper's own (section 4.2)."""
    if variant not in ("ped1", "ped2") or preset != "paper":
        return {}
    return {"distillation_weight": 0.5, "threshold": 0.5}
