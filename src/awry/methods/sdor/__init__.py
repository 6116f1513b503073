"""SDOR: self-trained deep ordinal regression.

Pang, Yan, Shen, van den Hengel, Bai: Self-trained Deep Ordinal Regression for End-to-End Video
Anomaly Detection. CVPR 2020. Written from the paper; there is no public code.

It needs no normal footage. `SDOR.learn` takes any archive and ranks the very frames that it
learns from (transductive: `awry sift`); `SDOR.fit` takes training footage and gives a bundle that
scores new streams like any other method's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.graphs import Graph
from awry.methods.sdor.config import PRESETS, SDORConfig
from awry.methods.sdor.initial import Initial, detect_in_groups
from awry.methods.sdor.network import MeanOfRounds, SDORModel
from awry.methods.sdor.normality import Series
from awry.methods.sdor.reading import Stretch, read_archive
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.scoring import SDORScorer
from awry.methods.sdor.training import Ranking, phases
from awry.training.loop import Step, train
from awry.training.split import WHOLE, Split
from awry.video.memory import ArraySource

if TYPE_CHECKING:
    from pathlib import Path

    from awry.methods.published import Publication
    from awry.progress import Reporter
    from awry.training.footage import Footage, Run
    from awry.training.loop import FitContext

__all__ = ["SDOR", "SDORConfig"]


class SDOR(Method):
    """Pseudo labels from generic detectors, refined round by round by an end-to-end learner."""

    name = "sdor"
    Config = SDORConfig
    presets = PRESETS
    splits: ClassVar[Mapping[str, Split]] = {"paper": WHOLE}
    phrases: ClassVar[Mapping[str, str]] = {"": "{it} looks unlike most of the footage"}
    config: SDORConfig

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self.model: SDORModel | None = None

    @classmethod
    def publication(cls) -> Publication:
        """As `Method.publication`."""
        from awry.methods.sdor.published import publication

        return publication()

    def prepare(self, frame_size: tuple[int, int], seed: int) -> SDORModel:
        """A model with the pretrained backbone, for frames of (H, W).

        Raises:
            ConfigError: unknown backbone, or one that is frozen whole.
            MissingError: its weights are not there.
        """
        settled = self.config.model_dump()
        if self.config.width is None:
            settled["width"] = max(32, round(self.config.height * frame_size[1] / frame_size[0]))
        self.model = SDORModel(self.config, pretrained=True, seed=seed)
        self.config = SDORConfig(**{**settled, "frozen": len(self.model.frozen)})
        return self.model

    def learn(self, archive: Archive, context: FitContext) -> tuple[Initial, Ranking]:
        """Initial detection and self-training on an archive; `prepare` comes first.

        Returns:
            What the generic detectors said, and the ranking with each round's scores; there are
            none where all frames look alike.

        Raises:
            FootageError: fewer than two frames.
        """
        model = self._fitted()
        if len(archive) < 2:
            raise FootageError("There is one frame alone: nothing can be ranked.")
        initial = self._initial(archive, context.seed)
        ranking = Ranking(archive, self.config, initial.scores, {}, context.compute)
        if not initial.constant:
            train(model, phases(model, ranking), context)
        model.eval()
        return initial, ranking

    def _initial(self, archive: Archive, seed: int) -> Initial:
        groups = archive.groups(apart=self.config.scenes == "apart")
        return detect_in_groups(archive.features, groups, self.config, seed)

    def final_scores(self, ranking: Ranking) -> Series:
        """The mean over the rounds' models (SDOR eq. 9), float64 (n,)."""
        model = self._fitted()
        every = [ranking.of_round(model, number) for number in range(len(model.rounds))]
        return np.mean(every, axis=0)

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`: on the training part alone, as if it might hold anything."""
        made = (context.seed, context.folder, context.reporter, context.compute)
        archive = self._archive(footage, *made)
        initial, _ = self.learn(archive, context)
        footage.notes += initial.notes
        if initial.constant:
            footage.notes.append("All training frames look alike: nothing was learned.")

    def _archive(
        self, footage: Footage, seed: int, folder: Path, reporter: Reporter, compute: Compute
    ) -> Archive:
        model = self.prepare(footage.frame_size(), seed)
        assert self.config.width is not None
        runs = footage.runs("train", (self.config.height, self.config.width))
        stretches = [
            Stretch(
                run.clip,
                run.scene,
                f"{footage.fingerprint()} {run.clip} {run.first} {len(run.images)}",
                partial(_source, run),
            )
            for run in runs
        ]
        place = folder / "archive"
        return read_archive(stretches, model, self.config, place, reporter, compute=compute)

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        span = self._fitted().span
        # Exported networks take what is on the processor.
        compute = self.asked_on
        return SDORScorer(self.networks["judge"], span, self.config, setting, compute)

    def graphs(self) -> dict[str, Graph]:
        """As `Method.graphs`: all rounds' learners in one, with the stages that they share."""
        model, config = self._fitted().eval(), self.config
        assert config.width is not None
        frames = (model.span,) if model.span > 1 else ()
        pictures = torch.zeros(2, 3, *frames, config.height, config.width)
        return {"judge": Graph(MeanOfRounds(model), {"pictures": pictures}, ("score", "map"))}

    def _fitted(self) -> SDORModel:
        if self.model is None:
            raise TrainingError("This SDOR has not been fitted: call fit or load a bundle first.")
        return self.model

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`; the frozen stages are part of it."""
        return dict(self._fitted().state_dict())

    def load_state(self, tensors: dict[str, Tensor], *, pretrained: bool = False) -> None:
        """As `Method.load_state`; `pretrained` where an archive is to be read with it again."""
        model = SDORModel(self.config, pretrained=pretrained)
        try:
            model.load_state_dict(tensors)
        except RuntimeError as error:
            raise BundleError(
                f"The bundle's tensors do not fit its SDOR settings: {error}. Refit it."
            ) from error
        self.model = model.eval()

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`."""
        return list(self._fitted().learners)

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`: the loss of each round's learner."""
        from pathlib import Path
        from tempfile import TemporaryDirectory

        compute = self.compute
        with TemporaryDirectory() as folder:
            archive = self._archive(footage, 0, Path(folder), footage.reporter, compute)
            initial = self._initial(archive, 0)
            ranking = Ranking(archive, self.config, initial.scores, {}, compute)
            self.model = compute.copy_of(self._fitted())
            every = phases(self.model, ranking)
            for phase in every:
                phase.prepare()
            with compute.rounding():
                steps = [Step(0, 0, np.random.default_rng(0)) for _ in every]
                losses = [phase.loss(step) for phase, step in zip(every, steps, strict=True)]
        return [loss["total"] for loss in losses]


def _source(run: Run) -> ArraySource:
    return ArraySource(run.images, run.fps, run.clip)
