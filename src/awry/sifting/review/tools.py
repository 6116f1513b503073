"""What stands above the moments: the run, filters, buttons, progress, and what is said."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from awry.sifting.review.learning import Learning
from awry.sifting.review.log import FEEDBACK
from awry.sifting.review.session import ReviewSession

_KEYS = {
    "a": "abnormal",
    "n": "normal",
    "u": "undo",
    "space": "play",
    "h": "heat map",
    "arrows": "another moment",
}
_NOTES = 3


class Tools:
    """The bar above the moments.

    Args:
        session: what is reviewed.
        learning: learns in the background.
        learn, undo: what the buttons do.
        heat: is told whether heat maps are to be shown.
        choose: is told which moments are to be shown.

    Attributes:
        busy: whether learning was under way when `refresh` was called last.
    """

    def __init__(
        self,
        session: ReviewSession,
        learning: Learning,
        *,
        learn: Callable[[], None],
        undo: Callable[[], None],
        heat: Callable[[bool], None],
        choose: Callable[[str], None],
    ) -> None:
        self._session, self._learning = session, learning
        self.busy = False
        with ui.element("div").classes("review-head"):
            with ui.element("header").classes("review-bar"):
                with ui.element("div"):
                    self._title()
                ui.element("div").classes("review-space")
                self._buttons(learn, undo, heat, choose)
            self._banner()
            with ui.element("div").classes("review-status"):
                self._status()
        if session.notes:
            more = len(session.notes) - _NOTES
            rest = [f"And {more} more, see standard output."] if more > 0 else []
            self.say(" ".join([*session.notes[:_NOTES], *rest]), failed=True)

    def help(self) -> None:
        """Which keys do what; at the foot of the page."""
        keys = " &nbsp; ".join(f"<kbd>{key}</kbd> {does}" for key, does in _KEYS.items())
        ui.html(keys, sanitize=False).classes("review-help review-quiet")

    def say(self, sentence: str, *, failed: bool = False) -> None:
        """Tell the person something, in place of what was said before."""
        self._message.text = sentence
        self._message.classes(**{"add" if failed else "remove": "failed"})

    def refresh(self) -> None:
        """What can be done now, and how much is marked."""
        session, self.busy = self._session, self._learning.running
        abnormal, normal = session.counts
        unmarked = sum(moment.label is None for moment in session.moments)
        self._filter.set_options(
            {
                "all": f"All {len(session.moments)}",
                "unmarked": f"Unmarked {unmarked}",
                "borderline": "Borderline",
                "abnormal": f"Abnormal {abnormal}",
                "normal": f"Normal {normal}",
            }
        )
        marked, allowed = abnormal + normal, not (self.busy or session.read_only)
        self._count.text = f"{marked} marked: {abnormal} abnormal, {normal} normal"
        count = session.to_learn
        self._learn.text = f"Learn from {count} mark{'s' * (count != 1)}"
        self._learn.set_enabled(allowed and count > 0)
        self._undo.set_enabled(allowed and marked > 0)
        self._export.set_enabled(marked > 0)
        self._heat.set_enabled(not self.busy)
        self.progress()

    def progress(self) -> None:
        """How far learning has come."""
        learning = self._learning
        self._progress.set_visibility(learning.running)
        self._message.set_visibility(not learning.running)
        if learning.running:
            counted = f", step {learning.done} of {learning.total}" if learning.total else ""
            detail = f" ({learning.detail})" if learning.detail else ""
            self._step.text = f"Learning: {learning.title}{counted}{detail}"
            self._bar.value = learning.share

    def _title(self) -> None:
        session = self._session
        frames = sum(len(clip.indices) for clip in session.run.clips)
        with ui.element("h1").classes("review-title"):
            ui.label(session.folder.resolve().name)
        clips = len(session.run.clips)
        extent = f"{frames} frames of {clips} clip{'s' * (clips != 1)}, the top {session.share:.0%}"
        ui.label(extent).classes("review-quiet")
        self._count = ui.label().classes("review-quiet review-count")

    def _buttons(
        self,
        learn: Callable[[], None],
        undo: Callable[[], None],
        heat: Callable[[bool], None],
        choose: Callable[[str], None],
    ) -> None:
        with ui.element("div").classes("review-tools"):
            self._filter = ui.toggle(
                {"all": "All", "unmarked": "", "borderline": "", "abnormal": "", "normal": ""},
                value="all",
                on_change=lambda event: choose(event.value),
            ).props("no-caps dense unelevated toggle-color=primary color=white text-color=grey-9")
            self._filter.props["aria-label"] = "Which moments are shown"
        with ui.element("div").classes("review-tools"):
            self._heat = ui.switch("Heat maps", on_change=lambda event: heat(event.value))
            self._undo = ui.button("Undo", on_click=undo).props("outline no-caps dense")
            self._export = ui.button("Export", on_click=self._send).props("outline no-caps dense")
            self._learn = ui.button("Learn", on_click=learn).props("unelevated no-caps dense")
            for button in (self._undo, self._export, self._learn):
                button.props["padding"] = "2px 12px"

    def _status(self) -> None:
        with ui.element("div").classes("review-progress") as self._progress:
            self._step = ui.label().classes("review-quiet")
            self._bar = ui.linear_progress(0, show_value=False, size="8px")
            self._bar.props["aria-label"] = "Progress of learning"
        self._message = ui.label().classes("review-said")
        self._message.props["role"] = "status"

    def _send(self) -> None:
        ui.download.content(self._session.exported(), FEEDBACK)

    def _banner(self) -> None:
        if self._session.read_only:
            sentence = (
                "Another session reviews this run: this page is read-only. "
                "Load it again to see what has changed."
            )
            ui.label(sentence).classes("review-banner").props["role"] = "note"
