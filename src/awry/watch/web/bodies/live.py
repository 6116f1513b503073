"""What a camera shows now: its video, and what its detector makes of it."""

from __future__ import annotations

from pydantic import Field

from awry.watch.web.bodies.base import Given
from awry.watch.web.bodies.events import RegionBody


class VideoBody(Given):
    """The first text of the websocket of a camera's video; binary messages of MP4 follow.

    Where `error` is not empty none do, and the websocket ends.
    """

    mime: str = Field("", description="What the browser must be able to play.")
    codec: str = Field("", description="FFmpeg's name, e.g. `h264`.")
    width: int = Field(0, description="In pixels; 0: not known.")
    height: int = Field(0, description="In pixels; 0: not known.")
    error: str = Field("", description="Why there is no video, a sentence; empty: there is.")
    kind: str = Field(
        "",
        description="Of the error: off, away, codec, masked, busy, or changed: connect again.",
    )


class NowBody(Given):
    """What a camera's detector sees now."""

    camera: str = Field(description="Whose.")
    at: float | None = Field(
        description="When the picture was taken; null: nothing was scored since it was asked."
    )
    score: float | None = Field(description="The newest score; null: none.")
    threshold: float | None = Field(description="Scores of that and more alarm; null: none does.")
    light: str = Field(description="`day` or `infrared`.")
    parts: dict[str, float | None] = Field(description="What the score is made of.")
    regions: list[RegionBody] = Field(description="Strongest first.")
    reason: str = Field(description="What stands out most, as the detector says it; may be empty.")
    why: str = Field(description="The same in the language of whoever asks; may be empty.")
    heat: str | None = Field(
        description="The anomaly map as an address of its own (`data:image/png;base64,...`), grey: "
        "black is usual, white is far above; null: there is none."
    )
