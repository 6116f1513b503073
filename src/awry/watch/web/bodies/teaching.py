"""What judgements changed, and two detectors on the same past."""

from __future__ import annotations

from pydantic import Field

from awry.watch.web.bodies.base import Given
from awry.watch.web.bodies.cameras import ReplayedBody
from awry.watch.web.bodies.sensitivity import WereBody


class TaughtBody(Given):
    """A threshold without the judgements and with them."""

    bundle: str = Field(description="The detector's folder.")
    light: str = Field(description="`day` or `infrared`.")
    before: float | None = Field(description="Had nobody judged anything; null: no events.")
    after: float | None = Field(description="What counts; null: there are no events.")
    how: str = Field(description="How that came about, for people.")
    normal: int = Field(description="Events judged normal.")
    abnormal: int = Field(description="Events judged abnormal.")
    above: int = Field(description="Of the normal ones, those above `before`.")
    allowed: float | None = Field(
        description="Alarms that the budget allows in the time watched; null: there is no budget."
    )
    seconds: float = Field(description="That were watched in that light.")
    changed: float | None = Field(description="When it was last set otherwise; null: never.")
    drift: str = Field(description="What is said of the scores' drift; empty: there is none.")
    reference: bool = Field(description="Whether it is known yet what drift is measured against.")


class WordBody(Given):
    """A judgement that counts."""

    event: str = Field(description="Uid of the event.")
    light: str = Field(description="`day` or `infrared`.")
    peak: float | None = Field(description="The event's highest score.")
    label: str = Field(description="`abnormal` or `normal`.")
    note: str = Field(description="What else was said; may be empty.")
    by: str = Field(description="Who said it.")
    at: float = Field(description="When.")
    counts: bool = Field(description="Whether it is of the detector that alarms now.")
    picture: bool = Field(description="Whether the event's picture is there.")


class GatheringBody(Given):
    """Footage that is gathered for another detector."""

    since: float = Field(description="Since when.")
    reason: str = Field(description="Why it was asked for; may be empty.")
    wanted: float = Field(description="Seconds that are to pass.")


class Teaching(Given):
    """What a camera was taught."""

    camera: str = Field(description="Whose.")
    bundle: str = Field(description="The detector whose events count; empty: there is none yet.")
    budget: str | None = Field(description="The camera's own; null: it has none.")
    thresholds: list[TaughtBody] = Field(description="By light mode.")
    judgements: list[WordBody] = Field(description="Newest first; at most 200.")
    judged: int = Field(description="How many there are.")
    gathering: GatheringBody | None = Field(description="For a refit; null: nothing is.")
    folder: bool = Field(description="Whether it is fitted on a folder of footage instead.")
    footage_s: float = Field(description="Seconds of footage that lie there.")
    unjudged: int = Field(
        description="Events of the last 7 days that nobody judged: their footage is not learned."
    )


class SideBody(Given):
    """What a detector would have given."""

    bundle: str = Field(description="As its scores name it.")
    path: str = Field(description="For `promote` and `drop`; empty: it is of the settings.")
    method: str = Field(description="Its method; empty: unknown.")
    state: str = Field(description="active, shadow, retired or failed; empty: unknown.")
    thresholds: dict[str, float | None] = Field(description="By light mode; null: no events.")
    seconds: float = Field(description="That it scored.")
    endless: bool = Field(description="Whether it would have alarmed nearly all the time.")
    count: int = Field(description="Events that it would have given; 0 where that is endless.")
    per_day: float = Field(description="The same by the day of scored time.")
    low: float = Field(description="Lower end of the exact 95 % interval of that rate.")
    high: float = Field(description="Upper end of it.")
    events: list[ReplayedBody] = Field(description="Oldest first; the newest 200 of more.")
    abnormal: list[str] = Field(description="Uids of the events judged abnormal that it finds.")
    normal: list[str] = Field(description="Uids of the events judged normal that it gives.")


class Comparison(Given):
    """Two detectors on the minutes that both have scored, and on no others."""

    camera: str = Field(description="Whose.")
    since: float = Field(description="From when on.")
    until: float = Field(description="Until when.")
    abnormal: int = Field(description="Events of that time judged abnormal.")
    normal: int = Field(description="Events of that time judged normal.")
    were: list[WereBody] = Field(description="Stored events that are named here, oldest first.")
    first: SideBody = Field(description="The one that alarms, unless another was asked for.")
    second: SideBody = Field(description="The other one.")
