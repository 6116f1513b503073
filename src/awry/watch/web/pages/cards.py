"""Events as cards: what a person reads of an event, in their language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import format_decimal

from awry.pages.words import translations
from awry.watch.web.bodies.events import EventBody, Events
from awry.watch.web.why import why_of


@dataclass(frozen=True, slots=True)
class EventCard:
    """An event and its words.

    Attributes:
        event: as the API gives it.
        why: what is strange, in a sentence; may be empty.
        height: how high its score is, e.g. `2.3 times as far from normal as the threshold`.
        told: whether somebody was told, else why not.
        lasted: how long, e.g. `14 s`.
        others: near-duplicates that are shown behind it, newest first.
    """

    event: EventBody
    why: str
    height: str
    told: str
    lasted: str
    others: tuple[EventBody, ...] = ()

    @property
    def key(self) -> str:
        """Of the event and its near-duplicates together; the same when newer ones come."""
        return self.others[-1].uid if self.others else self.event.uid


def card_of(event: EventBody, language: str, others: Sequence[EventBody] = ()) -> EventCard:
    """An event as a card.

    Args:
        event: as the API gives it.
        language: one of `awry.pages.LANGUAGES`.
        others: its near-duplicates, newest first.
    """
    return EventCard(
        event=event,
        why=why_of(event, language),
        height=_height(event, language),
        told=_told(event, language),
        lasted=_lasted(event, language),
        others=tuple(others),
    )


def cards_of(found: Events, language: str) -> list[EventCard]:
    """Events as cards, near-duplicates behind the newest of them where they came together."""
    by_uid = {one.uid: one for one in found.events}
    groups = found.groups or [[uid] for uid in by_uid]
    return [
        card_of(by_uid[first], language, [by_uid[uid] for uid in others])
        for first, *others in groups
    ]


def silences(language: str) -> dict[str, str]:
    """Why nobody was told, in words, by `silent` of an event."""
    say = translations(language).gettext
    return {
        "disarmed": say("Not told: the camera was not armed"),
        "zone": say("Not told: not where alarms count"),
        "snoozed": say("Not told: this place is snoozed"),
        "cooldown": say("Not told: right after another alarm"),
        "budget": say("Not told: the budget of the day is spent"),
        "shadow": say("Not told: this detector only tries"),
    }


def _told(event: EventBody, language: str) -> str:
    say = translations(language).gettext
    if event.told:
        return say("Alarm")
    return silences(language).get(event.silent, say("Not told"))


def _height(event: EventBody, language: str) -> str:
    say = translations(language).gettext
    factor, words = event.height, say("%(factor)s times as far from normal as the threshold")
    if factor is None and event.score is not None and event.threshold and event.threshold > 0:
        factor, words = event.score / event.threshold, say("%(factor)s times the threshold")
    if factor is None or factor < 1:
        return say("at the threshold")
    return words % {"factor": factor_in(factor, language)}


def factor_in(factor: float, language: str) -> str:
    """How many times as high, in few digits: `0.7`, `2.3`, `14`, `> 999`.

    >>> factor_in(2.34, "de"), factor_in(5000.0, "en")
    ('2,3', '> 999')
    """
    digits = "0" if factor >= 10 else "0.0"
    shown = format_decimal(min(factor, 999), format=digits, locale=language)
    return f"> {shown}" if factor > 999 else shown


def _lasted(event: EventBody, language: str) -> str:
    say = translations(language).gettext
    seconds = max(0, round(event.end - event.start))
    text = say("%(s)s s") if seconds < 60 else say("%(m)s min %(s)s s")
    parts = {"m": seconds // 60, "s": seconds % 60}
    return (text % parts).replace(" ", "\u00a0")  # it is not broken between lines
