"""Cameras: how they are and were, their scores, budgets, drift and detectors."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from awry.watch.web.bodies.base import Given, Taken, Time


class ByHandBody(Given):
    """Somebody armed or disarmed a camera in place of its schedule."""

    by: str = Field(description="Who; empty: that is not known.")
    until: float | None = Field(
        description="Until when, as the schedule stands; null: until somebody changes it."
    )


class CameraBody(Given):
    """A camera as it is now."""

    name: str = Field(description="Its name in the site's file.")
    added: float = Field(description="When it was first configured.")
    removed: float | None = Field(description="Since when it is not configured; null: it is.")
    state: str = Field(
        description="disabled, misconfigured, connecting, waiting for a key frame, learning, "
        "warming up, running, degraded, stalled, back-off or quarantined."
    )
    state_since: float = Field(description="Since when it is in that state.")
    state_reason: str = Field(description="A sentence for people; may be empty.")
    armed: bool = Field(description="Whether its events are told to anybody now.")
    by_hand: ByHandBody | None = Field(
        None, description="Who arranged that by hand; null: it is as the schedule says."
    )
    last_frame: float | None = Field(description="When the newest picture came; null: none did.")
    last_score: float | None = Field(description="When the newest score came; null: none did.")
    flags: list[str] = Field(
        description="What is wrong with its picture: dark, bright, blurred, frozen, covered, moved."
    )


class Cameras(Given):
    """All cameras that the caller may see."""

    cameras: list[CameraBody] = Field(description="By name.")


class SpanBody(Given):
    """A stretch of a camera's time."""

    kind: str = Field(description="Name of the state or flag, or `gap`.")
    since: float = Field(description="When it began.")
    until: float | None = Field(description="When it ended; null: it lasts.")
    detail: str = Field(description="A sentence for people; may be empty.")


class Spans(Given):
    """Stretches of a camera's time."""

    spans: list[SpanBody] = Field(description="Oldest first; at most the newest 5000.")


class Scores(Given):
    """A camera's scores by one detector, brought down to equal bins."""

    camera: str = Field(description="Whose.")
    bundle: str = Field(description="The detector's folder; empty: nothing was scored.")
    bundles: list[str] = Field(description="All detectors that scored the camera in this time.")
    since: float = Field(description="Where the first bin begins.")
    until: float = Field(description="Where the last bin ends.")
    times: list[float] = Field(description="The middle of each bin that holds scores.")
    scores: list[float | None] = Field(
        description="The highest score of each bin; null where it holds warm-up alone."
    )


class BudgetBody(Given):
    """A camera's budget of a day of the site's time zone."""

    camera: str = Field(description="Whose.")
    day: str = Field(description="The day, `YYYY-MM-DD`.")
    alarms: int = Field(description="How many alarms were told.")
    allowed: float = Field(description="How many the budget allows.")
    spent_at: float | None = Field(description="When it was spent; null: it is not.")


class Budgets(Given):
    """Budgets by day."""

    budgets: list[BudgetBody] = Field(description="Oldest first.")


class CalibrationBody(Given):
    """The threshold that a detector has in a light mode."""

    bundle: str = Field(description="The detector's folder.")
    light: str = Field(description="`day` or `infrared`.")
    threshold: float | None = Field(description="Scores of that and more alarm; null: none does.")
    normal: float = Field(description="The mean of normal scores.")
    how: str = Field(description="How it came about, for people.")
    at: float = Field(description="When it was chosen.")
    parts: dict[str, tuple[float, float]] = Field(
        default_factory=dict,
        description="Mean and standard deviation of each part of normal scores.",
    )


class Calibrations(Given):
    """A camera's thresholds."""

    calibrations: list[CalibrationBody] = Field(description="Newest first.")


class DriftBody(Given):
    """An hour of scores against the calibration."""

    hour: int = Field(description="When the hour began.")
    light: str = Field(description="`day` or `infrared`.")
    bundle: str = Field(description="The detector's folder.")
    stability: float | None = Field(
        description="Population stability index, 0 and more; null: too few scores."
    )
    distance: float | None = Field(
        description="Kolmogorov-Smirnov distance in [0, 1]; null: too few scores."
    )
    count: int = Field(description="Scores of that hour.")


class Drifts(Given):
    """A camera's drift."""

    drift: list[DriftBody] = Field(description="Oldest first.")


class BundleBody(Given):
    """A detector of a camera."""

    path: str = Field(description="Its folder; what `promote` and `drop` are given.")
    method: str = Field(description="The method's name.")
    state: str = Field(description="fitting, shadow, active, retired or failed.")
    at: float = Field(description="Since when it is in that state.")
    detail: str = Field(description="A sentence for people; may be empty.")
    facts: dict[str, Any] = Field(description="Plain facts of its fit, e.g. the rate.")


class Bundles(Given):
    """A camera's detectors."""

    bundles: list[BundleBody] = Field(description="Newest first.")


class BundleChoice(Taken):
    """Which detector."""

    path: str = Field(min_length=1, max_length=255, description="`path` of one of its detectors.")


class RefitWish(Taken):
    """A fit that is wanted."""

    reason: str = Field("", max_length=500, description="Why, for the audit log.")
    gather_s: float | None = Field(
        None,
        ge=600,
        le=30 * 86_400,
        description="For so many seconds from now on footage is gathered, and it learns from that "
        "alone; null: from what there is.",
    )


class Arming(Taken):
    """Whether a camera's events are told."""

    armed: bool = Field(description="True: whatever its schedule says; false: to nobody.")
    until: Time | None = Field(
        None,
        description="Until then; null: until the schedule next changes, or somebody changes it.",
    )


class ReplayedBody(Given):
    """An event that another threshold or budget would have given."""

    start: float = Field(description="When it would have begun.")
    end: float = Field(description="When it would have ended.")
    peak_at: float = Field(description="When its score was the highest.")
    score: float = Field(description="The highest score.")
    light: str = Field(description="`day` or `infrared`.")
    was: str | None = Field(description="Uid of a stored event of that time; null: none.")


class Replay(Given):
    """What a threshold or budget would have given, beside what was."""

    camera: str = Field(description="Whose scores.")
    bundle: str = Field(description="Of which detector.")
    asked: str = Field(description="The budget or threshold, in words.")
    since: float = Field(description="From when on.")
    until: float = Field(description="Until when.")
    seconds: float = Field(description="How many were scored in between.")
    per_day: float | None = Field(description="Events a day of scored time; null: none scored.")
    thresholds: dict[str, float | None] = Field(
        description="By light mode; null: there are no events in it."
    )
    how: dict[str, str] = Field(description="By light mode: how the threshold came about.")
    events: list[ReplayedBody] = Field(description="That it would have given, oldest first.")
    were: list[str] = Field(description="Uids of the stored events of that time.")
    gone: list[str] = Field(description="Uids of those that there would not have been.")
