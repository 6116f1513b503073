"""The event level in words: what is worst about the alarms, and why an event was missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.event_matching import Outcome

WHY: Mapping[Outcome, str] = {
    "no_alarm": "no alarm in it",
    "already_on": "the alarm was on before it began",
    "counted_elsewhere": "its alarm counts for another event",
    "never_off": "the alarm is never off in this clip",
    "cannot_be_told": "the clip is abnormal throughout and the alarm never off: not counted",
}


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst figure of the alarms: `label` and `value` for a card, `sentence` for a line."""

    label: str
    value: str
    sentence: str


def worst_of(event: Mapping[str, Any]) -> Worst | None:
    """The worst of events missed, false alarms, and normal time in alarm.

    Each is a share: of the events that count, of the alarms, of the normal frames. The largest
    is the worst; of equal ones normal time comes first, then events.

    Args:
        event: `EventFigures.row`.

    Returns:
        None where none of the three exists.

    >>> worst_of({"normal_share_in_alarm": 0.79, "recall": 1.0, "precision": 1.0, "n_told": 8,
    ...           "n_found": 8, "n_alarms": 18, "false_alarms": 0}).sentence
    '79 % of normal time in alarm'
    """
    missed = f"{event['n_told'] - event['n_found']} of {event['n_told']}"
    false = f"{event['false_alarms']} of {event['n_alarms']}"
    normal = event["normal_share_in_alarm"]
    time = f"{whole_per_cent(normal)} %"
    shares = [
        (normal, Worst("Normal time in alarm", time, f"{time} of normal time in alarm")),
        (_less(event["recall"]), Worst("Events missed", missed, f"{missed} events missed")),
        (_less(event["precision"]), Worst("Alarms false", false, f"{false} alarms false")),
    ]
    known = [(share, worst) for share, worst in shares if share is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def why_missed(
    outcome: Outcome,
    scores: NDArray[np.float64],
    threshold: float | None,
    shortest: int | None,
) -> str:
    """Why an event was not found, in a few words.

    Args:
        outcome: of `TrueEvent`, not `found`.
        scores: float64 (n,), the event's.
        threshold: of its scene, or None.
        shortest: frames of the shortest alarm, or None where unknown.
    """
    if outcome != "no_alarm" or threshold is None:
        return WHY[outcome]
    over = int((scores > threshold).sum())
    if not over:
        return "never above the threshold"
    frames = "1 frame" if over == 1 else f"{over} frames"
    least = f"; an alarm has at least {shortest}" if shortest and over < shortest else ""
    return f"above the threshold in {frames} alone{least}"


def _less(share: float | None) -> float | None:
    return None if share is None else 1.0 - share


def whole_per_cent(share: float | None) -> str:
    """A share in whole per cent, that is neither 0 nor 100 unless it is exactly so."""
    if share is None:
        return "-"
    return f"{min(max(100 * share, 1), 99):.0f}" if 0 < share < 1 else f"{100 * share:.0f}"
