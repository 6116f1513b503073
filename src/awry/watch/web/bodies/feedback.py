"""What people said of events."""

from __future__ import annotations

from pydantic import Field

from awry.watch.web.bodies.base import Given


class FeedbackBody(Given):
    """What a person said of an event, once."""

    event: str = Field(description="Uid of the event.")
    camera: str = Field(description="Whose event; it may be gone by now.")
    detector: str = Field(description="Its folder; it may be gone by now, and empty: unknown.")
    light: str = Field(description="`day` or `infrared`.")
    peak: float | None = Field(description="The event's highest score then.")
    label: str = Field(description="`abnormal` or `normal`; empty: it was taken back.")
    note: str = Field(description="What else was said; may be empty.")
    by: str = Field(description="Who said it.")
    at: float = Field(description="When.")


class Feedback(Given):
    """All that people said, page by page."""

    feedback: list[FeedbackBody] = Field(description="Oldest first; an event's last word counts.")
    next: int | None = Field(description="Give it as `cursor` for the following; null: none.")
