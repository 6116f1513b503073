"""MTLA: multi-task learning with attention.

Baradaran, Bergevin: Multi-Task Learning based Video Anomaly Detection with Attention. CVPR
Workshops 2023. Written from the paper; there is no public code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.composed import NO_WEIGHTS, ScoredCompositions, with_weights
from awry.methods.graphs import Graph
from awry.methods.mtla.config import PRESETS, MTLAConfig
from awry.methods.mtla.network import MTLAModel, attention_inputs
from awry.methods.mtla.normality import measure_normality
from awry.methods.mtla.samples import (
    BEFORE,
    SampleMaker,
    Samples,
    Scene,
    backgrounds,
    frames_needed,
    objects_of,
    places_of,
)
from awry.methods.mtla.scale import by_scale
from awry.methods.mtla.scoring import MTLAScorer
from awry.methods.mtla.teachers import MTLATeachers, occurring
from awry.methods.mtla.training import loss_of, phases
from awry.methods.mtla.weights import learn_branch_weights
from awry.methods.search_space import SearchSpace
from awry.methods.weighing import trust_state, without_trust
from awry.progress import Reporter, Silent
from awry.teachers.objects import ObjectDetector
from awry.teachers.objects.trust import ObjectTrust
from awry.teachers.segmenter import Segments
from awry.training.believed import beliefs_of, learned_trust, trust_note
from awry.training.loop import train
from awry.training.split import WHOLE, Split
from awry.video.pictures import Pictures, working_size

if TYPE_CHECKING:
    from awry.methods.published import Publication
    from awry.training.footage import Footage, Run
    from awry.training.loop import FitContext

__all__ = ["MTLA", "MTLAConfig"]

BACKGROUND = "background."
FASTER = "{it} moves faster than in normal footage"


class MTLA(Method):
    """The next frame's segmentation, and flow magnitude under attention; both by students."""

    name = "mtla"
    fused_by_default = True
    Config = MTLAConfig
    presets = PRESETS
    splits: ClassVar[Mapping[str, Split]] = {"paper": WHOLE}
    config: MTLAConfig
    levels = ("appearance", "motion", "maximum", "sum")
    phrases: ClassVar[Mapping[str, str]] = {
        "": "{it} looks or moves in a way that is not usual here",
        "appearance": "{it} stands where this is not usual",
        "motion": "{it} moves faster or slower than is usual here",
    }

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self.model: MTLAModel | None = None
        self._backgrounds: dict[str, Pictures] = {}
        self._sample_maker: SampleMaker | None = None
        self._trust: ObjectTrust | None = None

    @classmethod
    def wanted_weights(cls, config: MethodConfig) -> Mapping[str, str]:
        """As `Method.wanted_weights`: teachers that are asked, and pretrained encoders."""
        assert isinstance(config, MTLAConfig)
        idle = {
            "detector": not config.segments,
            "flow": not config.motion,
            "depth": "depth" not in config.attended,
        }
        teachers = super().wanted_weights(config).items()
        wanted = {setting: what for setting, what in teachers if not idle.get(setting)}
        encoders = {f"{branch}_encoder" for branch in config.branches if config.pretrained}
        for setting in sorted(encoders):
            if (name := getattr(config, setting)) != "small":
                wanted[setting] = f"torchvision:{name}"
        return wanted

    def describe(self, part: str) -> str | None:
        """As `Method.describe`."""
        if part == "motion" and not self.config.slower:
            return FASTER
        return super().describe(part)

    @classmethod
    def search_space(cls) -> SearchSpace:
        """As `Method.search_space`."""
        return SearchSpace(
            {"combine": ("maximum", "sum"), "weights": ("equal", "blind"), "flip": (False, True)},
            lengths=("epochs",),
        )

    @classmethod
    def publication(cls) -> Publication:
        """As `Method.publication`."""
        from awry.methods.mtla.published import publication

        return publication()

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`."""
        seed, compute = context.seed, context.compute
        samples = self._prepare(footage, seed, context.reporter, compute.full)
        model = self._fitted()
        train(model, phases(model, *samples, self.config, seed, compute), context)
        model.eval()
        self._measure_normality(footage)

    def _measure_normality(self, footage: Footage) -> None:
        """On what was held back; on the training frames where that is too short."""
        scorer = self.scorer(Setting(ignore=footage.ignore, frame_size=footage.frame_size()))
        assert isinstance(scorer, MTLAScorer)
        if measure_normality(scorer, self._runs(footage, "validation")):
            self._weigh(scorer, footage)
        else:
            footage.note_normality("The held-back footage is too short, or shows no object")
            if self.config.weights == "blind":
                footage.notes.append(NO_WEIGHTS)
            measure_normality(scorer, self._runs(footage, "train"))

    def _weigh(self, scorer: MTLAScorer, footage: Footage) -> None:
        """Learn the branches' weights, where that is wanted and objects are found by looking."""
        config = self.config
        if config.weights == "equal" or len(config.branches) < 2 or not scorer.sees_pixels:
            return
        window = BEFORE + 1 + 2 * config.around
        scored = ScoredCompositions.of(
            scorer.raw_results, footage, config.picture_height, bool(config.grey), window
        )
        learn_branch_weights(scorer, scored)
        weights = scorer.model.branch_weights.tolist()
        named = dict(zip(config.branches, weights, strict=True))
        footage.notes.append(scored.said({"branches": named}))

    def _prepare(
        self, footage: Footage, seed: int, reporter: Reporter, compute: Compute
    ) -> tuple[Samples, Samples]:
        """The model with fresh weights, and what it trains and validates on.

        Args:
            footage, seed, reporter: of the fit.
            compute: where teachers run.
        """
        self._settle_scale(footage, reporter)
        teachers = MTLATeachers(self.config, compute)
        self._resolve(footage, teachers)
        runs = {part: self._runs(footage, part) for part in ("train", "validation")}
        self._backgrounds = backgrounds(runs["train"])
        sample_maker = self._sample_maker_with(teachers)
        around = self.config.around if teachers.needs_neighbours else 0
        config = self.config
        places = {
            part: places_of(runs[part], around, every, most, config.stride)
            for part, every, most in (
                ("train", config.every, config.most_frames),
                ("validation", 1, config.validation_frames),
            )
        }
        if not places["train"]:
            longest = max((len(run.images) for run in runs["train"]), default=0)
            needed = frames_needed(around, config.stride)
            raise FootageError(
                f"There is no frame to train on: the longest training clip has {longest} frames "
                f"here, and one sample needs {needed}. Give longer clips."
            )
        objects = {
            part: objects_of(runs[part], places[part], around, sample_maker, reporter)
            for part in runs
        }
        self._believe(runs, places, objects, teachers, footage)
        self._choose_classes(objects["train"], teachers, footage)
        maker = self._sample_maker = self._sample_maker_with(teachers)
        self.model = MTLAModel(self.config, pretrained=self.config.pretrained, seed=seed)
        samples = {part: Samples(runs[part], places[part], objects[part], maker) for part in runs}
        return samples["train"], samples["validation"]

    def _settle_scale(self, footage: Footage, reporter: Reporter) -> None:
        """Settle what follows from the size of objects and from the frame rate."""
        if self.config.grey is None:
            # Three colours are normalised one by one, whether they differ or not.
            by_channel = self.config.normalisation == "channels"
            self._settle({"grey": footage.is_grey() and not by_channel})
        settled, notes = by_scale(self.config, footage, reporter)
        self._settle(settled)
        footage.notes += notes

    def _believe(
        self,
        runs: Mapping[str, list[Run]],
        places: Mapping[str, list[tuple[int, int]]],
        segments: Mapping[str, list[Segments | None]],
        teachers: MTLATeachers,
        footage: Footage,
    ) -> None:
        """Learn how far objects are to be believed, and leave out those that are not at all."""
        self._trust = None
        if not self.config.trust or teachers.segmenter is None:
            return
        for part, there in segments.items():
            every = [one for one in there if one is not None]
            frames = (runs[part], places[part], [one.objects for one in every])
            first = self._trust is None
            self._trust = self._trust or learned_trust(*frames, teachers.segmenter.detector)
            weights = beliefs_of(self._trust, *frames)
            there[:] = [one.taken(own > 0) for one, own in zip(every, weights, strict=True)]
            if first:
                footage.notes.append(trust_note(self._trust, weights, runs[part][0].fps))

    def _resolve(self, footage: Footage, teachers: MTLATeachers) -> None:
        """Settle what the config leaves to footage and teachers, so that the bundle records it."""
        settled: dict[str, Any] = {"teachers_fingerprint": teachers.fingerprint}
        if self.config.width is None:
            height, width = footage.frame_size()
            settled["width"] = max(32, round(self.config.height * width / height))
        self._settle(settled)

    def _settle(self, settled: Mapping[str, Any]) -> None:
        self.config = MTLAConfig(**{**self.config.model_dump(), **settled})

    def _choose_classes(
        self, frames: Sequence[Any], teachers: MTLATeachers, footage: Footage
    ) -> None:
        """Channels for the classes that occur.

        Raises:
            FootageError: the detector found nothing in any training frame.
        """
        if teachers.segmenter is None:
            return
        if not any(len(segments.objects.scores) for segments in frames):
            raise FootageError(teachers.segmenter.detector.nothing_found)
        if not teachers.has_classes:
            footage.notes.append(
                f"{self.config.detector} knows no classes: the appearance branch tells objects "
                "from background alone."
            )
        if self.config.classes is None:
            share = self.config.least_share
            self._settle({"classes": occurring(frames, share) if teachers.has_classes else ()})

    def _runs(self, footage: Footage, part: str) -> list[Run]:
        size = working_size(footage.frame_size(), self.config.picture_height)
        return footage.runs(part, size, grey=bool(self.config.grey))

    def _sample_maker_with(self, teachers: MTLATeachers) -> SampleMaker:
        scenes = {name: Scene(picture) for name, picture in self._backgrounds.items()}
        return SampleMaker(teachers, self.config, scenes)

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        model = self._fitted()
        # Exported networks take what is on the processor.
        compute = self.asked_on
        judges = (self.networks, self._trust, compute)
        return MTLAScorer(model, self.config, self._scoring_samples(), setting, *judges)

    def _scoring_samples(self) -> SampleMaker:
        maker = self._sample_maker
        if maker is None or maker.teachers.compute != self.compute:
            teachers = MTLATeachers(self.config, self.compute, self.exported_detectors)
            maker = self._sample_maker = self._sample_maker_with(teachers)
        return maker

    def object_detectors(self) -> Sequence[tuple[str, ObjectDetector]]:
        """As `Method.object_detectors`."""
        segmenter = self._scoring_samples().teachers.segmenter
        return [] if segmenter is None else [(self.config.detector, segmenter.detector)]

    def graphs(self) -> dict[str, Graph]:
        """As `Method.graphs`: each branch's student."""
        model, config = self._fitted().eval(), self.config
        return {
            name: Graph(model.branches[name], _inputs(name, config), ("expected",))
            for name in config.branches
        }

    @property
    def map_parts(self) -> tuple[str, ...]:
        """As `Method.map_parts`: the branches."""
        return self.config.branches

    def _fitted(self) -> MTLAModel:
        if self.model is None:
            raise TrainingError("This MTLA has not been fitted: call fit or load a bundle first.")
        return self.model

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`; the scenes' names are part of the tensors' names."""
        pictures = {
            f"{BACKGROUND}{scene}": torch.from_numpy(picture)
            for scene, picture in self._backgrounds.items()
        }
        return {**self._fitted().state_dict(), **pictures, **trust_state(self._trust)}

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        wanted = self.config.trust and self.config.segments
        others, self._trust = without_trust(tensors, wanted)
        pictures = {n: t for n, t in others.items() if n.startswith(BACKGROUND)}
        rest = {name: tensor for name, tensor in others.items() if name not in pictures}
        try:
            model = MTLAModel(self.config)
            model.load_state_dict(with_weights(rest, model, "branch_weights"))
        except RuntimeError as error:
            raise BundleError(
                f"The bundle's tensors do not fit its MTLA settings: {error}. Refit it."
            ) from error
        if not pictures:
            raise BundleError("The bundle lacks the scene's background. Refit it.")
        self._backgrounds = {n[len(BACKGROUND) :]: t.numpy() for n, t in pictures.items()}
        self.model = model.eval()

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`."""
        return list(self._fitted().branches.values())

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`: the patch loss of each branch."""
        compute = self.compute
        training, _ = self._prepare(footage, 0, Silent(), compute)
        config = self.config
        model = self.model = compute.copy_of(self._fitted()).train()
        batch = training.batch(range(min(len(training), max(2, config.batch))))
        with compute.rounding():
            losses = [loss_of(model, one, batch, config, compute) for one in config.branches]
        return losses


def _inputs(branch: str, config: MTLAConfig) -> dict[str, Tensor]:
    """Examples of what a branch's student takes in."""
    assert config.width is not None
    colours, size = 1 if config.grey else 3, (config.height, config.width)
    if branch == "appearance":
        frames = 1 if config.appearance == "current" else 2
        return {"pictures": torch.zeros(2, frames * colours, *size)}
    inputs = {"pictures": torch.zeros(2, colours, *size)}
    if config.attended:
        inputs["context"] = torch.zeros(2, attention_inputs(config), *size)
    return inputs
