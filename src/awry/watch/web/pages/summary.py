"""Whether anybody sleeps on a dead camera: the first thing that the page says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from awry.pages.words import translations
from awry.watch.watching import Watching
from awry.watch.web.bodies.timeline import OverviewCamera

_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to be said; `kind` says how bad it is."""

    kind: Literal["bad", "warn", "good", "off"]
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """All cameras in some sentences.

    Attributes:
        title: of the page; short, since it stands in the browser's tab.
        sentences: the worst first; at least one.
    """

    title: str
    sentences: tuple[Sentence, ...]


def summary_of(cameras: Sequence[OverviewCamera], language: str) -> Summary:
    """What there is to say of all cameras.

    Args:
        cameras: that the person may see.
        language: one of `awry.pages.LANGUAGES`.
    """
    words = translations(language)
    wanted = [one for one in cameras if one.watching != "off"]
    dead = _named(wanted, "no")
    if not cameras:
        return Summary(words.gettext("Now"), (Sentence("off", words.gettext("No camera yet.")),))
    sentences = [
        *_bad(dead, len(wanted), language),
        *_warned(_named(wanted, "partly"), _named(wanted, "not yet"), language),
        *_quiet(cameras, language),
    ]
    if wanted and not sentences:
        sentences.append(Sentence("good", _all_well(len(wanted), language)))
    elif wanted and sentences[0].kind == "off":
        sentences.insert(0, Sentence("good", _all_well(len(wanted), language)))
    title = words.gettext("Now")
    if dead:
        title = words.ngettext(
            "%(num)s of %(all)s does not watch", "%(num)s of %(all)s do not watch", len(dead)
        ) % {"num": len(dead), "all": len(wanted)}
    return Summary(title, tuple(sentences))


def _bad(dead: Sequence[str], of: int, language: str) -> list[Sentence]:
    if not dead:
        return []
    said = translations(language).ngettext(
        "%(num)s of %(all)s cameras does not watch, so that nobody is told: %(names)s.",
        "%(num)s of %(all)s cameras do not watch, so that nobody is told: %(names)s.",
        len(dead),
    )
    return [Sentence("bad", said % {"num": len(dead), "all": of, "names": _list(dead, language)})]


def _warned(partly: Sequence[str], later: Sequence[str], language: str) -> list[Sentence]:
    words = translations(language)
    found = []
    if partly:
        said = words.ngettext(
            "%(num)s camera watches, but not as well as it should: %(names)s.",
            "%(num)s cameras watch, but not as well as they should: %(names)s.",
            len(partly),
        )
        found.append((said, partly))
    if later:
        said = words.ngettext(
            "%(num)s camera does not alarm yet: it learns, starts or connects anew: %(names)s.",
            "%(num)s cameras do not alarm yet: they learn, start or connect anew: %(names)s.",
            len(later),
        )
        found.append((said, later))
    return [
        Sentence("warn", said % {"num": len(names), "names": _list(names, language)})
        for said, names in found
    ]


def _quiet(cameras: Sequence[OverviewCamera], language: str) -> list[Sentence]:
    words = translations(language)
    disarmed = [
        one.camera.name for one in cameras if one.watching != "off" and not one.camera.armed
    ]
    off = _named(cameras, "off")
    found = []
    if disarmed:
        said = words.ngettext(
            "%(num)s camera is disarmed: it records events, but nobody is told: %(names)s.",
            "%(num)s cameras are disarmed: they record events, but nobody is told: %(names)s.",
            len(disarmed),
        )
        found.append((said, disarmed))
    if off:
        said = words.ngettext(
            "%(num)s camera is switched off: %(names)s.",
            "%(num)s cameras are switched off: %(names)s.",
            len(off),
        )
        found.append((said, off))
    return [
        Sentence("off", said % {"num": len(names), "names": _list(names, language)})
        for said, names in found
    ]


def _all_well(count: int, language: str) -> str:
    said = translations(language).ngettext(
        "The camera watches.", "All %(num)s cameras watch.", count
    )
    return said % {"num": count}


def _named(cameras: Sequence[OverviewCamera], watching: Watching) -> list[str]:
    return [one.camera.name for one in cameras if one.watching == watching]


def _list(names: Sequence[str], language: str) -> str:
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    more = translations(language).gettext("and %(num)s more")
    left = more % {"num": len(names) - _MOST_NAMES}
    return f"{', '.join(names[:_MOST_NAMES])} {left}"
