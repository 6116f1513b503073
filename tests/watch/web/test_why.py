"""Why there was an event, in the viewer's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from awry.methods import registry
from awry.pages.words import LANGUAGES, translations
from awry.scoring.reason_parts import HIGHER, PART_HIGHER, PLACES
from awry.watch.web.bodies.events import RegionBody
from awry.watch.web.why import why_of

HEIGHT = "2.3 times as far above normal as the threshold"


@dataclass
class Event:
    """What has a reason."""

    reason: str
    regions: list[Any] = field(default_factory=list)


def test_a_sentence_in_two_languages() -> None:
    event = Event(
        f"Upper left: a bicycle stands where this is not usual; {HEIGHT}.",
        [{"class_name": "bicycle"}, RegionBody(box=(0, 0, 1, 1), class_name="person")],
    )
    assert why_of(event, "en") == (
        "Upper left: a bicycle stands where this is not usual (also at 1 other place)."
    )
    assert why_of(event, "de") == (
        "Oben links: ein Fahrrad ist dort, wo das nicht üblich ist (auch an 1 weiteren Stelle)."
    )


def test_what_is_not_in_the_catalogue_is_said_as_it_is() -> None:
    event = Event("A gizmo hops.", [{"class_name": "gizmo"}])
    assert why_of(event, "en") == "A gizmo hops."
    assert why_of(event, "de") == "Ein Objekt (gizmo) hops."
    part = Event("The part edge 5 % is higher than in normal footage (FLOW).")
    assert why_of(part, "de") == "Der Wert „edge 5 %“ ist höher als sonst (FLOW)."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", ["", "%(x)s {it} {0} %s.", "<script>alert(1)</script>", "(("])
def test_hostile_reasons_raise_nothing(language: str, reason: str) -> None:
    event = Event(reason, [{"class_name": "%(name)s {it}"}, {}])
    assert why_of(event, language)


def test_without_a_reason_it_says_so() -> None:
    assert why_of(Event(""), "en") == "Something is unusual here."


def test_every_clause_of_every_method_has_its_translations() -> None:
    clauses = {HIGHER, PART_HIGHER, *PLACES}
    for name in registry.method_names():
        clauses |= set(registry.method_class(name).phrases.values())
    for language in LANGUAGES[1:]:
        say = translations(language).gettext
        assert [one for one in sorted(clauses) if say(one) == one] == []
