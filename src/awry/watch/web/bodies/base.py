"""What all bodies share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_799.0
"""Seconds since 1970 of the years 1 and 9999: what a calendar can show."""


class Given(BaseModel):
    """What the API gives: made from what the store gives, by the names of its fields."""

    model_config = ConfigDict(from_attributes=True, ser_json_inf_nan="null")


class Taken(BaseModel):
    """What the API takes: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Done(Given):
    """A write that was done."""

    done: bool = Field(True, description="Always true: what is not done is an error.")


Time = Annotated[float, Field(ge=EARLIEST, le=LATEST, allow_inf_nan=False)]
CameraName = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Name of a camera of the site.")
]
_Named = Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
OnlyCameras = Annotated[
    list[_Named],
    Query(max_length=200, description="Only theirs; may be given more than once."),
]
OnlyCamera = Annotated[_Named | None, Query(description="Only this one's.")]
EventUid = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The event's `uid`.")]
Since = Annotated[
    float | None,
    Query(ge=EARLIEST, le=LATEST, allow_inf_nan=False, description="From this time on."),
]
Until = Annotated[
    float | None,
    Query(ge=EARLIEST, le=LATEST, allow_inf_nan=False, description="Before this time."),
]
