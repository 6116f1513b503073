"""What each process of a site is told of the settings: no more than it needs.

Addresses of cameras hold passwords: `IngestSettings` alone has them. The supervisor writes these as
JSON (`revealed`) to the process's pipe, never to a command line, an environment or a file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr

from awry.watch.site.model import Camera, Mqtt, Part, Receiver, Retention, Web


class Grid(Part):
    """What a detector wants of its camera's pictures.

    Attributes:
        rate: pictures a second; None: as many as the stream has.
        width, height: pixels of the footage it was fitted on; pictures are brought down to these
            before they are sent on. None: as they come.
        tolerated_gap_s: after a longer gap a fresh scorer warms up.
    """

    rate: float | None = None
    width: int | None = None
    height: int | None = None
    tolerated_gap_s: float = 1.0


class IngestSettings(Part):
    """Of the process that reads one camera; `grid` is None while it has no detector."""

    camera: Camera
    store: Path
    grid: Grid | None = None
    ring_bytes: int = 64 * 2**20
    ring_s: float = 120.0


class ScoredCamera(Part):
    """A camera of a scorer process.

    Attributes:
        bundle, shadow: folders of detectors, absolute; shadow: one that only tries.
        ignore: polygons as shares of the picture.
    """

    name: str
    bundle: Path | None = None
    shadow: Path | None = None
    scene: str | None = None
    ignore: tuple[tuple[tuple[float, float], ...], ...] = ()
    grid: Grid = Grid()


class ScorerSettings(Part):
    """Of a process that scores."""

    cameras: tuple[ScoredCamera, ...] = ()
    device: str | None = None
    threads: int = 1


class KeptCamera(Part):
    """What the keeper knows of a camera: everything but its addresses and their time limits."""

    camera: Camera  # with `detect` and `record` blanked
    bundle: str = ""
    shadow: str = ""


class KeeperSettings(Part):
    """Of the only writer. `receivers` have blank addresses: it knows names and wishes alone."""

    store: Path
    database: SecretStr | None = None
    site: str = "site"
    timezone: str = "UTC"
    retention: Retention = Retention()
    schedules: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    cameras: dict[str, KeptCamera] = Field(default_factory=dict)
    mqtt: bool = False
    notify: tuple[Receiver, ...] = ()
    webhooks: tuple[Receiver, ...] = ()


class CourierSettings(Part):
    """Of the process that tells others."""

    store: Path
    database: SecretStr | None = None
    site: str = "site"
    timezone: str = "UTC"
    mqtt: Mqtt | None = None
    notify: tuple[Receiver, ...] = ()
    webhooks: tuple[Receiver, ...] = ()
    cameras: tuple[str, ...] = ()


class WebSettings(Part):
    """Of the API. `config` is the file, which it may ask to change."""

    store: Path
    database: SecretStr | None = None
    site: str = "site"
    timezone: str = "UTC"
    web: Web = Web()
    config: Path | None = None
    cameras: tuple[str, ...] = ()


class TrainerSettings(Part):
    """Of a fit for one camera."""

    camera: Camera  # with `detect` and `record` blanked
    store: Path
    database: SecretStr | None = None
    device: str | None = None
    reason: Literal["learned", "refit"] = "learned"


def revealed(part: Part) -> str:
    """Settings as JSON text with their secrets in plain, for a process's pipe alone."""
    return json.dumps(_plain(part.model_dump()))


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
