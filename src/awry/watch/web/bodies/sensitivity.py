"""Budgets tried on stored scores: what each would have given."""

from __future__ import annotations

from pydantic import Field

from awry.watch.web.bodies.base import Given
from awry.watch.web.bodies.cameras import ReplayedBody


class TriedBudgetBody(Given):
    """What a budget would have given."""

    budget: str = Field(description="E.g. `2/day`.")
    allowed: float | None = Field(description="Alarms a day that it allows; null: unknown.")
    thresholds: dict[str, float | None] = Field(
        description="By light mode; null: there are no events in it."
    )
    how: dict[str, str] = Field(description="By light mode: how the threshold came about.")
    count: int = Field(description="Events that it would have given.")
    per_day: float = Field(description="The same by the day of scored time.")
    low: float = Field(description="Lower end of the exact 95 % interval of that rate.")
    high: float = Field(description="Upper end of it.")
    new: int = Field(description="Events of which there was none.")
    events: list[ReplayedBody] = Field(description="Oldest first; the newest 500 of more.")
    gone: list[str] = Field(description="Uids of stored events that there would not have been.")
    abnormal: int = Field(description="Events judged abnormal that it gives.")
    normal: int = Field(description="Events judged normal that it gives.")


class WereBody(Given):
    """A stored event of that time."""

    uid: str = Field(description="Of the event.")
    start: float = Field(description="When it began.")
    end: float = Field(description="When it ended.")
    score: float | None = Field(description="Its highest score.")
    told: bool = Field(description="Whether somebody was told.")
    label: str | None = Field(description="`abnormal` or `normal`, as a person said; null: nobody.")
    picture: bool = Field(description="Whether its picture is there.")


class Sensitivity(Given):
    """Budgets from the strictest on, tried on the newest days of stored scores."""

    camera: str = Field(description="Whose scores.")
    bundle: str = Field(description="Of which detector.")
    since: float = Field(description="From when on.")
    until: float = Field(description="Until when.")
    seconds: float = Field(description="How many were scored in between.")
    budget: str | None = Field(description="The camera's own; null: it has none.")
    fitted: str | None = Field(description="That of the detector's fit; null: it had none.")
    now: dict[str, float | None] = Field(description="The thresholds that count, by light mode.")
    at: int | None = Field(
        description="Place of the own budget, or of what is nearest to the thresholds of now."
    )
    tried: list[TriedBudgetBody] = Field(description="By what they allow.")
    were: list[WereBody] = Field(description="Stored events, oldest first.")
    abnormal: int = Field(description="How many of them were judged abnormal.")
    normal: int = Field(description="How many of them were judged normal.")
