"""One moment on the page: its picture, what is known of it, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from awry.sifting.review.descriptions import change_of, describe
from awry.sifting.review.log import Label
from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.session import ReviewSession


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where pictures are.

    Attributes:
        key: tells this server's pictures from any other's in a browser's memory.
    """

    key: str

    @property
    def root(self) -> str:
        """What they all begin with."""
        return f"/pictures/{self.key}"

    def of(self, kind: str, moment: ReviewMoment, version: int = 0) -> str:
        """A moment's `frame`, `heat` or `clip`."""
        return f"{self.root}/{kind}/{version}/{moment.clip}/{moment.place}"


@dataclass(frozen=True, slots=True)
class CardActions:
    """What a card's buttons and clicks lead to; each is given the card.

    Attributes:
        select, play, heat: the card was chosen, is to play, is to show its heat map.
        mark: it is abnormal or normal.
    """

    select: Callable[[Card], None]
    play: Callable[[Card], None]
    heat: Callable[[Card], None]
    mark: Callable[[Card, Label], None]


class Card:
    """A moment's card.

    Args:
        session: whose moment it is.
        moment: what is shown.
        addresses: where its pictures are.
        actions: what its buttons do.
        heat: show the heat map from the start.

    Attributes:
        moment: what is shown.
        playing, heat: whether the seconds around the frame, or its heat map, are shown.
    """

    def __init__(
        self,
        session: ReviewSession,
        moment: ReviewMoment,
        addresses: Addresses,
        actions: CardActions,
        *,
        heat: bool,
    ) -> None:
        self._session, self._addresses = session, addresses
        self.moment = moment
        self.playing, self.heat, self._selected = False, heat, False
        self._element = ui.element("article").classes("moment")
        for event in ("click", "focusin"):  # the tab key chooses too
            self._element.on(event, lambda: actions.select(self))
        with self._element:
            self._picture()
            self._description()
            self._buttons(actions)
        self.show(moment)

    @property
    def html_id(self) -> str:
        """Of the card's element."""
        return self._element.html_id

    def select(self, selected: bool) -> None:
        """Show that this is the card that keys speak of, or not."""
        self._selected = selected
        self._element.classes(**{"add" if selected else "remove": "selected"})
        self._element.props(f"aria-current={'true' if selected else 'false'}")

    def show(self, moment: ReviewMoment) -> None:
        """Show what has become of the moment."""
        self.moment = moment
        name = f"{self._called}, {describe(self._session, moment)}"
        self._element.props["aria-label"] = name
        self._element.props["role"] = "group"
        self._element.props["tabindex"] = "0"
        self._element.classes(remove="abnormal normal", add=moment.label or "")
        self._state.text = moment.label or ""
        self._state.classes(remove="abnormal normal", add=moment.label or "")
        self._state.visible = moment.label is not None
        for label, button in self._marks.items():
            chosen = moment.label == label
            button.props(remove="outline unelevated", add="unelevated" if chosen else "outline")
            button.props(f"aria-pressed={'true' if chosen else 'false'}")
        self._element.update()
        self.update_picture()

    def update_picture(self) -> None:
        """Show the picture that is asked for: frame, heat map or moving."""
        kind = "clip" if self.playing else "heat" if self.heat else "frame"
        version = self._session.interactions if kind == "heat" else 0
        self._image.props["src"] = self._addresses.of(kind, self.moment, version)
        self._image.update()
        self._play.props(f"icon={'stop' if self.playing else 'play_arrow'}")
        self._play.props(f"aria-pressed={'true' if self.playing else 'false'}")
        self._heat_button.props(f"aria-pressed={'true' if self.heat else 'false'}")
        self._heat_button.props(f"color={'primary' if self.heat else 'grey-7'}")

    def allow(self, *, marks: bool, heat: bool) -> None:
        """Whether it can be marked, and whether there are heat maps, just now."""
        for button in self._marks.values():
            button.set_enabled(marks)
        self._heat_button.set_enabled(heat)

    @property
    def _called(self) -> str:
        moment = self.moment
        return "Marked moment" if moment.rank is None else f"Moment {moment.rank}"

    def _picture(self) -> None:
        moment = self.moment
        with ui.element("div").classes("moment-picture"):
            self._image = ui.element("img").props("loading=lazy")
            self._image.props["alt"] = "The picture cannot be read any more"
            rank = "marked" if moment.rank is None else f"{moment.rank}"
            ui.label(rank).classes("moment-badge moment-rank")
            change = change_of(self._session, moment)
            if change:
                ui.label(change).classes("moment-badge moment-change")
            self._state = ui.label().classes("moment-badge moment-state")

    def _description(self) -> None:
        moment = self.moment
        clip = self._session.run.clips[moment.clip]
        with ui.element("div").classes("moment-words"):
            with ui.element("div").classes("moment-line"):
                ui.label(clip.name).classes("moment-name").props["title"] = clip.name
                ui.label(f"score {moment.score:.3g}").classes("moment-score")
            ui.label(describe(self._session, moment)).classes("review-quiet")

    def _buttons(self, actions: CardActions) -> None:
        with ui.element("div").classes("moment-buttons"):
            self._marks = {
                "abnormal": self._mark_button("Abnormal", "abnormal", actions),
                "normal": self._mark_button("Normal", "normal", actions),
            }
            ui.element("div").classes("moment-space")
            name = self._called
            self._play = _icon("play_arrow", f"Play {name}", lambda: actions.play(self))
            self._heat_button = _icon(
                "thermostat", f"Heat map of {self._called}", lambda: actions.heat(self)
            )

    def _mark_button(self, text: str, label: Label, actions: CardActions) -> ui.button:
        button = ui.button(text, color=label).props("dense outline no-caps padding='2px 12px'")
        button.on("click.stop", lambda: actions.mark(self, label))
        button.props["aria-label"] = f"Mark {self._called} as {label}"
        return button


def _icon(icon: str, name: str, action: Callable[[], None]) -> ui.button:
    button = ui.button(icon=icon, color="grey-7").props("flat dense round")
    button.on("click.stop", action)
    button.props["aria-label"] = name
    return button
