"""The contract that every method keeps.

A `Method` learns from normal footage and makes `Scorer`s; a `Scorer` turns frames into scores,
one stream at a time. `tests/methods/test_contract.py` holds every registered method to it.
"""

from __future__ import annotations

import copy
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import is_not
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from awry.devices import PROCESSOR, Compute, current
from awry.errors import ConfigError, FrameError, nearest
from awry.frames import Frame, FrameScore
from awry.memory import FOR_SCORING, enough_memory
from awry.methods.frame_check import check_frame
from awry.methods.graphs import Graph, Network, eager
from awry.methods.search_space import SearchSpace
from awry.methods.smaller import smaller_fit
from awry.scoring.maps import map_regions
from awry.teachers.kinds import has_weights
from awry.teachers.objects import NOTHING_EXPORTED, ExportedNetwork, ObjectDetector
from awry.training.split import Split
from awry.video.ignore import IgnoreRegions
from awry.video.pictures import small_mask

if TYPE_CHECKING:
    from torch import Tensor, nn

    from awry.methods.published import Publication
    from awry.training.footage import Footage
    from awry.training.loop import FitContext

ASPECT_TOLERANCE = 0.02


class MethodConfig(BaseModel):
    """A method's settings: typed, frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a scorer works: what the fitted model was told about the camera.

    Attributes:
        scene: the scene's name; a method with per-scene state falls back to the pooled one.
        clip: the clip's name, after `train/` or `test/` in a data set, for teachers that know
            clips; may be empty.
        ignore: regions whose pixels never count; frames arrive at the method with them black.
        map_levels: ascending levels at which maps are cut into regions; empty for no regions.
        maps: whether maps and regions are wanted; without them scoring may be faster.
        parts: names of parts that are wanted although they cost extra.
        fps: frames per second of the stream, or None.
        frame_size: (H, W) of the footage's frames, which `ignore` speaks of; None: unknown.
    """

    scene: str = "*"
    clip: str = ""
    ignore: IgnoreRegions = field(default_factory=lambda: IgnoreRegions.parse([]))
    map_levels: tuple[float, ...] = ()
    maps: bool = True
    parts: tuple[str, ...] = ()
    fps: float | None = None
    frame_size: tuple[int, int] | None = None

    def mask(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Ignored pixels of a frame of that size (H, W)."""
        return self.ignore.mask(*size, reference_size=self.frame_size)

    def small_mask(self, frame: tuple[int, int], size: tuple[int, int]) -> NDArray[np.bool_]:
        """Positions of an (h, w) map that lie wholly inside ignored regions of an (H, W) frame."""
        return small_mask(self.mask(frame), size) if self.ignore else np.zeros(size, bool)

    def black_out(self, frame: Frame) -> Frame:
        """The frame with its ignored pixels black."""
        return replace(frame, image=self.ignore.black_out(frame.image, self.frame_size))


class Scorer(ABC):
    """Scores one stream. Not shared between streams or threads.

    Attributes:
        lookahead: frames after frame i that must have been pushed before i is scored.
        smoothing: the filters over time that run inside the scorer, in words with their span in
            frames and, where the rate is known, seconds; `none` means none. Measurements record
            it, and smoothed scores are not compared with others as if they were alike.
        warmup: frames at the start of a stream that come out with score None.
        run_up: frames at the start of a stream of which a score, or a picture, may lack something
            that later ones have; `warmup` or more.
        seconds: spent so far in each stage of scoring: `resize`, teachers (`detector`, `flow`),
            `network`, `maps`, and what the method names besides. Stages beside one another add up.
        causal: True where a score depends on no later frame.
        reach: frames before a frame on which its score depends, so that a long clip can be scored
            in pieces; None: all of them, back to the stream's beginning.
        period: a piece begins at a multiple of so many frames.
        picture_lag: `pictures` shows the frame so many before the last one that it is given, since
            the method looks at so many later ones to judge a frame by itself.
    """

    lookahead: int = 0
    reach: int | None = None
    period: int = 1
    picture_lag: int = 0
    warmup: int = 0
    smoothing: str = "none"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.seconds: dict[str, float] = {}
        self._size: tuple[int, int] | None = None

    @property
    def run_up(self) -> int:
        """Frames until all is there that scores and pictures are made of."""
        return self.warmup

    @property
    def causal(self) -> bool:
        """True where a score depends on no later frame."""
        return self.lookahead == 0

    def push(self, frame: Frame) -> list[FrameScore]:
        """Take the next frame; give the scores that are ready, in order.

        Every frame gets exactly one score, from `push` or `flush`; its `score` is None during
        warm-up and where a clip ends before the look-ahead is there.

        Raises:
            OutOfMemoryError: the memory does not suffice.
            FrameError: no `Frame`, its image not (H, W, 3) uint8, NaN inside, or another size than
                the frame before; says what to do with arrays, tensors and pictures.
        """
        with enough_memory(FOR_SCORING):
            return [self._with_regions(score) for score in self._push(self._checked(frame))]

    def flush(self) -> list[FrameScore]:
        """The stream has ended: give what is still owed and forget the stream."""
        with enough_memory(FOR_SCORING):
            scores = [self._with_regions(score) for score in self._flush()]
        self._size = None
        return scores

    def score(self, frames: Iterable[Frame]) -> Iterator[FrameScore]:
        """Score a whole clip; equal to pushing its frames and flushing, and maybe faster."""
        checked = (self._checked(frame) for frame in frames)
        with enough_memory(FOR_SCORING):
            for score in self._score(checked):
                yield self._with_regions(score)
        self._size = None

    def pictures(self, frames: Sequence[Frame]) -> Mapping[str, NDArray[np.uint8]] | None:
        """What the method makes of a frame, for people, e.g. its reconstruction.

        The stream that is being scored is not touched.

        Args:
            frames: at least `run_up + 1 + picture_lag` consecutive frames. The one that is shown
                lies `picture_lag` before the last.

        Returns:
            uint8 RGB (h, w, 3) pictures of one size by name; None where there are none, or too few
            frames.
        """
        return None

    @abstractmethod
    def _push(self, frame: Frame) -> list[FrameScore]:
        """`push` for a frame that was checked and blanked."""

    def _flush(self) -> list[FrameScore]:
        """`flush` without regions. Must leave the scorer as new."""
        return []

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        """The batched path, where a method has one."""
        for frame in frames:
            yield from self._push(frame)
        yield from self._flush()

    def _checked(self, frame: Frame) -> Frame:
        check_frame(frame)
        image, where = frame.image, f"Frame {frame.index}"
        size = (image.shape[0], image.shape[1])
        if self._size is not None and size != self._size:
            raise FrameError(
                f"{where} is {size[1]}x{size[0]}, but the stream began with "
                f"{self._size[1]}x{self._size[0]}; start a new scorer for a new size."
            )
        if self._size is None:
            self._check_aspect(size)
        self._size = size
        return self.setting.black_out(frame)

    @property
    def gives_regions(self) -> bool:
        """Whether scores carry regions where there is something to see; by maps, here."""
        return self.setting.maps and bool(self.setting.map_levels)

    def _check_aspect(self, found: tuple[int, int]) -> None:
        expected = self.setting.frame_size
        if expected is None or expected == found:
            return
        ratio = (expected[1] * found[0]) / (expected[0] * found[1])
        sizes = f"{found[1]}x{found[0]}, but the model was fitted on {expected[1]}x{expected[0]}"
        if abs(ratio - 1) > ASPECT_TOLERANCE:
            raise FrameError(
                f"The frames are {sizes}: another aspect ratio is another view. Crop the video "
                "to the fitted view, or fit on footage of this camera."
            )
        warnings.warn(f"The frames are {sizes}; they are resized.", stacklevel=4)

    def _with_regions(self, score: FrameScore) -> FrameScore:
        levels = self.setting.map_levels
        if score.map is None or score.regions or not levels or self._size is None:
            return score
        with self._stage("maps"):
            return replace(score, regions=map_regions(score.map, levels, self._size))

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        """Count what happens inside to that stage's `seconds`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


class Method(ABC):
    """One system: its settings, how it is fitted, what it learned.

    Attributes:
        name: as in the registry.
        Config: the settings' type.
        presets: preset name -> settings that differ from the defaults.
        splits: preset name -> how the footage is split where that differs from the usual; a
            `paper` that trains on all of it has `WHOLE`. The options of a fit go before it.
        levels: names of those parts that are whole scores by themselves, e.g. of objects and of
            frames; they are measured as scores are.
        fused_by_default: whether it is among those that are fused where nothing is said.
        demo_by_default: whether it is the one that the demo shows where nothing is said.
        watch_by_default: likewise, that a watched camera without a bundle learns.
        batch_settings: names of the settings that make a step's batch smaller; they are named where
            the memory does not suffice.
        phrases: part -> what a high value of it means, as a clause in plain words; `{it}` stands
            for the object, e.g. `{it} moves faster than in normal footage`. Under the empty name
            what a high score means where no part stands out.
        runtime: what answers in the place of `graphs`, e.g. exported ones; None: they themselves.
        compute: where its networks and its teachers run when it scores; as `devices.using` says
            where it was made. What it learned stays on the processor.
        exported_detectors: networks that answer in the place of object detectors', by the
            detector's `KIND:WHAT`; to be set before anything is scored.
    """

    name: ClassVar[str]
    levels: tuple[str, ...] = ()
    fused_by_default: ClassVar[bool] = False
    demo_by_default: ClassVar[bool] = False
    watch_by_default: ClassVar[bool] = False
    batch_settings: ClassVar[tuple[str, ...]] = ("batch",)
    phrases: ClassVar[Mapping[str, str]] = {}
    Config: ClassVar[type[MethodConfig]]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]]
    splits: ClassVar[Mapping[str, Split]] = {}

    def __init__(self, config: MethodConfig) -> None:
        self.config = config
        self.runtime: Mapping[str, Network] | None = None
        self.compute: Compute = current()
        self._copies: tuple[list[nn.Module], Mapping[str, Network]] | None = None
        self.exported_detectors: Mapping[str, ExportedNetwork] = NOTHING_EXPORTED

    @classmethod
    def configure(
        cls, preset: str, changes: Mapping[str, Any] | None = None, variant: str = ""
    ) -> MethodConfig:
        """The settings of a preset, for a data set's variant, with changes.

        Raises:
            ConfigError: unknown preset or key (the nearest is suggested), or a bad value.
        """
        if preset not in cls.presets:
            hint = nearest(preset, cls.presets)
            raise ConfigError(f"{cls.name} has no preset '{preset}': {hint}.")
        settings = {**cls.presets[preset], **cls.for_variant(preset, variant), **(changes or {})}
        for key in settings:
            if key not in cls.Config.model_fields:
                hint = nearest(key, cls.Config.model_fields)
                raise ConfigError(f"{cls.name} has no setting '{key}': {hint}.")
        try:
            return cls.Config(**settings)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ConfigError(f"{cls.name}: {key} = {first['input']!r}: {first['msg']}.") from error

    @classmethod
    def for_variant(cls, preset: str, variant: str) -> Mapping[str, Any]:
        """Settings that depend on the data set, by its variant's name."""
        return {}

    @classmethod
    def wanted_weights(cls, config: MethodConfig) -> Mapping[str, str]:
        """Setting -> `KIND:WHAT` of each ready-made network that a fit with these settings loads.

        Here those settings whose value is one; a method that loads others, or not all, says so.
        """
        return {name: value for name, value in config if has_weights(value)}

    @classmethod
    def search_space(cls) -> SearchSpace:
        """The settings that `awry tune` tries; empty where there is nothing to choose."""
        return SearchSpace()

    @classmethod
    def loss_space(cls) -> SearchSpace:
        """What the paper chose by validation losses, for `awry tune --by losses`; empty: nothing.

        Its `losses` name them, as the fit's history does behind `validation_`.
        """
        return SearchSpace()

    @classmethod
    def publication(cls) -> Publication | None:
        """The tables of the method's paper, and what of them can be run; None where there are none.

        It is asked for by `awry reproduce` alone; import what it needs inside.
        """
        return None

    @abstractmethod
    def fit(self, footage: Footage, context: FitContext) -> None:
        """Learn from the footage's train and validation parts; never from calibration.

        Raises:
            FootageError: too little footage.
            TrainingError: fitting cannot go on.
        """

    @abstractmethod
    def scorer(self, setting: Setting) -> Scorer:
        """A fresh scorer for one stream."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything that was learned, as named tensors."""

    @abstractmethod
    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `state` gave.

        Raises:
            BundleError: the tensors do not fit the settings.
        """

    def graphs(self) -> Mapping[str, Graph]:
        """The networks that scoring asks, by name; none where there is nothing to export."""
        return {}

    def on(self, compute: Compute) -> Self:
        """The same method, whose scorers run elsewhere; what was learned is shared.

        A method that keeps what runs somewhere, e.g. teachers, makes it anew.
        """
        other = copy.copy(self)
        other.compute, other._copies = compute, None
        return other

    def smaller_fit(self, compute: Compute) -> str:
        """What to do where the memory does not suffice for a fit, in a sentence.

        Args:
            compute: where it is fitted, and how exactly.
        """
        return smaller_fit(self.config, self.batch_settings, compute)

    @property
    def asked_on(self) -> Compute:
        """Where `networks` take their inputs best: exported ones take them on the processor."""
        return self.compute if self.runtime is None else PROCESSOR

    @property
    def networks(self) -> Mapping[str, Network]:
        """What answers for each graph: another runtime where one was set, or the graph itself.

        On a device copies answer, which serve all scorers.
        """
        if self.runtime is not None:
            return self.runtime
        graphs = self.graphs()
        if self.compute.plain:
            return eager(graphs)
        modules = [graph.module for graph in graphs.values()]
        if self._copies is None or any(map(is_not, self._copies[0], modules)):
            self._copies = modules, eager(graphs, self.compute)
        return self._copies[1]

    def object_detectors(self) -> Sequence[tuple[str, ObjectDetector]]:
        """`KIND:WHAT` of each object detector that scoring asks, and the detector; none here."""
        return ()

    def describe(self, part: str) -> str | None:
        """What a high value of a part means; see `phrases`. None where the part is no reason.

        Args:
            part: its name; empty: of the score as a whole.
        """
        return self.phrases.get(part)

    def speaker(self, parts: Mapping[str, float]) -> str:
        """Which of several systems says so; empty where there is one alone.

        Args:
            parts: of a region or a frame; those of the system are called `NAME.PART`.
        """
        return ""

    @property
    def at_once(self) -> int:
        """So many of its networks are asked beside one another, each with a share of the threads.

        A detector has all threads: what it sees is waited for.
        """
        return 1

    @property
    def extra_parts(self) -> tuple[str, ...]:
        """Parts that the scorer gives only where `Setting.parts` asks for them."""
        return ()

    @property
    def map_parts(self) -> tuple[str, ...]:
        """Parts of the score with maps of their own; see `FrameScore.maps`."""
        return ()

    def trained_modules(self) -> Sequence[Any]:
        """The torch modules whose every parameter the fit moves; none where nothing is trained."""
        return ()

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """The losses of one step, with the trained modules on `compute` and in its precision.

        For checks that every parameter gets a gradient, and that nothing is left on the processor.
        """
        return ()
