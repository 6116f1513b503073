"""SSMTL: self-supervised and multi-task learning.

Georgescu, Barbalau, Ionescu, Khan, Popescu, Shah: Anomaly Detection in Video via Self-Supervised
and Multi-Task Learning. CVPR 2021. Written from the paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.composed import NO_WEIGHTS, ScoredCompositions, with_weights
from awry.methods.graphs import Graph, Network
from awry.methods.search_space import SearchSpace
from awry.methods.ssmtl.config import PRESETS, TASKS, SSMTLConfig, for_variant
from awry.methods.ssmtl.network import SSMTLModel, levels_of, parts_of, tasks_of
from awry.methods.ssmtl.normality import measure_normality
from awry.methods.ssmtl.parts import ScoringHeads
from awry.methods.ssmtl.samples import (
    ObjectPool,
    Pool,
    check,
    find_objects,
    object_pool,
    split_runs,
    whole_frames,
)
from awry.methods.ssmtl.scale import by_scale
from awry.methods.ssmtl.scoring import FrameParts, SSMTLScorer
from awry.methods.ssmtl.sequences import room_needed
from awry.methods.ssmtl.teachers import SSMTLTeachers
from awry.methods.ssmtl.training import phase
from awry.methods.ssmtl.weights import learn_level_weights, learn_part_weights, weights_by_name
from awry.methods.weighing import trust_state, without_trust
from awry.progress import Silent
from awry.teachers.objects import ObjectDetector
from awry.teachers.objects.trust import ObjectTrust
from awry.training.believed import believe
from awry.training.loop import Step, train
from awry.training.split import Split
from awry.video.pictures import working_size

if TYPE_CHECKING:
    from awry.methods.published import Publication
    from awry.progress import Reporter
    from awry.training.footage import Footage, Run
    from awry.training.loop import FitContext

__all__ = ["SSMTL", "SSMTLConfig"]

_OF_OBJECTS = {
    "": "{it} looks or moves like nothing seen in training",
    "arrow_of_time": "{it} moves out of its usual order",
    "motion_irregularity": "{it} moves at a speed that is not usual",
    "middle_box": "{it} changes its shape in a way that is not usual",
    "distillation": "{it} looks like nothing seen in training",
    "classifier": "{it} looks like nothing seen in training",
}
# The frame level says so of the whole picture; beside the object level under this prefix.
PHRASES: Mapping[str, str] = _OF_OBJECTS | {
    "frame_arrow_of_time": "the picture as a whole does not go on in its usual order",
    "frame_motion_irregularity": "the picture as a whole moves at a speed that is not usual",
    "frame_middle_box": "the picture as a whole changes in a way that is not usual",
    "frame_classifier": "the picture as a whole looks like nothing seen in training",
}


class SSMTL(Method):
    """A small 3-D network for each object learns four proxy tasks; their failures add up."""

    name = "ssmtl"
    batch_settings = ("batch", "frame_batch")
    fused_by_default = True
    Config = SSMTLConfig
    presets = PRESETS
    # Section 4.2: the last 15 % of each training video, and nothing else.
    splits: ClassVar[Mapping[str, Split]] = {"paper": Split(0.15, 0, per_clip=True)}
    config: SSMTLConfig
    levels = ("object", "frame", "fused")
    phrases = PHRASES

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self.model: SSMTLModel | None = None
        self._teachers: SSMTLTeachers | None = None
        self._trust: ObjectTrust | None = None
        self._placed: Mapping[str, Network] | None = None

    @classmethod
    def for_variant(cls, preset: str, variant: str) -> Mapping[str, Any]:
        """Section 4.2: thresholds and lambda of UCSD."""
        return for_variant(preset, variant)

    @classmethod
    def wanted_weights(cls, config: MethodConfig) -> Mapping[str, str]:
        """As `Method.wanted_weights`; detectors and classifier only where they are asked."""
        assert isinstance(config, SSMTLConfig)
        idle = {
            "detector": config.level == "frame",
            "classes_from": config.level == "frame",
            "classifier": "distillation" not in config.tasks,
        }
        teachers = super().wanted_weights(config).items()
        return {setting: what for setting, what in teachers if not idle.get(setting)}

    @classmethod
    def search_space(cls) -> SearchSpace:
        """As `Method.search_space`."""
        return SearchSpace(
            {"combine": ("mean", "max"), "flip": (False, True), "weights": ("equal", "blind")},
            lengths=("epochs", "frame_epochs"),
        )

    @classmethod
    def loss_space(cls) -> SearchSpace:
        """As `Method.loss_space`: section 4.2's values of t and lambda."""
        values = {"t": (1, 2, 3, 4), "distillation_weight": (0.1, 0.2, 0.5, 1.0)}
        return SearchSpace(values, losses=TASKS)

    @classmethod
    def publication(cls) -> Publication:
        """As `Method.publication`."""
        from awry.methods.ssmtl.published import publication

        return publication()

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`."""
        compute = context.compute
        streams = self._prepare(footage, context.seed, compute.full, context.reporter)
        model = self._fitted()
        for level, (training, validation) in streams.items():
            network = model.stream(level).network
            mine = replace(context, folder=context.folder / level, history=[])
            one = phase(level, network, training, validation, self.config, context.seed, compute)
            train(network, [one], mine)
            context.history += mine.history
        model.eval()
        self._placed = None
        self._measure_normality(footage)

    def _measure_normality(self, footage: Footage) -> None:
        """On what was held back; on the training frames where nothing was to be seen there."""
        scorer = self.scorer(Setting(ignore=footage.ignore, frame_size=footage.frame_size()))
        assert isinstance(scorer, SSMTLScorer)
        runs = {level: self._runs(level, footage) for level in levels_of(self.config)}
        held_back = {level: back for level, (_, back) in runs.items()}
        scored: list[ScoredCompositions[FrameParts]] = []

        def weigh() -> None:
            height, grey = self.config.height, bool(self.config.grey)
            window = 2 * self.config.t * self.config.stride + 1
            scored.append(ScoredCompositions.of(scorer.raw_results, footage, height, grey, window))
            learn_part_weights(scorer, scored[0])

        blind = self.config.weights == "blind" and self._looks()
        if measure_normality(scorer, held_back, weigh if blind else None):
            if scored:
                learn_level_weights(scorer, scored[0])
                footage.notes.append(scored[0].said(weights_by_name(scorer)))
        else:
            footage.note_normality(
                "Nothing could be scored in the held-back footage (no object, or too short)"
            )
            if blind:
                footage.notes.append(NO_WEIGHTS)
            measure_normality(scorer, {level: first for level, (first, _) in runs.items()})

    def _looks(self) -> bool:
        """Whether objects are found by looking: what was pasted stands in no file of boxes."""
        detector = self._teachers.detector if self._teachers is not None else None
        return detector is None or detector.sees_pixels

    def _prepare(
        self, footage: Footage, seed: int, compute: Compute, reporter: Reporter
    ) -> dict[str, tuple[Pool, Pool]]:
        """The model with fresh weights, and for each level what it trains and validates on.

        Args:
            footage: of the fit.
            seed: of the weights.
            compute: where teachers are asked.
            reporter: shows progress.
        """
        self._settle_scale(footage, reporter)
        self._teachers = SSMTLTeachers(self.config, compute)
        self._resolve(footage, self._teachers)
        torch.manual_seed(seed)
        self.model = SSMTLModel(self.config)
        pools = {level: self._pools(level, footage, reporter) for level in levels_of(self.config)}
        self._teachers = None  # scoring needs fewer of them
        return pools

    def _settle_scale(self, footage: Footage, reporter: Reporter) -> None:
        """Settle what follows from the size of objects and from the frame rate."""
        grey = footage.is_grey() if self.config.grey is None else self.config.grey
        self._settle({"grey": grey})
        settled, notes = by_scale(self.config, footage, reporter)
        self._settle(settled)
        footage.notes += notes

    def _settle(self, settled: Mapping[str, Any]) -> None:
        self.config = SSMTLConfig(**{**self.config.model_dump(), **settled})

    def _resolve(self, footage: Footage, teachers: SSMTLTeachers) -> None:
        """Settle what the config leaves to footage and teachers, so that the bundle records it."""
        config = self.config
        tasks = config.tasks
        class_scores = teachers.has_classes and "distillation" in tasks
        if "distillation" in tasks and not class_scores and config.classifier == "none":
            tasks = tuple(task for task in tasks if task != "distillation")
            who = "Whole frames have" if config.level == "frame" else f"{config.detector} knows"
            footage.notes.append(
                f"{who} no classes and there is no classifier: the distillation task is left out."
                " (--set classes_from=KIND:WHAT names a second detector.)"
            )
        settled = {
            "tasks": tasks,
            "frame_tasks": tuple(task for task in config.frame_tasks if task in tasks),
            "class_scores": class_scores,
            "detector_fingerprint": teachers.fingerprint,
        }
        for level in levels_of(config):
            whole = config.model_copy(update=settled)
            if not parts_of(whole, level, tasks_of(whole, level)):
                raise FootageError(
                    f"Of the tasks {', '.join(config.tasks)} none can be scored at the {level} "
                    "level here (distillation needs a detector with classes, or --set "
                    "score_classifier=true): choose other tasks, or another --detector."
                )
        self._settle(settled)

    def _pools(self, level: str, footage: Footage, reporter: Reporter) -> tuple[Pool, Pool]:
        training, validation = self._runs(level, footage)
        assert self._teachers is not None
        if level == "frame":
            pools = [
                whole_frames(runs, self._teachers, self.config, reporter)
                for runs in (training, validation)
            ]
            check(pools[0], "whole frame", lambda: "every clip is shorter than one sequence needs.")
            return pools[0], pools[1]
        size = footage.frame_size()
        setting = Setting(ignore=footage.ignore, frame_size=size)
        ignored = setting.small_mask(size, working_size(size, self.config.height))
        mask = ignored if ignored.any() else None
        self._trust = None
        found: list[Pool] = []
        for runs, every in ((training, self.config.every), (validation, 1)):
            found.append(self._objects(runs, every, footage, reporter, mask))
        check(found[0], "object", lambda: self._nothing_found(training))
        return found[0], found[1]

    def _objects(
        self,
        runs: list[Run],
        every: int,
        footage: Footage,
        reporter: Reporter,
        mask: NDArray[np.bool_] | None,
    ) -> ObjectPool:
        """The believed objects of some runs; the first call learns whom to believe."""
        teachers, config = self._teachers, self.config
        assert teachers is not None
        assert teachers.detector is not None
        found = find_objects(runs, teachers, config, every, reporter, mask)
        if config.trust and found.places:
            first = self._trust is None
            self._trust, found, note = believe(runs, found, teachers.detector, self._trust)
            if first:
                footage.notes.append(note)
        return object_pool(runs, found, teachers, config, reporter)

    def _runs(self, level: str, footage: Footage) -> tuple[list[Run], list[Run]]:
        """What is trained on, and what is held back from it.

        Where the footage holds the end of each clip back (SSMTL section 4.2), its parts are just
        that; where it holds nothing back, neither does this. Else the first 85 % of each training
        clip, and its end with the footage's validation part, whose clips are wholly unseen.
        """
        size = working_size(footage.frame_size(), self.config.height)
        if level == "frame":
            size = (self.config.frame_side, self.config.frame_side)
        grey = bool(self.config.grey)
        runs = footage.runs("train", size, grey=grey)
        unseen = footage.runs("validation", size, grey=grey)
        if footage.split.per_clip or not footage.split.validation:
            return runs, unseen
        first, last = split_runs(runs, self.config.held_back)
        return first, last + unseen

    def _nothing_found(self, runs: Sequence[Run]) -> str:
        assert self._teachers is not None
        detector = self._teachers.detector
        assert detector is not None
        config = self.config
        shortest = 2 * room_needed(config.t, config.steps_between) * config.stride + 1
        longest = max((len(run.images) for run in runs), default=0)
        if longest < shortest:
            return (
                f"the longest training clip has {longest} frames here, and one sequence with its "
                f"gaps needs {shortest}. Give longer clips, or lower --set t=... or gaps=..."
            )
        return detector.nothing_found

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        model = self._fitted()
        teachers = self._scoring_teachers()
        where = self.asked_on
        return SSMTLScorer(model, self.config, teachers, setting, self.networks, self._trust, where)

    def _scoring_teachers(self) -> SSMTLTeachers:
        if self._teachers is None:
            exported = self.exported_detectors
            self._teachers = SSMTLTeachers(
                self.config, self.compute, scoring=True, exported=exported
            )
        return self._teachers

    def object_detectors(self) -> Sequence[tuple[str, ObjectDetector]]:
        """As `Method.object_detectors`: whoever finds objects, and whoever lends their classes."""
        teachers, config = self._scoring_teachers(), self.config
        pairs = ((config.detector, teachers.detector), (config.classes_from, teachers.lender))
        return [(what, one) for what, one in pairs if what is not None and one is not None]

    def on(self, compute: Compute) -> Self:
        """As `Method.on`: teachers are loaded anew."""
        other = super().on(compute)
        other._teachers = other._placed = None
        return other

    @property
    def networks(self) -> Mapping[str, Network]:
        """As `Method.networks`, whose graphs are others at each call here."""
        if self.runtime is not None or self.compute.plain:
            return super().networks
        if self._placed is None:
            self._placed = super().networks
        return self._placed

    def graphs(self) -> dict[str, Graph]:
        """As `Method.graphs`: trunk and heads of each level, for any number of objects."""
        model, config = self._fitted().eval(), self.config
        graphs = {}
        for level in levels_of(config):
            side = config.crop if level == "object" else config.frame_side
            sequences = torch.zeros(2, 1 if config.grey else 3, 2 * config.t + 1, side, side)
            heads = ScoringHeads(model.stream(level))
            graphs[level] = Graph(heads, {"sequences": sequences}, heads.tasks)
        return graphs

    def _fitted(self) -> SSMTLModel:
        if self.model is None:
            raise TrainingError("This SSMTL has not been fitted: call fit or load a bundle first.")
        return self.model

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`."""
        return {**self._fitted().state_dict(), **trust_state(self._trust)}

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        wanted = self.config.trust and self.config.level != "frame"
        rest, self._trust = without_trust(tensors, wanted)
        try:
            model = SSMTLModel(self.config)
            weighed = with_weights(rest, model, "part_weights", "level_weights")
            model.load_state_dict(with_weights(weighed, model, "usual", "usual_weight"))
        except RuntimeError as error:
            raise BundleError(
                f"The bundle's tensors do not fit its SSMTL settings: {error}. Refit it."
            ) from error
        self.model, self._placed = model.eval(), None

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`."""
        return [self._fitted().stream(level).network for level in levels_of(self.config)]

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`: the joint loss of each stream."""
        compute = self.compute
        streams = self._prepare(footage, 0, compute.full, Silent())
        self.model = compute.copy_of(self._fitted())
        totals = []
        for level, (training, validation) in streams.items():
            network = self.model.stream(level).network
            one = phase(level, network, training, validation, self.config, 0, compute)
            with compute.rounding():
                totals.append(one.loss(Step(0, 0, np.random.default_rng(0)))["total"])
        return totals
