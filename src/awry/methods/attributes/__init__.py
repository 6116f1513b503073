"""`attributes`: how objects move, look and hold themselves, against training footage.

After Reiss, Hoshen: Attribute-based Representations for Accurate and Interpretable Video Anomaly
Detection (AI-VAD), 2022, and Micorek, Possegger, Narnhofer, Bischof, Kozinski: MULDE: Multiscale
Log-Density Estimation via Denoising Score Matching for Video Anomaly Detection. CVPR 2024. Written
from their equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.methods.attributes.config import PRESETS, AttributesConfig
from awry.methods.attributes.density import Energies, below
from awry.methods.attributes.gallery import Gallery
from awry.methods.attributes.normality import (
    AttributeModel,
    OwnClip,
    fit_attribute,
    fresh_energies,
    load_attribute,
)
from awry.methods.attributes.objects import ObjectTeachers, detector_options
from awry.methods.attributes.preparation import LocalSides, Preparation, box_sides, in_unit
from awry.methods.attributes.samples import Samples, describe, find_objects, some_frames
from awry.methods.attributes.scoring import AttributesScorer
from awry.methods.attributes.training import energy_phase
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.graphs import Graph, Network, eager
from awry.methods.weighing import trust_state, without_trust
from awry.progress import Reporter, Silent
from awry.teachers.flow import awaits_size, sharp_enough
from awry.teachers.objects import ObjectDetector
from awry.teachers.objects.trust import ObjectTrust
from awry.training.believed import believe
from awry.training.loop import FitContext, Step
from awry.training.scale import scale_with_tiles, seen_in
from awry.training.split import WHOLE, Split
from awry.video.pictures import working_size

if TYPE_CHECKING:
    from awry.training.footage import Footage

__all__ = ["Attributes", "AttributesConfig"]

HELD_BACK = 4
"""Held-back frames are looked at for each so many training frames, at most."""


class Attributes(Method):
    """Densities of what is known of each object."""

    name = "attributes"
    batch_settings = ("energy_batch",)
    fused_by_default = True
    Config = AttributesConfig
    presets = PRESETS
    splits: ClassVar[Mapping[str, Split]] = {"paper": WHOLE}
    config: AttributesConfig
    phrases: ClassVar[Mapping[str, str]] = {
        "": "{it} looks or moves like nothing seen in training",
        "speed": "{it} moves faster than in normal footage",
        "direction": "{it} moves in a direction, or at a pace, that is not usual",
        "deep": "{it} looks like nothing seen in training",
        "pose": "{it} holds itself as nobody does in training",
    }

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self._models: dict[str, AttributeModel] = {}
        self._gallery = Gallery(np.empty((0, 0), np.float32), [])
        self._object_side = 1.0
        self._own: OwnClip | None = None
        self._trust: ObjectTrust | None = None
        self._sides: LocalSides | None = None
        self._teachers: ObjectTeachers | None = None
        self._placed: tuple[Mapping[str, Network], Mapping[str, AttributeModel]] | None = None

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`."""
        with self._asked_on(context.compute.full):
            training, held_back = self._prepare(footage, context.reporter)
        self._leave_out_looks(training, footage.notes)
        self._object_side = float(np.median(box_sides(training.boxes)))
        self._own = OwnClip(training, self.config.apart_s)
        self._models = {
            name: fit_attribute(name, training, held_back, self.config, context)
            for name in self.config.used
        }
        self._placed = None
        if "deep" in self.config.used:
            crops = training.with_known("deep")[0].evenly(self.config.crops)
            self._gallery = Gallery.of(crops.values["deep"], crops.crops, self.config.crops)

    def _prepare(self, footage: Footage, reporter: Reporter) -> tuple[Samples, Samples]:
        """What is known of training and held-back objects."""
        grey = footage.is_grey() if self.config.grey is None else self.config.grey
        self._settle_scale(footage, grey, reporter)
        self._settle(footage, grey)
        self._trust = None
        training = self._objects_of("train", self.config.most_frames, footage, reporter)
        if len(training) < 2:
            raise FootageError(
                f"There are no objects to learn from: {self._asker().detector.nothing_found}"
            )
        fewer = max(1, self.config.most_frames // HELD_BACK)
        held_back = self._objects_of("validation", fewer, footage, reporter)
        self._sides = LocalSides.of(training.boxes) if self.config.unit == "local" else None
        for samples in (training, held_back):
            if "velocity" in samples.values:
                velocity = samples.values["velocity"]
                samples.values["velocity"] = in_unit(velocity, samples.boxes, self._sides)
        return training, held_back

    def _leave_out_looks(self, training: Samples, notes: list[str]) -> None:
        """Judge without looks where the detector knows no two training objects."""
        others = tuple(name for name in self.config.used if name != "deep")
        if "deep" not in self.config.used or not others or len(training.with_known("deep")[0]) > 1:
            return
        self._record(attributes=others)
        notes.append(
            "Of the training objects the detector knows fewer than two; the others are regions "
            "that move. So looks are left out."
        )

    def _objects_of(
        self, part: str, most_frames: int, footage: Footage, reporter: Reporter
    ) -> Samples:
        """The believed objects of a part; the first call learns whom to believe."""
        teachers, config, size = self._asker(), self.config, footage.frame_size()
        full, working = teachers.sizes(size)
        runs = footage.runs(part, full, grey=bool(config.grey))
        ignored = Setting(ignore=footage.ignore, frame_size=size).small_mask(size, working)
        mask = ignored if ignored.any() else None
        found = find_objects(runs, teachers, config, most_frames, mask, self._trust, reporter)
        if config.trust and found.places:
            first = self._trust is None
            small = footage.runs(part, working, grey=bool(config.grey))
            self._trust, found, note = believe(small, found, teachers.detector, self._trust)
            if first:
                footage.notes.append(note)
        few = some_frames(found, config.most)
        return describe(runs, few, teachers, config, reporter).evenly(config.most)

    def _settle_scale(self, footage: Footage, grey: bool, reporter: Reporter) -> None:
        """As many tiles, and as sharp a flow, as the size of objects asks for."""
        config = self.config
        if config.tiles is not None and not awaits_size(config.flow):
            return
        size = working_size(footage.frame_size(), config.height)
        options = detector_options(config)
        scale, tiles = scale_with_tiles(
            footage, config.detector, options, reporter, size=size, grey=grey, tiles=config.tiles
        )
        flow = sharp_enough(config.flow, scale.side_at(size[0]))
        self._record(tiles=tiles, flow=flow)
        sharp = f", and the flow is {flow}" if flow != config.flow else ""
        footage.notes.append(f"{scale.words()}. So the detector sees {seen_in(tiles)}{sharp}.")

    def _settle(self, footage: Footage, grey: bool) -> None:
        """Settle what the config leaves to footage and teachers, so that the bundle records it."""
        settled: dict[str, Any] = {"grey": grey}
        settled["detector_fingerprint"] = self._asker().detector.fingerprint
        if (poses := self._asker().poses) is not None:
            settled["keypoints"] = poses.keypoints
        full = self._asker().sizes(footage.frame_size())[0]
        rates = [run.fps for run in footage.runs("train", full, grey=grey) if run.fps]
        if self.config.fps is None and rates:
            settled["fps"] = float(np.median(rates))
        self._record(**settled)

    def _record(self, **settled: Any) -> None:
        """Change settings while a fit goes on; teachers are loaded anew."""
        self.config = AttributesConfig(**{**self.config.model_dump(), **settled})
        self._teachers = None

    def _asker(self) -> ObjectTeachers:
        if self._teachers is None:
            self._teachers = ObjectTeachers(self.config, self.compute, self.exported_detectors)
        return self._teachers

    @contextmanager
    def _asked_on(self, compute: Compute) -> Iterator[None]:
        """Inside, teachers are asked there, and not where this method scores."""
        own = self.compute
        if own == compute:
            yield
            return
        self.compute, self._teachers = compute, None
        try:
            yield
        finally:
            self.compute, self._teachers = own, None

    def on(self, compute: Compute) -> Self:
        """As `Method.on`: teachers are loaded anew."""
        other = super().on(compute)
        other._teachers = other._placed = None
        return other

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        self._require_fitted()
        networks, models = self._there()
        return AttributesScorer(
            models,
            self.config,
            self._asker(),
            self._gallery,
            self._object_side,
            self._own,
            self._trust,
            self._sides,
            setting,
            networks,
            self.asked_on,
        )

    def _there(self) -> tuple[Mapping[str, Network], Mapping[str, AttributeModel]]:
        """Networks and densities where they are asked; on a device they serve all scorers."""
        if self._placed is not None and self.runtime is None:
            return self._placed
        networks, where = self.networks, self.asked_on
        models = {
            name: model.on(where, networks.get(f"energy_{name}"))
            for name, model in self._models.items()
        }
        if self.runtime is None and not self.compute.plain:
            self._placed = networks, models
        return networks, models

    @property
    def networks(self) -> Mapping[str, Network]:
        """As `Method.networks`; energies in full, since their noise vanishes in 16 bits."""
        if self.runtime is not None:
            return self.runtime
        graphs = self.graphs()
        rounded = {name: graphs[name] for name in graphs if name == "features"}
        exact = {name: graphs[name] for name in graphs if name not in rounded}
        return {**eager(rounded, self.compute), **eager(exact, self.compute.full)}

    def _require_fitted(self) -> None:
        if not self._models:
            raise TrainingError(
                "`attributes` has not been fitted: call fit or load a bundle first."
            )

    def graphs(self) -> dict[str, Graph]:
        """As `Method.graphs`: the classifier's features, and each energy that is asked."""
        self._require_fitted()
        graphs = {}
        classifier = self._asker().classifier
        if classifier is not None and isinstance(classifier.features, nn.Module):
            pictures = torch.zeros(2, 3, classifier.side, classifier.side)
            graphs["features"] = Graph(classifier.features, {"pictures": pictures}, ("features",))
        for name, model in self._models.items():
            if isinstance(model.density, Energies):
                graphs[f"energy_{name}"] = model.density.graph()
        return graphs

    def object_detectors(self) -> Sequence[tuple[str, ObjectDetector]]:
        """As `Method.object_detectors`."""
        return [(self.config.detector, self._asker().detector)]

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`."""
        self._require_fitted()
        tensors = {"object_side": torch.tensor([self._object_side], dtype=torch.float64)}
        for name, model in self._models.items():
            tensors |= {f"{name}.{key}": tensor for key, tensor in model.state().items()}
        tensors |= trust_state(self._trust)
        if self._sides is not None:
            tensors["sides"] = self._sides.state()
        if "deep" in self._models:
            tensors |= {f"gallery.{key}": t for key, t in self._gallery.state().items()}
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        tensors, self._trust = without_trust(tensors, self.config.trust)
        models: dict[str, AttributeModel] = {
            name: load_attribute(name, below(f"{name}.", tensors), self.config)
            for name in self.config.used
        }
        try:
            self._object_side = float(tensors["object_side"][0])
            if self.config.unit == "local":
                self._sides = LocalSides.from_state(tensors["sides"])
            if "deep" in models:
                self._gallery = Gallery.from_state(below("gallery.", tensors))
        except (KeyError, ValueError, IndexError) as error:
            raise BundleError(
                f"The bundle's tensors do not fit its attributes: {error}. Refit it."
            ) from error
        self._models, self._placed = dict(models), None

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`: the energies, where a density is one."""
        densities = [model.density for model in self._models.values()]
        return [density.network for density in densities if isinstance(density, Energies)]

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`."""
        compute, losses = self.compute, []
        with self._asked_on(compute.full):
            training, _ = self._prepare(footage, Silent())
        config = self.config
        for name in config.used:
            if config.density_of(name) == "mulde":
                raw = training.with_known(name)[0].values[name]
                ready = Preparation.of(name, raw, config)
                values = ready(raw)
                energies = fresh_energies(values, config.least_velocity, config, 0)
                network = energies.network = compute.copy_of(energies.network)
                self._models[name] = AttributeModel(energies, 0.0, 1.0, 0.0, "span", ready)
                phase = energy_phase(name, network, energies.scale(values), config, compute)
                with compute.rounding():
                    losses.append(phase.loss(Step(0, 0, np.random.default_rng(0)))["total"])
        return losses
