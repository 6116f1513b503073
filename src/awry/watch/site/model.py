"""The settings of a site, checked; how a YAML file becomes one is `read`'s affair."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""Of a camera, zone, schedule or receiver: it stands in paths, topics and addresses."""

Point = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]
"""x and y as shares of the picture's width and height, so that it fits every stream of a camera."""


class Part(BaseModel):
    """A part of the settings: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Zone(Part):
    """Where alarms count.

    Attributes:
        name: of the zone.
        alarm: `only`: alarms must touch such a zone; `never`: regions inside alarm nobody.
        polygon: three corners or more.
    """

    name: Name
    alarm: Literal["only", "never"] = "only"
    polygon: Annotated[tuple[Point, ...], Field(min_length=3)]


class Learning(Part):
    """How a camera without a bundle gets one.

    Attributes:
        seconds: of footage to gather from the stream (written `24h` in the file).
        folder: fit on the videos there instead; `seconds` does not count then.
        method: any registered one; None: the one that is meant for cameras.
        preset: of the method.
        options: further settings of the method.
        gib: at most so much footage is kept.
    """

    seconds: Annotated[float, Field(gt=0)] = 86_400.0
    folder: Path | None = None
    method: Annotated[str, Field(min_length=1)] | None = None
    preset: str = "cpu"
    options: dict[str, Any] = Field(default_factory=dict)
    gib: Annotated[float, Field(gt=0)] = 4.0


class Camera(Part):
    """One camera.

    Attributes:
        name: its key in the file.
        detect: address of the stream that is scored; holds its password.
        record: address of the stream that clips are cut from; None: `detect`.
        enabled: False: it is not opened.
        bundle: the fitted detector; None: it is learned, as `learn` says.
        learn: see `Learning`.
        scene: of a bundle that holds several.
        budget: alarms that are allowed, e.g. `2/day`; None: the bundle's threshold as it is.
        armed: `always`, `never`, or a schedule's name.
        zones: where alarms count, see `Zone`.
        ignore: polygons whose pixels are never used.
        cooldown_s: after an alarm of this camera nobody is told of the next for so long.
        pre_roll_s: a clip begins so long before its event.
        post_roll_s: a clip ends so long after its event.
        longest_event_s: an event that lasts longer is cut, and goes on as the next.
        recording: `copy`: packets as they came; `masked`: encoded anew with ignored regions black;
            `off`: no clips.
        audio: whether clips keep sound.
        connect_timeout_s: within so long a stream must be open.
        read_timeout_s: within so long the next data must arrive.
    """

    name: Name
    detect: SecretStr
    record: SecretStr | None = None
    enabled: bool = True
    bundle: Path | None = None
    learn: Learning = Learning()
    scene: str | None = None
    budget: str | None = None
    armed: str = "always"
    zones: tuple[Zone, ...] = ()
    ignore: tuple[Annotated[tuple[Point, ...], Field(min_length=3)], ...] = ()
    cooldown_s: Annotated[float, Field(ge=0)] = 30.0
    pre_roll_s: Annotated[float, Field(ge=0, le=60)] = 5.0
    post_roll_s: Annotated[float, Field(ge=0, le=60)] = 5.0
    longest_event_s: Annotated[float, Field(ge=10)] = 300.0
    recording: Literal["copy", "masked", "off"] = "copy"
    audio: bool = False
    connect_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    read_timeout_s: Annotated[float, Field(gt=0)] = 10.0


class Retention(Part):
    """How long media are kept; whichever limit is met first deletes the oldest unpinned.

    Attributes:
        days: clips and pictures are kept for so long.
        gib: clips and pictures take at most so much.
        free_gib: so much of the disk stays free.
        scores_days: scores are kept for so long.
    """

    days: Annotated[float, Field(gt=0)] = 30.0
    gib: Annotated[float, Field(gt=0)] = 100.0
    free_gib: Annotated[float, Field(ge=0)] = 2.0
    scores_days: Annotated[float, Field(gt=0)] = 90.0


class Tls(Part):
    """HTTPS by files.

    Attributes:
        certificate: the chain, a PEM file.
        key: its key, likewise.
    """

    certificate: Path
    key: Path


class Web(Part):
    """Where the API listens.

    Attributes:
        enabled: False: there is no API.
        host: address to listen at; loopback unless told otherwise.
        port: to listen at; 0: any free one.
        tls: see `Tls`; None: plain HTTP, or a proxy in front.
        trusted_proxies: addresses whose `X-Forwarded-*` headers are believed.
        session_hours: how long a log-in lasts without use.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8780
    tls: Tls | None = None
    trusted_proxies: tuple[str, ...] = ()
    session_hours: Annotated[float, Field(gt=0)] = 12.0


class Mqtt(Part):
    """A broker.

    Attributes:
        host: its name or address.
        port: usually 1883, or 8883 with TLS.
        user: None: nobody in particular.
        password: of the user.
        tls: whether to speak TLS.
        topic: the first part of every topic.
        discovery: Home Assistant's discovery prefix; None: no discovery.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    user: str | None = None
    password: SecretStr | None = None
    tls: bool = False
    topic: str = "awry"
    discovery: str | None = "homeassistant"


class Receiver(Part):
    """Somebody who is told of events.

    Attributes:
        name: of the receiver.
        to: an Apprise address (`notify`), or a URL (`webhooks`).
        secret: signs webhooks (HMAC-SHA256); None: unsigned.
        cameras: whose events; empty: all.
        schedule: when; None: always.
        snapshot: whether a picture goes along (`notify`).
    """

    name: Name
    to: SecretStr
    secret: SecretStr | None = None
    cameras: tuple[Name, ...] = ()
    schedule: str | None = None
    snapshot: bool = True


class Site(Part):
    """Everything that `awry watch` is told.

    Attributes:
        name: of the site, in messages.
        store: folder of database, media and bundles.
        database: SQLAlchemy URL; None: SQLite inside `store`.
        timezone: IANA name, for schedules and days of the budget.
        scorers: processes that score; None: as this machine's cores suggest.
        load: what a load above 70 % of what was measured on this machine does at start.
        device: where networks run, as `--device` says.
        retention: see `Retention`.
        web: the API, see `Web`.
        mqtt: a broker, see `Mqtt`; None: none.
        notify: receivers by Apprise, see `Receiver`.
        webhooks: receivers by HTTP, see `Receiver`.
        schedules: name -> weekly spans, e.g. `mon-fri 18:00-07:00`.
        synthetic: whether cameras may be drawn: `synthetic://square`, `synthetic://digits`.
        cameras: name -> camera, see `Camera`.
    """

    name: str = "site"
    store: Path
    database: SecretStr | None = None
    timezone: str = "UTC"
    scorers: Annotated[int, Field(ge=1)] | None = None
    load: Literal["refuse", "warn"] = "warn"
    device: str | None = None
    retention: Retention = Retention()
    web: Web = Web()
    mqtt: Mqtt | None = None
    notify: tuple[Receiver, ...] = ()
    webhooks: tuple[Receiver, ...] = ()
    schedules: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    synthetic: bool = False
    cameras: dict[Name, Camera] = Field(default_factory=dict)


class WithDatabase(Protocol):
    """Settings of a site, or of a process, that name its database."""

    @property
    def database(self) -> SecretStr | None:
        """Its address; None: SQLite in the store."""
        ...


def database_url(settings: WithDatabase) -> str | None:
    """The address of a database; None: SQLite in the store. It may hold a password."""
    return None if settings.database is None else settings.database.get_secret_value()
