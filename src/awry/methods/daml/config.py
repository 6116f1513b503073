"""DAML's settings and presets, at one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from awry.methods.base import MethodConfig


class DAMLConfig(MethodConfig):
    """Settings of DAML (Li, Leroux, Simoens, CVIU 2021). Defaults are the paper's text.

    The preset `paper-code` has the published code's choice wherever that differs from the text.
    """

    # Input
    height: int = Field(
        128,
        ge=0,
        description="at least 16; 0: 128, and more where a typical object would cover fewer than "
        "two positions of the latent code",
    )
    width: int | None = Field(None, ge=16, description="None: by the frames' aspect ratio")
    grey: bool | None = Field(None, description="one channel; None: where the footage is grey")
    subsample: int = Field(
        1, ge=0, description="keep every d-th frame (section 5.1); 0: about 10 a second"
    )
    interleaved: bool = Field(
        False,
        description="frames between the kept ones are learned from and scored too, each by those "
        "that lie d, 2d, ... frames before it",
    )
    inputs: int = Field(8, ge=2, description="k, codes that a prediction is made from")
    input_stride: int = Field(1, ge=1, description="frames between two of them")
    ahead: int = Field(
        6, ge=0, description="kept frames from the last input to the predicted one; 0: 1.2 seconds"
    )
    subtract_mean: bool = Field(
        True, description="networks see pictures less their scene's mean picture (section 3.1)"
    )

    # Networks
    blocks: int = Field(4, ge=2, le=6)
    channels: int = Field(64, ge=1)
    max_channels: int = Field(1024, ge=1)
    slope: float = Field(0.3, ge=0, lt=1, description="of the LeakyReLU")
    batch_norm_epsilon: float = Field(1e-5, gt=0)
    batch_statistics: bool = Field(
        True,
        description="batch normalisation has the batches' statistics; false: mean 0 and variance "
        "1, so that it only scales and shifts",
    )
    initial: Literal["pytorch", "glorot"] = Field(
        "pytorch", description="weights before training: PyTorch's, or Glorot's with biases of 0"
    )
    code_tanh: bool = Field(
        False,
        description="the encoder's and the motion model's last activation is tanh, not LeakyReLU",
    )
    last_pool: bool = Field(False, description="2x2 max-pooling after the last block too")
    skips: Literal["frame", "input", "none"] = Field(
        "frame",
        description="whose features a reconstruction takes: the previous frame's; the previous "
        "input's, input_stride frames before; nobody's",
    )
    decoder_channels: int | None = Field(
        None, ge=1, description="of the decoder's last block, doubling; None: as the encoder's"
    )
    output: Literal["linear", "tanh", "sigmoid"] = Field(
        "linear", description="after the decoder's last layer"
    )
    motion: Literal["conv3d", "convlstm", "autoregressive"] = "conv3d"
    motion_layers: int = Field(3, ge=1)
    temporal_kernel: Literal[2, 3] = Field(3, description="of conv3d")
    padding: Literal["before", "after"] = Field(
        "before",
        description="of conv3d with kernel 2, where inputs are no power of two: codes of zeros "
        "before the window; or a map of zeros after the maps of each layer that has an odd number",
    )
    bins: int = Field(
        0,
        ge=0,
        description="of autoregressive: estimate a density of each element of the code over so "
        "many bins, whose mean is the prediction; 0: predict the code itself",
    )

    # Training
    schedule: Literal["motion", "everything", "joint"] = Field(
        "motion",
        description="phase two trains the motion model on a fixed encoder, or everything; "
        "joint: one phase with both weights 1",
    )
    first_weights: tuple[float, float] = Field(
        (1.0, 0.001), description="of reconstruction and prediction in phase one"
    )
    second_weights: tuple[float, float] = (0.001, 1.0)
    reconstruction_losses: tuple[Literal["mse", "gdl", "ssim", "bce"], ...] = Field(
        ("mse",), description="summed; bce: cross-entropy of pixels, with output sigmoid"
    )
    reconstruction_frames: Literal["sum", "mean"] = Field(
        "sum", description="over the reconstructed frames of a window; eq. 1 sums"
    )
    first_epochs: int = Field(25, ge=0)
    second_epochs: int = Field(25, ge=0)
    converged: float = Field(
        0.0, ge=0, description="phase one ends when validation gains less than this share"
    )
    run_length: int = Field(24, ge=3, description="consecutive frames that are encoded together")
    batch_runs: int = Field(1, ge=1, description="such runs in one step")
    windows: int = Field(
        0,
        ge=0,
        description="draw so many windows a step instead, from anywhere, and encode their inputs "
        "and predicted frames alone; 0: runs",
    )
    one_pass: Literal["windows", "frames"] = Field(
        "windows",
        description="an epoch without steps has as many as show each window, or each frame, once "
        "on average",
    )
    pairs: int = Field(
        0,
        ge=0,
        description="draw so many pairs of frames a step where a phase only reconstructs; "
        "0: runs there too",
    )
    steps: int | None = Field(None, ge=1, description="steps an epoch; None: see one_pass")
    crop: int = Field(0, ge=0, description="train on crops of this side at moving places; 0: no")
    flip: Literal["none", "pairs", "all"] = Field(
        "none",
        description="training clips are shown as in a mirror too: where pairs are drawn, or in all "
        "phases; with all, what is usual in one direction alone is usual in both",
    )
    code_cache: float = Field(
        0.0,
        ge=0,
        description="while the motion model alone is trained, codes are kept on disk (as float16) "
        "if they take no more than so many GiB; else each step encodes its own frames",
    )
    learning_rate: float = Field(1e-4, gt=0)
    decay: Literal["step", "cosine"] = "step"
    decay_epochs: int = Field(20, ge=1)
    second_decay_epochs: int | None = Field(
        None,
        ge=1,
        description="phase two begins at learning_rate again and decays every so many of its own "
        "epochs; None: decay_epochs are counted over both phases",
    )
    decay_factor: float = Field(0.1, gt=0, le=1)
    adam_epsilon: float = Field(1e-8, gt=0)
    average: float = Field(
        0.0, ge=0, lt=1, description="decay of a moving average of the weights; 0: the last weights"
    )
    l2: float = Field(0.001, ge=0, description="gamma of eq. 1")
    decayed: Literal["all", "kernels"] = Field(
        "all", description="W of eq. 1: all parameters, or the convolutions' kernels alone"
    )

    # Scoring
    score: Literal["latent", "prediction", "reconstruction"] = "latent"
    position: Literal["mean", "max", "both"] = Field(
        "mean",
        description="mean over positions (eq. 2), or maximum; both: a geometric mean of the two, "
        "of errors divided by a power of what the code holds there, in usual ones of the scene",
    )
    highest: float = Field(
        0.25,
        ge=0,
        le=1,
        description="of position both: the maximum's weight; the mean has the rest",
    )
    power: float | None = Field(
        None,
        ge=0,
        le=1,
        description="of position both: by which power of what the code holds errors are divided; "
        "0: not; None: the share of the errors' variance within training clips that goes with it",
    )
    relative: float = Field(
        1.0,
        gt=0,
        description="of position both: what every position's code is taken to hold beside its own "
        "mean square, in usual ones; high: hardly relative",
    )
    box: int = Field(
        1,
        ge=0,
        description="the error is averaged over boxes of this side first, in positions of the "
        "latent code, with nothing beyond the border; 1: not; 0: by the objects' size",
    )

    own_background: bool = Field(
        False,
        description="a stream that shows another view than the training footage, or another "
        "light, is compared with its own mean picture instead of that footage's",
    )

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, given: Any) -> Any:
        """Bundles of before `output` say `tanh`, which was of the decoder's last layer."""
        if not isinstance(given, Mapping) or "tanh" not in given:
            return given
        rest = {name: value for name, value in given.items() if name != "tanh"}
        return {"output": "tanh" if given["tanh"] else "linear", **rest}

    @model_validator(mode="after")
    def _fits(self) -> DAMLConfig:
        factor = self.factor
        if 0 < self.height < 16:
            raise ValueError("height must be 16 or more, or 0")
        if self.height % factor or (self.width or 0) % factor:
            raise ValueError(f"height and width must be divisible by {factor} with these blocks")
        sides = [side for side in (self.height, self.width) if side]
        if self.crop % factor or (sides and self.crop > min(sides)):
            raise ValueError(f"crop must be a multiple of {factor}, at most the picture's side")
        if self.motion == "conv3d" and self.inputs > 2**self.motion_layers:
            raise ValueError(
                f"inputs must be at most 2 ** motion_layers = {2**self.motion_layers}: "
                "each layer halves the time axis"
            )
        if self.run_length < self.window:
            raise ValueError(f"run_length must be at least one window of {self.window} frames")
        if self.windows and self.skips == "frame" and self.input_stride > 1:
            raise ValueError("windows have no frames between their inputs: skips must be input")
        if self.flip == "pairs" and not self.pairs:
            raise ValueError("flip pairs needs pairs: no phase draws any")
        if "bce" in self.reconstruction_losses and (self.output != "sigmoid" or self.subtract_mean):
            raise ValueError("bce needs output sigmoid and subtract_mean false: pixels in 0 to 1")
        if self.bins and not (self.motion == "autoregressive" and self.code_tanh):
            raise ValueError("bins need motion autoregressive, and code_tanh: codes in -1 to 1")
        return self

    @property
    def factor(self) -> int:
        """Pixels of the working size to one position of the latent code."""
        return 2 ** (self.blocks - 1 + self.last_pool)

    @property
    def skip_back(self) -> int:
        """Frames from a reconstructed frame back to the one whose features it takes; 0: none."""
        return {"frame": 1, "input": self.input_stride, "none": 0}[self.skips]

    @property
    def window(self) -> int:
        """Frames from the first input to the predicted frame, both included."""
        return (self.inputs - 1) * self.input_stride + 1 + self.ahead


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": {},
    "paper-code": {
        "input_stride": 2,
        "batch_norm_epsilon": 1e-3,
        "batch_statistics": False,
        "initial": "glorot",
        "skips": "input",
        "decoder_channels": 32,
        "temporal_kernel": 2,
        "padding": "after",
        "reconstruction_frames": "mean",
        "windows": 10,
        "first_epochs": 26,
        "second_epochs": 24,
        "decay_epochs": 25,
        "second_decay_epochs": 24,
        "adam_epsilon": 1e-4,
        "l2": 0.0005,  # its gamma of 0.001 multiplies half the squares
        "decayed": "kernels",
    },
    "cpu": {
        "blocks": 3,
        "channels": 16,
        "height": 0,
        "subsample": 0,
        "interleaved": True,
        "temporal_kernel": 2,
        "first_weights": (1.0, 0.0),
        "ahead": 0,
        "slope": 0.2,
        "first_epochs": 2,
        "second_epochs": 3,
        "steps": 250,
        "pairs": 32,
        "run_length": 32,
        "batch_runs": 4,
        "crop": 64,
        "code_cache": 8.0,
        "learning_rate": 2e-3,
        "average": 0.98,
        "position": "both",
        "box": 0,
        "own_background": True,
    },
    "demo": {
        "height": 64,
        "channels": 8,
        "temporal_kernel": 2,
        "first_weights": (1.0, 0.0),
        "first_epochs": 5,
        "second_epochs": 12,
        "steps": 100,
        "pairs": 32,
        "run_length": 24,
        "batch_runs": 4,
        "code_cache": 1.0,
        "learning_rate": 3e-3,
        "decay": "cosine",
        "position": "max",
        "box": 3,
    },
    "tiny": {
        "height": 32,
        "channels": 4,
        "blocks": 3,
        "inputs": 4,
        "motion_layers": 2,
        "ahead": 2,
        "temporal_kernel": 2,
        "run_length": 12,
        "batch_runs": 2,
        "first_epochs": 1,
        "second_epochs": 1,
        "steps": 4,
        "learning_rate": 1e-3,
        "position": "max",
        "box": 3,
    },
}

# Table 1 and the published code: what depends on the data set.
_RGB = {"height": 128, "width": 224, "grey": False, "inputs": 6}
TABLE_1: Mapping[str, Mapping[str, Any]] = {
    "ped1": {"height": 128, "width": 192, "grey": True, "inputs": 8, "blocks": 5},
    "ped2": {"height": 128, "width": 192, "grey": True, "inputs": 8},
    "avenue": _RGB,
    "shanghaitech": _RGB,
}
# Its phase one runs up to and with the epoch at which its rate falls, and its phase two counts
# from there: hence the epochs that are one more, and one less, than round numbers.
PUBLISHED_CODE: Mapping[str, Mapping[str, Any]] = {
    "ped1": {"decay_epochs": 18, "second_decay_epochs": 17},
    "avenue": {"code_tanh": True, "second_decay_epochs": 19},
    "shanghaitech": {
        "first_epochs": 16,
        "second_epochs": 14,
        "decay_epochs": 15,
        "second_decay_epochs": 9,
    },
    "digits": {
        "height": 64,
        "width": 64,
        "grey": True,
        "inputs": 6,
        "input_stride": 1,
        "ahead": 2,
        "subtract_mean": False,
        "blocks": 5,
        "max_channels": 128,
        "last_pool": True,
        "skips": "none",
        "code_tanh": True,
        "output": "sigmoid",
        "reconstruction_losses": ("bce",),
        # Its cross-entropy is summed over a step's windows, of which there are 100.
        "first_weights": (100.0, 0.001),
        "windows": 100,
        "first_epochs": 16,
        "second_epochs": 9,
        "decay_epochs": 15,
        "second_decay_epochs": 9,
    },
}


def for_variant(preset: str, variant: str) -> dict[str, Any]:
    """Settings of a preset that depend on the data set."""
    if preset not in ("paper", "paper-code"):
        return {}
    settings = dict(TABLE_1.get(variant, {}))
    if preset == "paper-code":
        settings |= PUBLISHED_CODE.get(variant, {})
    return settings
