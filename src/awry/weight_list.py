"""`awry.list_weights`: every ready-made network that a preset wants, and whether it is here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from awry.calls import checked
from awry.errors import AwryError, ConfigError, nearest
from awry.methods.base import Method, MethodConfig
from awry.methods.registry import broken_methods, method_class, method_names
from awry.results import FigureCard, Listing
from awry.teachers.catalogue import STAND_INS, WeightFacts, facts_of
from awry.teachers.presence import Presence, presence_of


@dataclass(frozen=True, slots=True)
class WantedBy:
    """Who wants a network.

    Attributes:
        method, preset: their names.
        setting: that names the network, or implies it.
    """

    method: str
    preset: str
    setting: str


@dataclass(frozen=True, slots=True)
class ListedWeights:
    """A ready-made network.

    Attributes:
        facts: what it is, where from, its hash and licences.
        presence: whether it is here.
        wanted_by: the presets that want it; none for what the documentation alone names.
    """

    facts: WeightFacts
    presence: Presence
    wanted_by: tuple[WantedBy, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether nothing has to be fetched: it is here, or nobody here knows."""
        return self.presence.state in ("there", "unknown")

    def in_words(self) -> str:
        """What it is and how it gets here, a sentence."""
        facts, state = self.facts, self.presence.state
        if state == "differs":
            return (
                f"{facts.what}: {self.presence.path} is not the published file; remove it, or "
                "fetch it again."
            )
        return f"{facts.what} ({facts.source}): {facts.how}."


@dataclass(frozen=True, slots=True)
class WeightList(Listing):
    """The ready-made networks that presets want, and those that stand in for them.

    Attributes:
        weights: one entry for each network.
    """

    weights: tuple[ListedWeights, ...]

    def __iter__(self) -> Iterator[ListedWeights]:
        return iter(self.weights)

    def __len__(self) -> int:
        return len(self.weights)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each network."""
        return [
            {
                **asdict(one.facts),
                **asdict(one.presence),
                "wanted_by": [asdict(by) for by in one.wanted_by],
            }
            for one in self.weights
        ]

    def cards(self) -> list[FigureCard]:
        """Each network, and whether it is here."""
        return [
            FigureCard(one.facts.what, one.presence.state, one.facts.about) for one in self.weights
        ]


@checked
def list_weights(*, method: str | None = None, preset: str | None = None) -> WeightList:
    """The ready-made networks that presets want: where from, hash, licence, and whether here.

    Nothing is fetched. Files are looked for where their loaders look: torchvision's and Hugging
    Face's caches, installed packages, `$AWRY_WEIGHTS`, and the place that a setting names. What is
    there is compared with the published SHA-256, where there is one.

    Args:
        method: of this one alone; None: of all, and what the documentation names besides.
        preset: of this one alone.

    Raises:
        ConfigError: there is no such method, or none with that preset.
    """
    names = [method] if method is not None else _usable_methods()
    kinds = {name: method_class(name) for name in names}
    presets = {str(one) for kind in kinds.values() for one in kind.presets}
    if preset is not None and preset not in presets:
        whose = method or "any method"
        raise ConfigError(f"There is no preset '{preset}' of {whose}: {nearest(preset, presets)}.")
    wanted: dict[str, list[WantedBy]] = {}
    for name, kind in kinds.items():
        for each in kind.presets:
            if preset in (None, each):
                for setting, what in _of_preset(kind, str(each)).items():
                    wanted.setdefault(what, []).append(WantedBy(name, str(each), setting))
    if method is None and preset is None:
        wanted |= {what: [] for what in STAND_INS if what not in wanted}
    return WeightList(tuple(_listed(what, by) for what, by in wanted.items()))


def missing_weights(
    fits: Iterable[tuple[type[Method], MethodConfig]],
) -> tuple[ListedWeights, ...]:
    """The networks that fits would load and that are not here, each once.

    Args:
        fits: a method's class and its settings, each.
    """
    wanted = dict.fromkeys(
        what for kind, config in fits for what in kind.wanted_weights(config).values()
    )
    every = (_listed(what) for what in wanted)
    return tuple(one for one in every if not one.usable)


def _usable_methods() -> list[str]:
    broken = {one.name for one in broken_methods()}
    return [name for name in method_names() if name not in broken]


def _of_preset(kind: type[Method], preset: str) -> Mapping[str, str]:
    try:
        return kind.wanted_weights(kind.configure(preset))
    except AwryError:  # somebody's preset does not fit its own settings: `fit` says so
        return {}


def _listed(what: str, wanted_by: Iterable[WantedBy] = ()) -> ListedWeights:
    try:
        facts = facts_of(what)
    except ConfigError as error:  # a name that torchvision does not know
        facts = WeightFacts(what, str(error), "nowhere", "", "name another network")
    return ListedWeights(facts, presence_of(facts), tuple(wanted_by))
