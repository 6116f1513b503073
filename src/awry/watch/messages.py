"""What the processes of a site say to one another; each message is frozen and plain.

Times named `at`, `start`, `end` are seconds since 1970-01-01 UTC. Boxes are shares of the picture,
`x_min, y_min, x_max, y_max` in [0, 1], so that they fit every stream of a camera. Fields are
numbers, text, bytes, None, and tuples and dicts of these: `ipc.codec` writes nothing else.

A message that changes the store has a `uid`: the keeper does each once, however often it comes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal

CameraState = Literal[
    "disabled",
    "misconfigured",
    "connecting",
    "waiting for a key frame",
    "learning",
    "warming up",
    "running",
    "degraded",
    "stalled",
    "back-off",
    "quarantined",
]
Flag = Literal["dark", "bright", "blurred", "frozen", "covered", "moved"]
Light = Literal["day", "infrared"]
Box = tuple[float, float, float, float]


def new_uid() -> str:
    """32 hexadecimal digits that nobody else has."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Message:
    """Anything that one process says to another."""


@dataclass(frozen=True, slots=True)
class Hello(Message):
    """The first message of a link: who speaks.

    Attributes:
        process: its kind, e.g. `ingest`.
        name: its name, e.g. the camera's; empty where there is one of the kind.
        pid: of the process.
    """

    process: str
    name: str
    pid: int


# ---- what the keeper is told ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StateChanged(Message):
    """A camera is in another state, since `at`; `reason` is a sentence for people."""

    uid: str
    camera: str
    state: CameraState
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FlagChanged(Message):
    """A camera's picture was tampered with, or no longer is."""

    uid: str
    camera: str
    flag: Flag
    on: bool
    at: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Gap(Message):
    """A stretch of a camera's time without scores; `why` is a sentence for people."""

    uid: str
    camera: str
    start: float
    end: float
    why: str


@dataclass(frozen=True, slots=True)
class SeenRegion:
    """A region of a score; see `awry.frames.Region`."""

    box: Box
    score: float
    parts: dict[str, float] = field(default_factory=dict)
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class Scored(Message):
    """One step of a camera's time grid was scored.

    Attributes:
        camera: whose.
        at: when the picture was taken.
        session: of the connection: a new one begins with a fresh scorer.
        step: number on the grid of that session; `(session, step)` is unique.
        bundle: folder of the detector.
        shadow: whether the detector only tries: its scores alarm nobody.
        light: mode of the picture.
        score: smoothed as the detector says; None in warm-up.
        parts, regions: as the method gave them; regions only near the threshold or above.
        width, height: of the picture that was scored, in pixels.
        picture: JPEG of the picture, near the threshold or above; else empty.
        heat: PNG, 8 bits grey, of the anomaly map: 0 at what normal footage reaches, 255 well above
            it (`SceneCalibration.heat_range`), at the map's own size; likewise.
        reason: where, what and how far above normal, in a sentence; likewise.
        dropped: steps of the grid that were left out just before this one.
        sent_at: when the scorer sent it, by its clock that only grows; for measuring delays.
        looked: regions, heat and reason are there since somebody looks, not for how high the score
            is: they are shown, and nothing else.
    """

    camera: str
    at: float
    session: str
    step: int
    bundle: str
    score: float | None
    light: Light = "day"
    shadow: bool = False
    parts: dict[str, float] = field(default_factory=dict)
    regions: tuple[SeenRegion, ...] = ()
    width: int = 0
    height: int = 0
    picture: bytes = b""
    heat: bytes = b""
    reason: str = ""
    dropped: int = 0
    sent_at: float = 0.0
    looked: bool = False


@dataclass(frozen=True, slots=True)
class SessionEnded(Message):
    """No further score of that session will come, e.g. since the connection was lost."""

    uid: str
    camera: str
    session: str
    at: float


@dataclass(frozen=True, slots=True)
class FileWritten(Message):
    """A media file stands whole on the disk.

    Attributes:
        uid: of the message.
        camera: whose.
        kind: `clip` of an event, or `footage` to learn from.
        path: relative to the store.
        start, end: what it shows.
        bytes: its size.
        codec: of its video, e.g. `h264`.
        event: uid of the event; empty for footage.
        part: of the event's clips, from 0; more than one after a reconnect or another codec.
        light: mode of the pictures, of footage.
        note: what is to be said of it, e.g. that its end was lost.
    """

    uid: str
    camera: str
    kind: Literal["clip", "footage"]
    path: str
    start: float
    end: float
    bytes: int
    codec: str = ""
    event: str = ""
    part: int = 0
    light: Light = "day"
    note: str = ""


@dataclass(frozen=True, slots=True)
class BundleState(Message):
    """What became of a camera's detector.

    Attributes:
        path: its folder, relative to the store or absolute.
        state: `fitting`, `shadow`, `active`, `retired` or `failed`.
        detail: a sentence for people.
        facts: plain values as JSON text, e.g. rate and frames it was fitted on.
    """

    uid: str
    camera: str
    path: str
    method: str
    state: Literal["fitting", "shadow", "active", "retired", "failed"]
    at: float
    detail: str = ""
    facts: str = "{}"


@dataclass(frozen=True, slots=True)
class Load(Message):
    """How a process does, every few seconds; the newest one of each is kept.

    Attributes:
        process, name: as in `Hello`.
        at: when.
        figures: name -> value, e.g. `frames`, `dropped`, `lag_s`, `rss_bytes`, `cpu_s`, `fps`.
    """

    process: str
    name: str
    at: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crashed(Message):
    """A process ended that should not have."""

    uid: str
    process: str
    name: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered(Message):
    """What became of a row of the outbox; `error` is empty where it arrived."""

    uid: str
    row: int
    at: float
    error: str = ""
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class Request(Message):
    """A write that the web process or the command line asks for, answered by `Answer`.

    Attributes:
        uid: of the request; the answer repeats it.
        action: e.g. `judge`, `pin`, `token.make`, `session.make`, `audit`.
        values: its arguments as JSON text.
        by: the user, for the audit log.
    """

    uid: str
    action: str
    values: str = "{}"
    by: str = ""


@dataclass(frozen=True, slots=True)
class Answer(Message):
    """What came of a request: JSON text, or a sentence in `error`."""

    uid: str
    values: str = "{}"
    error: str = ""


# ---- what the keeper says -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interesting(Message):
    """To a scorer: from which score on regions and pictures of a camera are wanted.

    Attributes:
        threshold: the threshold by which `Scored.reason` says how high a score is; None: it says
            so in standard deviations of normal footage.
    """

    camera: str
    light: Light
    score: float
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ShowAll(Message):
    """To a scorer: for so many seconds somebody looks, and wants regions and heat of all scores."""

    camera: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StartClip(Message):
    """To an ingest process: cut a clip from `start` on, to the file at `path` in the store."""

    camera: str
    event: str
    start: float
    path: str


@dataclass(frozen=True, slots=True)
class EndClip(Message):
    """To an ingest process: the event's clip ends at `end`; it may lie ahead."""

    camera: str
    event: str
    end: float


@dataclass(frozen=True, slots=True)
class Recording(Message):
    """To ingest processes: whether the disk has room for clips; `reason` is a sentence."""

    on: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gather(Message):
    """To an ingest process: which footage to learn from is still wanted; 0 s: none."""

    camera: str
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Due(Message):
    """To the courier: rows of the outbox wait."""


# ---- what the supervisor says, and hears ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beat(Message):
    """To the supervisor: this process does its work; without one for long it is restarted."""


@dataclass(frozen=True, slots=True)
class Stop(Message):
    """To a process: finish what is under way, and end."""


@dataclass(frozen=True, slots=True)
class Configure(Message):
    """To a process: its settings as JSON text; the whole, whenever they change.

    Between processes that never show it: addresses hold passwords, so only `ingest` gets them.
    """

    settings: str


@dataclass(frozen=True, slots=True)
class Train(Message):
    """To the supervisor, from the keeper: start the trainer for a camera."""

    camera: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UseBundle(Message):
    """To the supervisor, from the keeper: which detectors a camera has now.

    Attributes:
        bundle: folder of the one that alarms; empty: it is learned still.
        shadow: folder of one that only tries; empty: none.
    """

    camera: str
    bundle: str
    shadow: str = ""
