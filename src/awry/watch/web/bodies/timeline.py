"""Several cameras at once: how they are now, and what was in a stretch of time."""

from __future__ import annotations

from pydantic import Field

from awry.watch.watching import Watching
from awry.watch.web.bodies.base import Given
from awry.watch.web.bodies.cameras import CameraBody, SpanBody

_LEVELS = (
    "The highest level of each bin: 0 is normal, 1 the threshold that the detector has now; null: "
    "nothing was scored."
)


class OverviewCamera(Given):
    """A camera with what one wants to know at a glance."""

    camera: CameraBody = Field(description="As it is now.")
    watching: Watching = Field(
        description="Whether anybody would hear of what happens there: `no`, `partly` (degraded), "
        "`not yet` (learns or starts), `yes`, or `off` (by the settings)."
    )
    stale: bool = Field(description="Whether it should give scores and gives none.")
    alarms: int = Field(description="Of today, that were told.")
    allowed: float | None = Field(description="Alarms a day by its budget; null: it has none.")
    spent_at: float | None = Field(description="When today's budget was spent; null: it is not.")
    newest: str | None = Field(description="Uid of its newest event with a picture; null: none.")
    levels: list[float | None] = Field(description=_LEVELS)


class Overview(Given):
    """All cameras that the caller may see, at a glance."""

    now: float = Field(description="The time of this machine.")
    day: str = Field(description="Today in the site's time zone, `YYYY-MM-DD`.")
    since: float = Field(description="Where the first bin begins.")
    until: float = Field(description="Where the last bin ends.")
    cameras: list[OverviewCamera] = Field(description="Those that need somebody first.")


class TimelineEvent(Given):
    """An event, in short."""

    uid: str = Field(description="Of the event.")
    start: float = Field(description="When it began.")
    end: float = Field(description="When it ended, or its newest moment while it is open.")
    peak_at: float = Field(description="When its score was the highest.")
    state: str = Field(description="`open` or `ended`.")
    told: bool = Field(description="Whether somebody was told.")
    label: str | None = Field(description="`abnormal` or `normal`, as a person said; null: nobody.")
    picture: bool = Field(description="Whether its picture is kept.")
    clips: list[tuple[int, float, float]] = Field(
        description="Of those that are there: part, start, end."
    )


class TimelineRow(Given):
    """What was with a camera in a stretch of time."""

    camera: str = Field(description="Whose.")
    levels: list[float | None] = Field(description=_LEVELS)
    events: list[TimelineEvent] = Field(description="Oldest first.")
    left_out: bool = Field(description="Whether there are more events, which are older.")
    gaps: list[SpanBody] = Field(description="Stretches without scores, with the reason.")
    states: list[SpanBody] = Field(description="Its states, oldest first.")
    flags: list[SpanBody] = Field(description="What was wrong with its picture, oldest first.")


class Timeline(Given):
    """A stretch of time of several cameras."""

    zone: str = Field(description="The site's time zone, of which the day is.")
    day: str = Field(description="In which it begins, `YYYY-MM-DD`.")
    since: float = Field(description="Where the first bin begins.")
    until: float = Field(description="Where the last bin ends.")
    now: float = Field(description="The time of this machine.")
    rows: list[TimelineRow] = Field(description="As the cameras were asked for, else by name.")
