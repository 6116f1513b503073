"""What auto-encoders over a stack of frames share: how they are fitted, and how they score.

The network is given a stack of frames and gives frames back, or the next one; its squared error is
the anomaly map, and its mean over the picture the score.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.devices import PROCESSOR, Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.graphs import Graph, Network, resident
from awry.methods.search_space import SearchSpace
from awry.methods.stacks import StackConfig, Windows, by_footage, to_input
from awry.methods.windowed import Origin, WindowScorer
from awry.progress import Reporter, Silent
from awry.scoring.maps import blurred
from awry.scoring.streaming import Values, no_filter
from awry.training.loop import Phase, Step, train
from awry.training.schedule import constant, cosine
from awry.training.split import WHOLE, Split
from awry.video.pictures import coloured, resized

if TYPE_CHECKING:
    from awry.training.footage import Footage
    from awry.training.loop import FitContext

NETWORK = "network"
"""The graph's name."""
PEAK = "peak"
"""The part that is the highest value of the anomaly map."""
VALIDATION_WINDOWS = 16


class StackMethod(Method):
    """A method whose one network takes a stack of frames and gives frames.

    Attributes:
        guess: what the network's answer is called, in parts and pictures.
    """

    guess: ClassVar[str] = "reconstruction"
    splits: ClassVar[Mapping[str, Split]] = {"paper": WHOLE}
    config: StackConfig

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self.network: nn.Module | None = None
        self._placed: tuple[nn.Module, Compute, Network] | None = None

    @classmethod
    def search_space(cls) -> SearchSpace:
        """As `Method.search_space`."""
        return SearchSpace({"score": ("frame", "peak"), "height": (0, 128, 192)}, ("epochs",))

    @abstractmethod
    def build(self) -> nn.Module:
        """The network with fresh weights; (n, frames, c, h, w) in [0, 1] to (n, k, c, h, w)."""

    @abstractmethod
    def losses(self, network: Any, windows: Tensor) -> dict[str, Tensor]:
        """Named losses of windows (n, window, c, h, w) in [0, 1]; `total` is minimised."""

    def frame_score(self, error: float) -> float:
        """A frame's score out of its mean squared error."""
        return error

    def optimizer(self, parameters: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
        """Adam, unless the method says otherwise."""
        return torch.optim.Adam(parameters, lr=self.config.learning_rate)

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`."""
        network, training, validation = self._prepare(
            footage, context.seed, context.reporter, context.compute
        )
        config = self.config
        steps = config.steps or training.steps
        falling = config.decay == "cosine"
        phase = Phase(
            "training",
            list(network.parameters()),
            config.epochs,
            steps,
            lambda step: self.losses(network, training.draw(step)),
            self.optimizer,
            cosine(config.epochs, steps, least=0.05) if falling else constant(),
            None if validation is None else lambda: self._validated(network, validation),
            prepare=partial(_to_train, network),
        )
        train(network, [phase], context)
        network.eval()

    def _prepare(
        self, footage: Footage, seed: int, reporter: Reporter, compute: Compute
    ) -> tuple[nn.Module, Windows, Windows | None]:
        """The network with fresh weights, and what it trains and validates on.

        Args:
            footage: as `fit` is given.
            seed: of the weights.
            reporter: told where footage is measured.
            compute: where windows come; the network is on the processor.
        """
        settled, notes = by_footage(self.config, footage, reporter)
        self.config = type(self.config)(**{**self.config.model_dump(), **settled})
        footage.notes += notes
        size, grey = self.config.size, bool(self.config.grey)
        training = Windows(footage.runs("train", size, grey=grey), self.config, compute)
        torch.manual_seed(seed)
        self.network = self.build()
        return self.network, training, self._validation(footage, compute)

    def _validation(self, footage: Footage, compute: Compute) -> Windows | None:
        """The validation part, where one is held back that is long enough for a window."""
        if not footage.split.validation:
            return None
        try:
            held_back = footage.runs("validation", self.config.size, grey=bool(self.config.grey))
            return Windows(held_back, self.config, compute)
        except FootageError:
            footage.notes.append("The validation part is shorter than one window: not used.")
            return None

    def _validated(self, network: nn.Module, windows: Windows) -> dict[str, float]:
        """The losses of some held-back windows, averaged."""
        network.eval()
        sums: dict[str, float] = {}
        numbers = windows.spread(VALIDATION_WINDOWS)
        with torch.no_grad():
            for number in numbers:
                for name, value in self.losses(network, windows.at([number])).items():
                    sums[name] = sums.get(name, 0.0) + float(value) / len(numbers)
        network.train()
        return sums

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        self._fitted().eval()
        compute, network = self._answering()
        return ErrorScorer(self, setting, network, compute)

    def _answering(self) -> tuple[Compute, Network]:
        """What answers for the network, and where; one copy on a device serves all scorers."""
        if self.runtime is not None:
            return PROCESSOR, self.runtime[NETWORK]
        network, compute = self._fitted(), self.compute
        if compute.plain:
            return compute, self.networks[NETWORK]
        if self._placed is None or self._placed[:2] != (network, compute):
            self._placed = network, compute, resident(self.graphs(), compute)[NETWORK]
        return compute, self._placed[2]

    def graphs(self) -> dict[str, Graph]:
        """As `Method.graphs`: the one network."""
        config, network = self.config, self._fitted().eval()
        frames = torch.zeros(2, config.frames, config.colours, *config.size)
        return {NETWORK: Graph(network, {"frames": frames}, (self.guess,))}

    def _fitted(self) -> nn.Module:
        if self.network is None:
            raise TrainingError(
                f"This {self.name} has not been fitted: call fit or load a bundle first."
            )
        return self.network

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`."""
        return dict(self._fitted().state_dict())

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        network = self.build()
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise BundleError(
                f"The bundle's tensors do not fit its {self.name} settings: {error}. Refit it."
            ) from error
        self.network = network.eval()

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`."""
        return (self._fitted(),)

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`."""
        compute = self.compute
        network, training, _ = self._prepare(footage, 0, Silent(), compute)
        network = self.network = compute.copy_of(network)
        windows = training.draw(Step(0, 0, np.random.default_rng(0)))
        with compute.rounding():
            return [self.losses(network.train(), windows)["total"]]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A frame in the window: its number and time, its size (H, W), its picture (c, h, w).

    The picture is where the network is.
    """

    index: int
    time_s: float | None
    size: tuple[int, int]
    picture: Tensor


@dataclass(frozen=True, slots=True)
class FrameError:
    """The judged frame's squared error, float32 (h, w), of pixels in [0, 1]."""

    index: int
    time_s: float | None
    error: NDArray[np.float32]


class ErrorScorer(WindowScorer[FrameError]):
    """Judges each frame by the network's error in it.

    Parts: the frame's score, called as the network's answer is, and `peak`.

    Args:
        method: fitted.
        setting: where it works.
        network: what answers for the method's network; it takes pictures from anywhere.
        compute: where its answers are.
    """

    def __init__(
        self, method: StackMethod, setting: Setting, network: Network, compute: Compute
    ) -> None:
        config = self._config = method.config
        before = config.place * config.stride
        super().__init__(setting, before, config.span - 1 - before, no_filter(), no_filter())
        self.reach = before
        self._method = method
        self._network, self._compute = network, compute
        self._ignored_at: tuple[tuple[int, int], NDArray[np.bool_] | None] | None = None

    def _prepared(self, frame: Frame) -> _Prepared:
        with self._stage("resize"):
            picture = resized(frame.image, self._config.size, bool(self._config.grey))
            size = (frame.image.shape[0], frame.image.shape[1])
            shown = to_input(self._compute.put(picture))
            return _Prepared(frame.index, frame.time_s, size, shown)

    def _raw_result(self, origin: Origin) -> FrameError:
        config = self._config
        frames = list(self._window)[:: config.stride]
        judged = frames[config.place]
        with self._stage("network"):
            guess = self._answer(torch.stack([frame.picture for frame in frames]))[config.answer]
            error = self._compute.array((guess - judged.picture).square().mean(0))
        if (ignored := self._ignored_in(judged.size)) is not None:
            error = np.where(ignored, np.float32(0), error)
        return FrameError(judged.index, judged.time_s, error)

    @torch.inference_mode()
    def _answer(self, window: Tensor) -> Tensor:
        """What the network makes of a window (window, c, h, w): (k, c, h, w)."""
        return self._network(window[None, : self._config.frames])[0][0]

    def _ignored_in(self, frame: tuple[int, int]) -> NDArray[np.bool_] | None:
        """Ignored positions of the map; computed once, since a stream has one size."""
        if self._ignored_at is None or self._ignored_at[0] != frame:
            self._ignored_at = frame, self._ignored(frame, self._config.size)
        return self._ignored_at[1]

    def _values(self, raw: FrameError) -> Values:
        return {"error": raw.error}

    def _frame_score(self, raw: FrameError, values: Values) -> tuple[FrameScore, Values]:
        error = values["error"]
        ignored = None if self._ignored_at is None else self._ignored_at[1]
        counted = error if ignored is None else error[~ignored]
        mean = float(counted.mean(dtype=np.float64)) if counted.size else 0.0
        heat = blurred(error, self._config.box)
        if ignored is not None:
            heat = np.where(ignored, np.float32(0), heat)
        parts = {self._method.guess: self._method.frame_score(mean), PEAK: float(heat.max())}
        map_ = heat if self.setting.maps else None
        return FrameScore(raw.index, raw.time_s, None, parts, map_), {}

    def _final_score(self, score: FrameScore, smooth: Values) -> FrameScore:
        chosen = PEAK if self._config.score == PEAK else self._method.guess
        return replace(score, score=score.parts[chosen])

    def pictures(self, frames: Sequence[Frame]) -> Mapping[str, NDArray[np.uint8]] | None:
        """The last frame, what the network makes of it, and the difference.

        Args:
            frames: consecutive; fewer than a window's span give None.

        Returns:
            uint8 RGB (h, w, 3) pictures by name.
        """
        config = self._config
        if len(frames) < config.span:
            return None
        chosen = frames[len(frames) - config.span :: config.stride]
        grey = bool(config.grey)
        images = [resized(self.setting.black_out(f).image, config.size, grey) for f in chosen]
        compute = self._compute
        window = to_input(compute.put(np.stack(images)))
        guess = self._answer(window)[-1]
        shown = {
            "input": window[-1],
            self._method.guess: guess,
            "error": (guess - window[-1]).abs(),
        }
        return {name: _picture(compute.fetch(frame)) for name, frame in shown.items()}


def _picture(frame: Tensor) -> NDArray[np.uint8]:
    """uint8 (h, w, 3) of (c, h, w) in [0, 1]."""
    image = (frame.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return coloured(image)


def _to_train(network: nn.Module) -> None:
    network.train()
