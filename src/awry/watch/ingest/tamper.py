"""Whether somebody or something keeps a camera from seeing: by its pictures, over seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from awry.watch.ingest.thumbnail import Thumbnail
from awry.watch.ingest.view import Difference, View
from awry.watch.messages import Flag, Light

_HOLDS: Mapping[Flag, float] = MappingProxyType(
    {"dark": 3.0, "bright": 3.0, "blurred": 8.0, "frozen": 30.0, "covered": 5.0, "moved": 10.0}
)
# So long something may look otherwise without having ended.
_LAPSE_S = 1.5


@dataclass(frozen=True, slots=True)
class TamperRule:
    """When a flag comes on.

    Attributes:
        learn_s: seconds of pictures from which the usual view is learned, at least.
        learn_pictures: pictures from which it is learned, at least; at most three times as many
            are kept.
        dark: of 255: where nearly nothing is brighter, nothing is seen.
        bright: likewise, where most of the picture is brighter.
        lost: share of blocks that must lose their detail, blurred or covered.
        hidden: likewise, where the coarse brightness is another altogether (below `strange`).
        coarse: correlation of coarse brightness below which it is covered rather than blurred.
        blank: share of blocks that must lose their detail where the view in this light is not known
            yet: a grey cover looks like infrared, but even a dim night shows some of what day does.
        shift: share of the width by which the view must move.
        unlike: share of the usual likeness below which another view is shown.
        hold_s: how long each must last to come on.
        clear_s: how long it must be gone to go off.
        relearn_s: a view that was moved to stays so long before it counts as the usual one.
        follow_s: time in which the usual view follows a lasting change by two thirds.
        blind_s: without a key picture a picture must stand still for so long to be frozen.
    """

    learn_s: float = 120.0
    learn_pictures: int = 20
    dark: float = 28.0
    bright: float = 240.0
    lost: float = 0.7
    coarse: float = 0.6
    hidden: float = 0.5
    strange: float = 0.3
    blank: float = 0.9
    shift: float = 0.03
    unlike: float = 0.35
    hold_s: Mapping[Flag, float] = field(default_factory=lambda: _HOLDS)
    clear_s: float = 5.0
    relearn_s: float = 1800.0
    follow_s: float = 600.0
    blind_s: float = 90.0


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag came on, or went off."""

    flag: Flag
    on: bool
    at: float
    detail: str = ""


@dataclass(slots=True)
class _Timer:
    """How long something is so, or no longer is."""

    on: bool = False
    since: float | None = None
    lapse: float | None = None
    changed_at: float = 0.0

    def see(self, so: bool, at: float, hold_s: float, clear_s: float) -> bool:
        """Whether it turned."""
        if so == self.on:
            # A picture or two that say otherwise do not begin the wait anew.
            self.lapse = at if self.lapse is None or self.lapse > at else self.lapse
            if at - self.lapse >= _LAPSE_S:
                self.since = None
            return False
        self.lapse = None
        # A clock that is set back begins the wait anew.
        self.since = at if self.since is None or self.since > at else self.since
        if at - self.since < (clear_s if self.on else hold_s):
            return False
        self.on, self.since, self.changed_at = so, None, at
        return True


@dataclass(slots=True)
class _Same:
    """For how long pictures have been the same."""

    mark: int | None = None
    since: float = 0.0
    last: float = 0.0

    def see(self, mark: int, at: float) -> None:
        if mark != self.mark or at < self.last:
            self.mark, self.since = mark, at
        self.last = at

    @property
    def seconds(self) -> float:
        return self.last - self.since


class TamperWatch:
    """Watches the pictures of one camera.

    The usual view is learned of each light by itself; until it is known, and while nothing can be
    seen, only darkness, glare and a frozen picture are told, and that nothing is left of what
    another light shows.

    Args:
        rule: see `TamperRule`.
    """

    def __init__(self, rule: TamperRule | None = None) -> None:
        self._rule = rule or TamperRule()
        self._views: dict[tuple[Light, tuple[int, ...]], View] = {}
        self._learning: list[Thumbnail] = []
        self._light: Light | None = None
        self._timers: dict[Flag, _Timer] = {flag: _Timer() for flag in _HOLDS}
        self._keys, self._all = _Same(), _Same()
        self._last_at: float | None = None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Which are on."""
        return tuple(flag for flag, timer in self._timers.items() if timer.on)

    @property
    def is_learning(self) -> bool:
        """Whether the usual view is not known yet."""
        return bool(self._learning) or not self._views

    def see(self, thumbnail: Thumbnail, light: Light) -> list[Flagged]:
        """Look at the next picture."""
        if light != self._light:
            self._light, self._learning = light, []
        seen = self._seen(thumbnail, light)
        turned = []
        for flag, timer in self._timers.items():
            hold_s = self._rule.hold_s[flag]
            so = flag in seen
            # A frozen picture has lasted already when it is seen to be one.
            if timer.see(so, thumbnail.at, 0.0 if flag == "frozen" else hold_s, self._rule.clear_s):
                turned.append(Flagged(flag, timer.on, thumbnail.at, seen.get(flag, "")))
        self._relearn(thumbnail, light)
        self._last_at = thumbnail.at
        return turned

    def forget_still(self) -> None:
        """The connection was lost: what comes next may well be what was last."""
        self._keys, self._all = _Same(), _Same()

    def _seen(self, thumbnail: Thumbnail, light: Light) -> dict[Flag, str]:
        """What there is to be said against this picture, with details."""
        seen: dict[Flag, str] = {}
        still_s = self._still_s(thumbnail)
        if still_s:
            seen["frozen"] = f"The picture has not changed for {still_s:.0f} s."
        brightest, usual = np.percentile(thumbnail.grey, [95, 40])
        view = self._views.get((light, thumbnail.grey.shape))
        if brightest < self._dark_limit(view):
            return seen | {"dark": f"Nothing is brighter than {brightest:.0f} of 255."}
        if usual > self._rule.bright:
            return seen | {"bright": f"Most of it is brighter than {usual:.0f} of 255."}
        if view is None:
            seen |= self._blank(thumbnail)
            if not seen:
                self._learn(thumbnail, light)
            return seen
        found = self._compared(view, view.compare(thumbnail.grey))
        if not found and not seen and self._last_at is not None and not self.flags:
            passed = min(max(0.0, thumbnail.at - self._last_at), 10.0)
            view.follow(thumbnail.grey, passed / self._rule.follow_s)
        return seen | found

    def _blank(self, thumbnail: Thumbnail) -> dict[Flag, str]:
        """Whether nothing is left of what another light shows."""
        shape = thumbnail.grey.shape
        others = [view for (_, known), view in self._views.items() if known == shape]
        for view in others:
            now = view.compare(thumbnail.grey)
            # Edges stay where they are, whatever light makes of their brightness.
            unlike = abs(now.likeness) < self._rule.unlike * view.typical.likeness
            if view.has_detail and unlike and now.lost > self._rule.blank:
                return {"covered": f"{now.lost:.0%} of the picture lost its detail."}
        return {}

    def _dark_limit(self, view: View | None) -> float:
        return self._rule.dark if view is None else min(self._rule.dark, view.brightness / 2)

    def _compared(self, view: View, now: Difference) -> dict[Flag, str]:
        rule, usual = self._rule, view.typical
        share = f"{now.lost:.0%} of the picture lost its detail"
        hidden = max(rule.hidden, (1 + usual.lost) / 2) if now.coarse < rule.strange else 1.0
        if view.has_detail and now.lost > min(hidden, max(rule.lost, (1 + usual.lost) / 2)):
            if now.coarse < min(rule.coarse, usual.coarse):
                return {"covered": f"{share}, and it shows something else."}
            return {"blurred": f"{share}."}
        if now.is_shifted and now.shift > max(rule.shift, 1.5 * usual.shift):
            return {"moved": f"The view moved by {now.shift:.0%} of its width."}
        if view.has_detail and now.likeness < rule.unlike * usual.likeness:
            return {"moved": "The camera shows another view."}
        return {}

    def _still_s(self, thumbnail: Thumbnail) -> float:
        """For how long the picture has been frozen; 0 where it is not.

        A key picture is encoded anew, so that it is the same shows that its original is. Between
        them encoders repeat what is quiet, which must last far longer to mean anything.
        """
        if thumbnail.key_mark is not None:
            self._keys.see(thumbnail.key_mark, thumbnail.at)
        self._all.see(thumbnail.mark, thumbnail.at)
        by_keys, by_all = self._keys.seconds, self._all.seconds
        if by_keys >= self._rule.hold_s["frozen"]:
            return by_keys
        return by_all if by_all >= self._rule.blind_s else 0.0

    def _learn(self, thumbnail: Thumbnail, light: Light) -> None:
        learned, rule = self._learning, self._rule
        if learned and (
            learned[0].grey.shape != thumbnail.grey.shape or thumbnail.at < learned[-1].at
        ):
            learned.clear()
        apart = rule.learn_s / (3 * rule.learn_pictures)
        if learned and thumbnail.at - learned[-1].at < apart:
            return
        learned.append(thumbnail)
        del learned[: -3 * rule.learn_pictures]
        enough = len(learned) >= rule.learn_pictures
        if enough and thumbnail.at - learned[0].at >= 0.9 * rule.learn_s:
            self._views[light, thumbnail.grey.shape] = View([one.grey for one in learned])
            learned.clear()

    def _relearn(self, thumbnail: Thumbnail, light: Light) -> None:
        """A view that lasts becomes the usual one: the camera was turned on purpose."""
        timer = self._timers["moved"]
        if timer.on and thumbnail.at - timer.changed_at > self._rule.relearn_s:
            self._views.pop((light, thumbnail.grey.shape), None)
            self._learning = []
