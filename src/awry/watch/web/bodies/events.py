"""Events with their clips, what people say of them, and what changes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from awry.watch.web.bodies.base import Given, Taken


class RegionBody(Given):
    """Where in the picture something was strange."""

    box: tuple[float, float, float, float] = Field(
        description="x_min, y_min, x_max, y_max as shares of width and height."
    )
    score: float | None = Field(None, description="Of the region.")
    parts: dict[str, float | None] = Field(
        default_factory=dict, description="What the score is made of, by name."
    )
    class_name: str = Field("", description="What the object detector calls it; may be empty.")


class ClipBody(Given):
    """A clip of an event."""

    part: int = Field(description="From 0; more than one after a reconnect or another codec.")
    start: float = Field(description="What its first picture shows.")
    end: float = Field(description="What its last picture shows.")
    bytes: int = Field(description="Its size.")
    codec: str = Field(description="Of its video, e.g. `h264`.")
    note: str = Field(description="What is to be said of it; may be empty.")
    there: bool = Field(description="Whether the file is still there.")
    address: str = Field(description="Path of this API that gives the file, by ranges if wished.")


class EventBody(Given):
    """An event, from its beginning to its end."""

    uid: str = Field(description="The same from its beginning to its end.")
    camera: str = Field(description="Where.")
    state: str = Field(description="`open` or `ended`.")
    start: float = Field(description="When it began.")
    end: float = Field(description="When it ended, or its newest moment while it is open.")
    peak_at: float = Field(description="When its score was the highest.")
    score: float | None = Field(description="The highest score.")
    threshold: float | None = Field(description="Of that time.")
    height: float | None = Field(
        None, description="How far above normal: 1 at the threshold; null: normal is not known."
    )
    bundle: str = Field(description="The detector's folder.")
    shadow: bool = Field(description="Whether the detector only tries, and alarms nobody.")
    light: str = Field(description="`day` or `infrared`.")
    parts: dict[str, float | None] = Field(description="What the peak's score is made of.")
    part: str = Field("", description="The one farthest above normal; may be empty.")
    regions: list[RegionBody] = Field(description="Of the peak.")
    reason: str = Field(description="What is strange, in words; may be empty.")
    told: bool = Field(description="Whether somebody was told.")
    silent: str = Field(
        description="Why nobody was: disarmed, zone, snoozed, cooldown, budget or shadow; may be "
        "empty."
    )
    label: str | None = Field(description="`abnormal` or `normal`, as a person said; null: nobody.")
    pinned: bool = Field(description="Whether retention leaves it alone.")
    media: str = Field(description="`kept`, or `expired` once clips and pictures are deleted.")
    clips: list[ClipBody] = Field(description="In the order of time.")
    picture: str | None = Field(description="Path of this API that gives the peak's picture.")
    annotated: str | None = Field(description="The same with boxes and the reason.")
    heat: str | None = Field(description="The anomaly map of the peak, grey.")


class Events(Given):
    """Some events."""

    events: list[EventBody] = Field(description="Newest first; with `together` group by group.")
    groups: list[list[str]] = Field(
        default_factory=list,
        description="With `together`: uids of near-duplicates, newest first; else empty.",
    )
    next: str | None = Field(description="Give it as `cursor` for the following; null: none.")


class Judging(Taken):
    """What an event was."""

    label: Literal["abnormal", "normal"] = Field(description="As a person sees it.")
    note: str = Field("", max_length=2000, description="Anything else to be said.")


class JudgingSome(Taken):
    """What several events were."""

    events: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]] = Field(
        min_length=1, max_length=500, description="Their uids."
    )
    label: Literal["abnormal", "normal"] | None = Field(
        description="As a person sees them; null: what was said is taken back."
    )
    note: str = Field("", max_length=2000, description="Anything else to be said.")


class JudgementBody(Given):
    """What a person said of an event."""

    label: str = Field(description="`abnormal` or `normal`; empty: it was taken back.")
    note: str = Field(description="What else was said.")
    by: str = Field(description="Who said it.")
    at: float = Field(description="When.")


class Judgements(Given):
    """All that people said of an event."""

    judgements: list[JudgementBody] = Field(description="Oldest first; the last one counts.")


class Neighbours(Given):
    """The events of the same camera just before and just after."""

    before: str | None = Field(description="Uid; null: there is none.")
    after: str | None = Field(description="Likewise.")


class Parts(Given):
    """Parts of scores."""

    parts: list[str] = Field(description="Those that were ever the highest of an event, by name.")


class ChangeBody(Given):
    """Something that changed."""

    id: int = Field(description="Its number; numbers grow.")
    at: float = Field(description="When.")
    kind: str = Field(
        description="event, clip, state, flag, gap, bundle, budget, drift, config or snooze."
    )
    camera: str = Field(description="Whose; empty: of the site.")
    subject: str = Field(description="The camera's name, or the event's uid.")
    payload: dict[str, Any] = Field(description="What is new.")


class Changes(Given):
    """What changed after a number."""

    changes: list[ChangeBody] = Field(description="In order.")
    last: int = Field(description="Give it as `after` next time.")
