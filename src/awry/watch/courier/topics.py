"""The topics of a site on its broker.

Below the configured prefix (`awry`):

| topic | retained | holds |
| -- | -- | -- |
| `status` | yes | `online`, or `offline` (also the last will) |
| `cameras/NAME/state` | yes | JSON, see `payloads.state_json` |
| `cameras/NAME/score` | yes | the newest score, every few seconds |
| `cameras/NAME/events` | no | JSON, see `payloads.message` |
| `cameras/NAME/picture` | yes | JPEG of the newest event that somebody was told of |
| `site/messages` | no | JSON likewise, of what is about no camera |
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of topics.

    Attributes:
        prefix: the first part of all; two sites on one broker need two.
        discovery: Home Assistant's prefix; None: it is told nothing.
    """

    prefix: str
    discovery: str | None

    @property
    def status(self) -> str:
        """Whether the courier is connected."""
        return f"{self.prefix}/status"

    @property
    def site(self) -> str:
        """What is about no camera."""
        return f"{self.prefix}/site/messages"

    def camera(self, name: str, leaf: str) -> str:
        """Of a camera."""
        return f"{self.prefix}/cameras/{name}/{leaf}"

    def device_id(self, name: str) -> str:
        """A camera's identifier in Home Assistant."""
        return re.sub(r"[^A-Za-z0-9_-]", "_", f"{self.prefix}_{name}")

    def device(self, name: str) -> str:
        """Where a camera's discovery message goes; only where there is discovery."""
        return f"{self.discovery}/device/{self.device_id(name)}/config"

    @property
    def birth(self) -> str | None:
        """Where Home Assistant says `online` when it has started."""
        return f"{self.discovery}/status" if self.discovery else None
