"""Places of cameras that alarm nobody for a while."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from awry.watch.web.bodies.base import Given, Taken

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Box = tuple[Share, Share, Share, Share]


class SnoozeWish(Taken):
    """A place that is to alarm nobody: an event's, or boxes of a camera."""

    event: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{1,32}$", description="Uid: the place of that event."
    )
    camera: str | None = Field(
        None, pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Instead: a camera, with `boxes`."
    )
    boxes: list[Box] | None = Field(
        None,
        max_length=32,
        description="x_min, y_min, x_max, y_max as shares; empty: the whole picture.",
    )
    lasts: Annotated[float, Field(gt=0, le=366 * 86_400)] | Literal["tomorrow"] | None = Field(
        description="Seconds; `tomorrow`: until 6 o'clock of the next day at the site; null: for "
        "good."
    )
    note: str = Field("", max_length=500, description="Why.")


class SnoozeBody(Given):
    """A place that alarms nobody for a while."""

    id: int = Field(description="Its number.")
    camera: str = Field(description="Whose.")
    boxes: list[Box] = Field(description="Of the place, as shares; empty: the whole picture.")
    event: str = Field(description="Uid of the event that it was asked for at; may be empty.")
    since: float = Field(description="From when on.")
    until: float | None = Field(description="Until when; null: for good.")
    note: str = Field(description="Why; may be empty.")
    by: str = Field(description="Who asked for it.")
    ended: float | None = Field(description="When somebody ended it early; null: nobody did.")
    ended_by: str = Field(description="Who; may be empty.")
    active: bool = Field(description="Whether it counts now.")


class Snoozes(Given):
    """Some such places."""

    snoozes: list[SnoozeBody] = Field(description="Newest first.")
