"""MTLA's settings and presets, at one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from awry.methods.base import MethodConfig
from awry.methods.weighing import DETECT_EVERY_S

Branch = Literal["appearance", "motion"]
BRANCHES: tuple[Branch, ...] = ("appearance", "motion")
Encoder = Literal["resnet34", "resnet18", "vgg16", "small"]


class MTLAConfig(MethodConfig):
    """Settings of MTLA (Baradaran and Bergevin, CVPRW 2023).

    Defaults are the paper's text, but for what older bundles do not say and then did otherwise:
    the preset `paper` has that.
    """

    # Branches (Table 2)
    appearance: Literal["next", "current", "frame", "none"] = Field(
        "next",
        description="what the first branch gives: the next frame's segmentation, the current "
        "one's, the next frame itself (section 4.4), or nothing",
    )
    motion: bool = Field(True, description="whether there is the branch of flow magnitudes")

    # Sizes
    height: int = Field(
        256,
        ge=0,
        description="of the networks' pictures, at least 32; 0: 128, and more where a typical "
        "object would be shorter than 12 pixels",
    )
    stride: int = Field(
        1,
        ge=0,
        description="frames from one of a sample's frames to the next, between which flow is "
        "measured; 0: about 0.1 seconds",
    )
    width: int | None = Field(256, ge=32, description="None: by the camera's aspect")
    grey: bool | None = Field(None, description="one channel; None: where the footage is grey")
    picture_height: int | None = Field(
        None, ge=32, description="teachers look at frames reduced to this height"
    )

    # Teachers
    detector: str = Field(
        "torchvision:maskrcnn_resnet50_fpn", description="KIND:WHAT that finds objects and shapes"
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="lowest confidence; None: the detector's own"
    )
    tiles: tuple[int, int] | None = Field(
        (1, 1), description="columns, rows of tiles shown to it; None: as objects' size asks for"
    )
    across_classes: bool = Field(
        True, description="suppress boxes of other classes too, and join their probabilities"
    )
    least_side: float = Field(4.0, ge=0, description="boxes with a shorter side, in pixels, go")
    trust: bool = Field(
        False,
        description="objects count by how far the detector is believed: boxes that the empty scene "
        "has too, or that come and go, are weak or out (awry.teachers.objects.trust)",
    )
    detect_every_s: float = Field(0.0, ge=0, description=DETECT_EVERY_S)
    around: int = Field(
        3, ge=1, description="strides to each side that a detector of moving regions is shown"
    )
    classes: tuple[int, ...] | None = Field(
        None, description="COCO classes with a channel of their own; fit settles it"
    )
    least_share: float = Field(
        0.0, ge=0, le=1, description="of the training objects that a class needs for its channel"
    )
    targets: Literal["probabilities", "shares", "one-hot"] = Field(
        "probabilities",
        description="what an object's pixels hold: class probabilities with background for the "
        "rest, their shares without it, or 1 for the likeliest class",
    )
    teachers_fingerprint: str = Field("", description="of the teachers' weights; set by fit")
    flow: str = Field("farneback", description="farneback, dis, or torchvision:raft_small")
    mask_flow: bool = Field(True, description="background does not move (section 4.3)")
    depth: str = Field("hf:Intel/dpt-hybrid-midas", description="KIND:WHAT, ramp or none")
    depth_of: Literal["frame", "background"] = Field(
        "frame", description="each frame, or once for the scene without objects"
    )

    # Networks
    appearance_encoder: Encoder = "resnet34"
    motion_encoder: Encoder = "vgg16"
    pretrained: bool = Field(True, description="encoders start from ImageNet's weights")
    normalisation: Literal["shared", "channels"] = Field(
        "shared",
        description="of pictures, by ImageNet's mean and deviation over the three colours, or by "
        "those of red, green and blue each (RGB alone: grey=false)",
    )
    filters: int = Field(16, ge=2, description="of the small encoder's first stage")
    stages: int = Field(4, ge=2, le=6, description="of the small encoder")
    scse: tuple[int, ...] = Field(
        (3, 4), description="stages of the motion encoder, from 1, with scSE behind them"
    )
    attention: Literal["none", "encoder", "decoder", "skip", "final"] = Field(
        "decoder", description="where the attention map is applied (Table 4)"
    )
    attention_inputs: tuple[Literal["direction", "depth"], ...] = Field(
        ("direction", "depth"), min_length=1
    )

    # Training
    loss: Literal["patch", "mean"] = Field("patch", description="eq. 6, or over the whole frame")
    patches: int = Field(4, ge=1, description="patches each way: 4 x 4 = 16")
    every: int = Field(1, ge=1, description="every n-th training frame is a sample")
    most_frames: int | None = Field(
        None, ge=1, description="at most so many samples, evenly spread; teachers see no others"
    )
    epochs: int = Field(30, ge=1)
    steps: int | None = Field(None, ge=1, description="steps an epoch; None: one whole pass")
    batch: int = Field(8, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    decay: Literal["none", "halve", "cosine"] = "halve"
    halve_every: int = Field(10, ge=1, description="epochs")
    average: float = Field(0.0, ge=0, lt=1, description="of a moving average of the weights")
    flip: bool = Field(False, description="mirror half of the training samples")
    validation_frames: int = Field(256, ge=1)

    # Scores
    aggregate: Literal["sum", "max"] = Field(
        "sum", description="of a branch's error map: eq. 4, or the maximum of its box averages"
    )
    filter_size: int | None = Field(
        1,
        ge=1,
        description="side of the boxes that error maps are averaged over; None: that of a typical "
        "object, the median of the longer sides of held-back boxes",
    )
    filter_frames: int = Field(
        1,
        ge=0,
        description="frames that error maps are averaged over; 0: by filter_s and the frame rate",
    )
    filter_s: float = Field(0.9, gt=0, description="seconds likewise, for filter_frames=0")
    filter_causal: bool = Field(False, description="past frames only, instead of centred")
    slower: bool = Field(
        True,
        description="what moves less than expected is strange too; false: only what moves more",
    )
    own_background: bool = Field(
        False,
        description="appearance errors that a place has had ever since the stream began are its "
        "scenery's, and are taken off",
    )
    combine: Literal["maximum", "sum"] = Field(
        "maximum", description="of the branches' standardised scores"
    )
    weights: Literal["equal", "blind"] = Field(
        "equal",
        description="of the branches: equal, or by how well each tells synthetic anomalies in "
        "held-back footage",
    )
    smoothing: Literal["none", "savgol", "gaussian", "causal"] = Field(
        "savgol", description="temporal filter of the frames' scores, inside the scorer (eq. 5)"
    )
    smoothing_window: int = Field(31, ge=3, description="of savgol, in frames")
    smoothing_order: int = Field(3, ge=0, description="of savgol")
    smoothing_sigma: float = Field(8.0, gt=0, description="of gaussian and causal, in frames")
    jumps: bool = Field(
        False, description="frames after a gap or a repeated frame keep the motion score before it"
    )

    @model_validator(mode="after")
    def _fits(self) -> MTLAConfig:
        if self.appearance == "none" and not self.motion:
            raise ValueError("at least one branch is needed: appearance, or motion=true")
        if 0 < self.height < 32:
            raise ValueError("height must be 32 or more, or 0")
        if self.filter_frames and self.filter_frames % 2 == 0 and not self.filter_causal:
            raise ValueError("filter_frames must be odd where the filter is centred")
        if self.smoothing_window % 2 == 0 or self.smoothing_order >= self.smoothing_window:
            raise ValueError("smoothing_window must be odd, and above smoothing_order")
        if self.normalisation == "channels" and self.grey:
            raise ValueError("normalisation=channels is for three colours: set grey=false")
        if any(stage < 1 for stage in self.scse):
            raise ValueError("scse counts the encoder's stages from 1")
        alone = self.attention_inputs == ("depth",) and self.attention != "none"
        if alone and self.depth == "none":
            raise ValueError("depth=none leaves the attention without any input")
        return self

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Which branches there are."""
        there = {"appearance": self.appearance != "none", "motion": self.motion}
        return tuple(branch for branch in BRANCHES if there[branch])

    @property
    def attended(self) -> tuple[str, ...]:
        """What the attention map is made from; empty without attention."""
        if self.attention == "none" or not self.motion:
            return ()
        return tuple(
            name for name in self.attention_inputs if name != "depth" or self.depth != "none"
        )

    @property
    def segments(self) -> bool:
        """Whether objects have to be found at all."""
        return self.appearance in ("next", "current") or (self.motion and self.mask_flow)


SMALL_TEACHERS: Mapping[str, Any] = {
    "detector": "foreground",
    "flow": "dis",
    "depth": "ramp",
    "depth_of": "background",
    "appearance_encoder": "small",
    "motion_encoder": "small",
    "pretrained": False,
    "targets": "shares",
    "smoothing": "none",
    "aggregate": "max",
    "filter_size": None,
    "width": None,
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Grey footage as three equal channels, which is what ImageNet's weights expect.
    "paper": {"normalisation": "channels", "grey": False},
    "cpu": {
        **SMALL_TEACHERS,
        "trust": True,
        "detect_every_s": 0.2,
        "flow": "farneback",
        "height": 0,
        "stride": 0,
        "tiles": None,
        "picture_height": 480,
        "least_share": 0.005,
        "scse": (2, 3),
        "most_frames": 4000,
        "batch": 8,
        "epochs": 6,
        "steps": 100,
        "decay": "cosine",
        "average": 0.98,
        "filter_frames": 0,
        "slower": False,
        "own_background": True,
        "combine": "sum",
    },
    "demo": {
        **SMALL_TEACHERS,
        "height": 64,
        "filters": 8,
        "scse": (2, 3),
        "batch": 8,
        "epochs": 4,
        "steps": 100,
        "decay": "cosine",
        "average": 0.98,
        "filter_frames": 5,
        "combine": "sum",
    },
    "tiny": {
        **SMALL_TEACHERS,
        "trust": True,
        "detect_every_s": 0.2,
        "height": 32,
        "filters": 4,
        "stages": 3,
        "scse": (2,),
        "batch": 2,
        "epochs": 1,
        "steps": 3,
        "validation_frames": 8,
        "filter_frames": 3,
        "own_background": True,
    },
}
