"""Whether a camera is watched at all: what a person has to know before they go to sleep."""

from __future__ import annotations

from typing import Literal

from awry.watch.store.results import StoredCamera

Watching = Literal["no", "partly", "not yet", "yes", "off"]
"""`no`: nobody would hear of what happens there. `partly`: watched, but not as it should be.
`not yet`: it learns or starts. `off`: switched off in the settings."""
ORDER: tuple[Watching, ...] = ("no", "partly", "not yet", "yes", "off")
"""What needs somebody comes first."""
STALE_S = 60.0
"""Without a new picture for so long a camera is not watched, whatever its state says."""
STARTING_S = 60.0
"""For so long a camera may be without a picture, or be new, before connecting is not watching."""
_STARTING = ("connecting", "waiting for a key frame", "warming up")
_NOT = ("misconfigured", "stalled", "back-off", "quarantined")


def watching(camera: StoredCamera, now: float) -> Watching:
    """Whether a camera is watched.

    A state is what processes said last. Where they died, it stays; so the age of the newest
    picture counts as well.

    Args:
        camera: as the store has it.
        now: seconds since 1970-01-01 UTC.
    """
    if camera.state == "disabled":
        return "off"
    if camera.state in _NOT:
        return "no"
    if camera.state in _STARTING:
        begun = camera.state_since if camera.state == "warming up" else _seen(camera)
        return "not yet" if now - begun <= STARTING_S else "no"
    if stale(camera, now):
        return "no"
    if camera.state == "learning":
        return "not yet"
    return "partly" if camera.state == "degraded" else "yes"


def _seen(camera: StoredCamera) -> float:
    """When a picture came last; of one that never gave any, since when it is known.

    Each try to connect begins its state anew, so the state's age says nothing.
    """
    return camera.added if camera.last_frame is None else camera.last_frame


def stale(camera: StoredCamera, now: float) -> bool:
    """Whether a camera should give scores and gives none.

    While it learns nothing is scored, so that its state alone can say how it is.
    """
    if camera.state not in ("running", "degraded"):
        return False
    newest = max(camera.last_frame or 0.0, camera.state_since)
    return now - newest > STALE_S
