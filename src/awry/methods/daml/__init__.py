"""DAML: decoupled appearance and motion learning.

Li, Leroux, Simoens: Decoupled appearance and motion learning for efficient anomaly detection in
surveillance video. Computer Vision and Image Understanding 210 (2021). Written from the paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.methods.base import Method, Scorer, Setting
from awry.methods.daml.config import PRESETS, DAMLConfig, for_variant
from awry.methods.daml.network import POOLED, DAMLModel
from awry.methods.daml.normality import scene_means, usual_errors
from awry.methods.daml.placed import Placed
from awry.methods.daml.samples import Batches
from awry.methods.daml.scale import by_scale, width_at
from awry.methods.daml.scoring import DAMLScorer
from awry.methods.daml.training import losses, phases
from awry.methods.graphs import Graph
from awry.methods.search_space import SearchSpace
from awry.progress import Silent
from awry.training.loop import Step, train
from awry.training.split import WHOLE, Split

if TYPE_CHECKING:
    from awry.methods.published import Publication
    from awry.progress import Reporter
    from awry.training.footage import Footage, Run
    from awry.training.loop import FitContext

__all__ = ["DAML", "DAMLConfig"]

DEVIATION = "deviation."
LEVEL = "level."
ENERGY = "energy"


class DAML(Method):
    """A 2-D encoder per frame; a small motion model predicts a future latent code."""

    name = "daml"
    batch_settings = ("batch_runs",)
    fused_by_default = True
    demo_by_default = True
    watch_by_default = True
    Config = DAMLConfig
    presets = PRESETS
    splits: ClassVar[Mapping[str, Split]] = {"paper": WHOLE, "paper-code": WHOLE}
    phrases: ClassVar[Mapping[str, str]] = {
        "": "the scene did not go on as expected",
        "latent": "the scene did not go on as expected",
        "prediction": "the picture differs from the one that was predicted",
        "reconstruction": "{it} looks like nothing seen in training",
    }
    config: DAMLConfig

    def __init__(self, config: DAMLConfig) -> None:
        super().__init__(config)
        self.model: DAMLModel | None = None
        self._placed: Placed | None = None

    @classmethod
    def for_variant(cls, preset: str, variant: str) -> Mapping[str, Any]:
        """Table 1, and the published code's choices for `paper-code`."""
        return for_variant(preset, variant)

    @classmethod
    def search_space(cls) -> SearchSpace:
        """As `Method.search_space`."""
        return SearchSpace(
            {"ahead": (6, 9, 12, 18), "box": (5, 9, 13), "position": ("mean", "max", "both")},
            lengths=("first_epochs", "second_epochs"),
        )

    @classmethod
    def publication(cls) -> Publication:
        """As `Method.publication`."""
        from awry.methods.daml.published import publication

        return publication()

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`."""
        model, runs, validation = self._prepare(
            footage, context.seed, context.reporter, context.compute
        )
        parts = phases(
            model, self.config, runs, validation, context.folder, context.seed, context.compute
        )
        train(model, parts, context)
        model.eval()
        if self.config.position == "both":
            self._measure_usual(model, runs, footage, context.compute)

    def _prepare(
        self, footage: Footage, seed: int, reporter: Reporter, compute: Compute
    ) -> tuple[DAMLModel, list[Run], Batches | None]:
        self._resolve(footage, reporter)
        size = (self.config.height, self.config.width or 0)
        grey = bool(self.config.grey)
        runs = footage.runs("train", size, grey=grey)
        torch.manual_seed(seed)
        model = self.model = DAMLModel(self.config, footage.scenes)
        if self.config.subtract_mean:
            means, deviations = scene_means(runs, footage.scenes)
            model.means.copy_(torch.from_numpy(means))
            model.deviations = torch.from_numpy(deviations)
        return model, runs, self._validation(footage, model, compute)

    def _validation(self, footage: Footage, model: DAMLModel, compute: Compute) -> Batches | None:
        """The validation part, where one is held back that is long enough for a window."""
        if not footage.split.validation:
            if self.config.converged:
                footage.notes.append(
                    "converged goes by the training losses, since no footage was held back for "
                    "validation."
                )
            return None
        size = (self.config.height, self.config.width or 0)
        try:
            held_back = footage.runs("validation", size, grey=bool(self.config.grey))
            return Batches(held_back, model, self.config, compute)
        except FootageError:
            footage.notes.append("The validation part is shorter than one window: not used.")
            return None

    def _resolve(self, footage: Footage, reporter: Reporter) -> None:
        """Settle what the config leaves to the footage, so that the bundle records it."""
        if self.config.grey is None:
            self._settle({"grey": footage.is_grey()})
        settled, notes = by_scale(self.config, footage, reporter)
        self._settle(settled)
        footage.notes += notes
        if self.config.width is None:
            config, frame = self.config, footage.frame_size()
            width = width_at(config.height, frame, config.factor)
            # A preset's crop may be wider than a tall picture.
            crop = min(config.crop, width // config.factor * config.factor)
            self._settle({"width": width, "crop": crop})

    def _measure_usual(
        self, model: DAMLModel, runs: Sequence[Run], footage: Footage, compute: Compute
    ) -> None:
        """What relative errors are relative to."""
        usual = usual_errors(model, self.config, runs, compute)
        model.energy = usual.energy
        levels = [usual.levels.get(scene, usual.levels[POOLED]) for scene in model.scenes]
        model.levels = torch.tensor(levels, dtype=torch.float64)
        if self.config.power is None:
            self._settle({"power": round(usual.power, 3)})
            footage.notes.append(
                f"{usual.power:.0%} of how errors vary within training clips goes with what the "
                f"codes hold, so they are divided by its power {usual.power:.2g}."
            )

    def _settle(self, settled: Mapping[str, Any]) -> None:
        self.config = DAMLConfig(**{**self.config.model_dump(), **settled})

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        return DAMLScorer(self._where_it_scores(), self.config, setting)

    def _where_it_scores(self) -> Placed:
        """The model where it scores; one copy on a device serves all scorers."""
        model, compute = self._fitted(), self.compute
        if self.runtime is not None or compute.plain:
            return Placed(model, compute, self.runtime)
        if self._placed is None or (self._placed.fitted, self._placed.compute) != (model, compute):
            self._placed = Placed(model, compute)
        return self._placed

    def graphs(self) -> dict[str, Graph]:
        """As `Method.graphs`: the encoder, and the motion model one code at a time."""
        return self._fitted().eval().graphs()

    def _fitted(self) -> DAMLModel:
        if self.model is None:
            raise TrainingError("This DAML has not been fitted: call fit or load a bundle first.")
        return self.model

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`; the scenes' names are part of the tensors' names."""
        model = self._fitted()
        tensors = {name: value for name, value in model.state_dict().items() if name != "means"}
        for scene in model.scenes:
            tensors[f"mean.{scene}"] = model.mean_of(scene)
            if (deviation := model.deviation_of(scene)) is not None:
                tensors[f"{DEVIATION}{scene}"] = deviation
            if model.levels is not None:
                tensors[f"{LEVEL}{scene}"] = torch.tensor(model.level_of(scene))
        if model.energy is not None:
            tensors[ENERGY] = torch.tensor(model.energy)
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        means = {name[5:]: value for name, value in tensors.items() if name.startswith("mean.")}
        scenes = tuple(scene for scene in means if scene != POOLED)
        rest = {
            name: value
            for name, value in tensors.items()
            if name != ENERGY and not name.startswith(("mean.", DEVIATION, LEVEL))
        }
        try:
            model = DAMLModel(self.config, scenes)
            rest["means"] = torch.stack([means[scene] for scene in model.scenes])
            model.load_state_dict(rest)
            if f"{DEVIATION}{POOLED}" in tensors:
                known = [tensors[f"{DEVIATION}{scene}"] for scene in model.scenes]
                model.deviations = torch.stack(known)
                if model.deviations.shape != model.means[:, 0].shape:
                    raise RuntimeError("deviations of another size than the means")
            if ENERGY in tensors:
                model.energy = float(tensors[ENERGY])
            if f"{LEVEL}{POOLED}" in tensors:
                known = [tensors[f"{LEVEL}{scene}"] for scene in model.scenes]
                model.levels = torch.stack(known).double()
            needed = (model.energy, model.levels, self.config.power)
            if self.config.position == "both" and any(one is None for one in needed):
                raise RuntimeError(
                    "position both needs what was measured of training errors, which is missing"
                )
        except (KeyError, RuntimeError, AssertionError) as error:
            raise BundleError(
                f"The bundle's tensors do not fit its DAML settings: {error}. Refit it."
            ) from error
        self.model = model.eval()

    @property
    def extra_parts(self) -> tuple[str, ...]:
        """P-MSE and R-MSE need the decoder."""
        return ("prediction", "reconstruction")

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`."""
        return (self._fitted(),)

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`: eq. 1 with both weights."""
        compute = self.compute
        model, runs, _ = self._prepare(footage, 0, Silent(), compute)
        step = Step(0, 0, np.random.default_rng(0))
        batch = Batches(runs, model, self.config, compute).draw(step)
        model = self.model = compute.copy_of(model).train()
        names = self.config.reconstruction_losses
        with compute.rounding():
            return [losses(model, batch, (1.0, 1.0), names, self.config.ahead)["total"]]
