"""How a camera is: what its processes say, and what its scores show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awry.watch.last_minute import MOST_DROPPED, WINDOW_S, LastMinute
from awry.watch.messages import CameraState

LEAST_RATE = 0.8
"""Below this share of the detector's rate over a minute a camera is degraded."""
_LEAST_STEPS = 20

Said = tuple[CameraState, str, float]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What else is known of a camera.

    Attributes:
        enabled: whether it is to be watched.
        bundle: whether it has a detector.
        learning: how far it is on its way to one, or to another one; empty: it is on none.
        rate: pictures a second that its detector wants; None: unknown.
        recording: why no clips are written; empty: they are.
        drift: what is said of its drift; empty: there is none.
    """

    enabled: bool = True
    bundle: bool = True
    learning: str = ""
    rate: float | None = None
    recording: str = ""
    drift: str = ""


class CameraCondition:
    """The state of one camera, put together from what was said and what was scored.

    Ingest says whether there are pictures, the scorer whether it can score, the supervisor whether
    their processes run. While there are pictures, the scores say the rest.
    """

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}
        self._steps = LastMinute()
        self._scored = False
        self._since: float | None = None

    def say(self, process: str, state: CameraState, reason: str, at: float) -> None:
        """A process said how the camera is; what its successors said before counts no more."""
        self._said[process] = (state, reason, at)
        if process == "ingest":
            self._said.pop("supervisor", None)
            if state != "running":
                self.broken()
        elif process == "scorer" and state in ("running", "warming up"):
            del self._said["scorer"]

    def broken(self) -> None:
        """Its session ended: the next one warms up, and its rate is counted anew."""
        self._scored, self._since = False, None
        self._steps.clear()

    def scored(self, has_score: bool, dropped: int, monotonic: float) -> None:
        """A step was scored, by the detector that alarms.

        Args:
            has_score: False in warm-up.
            dropped: steps that were left out before it.
            monotonic: seconds of a clock that only grows.
        """
        self._scored = has_score
        self._since = monotonic if self._since is None else self._since
        if has_score:
            self._said.pop("scorer", None)
        self._steps.add(dropped, monotonic)

    def dropped_share(self, monotonic: float) -> float:
        """The share of steps that were dropped over the last minute, in [0, 1]."""
        return self._steps.share(monotonic)

    def rate(self, monotonic: float) -> float | None:
        """Steps a second that came over the last minute, dropped ones too; None: too early."""
        if self._since is None or monotonic - self._since < WINDOW_S:
            return None
        return self._steps.steps(monotonic) / WINDOW_S

    def now(self, conditions: Conditions, monotonic: float) -> tuple[CameraState, str]:
        """The state, and a sentence for people."""
        if not conditions.enabled:
            return "disabled", "It is switched off in the settings."
        if (said := self._worst()) is not None:
            return said[0], said[1]
        if "ingest" not in self._said:
            return "connecting", "Its process has not spoken yet."
        if not conditions.bundle:
            return "learning", conditions.learning
        said = self._said.get("scorer")
        if said is not None:
            return said[0], said[1]
        if not self._scored:
            return "warming up", "The detector has not seen enough pictures yet."
        return self._scoring(conditions, monotonic)

    def _worst(self) -> Said | None:
        """What keeps it from running; None: nothing does, as far as its processes say."""
        for process in ("supervisor", "ingest"):
            said = self._said.get(process)
            if said is None or said[0] == "running":
                continue
            scorer = self._said.get("scorer")
            # Pictures come: that they cannot be scored is worse, and why nobody takes them.
            return scorer if said[0] == "degraded" and scorer is not None else said
        return None

    def _scoring(self, conditions: Conditions, monotonic: float) -> tuple[CameraState, str]:
        share, rate = self.dropped_share(monotonic), self.rate(monotonic)
        steps = self._steps.steps(monotonic)
        if share > MOST_DROPPED and steps >= _LEAST_STEPS:
            return "degraded", (
                f"Slow: {round_up(share)} of its pictures went unscored in the last minute, so its "
                "budget is not promised. Fewer cameras, a lighter detector or a faster machine "
                "would help."
            )
        if rate is not None and conditions.rate and rate < LEAST_RATE * conditions.rate:
            return "degraded", (
                f"Low rate: {rate:.1f} pictures a second came in the last minute, and its detector "
                f"wants {conditions.rate:g}, so its budget is not promised."
            )
        if conditions.recording:
            return "degraded", f"No recording: {conditions.recording}"
        if conditions.drift:
            return "degraded", f"Drift: {conditions.drift}"
        return "running", conditions.learning

    @property
    def seen(self) -> Mapping[str, Said]:
        """What the processes said last."""
        return self._said


def round_up(share: float) -> str:
    """A share as whole percent of people's reckoning: tens above ten, so that it rarely changes.

    >>> round_up(0.0612), round_up(0.43)
    ('over 6 %', 'over 40 %')
    """
    percent = int(100 * share)
    return f"over {percent if percent < 10 else percent // 10 * 10} %"
