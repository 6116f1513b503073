"""Why there was an event, in the viewer's language: its stored reason, said piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from gettext import NullTranslations
from typing import Any, Protocol

from awry.pages.words import translations
from awry.scoring.reason_parts import PLACES, SOMETHING, ReasonParts, apart, with_article


class Explained(Protocol):
    """An event, a score, or a body of one: what has a reason and regions."""

    @property
    def reason(self) -> str:
        """The sentence that the detector gave; may be empty."""
        ...

    @property
    def regions(self) -> Sequence[Any]:
        """Where it was strange, strongest first; objects or mappings with `class_name`."""
        ...


def why_of(event: Explained, language: str) -> str:
    """What is strange, in a sentence, e.g. `Upper left: a bicycle stands where this is not usual.`

    A clause that the catalogue does not hold, e.g. of a method that somebody else made, is said as
    the method says it.

    Args:
        event: with its reason and regions.
        language: one of `pages.words.LANGUAGES`.
    """
    say = translations(language)
    said = apart(event.reason, [_class_of(one) for one in event.regions])
    if not said.clause:
        return say.gettext("Something is unusual here.")
    words = clause_in(said, say)
    if said.place in PLACES:
        words = f"{say.gettext(said.place)}: {words}"
    more = len(event.regions) - 1
    if more > 0:
        also = say.ngettext("also at %(num)s other place", "also at %(num)s other places", more)
        words = f"{words} ({also % {'num': more}})"
    return f"{words[:1].upper()}{words[1:]}."


def class_in(name: str, say: NullTranslations) -> str:
    """What an object is, with its article: `a bicycle`; empty: `something`."""
    if not name:
        return say.gettext(SOMETHING)
    english = with_article(name)
    found = say.gettext(english)
    if found == english and type(say) is not NullTranslations:  # a class nobody translated
        return say.gettext("an object (%(name)s)") % {"name": name}
    return found


def clause_in(said: ReasonParts, say: NullTranslations) -> str:
    """The clause of a reason with its object, without place and height."""
    words = say.gettext(said.clause)
    if said.part:
        words = words % {"part": said.part}
    words = words.replace("{it}", class_in(said.class_name, say))
    return f"{words} ({said.speaker})" if said.speaker else words


def _class_of(region: Any) -> str:
    if isinstance(region, Mapping):
        return str(region.get("class_name") or "")
    return str(getattr(region, "class_name", "") or "")
