"""The page: moments in a grid, marks by mouse and keyboard, and learning from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from awry.errors import AwryError
from awry.sifting.review.cards import Addresses, Card, CardActions
from awry.sifting.review.learning import Learning
from awry.sifting.review.log import Label
from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.session import ReviewSession
from awry.sifting.review.style import COLOURS, SCRIPT, STYLE
from awry.sifting.review.tools import Tools

SHOWN = 24
"""Cards at first, and with each wish for more."""
_POLL_SECONDS = 0.3
_STEPS: dict[str, Callable[[int], int]] = {
    "ArrowLeft": lambda columns: -1,
    "ArrowRight": lambda columns: 1,
    "ArrowUp": lambda columns: -columns,
    "ArrowDown": lambda columns: columns,
}
FILTERS: dict[str, Callable[[ReviewMoment], bool]] = {
    "all": lambda moment: True,
    "unmarked": lambda moment: moment.label is None,
    "borderline": lambda moment: moment.label is None,
    "abnormal": lambda moment: moment.label == "abnormal",
    "normal": lambda moment: moment.label == "normal",
}
_WIDER = 2.0
"""How many times as many frames are looked at with each wish for more below the top share."""


class Page:
    """One browser's page. All that matters is in the session: it may be loaded again at any time.

    Args:
        session: what is shown and marked.
        learning: learns in the background.
        addresses: where pictures are.
    """

    def __init__(self, session: ReviewSession, learning: Learning, addresses: Addresses) -> None:
        self._session, self._learning, self._addresses = session, learning, addresses
        self._actions = CardActions(self._select, self._play, self._heat, self._mark)
        self._cards: list[Card] = []
        self._chosen: Card | None = None
        self._filter, self._most, self._all_heat = "all", SHOWN, False
        self._share = session.share  # of the frames, from the top, whose moments are shown
        self._version, self._ended = session.version, learning.ended
        ui.colors(**COLOURS)
        ui.add_css(STYLE)
        ui.add_body_html(SCRIPT)
        self._build()
        ui.on("review_key", self._key)
        ui.timer(_POLL_SECONDS, self._poll)

    def _build(self) -> None:
        self._tools = Tools(
            self._session,
            self._learning,
            learn=self._learn,
            undo=self._undo,
            heat=self._heat_all,
            choose=self._choose,
        )
        self._grid = ui.element("main").classes("review-grid")
        self._empty = ui.label().classes("review-empty")
        with ui.element("div").classes("review-more"):
            self._more = ui.button("Show more", on_click=self._show_more).props("outline no-caps")
        self._tools.help()
        self._fill()

    def _fill(self) -> None:
        """All cards anew; the chosen moment stays chosen where it is still there."""
        chosen = None if self._chosen is None else self._chosen.moment
        at = self._cards.index(self._chosen) if self._chosen in self._cards else 0
        wanted = self._wanted
        self._grid.clear()
        self._chosen = None
        with self._grid:
            self._cards = [
                Card(self._session, moment, self._addresses, self._actions, heat=self._all_heat)
                for moment in wanted[: self._most]
            ]
        self._offer_more(len(wanted))
        self._grid.set_visibility(bool(wanted))
        self._empty.set_visibility(not wanted)
        self._empty.text = self._nothing
        if self._cards:
            same = [card for card in self._cards if chosen and _holds(card.moment, chosen)]
            self._select(same[0] if same else self._cards[min(at, len(self._cards) - 1)])
        self._refresh()

    @property
    def _wanted(self) -> list[ReviewMoment]:
        """The moments of the chosen kind; of borderline ones those nearest to the threshold."""
        session, share = self._session, self._share
        borderline = self._filter == "borderline"
        if borderline:
            share = max(share, min(1.0, _WIDER * session.share))
        moments = list(session.moments)
        if share > session.share:
            moments += session.moments_below(share)
        wanted = [moment for moment in moments if FILTERS[self._filter](moment)]
        if borderline:
            wanted.sort(key=lambda moment: abs(moment.score - session.threshold))
        return wanted

    def _offer_more(self, count: int) -> None:
        below = self._share < 1 and self._filter in ("all", "unmarked")
        self._more.set_visibility(count > self._most or below)
        wider = min(1.0, _WIDER * self._share)
        end = f": below the top {self._share:.0%}, down to {wider:.0%}"
        self._more.text = "Show more" if count > self._most else f"Show more{end}"

    @property
    def _nothing(self) -> str:
        if not self._session.moments:
            return "Nothing stands out: all frames of the archive have the same score."
        return f"No moment is {self._filter}." if self._filter != "all" else ""

    def _refresh(self) -> None:
        """What can be done now, and how much is marked."""
        self._version = self._session.version
        busy = self._learning.running
        for card in self._cards:
            card.allow(marks=not (busy or self._session.read_only), heat=not busy)
        self._tools.refresh()

    def _poll(self) -> None:
        """What has happened meanwhile: learning went on or ended, another page marked."""
        if self._ended != self._learning.ended:
            self._ended = self._learning.ended
            self._tools.say(self._learning.outcome, failed=self._learning.failed)
            self._fill()
        elif self._version != self._session.version:
            self._fill()
        elif self._tools.busy != self._learning.running:
            self._refresh()
        self._tools.progress()

    def _key(self, event: events.GenericEventArguments) -> None:
        key, columns = event.args["key"], int(event.args["columns"])
        if key == "u":
            self._undo()
        elif self._chosen is None:
            return
        elif key in _STEPS:
            at = self._cards.index(self._chosen) + _STEPS[key](columns)
            if 0 <= at < len(self._cards):
                self._select(self._cards[at], focus=True)
        elif key in ("a", "n"):
            self._mark_and_go_on("abnormal" if key == "a" else "normal")
        elif key == "h":
            self._heat(self._chosen)
        elif key == " ":
            self._play(self._chosen)

    def _select(self, card: Card, *, focus: bool = False) -> None:
        if self._chosen is not None:
            self._chosen.select(False)
        self._chosen = card
        card.select(True)
        if focus:
            ui.run_javascript(f"document.getElementById('{card.html_id}')?.focus()")

    def _play(self, card: Card) -> None:
        self._select(card)
        for other in self._cards:
            if other.playing and other is not card:
                other.playing = False
                other.update_picture()
        card.playing = not card.playing
        card.update_picture()

    def _heat(self, card: Card) -> None:
        if self._learning.running:
            return
        self._select(card)
        card.heat, card.playing = not card.heat, False
        card.update_picture()

    def _heat_all(self, shown: bool) -> None:
        self._all_heat = shown
        for card in self._cards:
            card.heat, card.playing = shown, False
            card.update_picture()

    def _mark_and_go_on(self, label: Label) -> None:
        """Mark the chosen card by its key, and choose the one that follows."""
        card = self._chosen
        if card is None:
            return
        self._mark(card, label)
        if self._chosen is card and card.moment.label == label:  # it was marked, and still stands
            at = self._cards.index(card) + 1
            if at < len(self._cards):
                self._select(self._cards[at], focus=True)

    def _mark(self, card: Card, label: Label) -> None:
        moment = card.moment
        self._select(card)
        contradiction = self._try(lambda: self._session.mark(moment, label))
        if contradiction is not None:
            self._tools.say(contradiction)
        self._after_a_mark()

    def _undo(self) -> None:
        gone = self._try(self._session.undo)
        self._after_a_mark()
        if gone is None:
            return
        clip, place = gone
        name, frame = (
            self._session.run.clips[clip].name,
            self._session.run.clips[clip].indices[place],
        )
        self._tools.say(f"Took back what was said of frame {frame} of {name}.")
        for card in self._cards:
            if card.moment.clip == clip and card.moment.first <= place <= card.moment.last:
                self._select(card, focus=True)

    def _after_a_mark(self) -> None:
        """Cards change where they stand, unless others are to be shown now."""
        wanted = self._wanted[: self._most]
        if [_span(m) for m in wanted] != [_span(card.moment) for card in self._cards]:
            self._fill()
            return
        for card, moment in zip(self._cards, wanted, strict=True):
            if card.moment != moment:
                card.show(moment)
        self._refresh()

    def _try(self, what: Callable[[], Any]) -> Any:
        """Do it, or say why it cannot be done."""
        self._tools.say("")
        try:
            return what()
        except AwryError as error:
            self._tools.say(str(error), failed=True)
            return None

    def _learn(self) -> None:
        if self._session.to_learn:
            self._tools.say("")
            self._learning.begin()
            self._refresh()

    def _choose(self, which: str) -> None:
        self._filter, self._most = which, SHOWN
        self._fill()

    def _show_more(self) -> None:
        """The next cards, or the moments below the share of the frames that was looked at."""
        if len(self._wanted) <= self._most:
            self._share = min(1.0, _WIDER * self._share)
        self._most += SHOWN
        self._fill()


def _span(moment: ReviewMoment) -> tuple[int, int, int]:
    return moment.clip, moment.first, moment.last


def _holds(moment: ReviewMoment, other: ReviewMoment) -> bool:
    """Whether a moment holds the frame that another showed."""
    return moment.clip == other.clip and moment.first <= other.place <= moment.last
