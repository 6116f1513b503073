"""The sentence of a reason, taken apart again, so that it can be said in another language.

A reason is kept as the sentence that `reasons` made, in English. Its pieces are few: a place, a
clause of the method, the object in it, and how high the score is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

PLACES = (
    "across the picture",
    "upper part",
    "lower part",
    "left side",
    "right side",
    "upper left",
    "upper middle",
    "upper right",
    "left",
    "middle",
    "right",
    "lower left",
    "lower middle",
    "lower right",
)
"""All that `reasons.place_in_words` gives."""
HIGHER = "{it} scores higher than normal footage"
"""What is said where a method says nothing of itself."""
PART_HIGHER = "the part %(part)s is higher than in normal footage"
"""What is said of a part of which the method says no more than its name."""
SOMETHING = "something"

HeightKind = Literal["", "times", "share", "deviations", "none"]
# Sentences that an older version kept say "alarm level".
_LEVEL = "the (?:threshold|alarm level)"
_HEIGHTS: tuple[tuple[HeightKind, re.Pattern[str]], ...] = (
    ("times", re.compile(rf"(over 999|[0-9.]+) times as far above normal as {_LEVEL}")),
    ("share", re.compile(rf"([0-9]+) % of the way from normal to {_LEVEL}")),
    ("deviations", re.compile(r"(-?[0-9.]+) standard deviations above normal footage")),
    ("none", re.compile(r"()no higher than normal footage")),
)
_PART = re.compile(r"the part (.{1,100}) is higher than in normal footage")
_SPEAKER = re.compile(r" \(([A-Z0-9_]{1,40})\)")


@dataclass(frozen=True, slots=True)
class ReasonParts:
    """What a reason says.

    Attributes:
        place: one of `PLACES`; empty: none is said.
        clause: of the method, with `{it}` for the object; `PART_HIGHER` where `part` is named.
        class_name: what the object is; empty: `something`.
        part: a part that is known by its name alone; empty: none.
        speaker: which of several systems says so, e.g. `FLOW`; empty: there is one alone.
        height: how high the score is, as the reason says it; empty: it does not say so.
        height_kind: whether that counts `times` the way from normal to the threshold, a `share`
            of it in percent, `deviations` above normal footage, or says that there are `none`.
        height_value: the number as text, e.g. `2.3`; empty where there is none.
    """

    place: str = ""
    clause: str = ""
    class_name: str = ""
    part: str = ""
    speaker: str = ""
    height: str = ""
    height_kind: HeightKind = ""
    height_value: str = ""


def with_article(name: str) -> str:
    """A class with its article: `a dog`, `an umbrella`."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def apart(reason: str, class_names: Iterable[str] = ()) -> ReasonParts:
    """Take the sentence of a reason apart.

    What has another form than `reasons.sentence` gives is all clause.

    Args:
        reason: the sentence; empty: there is none.
        class_names: what its objects may be, e.g. of the event's regions.

    >>> said = apart("Upper left: a dog moves fast; 2.3 times as far above normal as the alarm "
    ...              "level.", ["dog"])
    >>> said.place, said.clause, said.class_name, said.height_value
    ('upper left', '{it} moves fast', 'dog', '2.3')
    """
    text = reason.removesuffix(".")
    words, separator, tail = text.rpartition("; ")
    kind, value = _height(tail) if separator else ("", "")
    if not kind:
        words, tail = text, ""
    place, clause = _place(words)
    clause, speaker = _speaker(clause)
    clause, class_name = _object(clause, class_names)
    part = _PART.fullmatch(clause)
    return ReasonParts(
        place=place,
        clause=PART_HIGHER if part else clause,
        class_name=class_name,
        part=part[1] if part else "",
        speaker=speaker,
        height=tail,
        height_kind=kind,
        height_value=value,
    )


def _height(words: str) -> tuple[HeightKind, str]:
    for kind, pattern in _HEIGHTS:
        if found := pattern.fullmatch(words):
            return kind, found[1]
    return "", ""


def _place(words: str) -> tuple[str, str]:
    """The place, and the rest with its first letter as the method wrote it."""
    first, separator, rest = words.partition(": ")
    place = first[:1].lower() + first[1:]
    if separator and place in PLACES:
        return place, rest
    return "", words[:1].lower() + words[1:]


def _speaker(clause: str) -> tuple[str, str]:
    found = _SPEAKER.search(clause, max(0, clause.rfind(" (")))
    if found is None or found.end() != len(clause):
        return clause, ""
    return clause[: found.start()], found[1]


def _object(clause: str, class_names: Iterable[str]) -> tuple[str, str]:
    named = [(with_article(name), name) for name in class_names if name]
    for words, name in [*named, (SOMETHING, "")]:
        if clause.startswith(f"{words} "):
            return "{it}" + clause[len(words) :], name
    return clause, ""
