"""`fused`: several systems as one detector.

All systems judge the same frames and share what their teachers say. What they find strange is
brought to the same objects, compared with held-back normal footage, and added up: normal deviates
as Stouffer did (1949), or log-probabilities as Fisher did (1932).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.errors import BundleError, FootageError, TrainingError
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.fused.aligned import systems_at_once
from awry.methods.fused.config import (
    EVIDENCE,
    PRESETS,
    SEPARATOR,
    ChildConfig,
    FusedConfig,
    labelled,
    with_children,
)
from awry.methods.fused.held_back import evidence_of
from awry.methods.fused.normality import Fusion, measure
from awry.methods.fused.scoring import FusedScorer
from awry.methods.graphs import Graph
from awry.methods.registry import method_class
from awry.scoring.rarity import Rarity
from awry.teachers.objects import ObjectDetector

if TYPE_CHECKING:
    from awry.training.footage import Footage
    from awry.training.loop import FitContext

__all__ = ["Fused", "FusedConfig"]

OWN = "fused/"
"""Before the names of its own tensors; `LABEL/` stands before a system's."""


class Fused(Method):
    """Several systems as one: one detection, each object judged by all of them."""

    name = "fused"
    Config = FusedConfig
    presets = PRESETS
    config: FusedConfig

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self.systems: dict[str, Method] = {}
        for child in self.config.children:
            kind = method_class(child.method)
            self.systems[child.label] = kind(kind.Config(**child.config))
        self.fusion: Fusion | None = None
        self.levels = tuple(
            f"{label}{level}"
            for label, system in self.systems.items()
            for level in ("", *(f"{SEPARATOR}{name}" for name in system.levels))
        )

    @classmethod
    def configure(
        cls, preset: str, changes: Mapping[str, Any] | None = None, variant: str = ""
    ) -> MethodConfig:
        """As `Method.configure`; `LABEL.KEY` sets one system, other keys all that have them."""
        known = {**cls.presets.get(preset, {}), **(changes or {})}
        if preset in cls.presets:
            known = with_children(cls, preset, known, variant)
        return super().configure(preset, known, variant)

    @classmethod
    def wanted_weights(cls, config: MethodConfig) -> Mapping[str, str]:
        """As `Method.wanted_weights`, of all systems: `LABEL.SETTING`."""
        assert isinstance(config, FusedConfig)
        kinds = {child.label: method_class(child.method) for child in config.children}
        return {
            f"{child.label}{SEPARATOR}{setting}": what
            for child in config.children
            for setting, what in kinds[child.label]
            .wanted_weights(kinds[child.label].Config(**child.config))
            .items()
        }

    @classmethod
    def made_of(cls, systems: Sequence[Method], **settings: Any) -> Fused:
        """Fitted systems as one, before `calibrate`.

        Args:
            systems: they are used as they are; where others run elsewhere than the first one, they
                are brought there.
            settings: of `fused`.

        Raises:
            ConfigError: they cannot be fused.
        """
        pairs = labelled(tuple(system.name for system in systems))
        children = [
            ChildConfig(label=label, method=method, config=system.config.model_dump(mode="json"))
            for (label, method), system in zip(pairs, systems, strict=True)
        ]
        names = tuple(method for _, method in pairs)
        model = cls(cls.configure("cpu", {**settings, "of": names, "children": children}))
        model.compute = systems[0].compute
        model.systems = {
            label: one if one.compute == model.compute else one.on(model.compute)
            for (label, _), one in zip(pairs, systems, strict=True)
        }
        return model

    def on(self, compute: Compute) -> Self:
        """As `Method.on`: all systems, which go on sharing what their teachers say."""
        other = super().on(compute)
        other.systems = {label: system.on(compute) for label, system in self.systems.items()}
        return other

    def fit(self, footage: Footage, context: FitContext) -> None:
        """As `Method.fit`: each system, then what is usual for all of them."""
        for label, system in self.systems.items():
            mine = replace(context, folder=context.folder / label, history=[])
            context.reporter.message(f"fitting {label}")
            system.fit(footage, mine)
            context.history += [
                {**epoch, "phase": f"{label} {epoch.get('phase', '')}".strip()}
                for epoch in mine.history
            ]
        self._settle()
        self.calibrate(footage)

    def _settle(self) -> None:
        """Record what the systems settled while they were fitted."""
        children = tuple(
            child.model_copy(
                update={"config": self.systems[child.label].config.model_dump(mode="json")}
            )
            for child in self.config.children
        )
        self.config = self.config.model_copy(update={"children": children})

    def calibrate(self, footage: Footage) -> None:
        """Measure what is usual, on the footage's validation part; else on the training part.

        Raises:
            FootageError: no frame was scored by every system.
        """
        systems = list(self.systems.values())
        self._share_runtime()
        most, at_once = self.config.most_frames, self.at_once
        stretches = evidence_of(footage, "validation", systems, most, at_once)
        if not stretches:
            footage.note_normality(
                "No held-back frame was scored by every system", "what is usual for them together"
            )
            stretches = evidence_of(footage, "train", systems, most, at_once)
        if not stretches:
            raise FootageError(
                "No frame was scored by every system: all clips are shorter than the warm-up and "
                "look-ahead of the slowest. Give longer clips."
            )
        self.fusion = measure(stretches, self.config)

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        if self.fusion is None:
            raise TrainingError("This fused has not been fitted: call fit or load a bundle first.")
        self._share_runtime()
        scorers = []
        for label, system in self.systems.items():
            wanted = tuple(
                part.removeprefix(f"{label}{SEPARATOR}")
                for part in setting.parts
                if part.startswith(f"{label}{SEPARATOR}")
            )
            # Maps are evidence, whether or not they are wanted; regions are to be objects alone.
            scorers.append(system.scorer(replace(setting, map_levels=(), maps=True, parts=wanted)))
        labels = tuple(self.systems)
        return FusedScorer(labels, scorers, self.fusion, self.config, setting, self.at_once)

    @property
    def at_once(self) -> int:
        """As `Method.at_once`."""
        return min(systems_at_once(self.compute), len(self.systems))

    def _share_runtime(self) -> None:
        """Give each system the networks that answer for its own, and for its detector's."""
        for label, system in self.systems.items():
            mine = {
                name.removeprefix(f"{label}{SEPARATOR}"): network
                for name, network in (self.runtime or {}).items()
                if name.startswith(f"{label}{SEPARATOR}")
            }
            system.runtime = mine or None
            system.exported_detectors = self.exported_detectors

    def graphs(self) -> Mapping[str, Graph]:
        """As `Method.graphs`: those of all systems, by `LABEL.NAME`."""
        self._share_runtime()  # a system may load its teachers to know its networks
        return {
            f"{label}{SEPARATOR}{name}": graph
            for label, system in self.systems.items()
            for name, graph in system.graphs().items()
        }

    def object_detectors(self) -> Sequence[tuple[str, ObjectDetector]]:
        """As `Method.object_detectors`: those of all systems; what one sees the others know."""
        self._share_runtime()
        return [pair for system in self.systems.values() for pair in system.object_detectors()]

    def describe(self, part: str) -> str | None:
        """As `Method.describe`, with the name of the system that says so."""
        if not part:
            return "{it} looks or moves like nothing seen in training"
        label, dot, name = part.partition(SEPARATOR)
        if not dot or label not in self.systems:
            return None
        clause = self.systems[label].describe("" if name == EVIDENCE else name)
        return None if clause is None else f"{clause} ({label.upper()})"

    def speaker(self, parts: Mapping[str, float]) -> str:
        """As `Method.speaker`: the system with the most evidence."""
        heard = {
            label: parts[f"{label}{SEPARATOR}{EVIDENCE}"]
            for label in self.systems
            if f"{label}{SEPARATOR}{EVIDENCE}" in parts
        }
        return max(heard, key=lambda label: heard[label]) if heard else ""

    @property
    def extra_parts(self) -> tuple[str, ...]:
        """Those of all systems, by `LABEL.PART`."""
        return tuple(
            f"{label}{SEPARATOR}{part}"
            for label, system in self.systems.items()
            for part in system.extra_parts
        )

    @property
    def map_parts(self) -> tuple[str, ...]:
        """As `Method.map_parts`: the systems by LABEL, and their own by `LABEL.PART`."""
        return tuple(
            name
            for label, system in self.systems.items()
            for name in (label, *(f"{label}{SEPARATOR}{part}" for part in system.map_parts))
        )

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`: the systems' under their labels, and what is usual."""
        if self.fusion is None:
            raise TrainingError("This fused has not been fitted: there is nothing to save.")
        tensors = {
            f"{label}/{name}": tensor
            for label, system in self.systems.items()
            for name, tensor in system.state().items()
        }
        labels, fusion = tuple(self.systems), self.fusion
        usual = {"places": fusion.places, "frames": fusion.frames}
        usual |= {f"whole.{label}": one for label, one in zip(labels, fusion.whole, strict=True)}
        usual |= {f"inside.{label}": one for label, one in zip(labels, fusion.inside, strict=True)}
        return tensors | {
            f"{OWN}{name}": torch.from_numpy(one.to_vector())
            for name, one in usual.items()
            if one is not None
        }

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        shares: dict[str, dict[str, Tensor]] = {label: {} for label in self.systems}
        own: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            label, _, rest = name.partition("/")
            if name.startswith(OWN):
                own[rest] = tensor
            elif label in shares:
                shares[label][rest] = tensor
            else:
                raise BundleError("The bundle's tensors do not fit its systems. Refit it.")
        for label, share in shares.items():
            self.systems[label].load_state(share)
        self.fusion = self._read(own)

    def _read(self, tensors: Mapping[str, Tensor]) -> Fusion:
        """What is usual.

        Raises:
            BundleError: something is missing, or not what was written.
        """
        try:
            usual = {
                name: Rarity.from_vector(tensor.double().numpy())
                for name, tensor in tensors.items()
            }
            return Fusion(
                tuple(usual.get(f"inside.{label}") for label in self.systems),
                tuple(usual[f"whole.{label}"] for label in self.systems),
                usual.get("places"),
                usual["frames"],
            )
        except (KeyError, ValueError) as error:
            raise BundleError(
                f"The bundle's tensors do not fit what fused keeps ({error}). Refit it."
            ) from error

    def trained_modules(self) -> Sequence[nn.Module]:
        """As `Method.trained_modules`."""
        return [one for system in self.systems.values() for one in system.trained_modules()]

    def training_losses(self, footage: Footage) -> Sequence[Tensor]:
        """As `Method.training_losses`."""
        return [
            loss for system in self.systems.values() for loss in system.training_losses(footage)
        ]
