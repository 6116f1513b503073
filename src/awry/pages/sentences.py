"""Sentences of awry in another language: of the API's errors, of states and of thresholds.

The API answers in English whoever asks, and the store keeps its sentences in English. So a page
takes a sentence apart by the texts of the catalogue, and says it again in its own language.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.numbers import get_decimal_symbol

from awry.pages.words import SOURCE, entries
from awry.pages.words import marked as _

LONGEST = 4000
"""A longer text stays as it is; signs."""
_DEEPEST = 6
_TOGETHER = 3
"""So many sentences may be one text of the catalogue, behind others."""
_MOST = 40
"""So many sentences of a text are looked up."""
PIECES: tuple[str, ...] = (
    # How long, how many.
    *(_("%(count)s second"), _("%(count)s seconds"), _("%(count)s minute"), _("%(count)s minutes")),
    *(_("%(count)s hour"), _("%(count)s hours"), _("%(count)s day"), _("%(count)s days")),
    *(_("%(count)s frames"), _("%(count)s clip"), _("%(count)s clips"), _("over %(share)s %%")),
    *(_("a mistake"), _("%(count)s mistakes"), _("; and %(count)s more")),
    # A budget.
    *(_("%(count)s alarm a minute"), _("%(count)s alarms a minute")),
    *(_("%(count)s alarm an hour"), _("%(count)s alarms an hour")),
    *(_("%(count)s alarm a day"), _("%(count)s alarms a day")),
    *(_("%(count)s alarm a week"), _("%(count)s alarms a week")),
    *(_("%(count)s alarm in 1000 frames"), _("%(count)s alarms in 1000 frames")),
    _("%(budget)s (frame rate unknown, so not by the %(unit)s)"),
    # How a threshold came about.
    _("Extrapolated: footage of %(length)s cannot show %(budget)s"),
    _("%(short)s and has too few separate high moments to model, so a guess: as if alarms became "
      "e times as rare with each %(step)s above its highest moment."),
    _("%(short)s, so its %(count)s highest moments were continued by a generalised Pareto tail of "
      "shape %(shape)s."),
    _("The levels of %(count)s stretches of %(clips)s"),
    *(_("one clip"), _("one clip, which cannot show how far clips differ,")),
    _("%(levels)s have a standard deviation of %(spread)s"),
    _("%(levels)s are taken to differ as those of all %(scenes)s scenes do, or more, by a standard "
      "deviation of %(spread)s"),
    _("%(levels)s are taken to differ from another clip's as they do among themselves, by a "
      "standard deviation of %(spread)s in all"),
    _("%(told)s; with %(share)s confidence another stretch's level lies below %(bound)s"),
    _("%(count)s alarm above it was judged normal"),
    _("%(count)s alarms above it were judged normal"),
    _("%(words)s, and %(budget)s allows %(allowed)s in the %(length)s watched"),
    *(_("day"), _("infrared")),
    # Why a camera is lost.
    *(_("it refuses the user or the password"), _("it forbids this user to see the stream")),
    *(_("it has no such stream"), _("it does not understand the address")),
    *(_("nothing came for %(count)s seconds"), _("the other side ended it"), _("it was closed")),
    _("broken data: %(why)s"),
    *(_("The detector failed"), _("The bundle %(path)s cannot be loaded")),
    _("%(share)s of the picture lost its detail"),
    # States.
    *(_("disabled"), _("misconfigured"), _("connecting"), _("waiting for a key frame")),
    *(_("learning"), _("warming up"), _("running"), _("degraded"), _("stalled"), _("back-off")),
    _("quarantined"),
    # What the operating system says.
    *(_("Connection refused"), _("Connection timed out"), _("Connection reset by peer")),
    *(_("No route to host"), _("Network is unreachable"), _("No such file or directory")),
    *(_("No space left on device"), _("Permission denied"), _("Input/output error")),
    _("Read-only file system"),
    # What Pydantic says.
    *(_("Field required"), _("Extra inputs are not permitted"), _("Value error, %(why)s")),
    *(_("Input should be greater than %(limit)s"), _("Input should be less than %(limit)s")),
    _("Input should be greater than or equal to %(limit)s"),
    _("Input should be less than or equal to %(limit)s"),
    *(_("Input should be %(choices)s"), _("Input should be a finite number")),
    _("Input should be %(some)s' or '%(last)s"),
    *(_("Input should be a valid number"), _("Input should be a valid integer")),
    _("Input should be a valid number, unable to parse string as a number"),
    _("Input should be a valid integer, unable to parse string as an integer"),
    *(_("Input should be a valid string"), _("Input should be a valid list")),
    _("Input should be a valid boolean, unable to interpret input"),
    *(_("String should have at least %(count)s character"),
      _("String should have at least %(count)s characters")),
    *(_("String should have at most %(count)s character"),
      _("String should have at most %(count)s characters")),
    _("Value should have at least %(least)s items after validation, not %(count)s"),
    _("Value should have at most %(most)s items after validation, not %(count)s"),
    _("String should match pattern '%(pattern)s'"),
    _("JSON decode error"),
)  # fmt: skip
"""What stands within sentences, or is said without a full stop."""
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z0-9])")
_LEADS = re.compile(r": %\(\w+\)s$")
_FIGURE = re.compile(r"[-+]?\d+\.\d+(?=$| (?:s|min|GiB|MiB|KiB|%)$|%$)")


@dataclass(frozen=True, slots=True)
class _Template:
    """A text with placeholders: what stands between them, their names, and its translation."""

    fixed: tuple[str, ...]
    names: tuple[str, ...]
    translation: str

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in the place of each placeholder; None: the text is another one.

        Each piece is taken where it comes first, so that this takes no longer than reading.
        """
        first, *between, last = self.fixed
        if not text.startswith(first) or not text.endswith(last):
            return None
        at, end, found = len(first), len(text) - len(last), []
        for piece in between:
            here = text.find(piece, at + 1, end)
            if here < 0:
                return None
            found.append(text[at:here])
            at = here + len(piece)
        found.append(text[at:end])
        if at >= end or any(map(_is_torn, self.fixed, found)):
            return None
        return dict(zip(self.names, found, strict=True))

    def filled(self, values: Mapping[str, str]) -> str:
        """The translation with what stands in the place of each placeholder."""
        pieces = _PLACEHOLDER.split(self.translation)
        fixed = [one.replace("%%", "%") for one in pieces[::2]]
        told = [values[name] for name in pieces[1::2]]
        return "".join(itertools.chain(*itertools.zip_longest(fixed, told, fillvalue="")))


@lru_cache(maxsize=2048)
def in_language(text: str, language: str) -> str:
    """A text of one or more sentences in a language; what is not in the catalogue stays English.

    Args:
        text: as the API gives it; in English.
        language: one of `awry.pages.LANGUAGES`.

    >>> in_language("The name or the password is not right.", "de")
    'Name oder Passwort stimmt nicht.'
    """
    if language == SOURCE or not text or len(text) > LONGEST:
        return text
    return _said(text, language, _DEEPEST)


def _said(text: str, language: str, depth: int) -> str:
    """The text as a whole, else sentence by sentence, or some that are known together."""
    found = _whole(text, language, depth)
    if found is not None:
        return found
    sentences = _ENDS.split(text, _MOST)
    told = []
    while sentences:
        for count in range(min(_TOGETHER, len(sentences)), 0, -1):
            found = _whole(" ".join(sentences[:count]), language, depth)
            if found is not None:
                break
        told.append(sentences[0] if found is None else found)
        del sentences[:count]
    return " ".join(told)


def _whole(text: str, language: str, depth: int) -> str | None:
    alone, templates = _catalogue(language)
    if text in alone or not depth:
        return alone.get(text)
    found = ((one, values) for one in templates if (values := one.values(text)) is not None)
    template, values = next(found, (None, {}))
    if template is None:
        return None
    told = {name: _value(one, language, depth - 1) for name, one in values.items()}
    return template.filled(told)


def _value(text: str, language: str, depth: int) -> str:
    """What stands in a sentence: sentences or pieces, fields with what is wrong, a number."""
    found = _said(text, language, depth)
    if found != text:
        return found
    if _FIGURE.match(text):
        return text.replace(".", get_decimal_symbol(language))
    parts = text.split("; ")
    told = [_field(one, language, depth) for one in parts]
    return "; ".join(told)


def _field(text: str, language: str, depth: int) -> str:
    """`body.budget: Input should be ...`."""
    where, colon, what = text.partition(": ")
    if not colon or " " in where:
        return _whole(text, language, depth) or text
    return f"{where}: {_whole(what, language, depth) or what}"


@cache
def _catalogue(language: str) -> tuple[Mapping[str, str], tuple[_Template, ...]]:
    """Sentences and pieces without placeholders, and templates, those that say most first."""
    alone: dict[str, str] = {}
    templates: list[_Template] = []
    pieces = frozenset(PIECES)
    for text, translation in entries(language).items():
        if text not in pieces and not _is_sentence(text):
            continue
        one = translation if isinstance(translation, str) else translation[0]
        names = tuple(_PLACEHOLDER.findall(text))
        if not names:
            alone[text.replace("%%", "%")] = one.replace("%%", "%")
        else:
            fixed = tuple(part.replace("%%", "%") for part in _PLACEHOLDER.split(text)[::2])
            templates.append(_Template(fixed, names, one))
    templates.sort(key=lambda one: -sum(map(len, one.fixed)))
    return alone, tuple(templates)


def _is_sentence(text: str) -> bool:
    """Whether Python may say a text of the catalogue, which holds those of templates too."""
    return " " in text and (text.endswith(".") or _LEADS.search(text) is not None)


def _is_torn(before: str, value: str) -> bool:
    """Whether a value is of several sentences, and not whole ones behind a colon."""
    whole = before.endswith(": ") and value.endswith((".", "!", "?"))
    return not whole and _ENDS.search(value) is not None
