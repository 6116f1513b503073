"""The cameras of the demo, and the file of settings that asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from awry.video.address import SYNTHETIC

METHOD, PRESET = "flow", "relative"
OPTIONS: dict[str, Any] = {"quality": "ultrafast"}
BUDGET = "200/day"
LEARN_S = 480.0
"""Footage that each detector is fitted on: drawn before anything strange comes."""
DETECT_HEIGHT, DETECT_FPS = 180, 5.0
"""Of the stream that is scored; clips and live pictures are of a larger one, as real cameras do."""


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """A drawn camera.

    Attributes:
        name: of the camera.
        scene: that it sees.
        every_s: in the past something strange comes once in so many seconds; 0: never.
        busy_s: likewise, while a visitor looks on.
    """

    name: str
    scene: str
    every_s: float = 0.0
    busy_s: float = 0.0

    def address(self, since: float, busy_from: float | None, *, small: bool = False) -> str:
        """Of one of its two streams.

        Args:
            since: nothing strange comes before, seconds since 1970.
            busy_from: when a visitor looks on; None: not yet.
            small: whether of the one that is scored.
        """
        values: list[str] = []
        if small:
            values += [f"height={DETECT_HEIGHT}", f"fps={DETECT_FPS:g}"]
        if self.every_s:
            values += [f"since={since:.0f}", f"every_s={self.every_s:g}"]
        if self.busy_s and busy_from is not None:
            values += [f"busy_from={busy_from:.0f}", f"busy_s={self.busy_s:g}"]
        query = "?" + "&".join(values) if values else ""
        return f"{SYNTHETIC}{self.scene}{query}"


CAMERAS = (
    DemoCamera("square", "square", every_s=420.0, busy_s=75.0),
    DemoCamera("digits", "digits"),
)
"""One of them misbehaves now and then."""


def settings_text(
    port: int,
    timezone: str,
    since: float,
    busy_from: float | None,
    *,
    learn_s: float = LEARN_S,
) -> str:
    """The site's file.

    Args:
        port: of the page.
        timezone: IANA name.
        since, busy_from: as of `DemoCamera.address`.
        learn_s: seconds of footage that a detector is fitted on.
    """
    options = ", ".join(f"{key}: {value}" for key, value in OPTIONS.items())
    cameras = "".join(
        f"  {one.name}:\n"
        f"    detect: {one.address(since, busy_from, small=True)}\n"
        f"    record: {one.address(since, busy_from)}\n"
        for one in CAMERAS
    )
    return _TEXT.format(
        port=port,
        timezone=timezone,
        budget=BUDGET,
        seconds=f"{learn_s:.0f}s",
        method=METHOD,
        preset=PRESET,
        options=options,
        cameras=cameras,
    )


_TEXT = """\
# The site of `awry watch demo`: its cameras are drawn, nobody is watched.
name: Demo
store: store
timezone: {timezone}
# Without this only addresses of real cameras are allowed.
synthetic: true
web: {{host: 127.0.0.1, port: {port}}}
retention: {{gib: 2GiB, free_gib: 100MiB}}
defaults:
  # Far more than one would allow a real camera, so that something is to be seen.
  budget: {budget}
  learn: {{seconds: {seconds}, method: {method}, preset: {preset}, options: {{{options}}}}}
  cooldown_s: 10s
  pre_roll_s: 3s
  post_roll_s: 3s
cameras:
{cameras}"""
