"""The site as a whole: its settings without secrets, and how it does."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from awry.watch.site.model import Point
from awry.watch.web.bodies.base import Given, Taken

Polygon = Annotated[list[Point], Field(min_length=3, max_length=200)]


class ZoneBody(Taken):
    """Where alarms count."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Of the zone.")
    alarm: str = Field(
        "only",
        pattern="^(only|never)$",
        description="`only`: alarms must touch such a zone; `never`: inside nobody is alarmed.",
    )
    polygon: Polygon = Field(
        description="Corners x, y as shares of the picture's width and height. Sides must not "
        "cross, and at least 0.05 % of the picture is covered."
    )


class CameraSettings(Given):
    """A camera's settings, without its addresses."""

    version: str = Field(
        "", description="Of the site's file; give it with a change to change just this one."
    )
    name: str = Field(description="Its key in the file.")
    enabled: bool = Field(description="Whether it is opened.")
    budget: str | None = Field(description="Alarms that are allowed, e.g. `2/day`.")
    armed: str = Field(description="`always`, `never`, or a schedule's name.")
    zones: list[ZoneBody] = Field(description="Where alarms count.")
    ignore: list[list[Point]] = Field(description="Polygons whose pixels are never used.")
    cooldown_s: float = Field(description="Seconds after an alarm in which nobody is told.")
    pre_roll_s: float = Field(description="Seconds of a clip before the event.")
    post_roll_s: float = Field(description="Seconds of a clip after the event.")
    recording: str = Field(description="copy, masked or off.")
    audio: bool = Field(description="Whether clips keep sound.")
    learned: bool = Field(description="Whether its detector is learned from its own footage.")
    method: str = Field(description="The method that is learned; empty: the usual one.")


class SiteSettings(Given):
    """The site's settings, without addresses and secrets."""

    version: str = Field(description="Of the file; give it with a change to change just this one.")
    name: str = Field(description="Of the site.")
    timezone: str = Field(description="IANA name, for schedules and days of the budget.")
    retention: dict[str, float] = Field(description="How long media are kept; see the docs.")
    schedules: dict[str, list[str]] = Field(description="Weekly spans by name.")
    mqtt: bool = Field(description="Whether a broker is told.")
    notify: list[str] = Field(description="Names of those who are notified.")
    webhooks: list[str] = Field(description="Names of webhooks.")
    cameras: list[CameraSettings] = Field(description="Those that can be used, by name.")
    misconfigured: dict[str, str] = Field(description="Cameras with mistakes: what is wrong.")
    warnings: list[str] = Field(description="What works, but is hardly meant.")


class CameraChange(Taken):
    """What is to be changed of a camera's settings; what is left out stays."""

    budget: str | None = Field(
        None, max_length=40, description="E.g. `2/day`; null: the detector's threshold as it is."
    )
    armed: str | None = Field(
        None, max_length=40, description="`always`, `never`, or a schedule's name."
    )
    zones: list[ZoneBody] | None = Field(None, max_length=50, description="All of them anew.")
    ignore: list[Polygon] | None = Field(
        None, max_length=50, description="Polygons whose pixels are never used; all of them anew."
    )
    cooldown_s: float | None = Field(
        None, ge=0, le=86_400, allow_inf_nan=False, description="Seconds."
    )
    enabled: bool | None = Field(None, description="Whether it is opened.")
    version: str | None = Field(
        None, max_length=64, description="Of the file that this change was made for."
    )


class StorageBody(Given):
    """The disk below the store."""

    free_bytes: int = Field(description="Free for the store.")
    total_bytes: int = Field(description="Of the disk.")
    media_bytes: int = Field(description="Clips, pictures and footage of the ledger.")


class OutboxBody(Given):
    """What receivers of a channel are to be told."""

    channel: str = Field(description="mqtt, notify or webhook.")
    waiting: int = Field(description="Rows that wait.")
    sent: int = Field(description="Rows that arrived.")
    dead: int = Field(description="Rows that were given up.")
    oldest: float | None = Field(description="When the oldest waiting one was made.")


class LoadBody(Given):
    """How a process does."""

    process: str = Field(description="Its kind, e.g. `ingest`.")
    name: str = Field(description="Its name, e.g. the camera's; may be empty.")
    at: float = Field(description="When it said so.")
    figures: dict[str, float | None] = Field(description="By name, e.g. `lag_s`.")


class Health(Given):
    """How the site does."""

    site: str = Field(description="Its name.")
    awry: str = Field(description="The version of awry.")
    now: float = Field(description="The time of this machine.")
    cameras: dict[str, int] = Field(description="How many cameras are in which state.")
    storage: StorageBody = Field(description="The disk.")
    outbox: list[OutboxBody] = Field(description="By channel.")
    load: list[LoadBody] = Field(description="What processes said of themselves last.")


class Ready(Given):
    """Whether the site can be used."""

    ready: bool = Field(description="Whether it can.")
    detail: str = Field(description="A sentence for people.")
