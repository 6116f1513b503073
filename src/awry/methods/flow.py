"""`flow`: plain optical flow, no learning. Whoever does not beat it has learned nothing of motion.

DIS flow from the frame before, its magnitude blurred 9x9, the maximum over the frame; or the same
relative to what is usual at each position of the training footage; or the largest median magnitude
inside any detected object, which noise between objects cannot reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from awry.devices import Compute
from awry.errors import BundleError, ConfigError, FootageError, TrainingError
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.search_space import SearchSpace
from awry.teachers.flow import DISFlow
from awry.teachers.objects import DetectorOptions, ObjectDetector, load_detector
from awry.teachers.objects.base import other_teachers, view_of
from awry.video.pictures import outer

if TYPE_CHECKING:
    from awry.training.footage import Footage
    from awry.training.loop import FitContext

# Frames of training footage that the quantiles are taken from, and the grid they are taken on.
_SAMPLES = 2000
_GRID = 8


class FlowConfig(MethodConfig):
    """Settings of the motion reference."""

    blur: int = Field(
        9, ge=1, le=1001, description="side of the box that the magnitude is averaged over"
    )
    quality: Literal["ultrafast", "fast", "medium"] = Field(
        "fast", description="of the DIS flow: OpenCV's preset"
    )
    relative: bool = Field(False, description="divide by each position's quantile in training")
    quantile: float = Field(0.99, gt=0, le=1)
    detector: str | None = Field(
        None,
        description="KIND:WHAT of an object detector: each object's median magnitude in place of "
        "the blurred one's maximum",
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="lowest confidence; None: the detector's own"
    )
    tiles: tuple[int, int] = Field((1, 1), description="columns, rows of tiles shown to it")
    detector_fingerprint: str = Field("", description="of the detector's weights; set by fit")


def flow_magnitude(
    engine: DISFlow, before: NDArray[np.uint8], after: NDArray[np.uint8], blur: int
) -> NDArray[np.float32]:
    """Blurred magnitude, float32 (H, W) in pixels a frame, of two grey pictures."""
    return _averaged_magnitude(engine(before, after), blur)


def _averaged_magnitude(flow: NDArray[np.float32], blur: int) -> NDArray[np.float32]:
    magnitude = np.hypot(flow[..., 0], flow[..., 1])
    return np.asarray(cv2.blur(magnitude, (blur, blur)), dtype=np.float32)


def carried(
    values: NDArray[np.float32], flow: NDArray[np.float32], blur: int, step: int
) -> NDArray[np.float32]:
    """Values of a frame's pixels at the places where these are in the next frame.

    A flow says of each pixel of the frame before where it goes, so that its magnitude lies where a
    thing was. This moves it to where the thing is.

    Args:
        values: float32 (H, W), 0 or more, at the pixels of the frame before.
        flow: float32 (H, W, 2), from there to the next frame: x, y in pixels.
        blur: side of the box that the values are means over; the flow is averaged alike.
        step: a value for each so many pixels, either way.

    Returns:
        float32 (ceil(H / step), ceil(W / step)); 0 where nothing came to, the highest where several
        values came together.
    """
    shift = cv2.blur(flow, (blur, blur))[::step, ::step]
    small = values[::step, ::step]
    height, width = small.shape
    rows, columns = np.mgrid[:height, :width]
    rows = np.rint(rows + shift[..., 1] / step).astype(np.intp)
    columns = np.rint(columns + shift[..., 0] / step).astype(np.intp)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    moved = np.zeros_like(small)
    np.maximum.at(moved, (rows[inside], columns[inside]), small[inside])
    # Where neighbours went apart, what lies between them moves as they do.
    return np.asarray(cv2.morphologyEx(moved, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def in_boxes(values: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each box (n, 4) filled with its median value; 0 outside, the highest where boxes overlap.

    Args:
        values: float32 (H, W), 0 or more.
        boxes: float32 (n, 4), `x_min, y_min, x_max, y_max` in pixels.
    """
    filled = np.zeros_like(values)
    for box in boxes:
        place = outer(box, values.shape)
        filled[place] = np.maximum(filled[place], np.median(values[place]))
    return filled


class FlowScorer(Scorer):
    """One flow field a frame. The first frame of a stream has none and is not scored."""

    warmup = 1
    reach = 1

    def __init__(
        self,
        config: FlowConfig,
        setting: Setting,
        usual: NDArray[np.float32] | None = None,
        detector: ObjectDetector | None = None,
    ) -> None:
        super().__init__(setting)
        self._engine = DISFlow(config.quality)
        self._config = config
        self._usual = usual
        self._detector = detector
        self._before: NDArray[np.uint8] | None = None

    def _push(self, frame: Frame) -> list[FrameScore]:
        grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        before, self._before = self._before, grey
        if before is None:
            return [FrameScore(frame.index, frame.time_s, None)]
        blur = 1 if self._detector else self._config.blur
        with self._stage("flow"):
            flow = self._engine(before, grey)
            magnitude = _averaged_magnitude(flow, blur)
        if self._usual is not None:
            height, width = grey.shape
            magnitude = magnitude / cv2.resize(self._usual, (width, height))
        if self.setting.ignore:
            magnitude[self.setting.mask(grey.shape)] = 0
        if self._detector is not None:
            magnitude = in_boxes(magnitude, self._boxes(self._detector, frame))
        score = float(magnitude.max())
        small = self._map(magnitude, flow) if self.setting.maps else None
        return [FrameScore(frame.index, frame.time_s, score, {"flow": score}, small)]

    def _map(
        self, magnitude: NDArray[np.float32], flow: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Where it moves in this frame, float32 (H / 4, W / 4)."""
        step = _GRID // 2
        if self._detector is not None:  # its boxes are this frame's
            return magnitude[::step, ::step]
        moved = carried(magnitude, flow, self._config.blur, step)
        if self.setting.ignore:
            moved[self.setting.mask(magnitude.shape)[::step, ::step]] = 0
        return moved

    def _boxes(self, detector: ObjectDetector, frame: Frame) -> NDArray[np.float32]:
        with self._stage("detector"):
            view = view_of([frame.image], 0, 0, 0, self.setting.clip, frame.number, None)
            return detector.detect(view).boxes

    def _flush(self) -> list[FrameScore]:
        self._before = None
        return []


class Flow(Method):
    """The motion reference."""

    name = "flow"
    Config = FlowConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "cpu": {},
        "tiny": {},
        "relative": {"relative": True},
    }
    phrases: ClassVar[Mapping[str, str]] = {
        "": "{it} moves faster than in normal footage",
        "flow": "{it} moves faster than in normal footage",
    }
    config: FlowConfig

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self._usual: dict[str, NDArray[np.float32]] = {}
        self._detector: ObjectDetector | None = None

    @classmethod
    def search_space(cls) -> SearchSpace:
        """As `Method.search_space`."""
        return SearchSpace(
            {"blur": (5, 9, 17, 33), "quality": ("fast", "medium"), "relative": (False, True)}
        )

    def fit(self, footage: Footage, context: FitContext) -> None:
        """Nothing to learn, unless `relative`: then a high quantile of each position."""
        if self.config.detector is not None:
            settled = {"detector_fingerprint": self._load(self.config.detector).fingerprint}
            self.config = self.config.model_copy(update=settled)
        runs = footage.runs("train", grey=True)
        if not self.config.relative:
            return
        engine = DISFlow(self.config.quality)
        total = sum(len(run.images) - 1 for run in runs)
        every = max(1, total // _SAMPLES)
        fields: dict[str, list[NDArray[np.float32]]] = {}
        context.reporter.start("flow", total // every, 0)
        for run in runs:
            for index in range(1, len(run.images), every):
                pair = (run.images[index - 1, ..., 0], run.images[index, ..., 0])
                magnitude = flow_magnitude(engine, *pair, self.config.blur)
                fields.setdefault(run.scene, []).append(magnitude[::_GRID, ::_GRID])
                context.reporter.advance({})
        everything = [field for scene in fields.values() for field in scene]
        if not everything:
            raise FootageError(
                "No training clip has two consecutive frames, so nothing moves. Give longer clips."
            )
        for scene, stack in {"*": everything, **fields}.items():
            usual = np.quantile(np.stack(stack), self.config.quantile, axis=0)
            # Half a pixel a frame: below that, a ratio would only amplify noise.
            self._usual[scene] = np.maximum(usual, 0.5).astype(np.float32)

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        if self.config.relative and not self._usual:
            raise TrainingError("This flow has not been fitted: call fit or load a bundle first.")
        usual = self._usual.get(setting.scene, self._usual.get("*"))
        detector = None if self.config.detector is None else self._load(self.config.detector)
        return FlowScorer(self.config, setting, usual, detector)

    def on(self, compute: Compute) -> Self:
        """As `Method.on`; the detector is loaded there."""
        other = super().on(compute)
        other._detector = None
        return other

    def _load(self, what: str) -> ObjectDetector:
        if self._detector is None:
            options = DetectorOptions(threshold=self.config.threshold, tiles=self.config.tiles)
            exported = self.exported_detectors
            self._detector = load_detector(what, options, exported, compute=self.compute)
        if self._detector.needs_neighbours:
            raise ConfigError(
                f"{what} looks at later frames too, and flow at none: use another --detector, "
                "e.g. onnx:FILE or boxes:FILE."
            )
        fitted = self.config.detector_fingerprint
        if fitted and fitted != self._detector.fingerprint:
            raise other_teachers(what)
        return self._detector

    def object_detectors(self) -> Sequence[tuple[str, ObjectDetector]]:
        """As `Method.object_detectors`."""
        what = self.config.detector
        return [] if what is None else [(what, self._load(what))]

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`."""
        return {f"usual.{scene}": torch.from_numpy(field) for scene, field in self._usual.items()}

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        foreign = [name for name in tensors if not name.startswith("usual.")]
        if foreign or self.config.relative != ("usual.*" in tensors):
            raise BundleError("The bundle's tensors do not fit its flow settings. Refit it.")
        if any(field.dtype != torch.float32 or field.ndim != 2 for field in tensors.values()):
            raise BundleError("The bundle's usual flow is not one picture a scene. Refit it.")
        self._usual = {name[6:]: value.numpy() for name, value in tensors.items()}
