"""The settings of `fused` and of the systems that it is made of, at one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from awry.errors import ConfigError, nearest
from awry.methods.base import Method, MethodConfig
from awry.methods.registry import broken_methods, method_class, method_names
from awry.methods.shared_settings import takers

SEPARATOR = "."
"""Between a system's label and the name of its part or setting."""
PRESET = "preset"
EVIDENCE = "evidence"


class ChildConfig(BaseModel):
    """One system of several.

    Attributes:
        label: what its parts and settings are called by; its method's name, and a number from the
            second of one method on.
        method: its name.
        config: its settings, as its own `Config` takes them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    method: str
    config: dict[str, Any]


class FusedConfig(MethodConfig):
    """Settings of several systems as one."""

    of: tuple[str, ...] = Field(
        (),
        description="names of the methods; one of them is set by LABEL.KEY, its preset by "
        "LABEL.preset, and a setting that `fused` does not have goes to all that have it",
    )
    level: Literal["object", "frame"] = Field(
        "object",
        description="evidence is added up at each object and place, or of whole frames",
    )
    combine: Literal["sum", "maximum", "fisher"] = Field(
        "sum",
        description="of the systems' evidence: the sum of normal deviates, the highest of them, "
        "or Fisher's sum of log-probabilities",
    )
    calm: Literal["against", "silent"] = Field(
        "against",
        description="a system that finds less than is usual: its negative deviate counts against "
        "the others, or it is silent (of combine=sum)",
    )
    limit: float = Field(
        0.0,
        ge=0,
        description="above it a system's deviate grows by the square root: no held-back footage is "
        "long enough to say how rare such values are; 0: it does not",
    )
    candidates: Literal["mean", "soft", "maximum"] = Field(
        "mean",
        description="of the strangest place and the whole frame: their mean is a frame's score, "
        "the higher, or (soft) the logarithm of their exponentials' mean, nearly the higher",
    )
    unit: Literal["deviate", "rarity"] = Field(
        "deviate",
        description="of scores: normal deviates, or how rare they are, 3 for one frame in 1000. "
        "Thresholds are extrapolated by an exponential tail, as rarity has, and deviates have not",
    )
    calibration: Literal["tail", "standard"] = Field(
        "tail",
        description="how rare a value is in held-back footage: by its rank there and a tail "
        "fitted beyond, or by mean and standard deviation alone",
    )
    weights: dict[str, float] = Field(
        default_factory=dict, description="label: weight in the sum; 1 where nothing is said"
    )
    shared: float = Field(
        0.0,
        ge=0,
        le=1,
        description="how far systems that ask the same detector err together: k of them count as "
        "k / (1 + (k - 1) * shared) others; 0: as k",
    )
    most_frames: int = Field(
        2000, ge=20, description="held-back frames that say what is usual, evenly spread"
    )
    children: tuple[ChildConfig, ...] = Field(
        (), description="the systems with all their settings; `of` and `LABEL.KEY` make them"
    )

    @field_validator("of", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [name.strip() for name in value.split(",")] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits(self) -> FusedConfig:
        labels = [child.label for child in self.children]
        if len(labels) == 1:
            raise ValueError("at least two systems are needed")
        if len(set(labels)) < len(labels):
            raise ValueError("each label once")
        if unknown := [label for label in self.weights if label not in labels]:
            raise ValueError(f"weights name '{unknown[0]}', which is none of {', '.join(labels)}")
        if any(weight < 0 for weight in self.weights.values()):
            raise ValueError("weights must be 0 or more")
        if labels and not any(self.weights.get(label, 1.0) for label in labels):
            raise ValueError("one weight must be above 0")
        return self

    def shares(self) -> tuple[float, ...]:
        """The children's weights in their order, less where several ask the same detector.

        Of k values that correlate by r, the mean is as good as that of k / (1 + (k - 1) * r)
        independent ones: the design effect (Kish, Survey Sampling, 1965).
        """
        weights = [self.weights.get(child.label, 1.0) for child in self.children]
        asked = [child.config.get("detector") for child in self.children]
        heard = Counter(one for one, weight in zip(asked, weights, strict=True) if weight)
        return tuple(
            weight / (1 + (heard[one] - 1) * self.shared) if one and weight else weight
            for one, weight in zip(asked, weights, strict=True)
        )


def usual_systems() -> tuple[str, ...]:
    """The installed methods that are fused where nothing is said."""
    broken = {one.name for one in broken_methods()}
    names = (name for name in method_names() if name not in broken)
    return tuple(name for name in names if method_class(name).fused_by_default)


def labelled(methods: tuple[str, ...]) -> list[tuple[str, str]]:
    """Label and method of each.

    >>> labelled(("flow", "knn", "flow"))
    [('flow', 'flow'), ('knn', 'knn'), ('flow-2', 'flow')]
    """
    seen: dict[str, int] = {}
    pairs = []
    for method in methods:
        seen[method] = seen.get(method, 0) + 1
        number = seen[method]
        pairs.append((method if number == 1 else f"{method}-{number}", method))
    return pairs


def with_children(
    kind: type[Method], preset: str, settings: Mapping[str, Any], variant: str
) -> dict[str, Any]:
    """The settings of `fused` with the resolved settings of its children.

    Args:
        kind: the class whose settings they are.
        preset: of the children too, where they have it, else `cpu`.
        settings: of `fused`; `LABEL.KEY` and what goes to all children among them.
        variant: the data set's.

    Raises:
        ConfigError: fewer than two systems, one that cannot be fused, or an unknown setting.
    """
    own = {key: value for key, value in settings.items() if key in FusedConfig.model_fields}
    others = {key: value for key, value in settings.items() if key not in own}
    if own.get("children"):
        if others:
            raise ConfigError(f"{kind.name}: {next(iter(others))} is set in its children.")
        return own
    names = FusedConfig(of=own.get("of") or usual_systems()).of
    if len(names) < 2:
        raise ConfigError(
            f"{kind.name} needs at least two systems, and was told {', '.join(names) or 'none'}: "
            "--set of=NAME,NAME."
        )
    pairs = labelled(names)
    changes = _shared_out(kind, pairs, others)
    own["of"] = names
    own["children"] = [
        _child(kind, label, method, preset, changes[label], variant) for label, method in pairs
    ]
    return own


def _child(
    kind: type[Method],
    label: str,
    method: str,
    preset: str,
    changes: dict[str, Any],
    variant: str,
) -> ChildConfig:
    system = method_class(method)
    if issubclass(system.Config, FusedConfig):
        raise ConfigError(f"{kind.name} is not made of itself: name other methods.")
    wanted = changes.pop(PRESET, preset if preset in system.presets else "cpu")
    config = system.configure(wanted, changes, variant)
    return ChildConfig(label=label, method=method, config=config.model_dump(mode="json"))


def _shared_out(
    kind: type[Method], pairs: list[tuple[str, str]], settings: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Label -> the settings that are for it."""
    changes: dict[str, dict[str, Any]] = {label: {} for label, _ in pairs}
    configs = {label: method_class(method).Config for label, method in pairs}
    for key, value in settings.items():
        label, dot, rest = key.partition(SEPARATOR)
        if dot and label in changes:
            changes[label][rest] = value
            continue
        if dot:
            raise ConfigError(f"{kind.name} has no system '{label}': {nearest(label, changes)}.")
        taking = takers(configs, key, value)
        if not taking:
            hint = nearest(key, [*FusedConfig.model_fields, *changes])
            raise ConfigError(f"{kind.name} and its systems have no setting '{key}': {hint}.")
        for label in taking:
            changes[label].setdefault(key, value)
    return changes


# Bundles of before these were chosen do without.
_CHOSEN: Mapping[str, Any] = {
    "calm": "silent",
    "limit": 8.0,
    "shared": 0.5,
    "candidates": "soft",
    "unit": "rarity",
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper": _CHOSEN,
    "cpu": _CHOSEN,
    "tiny": {"of": ("flow", "knn"), **_CHOSEN},
}
