"""The event level in words: what is worst about the alarms, and why an event was missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.metrics.event_matching import Outcome

WHY: Mapping[Outcome, str] = {
    "no_alarm": "no alarm in it",
    "already_on": "the alarm was on before it began",
    "counted_elsewhere": "its alarm counts for another event",
    "never_off": "the alarm is never off in this clip",
    "cannot_be_told": "the clip is abnormal throughout and the alarm never off: not counted",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the alarms: `label` and `value` for a card, `sentence` for a line."""

    label: str
    value: str
    sentence: str


def faults(event: Mapping[str, Any]) -> list[Fault]:
    """Events missed, false alarms, and normal time in alarm, the worst first.

    Each is a share: of the events that count, of the alarms, of the normal frames. Of equal ones
    normal time comes first, then events. Without what it is a share of, one is left out.

    Args:
        event: `EventFigures.row`.

    >>> [fault.sentence for fault in faults({
    ...     "normal_share_in_alarm": 0.79, "recall": 1.0, "precision": 1.0, "n_told": 8,
    ...     "n_found": 8, "n_alarms": 18, "false_alarms": 0, "false_alarms_per_hour": 0.0})]
    ['79 % of normal time in alarm', '0 of 8 events missed', '0 of 18 alarms false, 0 an hour']
    """
    missed = f"{event['n_told'] - event['n_found']} of {event['n_told']}"
    false = f"{event['false_alarms']} of {event['n_alarms']}"
    hourly = event["false_alarms_per_hour"]
    rate = "" if hourly is None else f", {hourly:.4g} an hour"
    normal = event["normal_share_in_alarm"]
    time = f"{whole_per_cent(normal)} %"
    shares = [
        (normal, Fault("Normal time in alarm", time, f"{time} of normal time in alarm")),
        (_less(event["recall"]), Fault("Events missed", missed, f"{missed} events missed")),
        (_less(event["precision"]), Fault("Alarms false", false, f"{false} alarms false{rate}")),
    ]
    known = [(share, fault) for share, fault in shares if share is not None]
    return [fault for _, fault in sorted(known, key=lambda pair: -pair[0])]


def missed_words(missed: Mapping[Outcome, int]) -> str:
    """Why events were not found, and how many each, in one line.

    >>> missed_words({"already_on": 1, "no_alarm": 2})
    '1: the alarm was on before it began; 2: no alarm in it'
    """
    return "; ".join(f"{count}: {WHY[outcome]}" for outcome, count in missed.items())


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
