"""What the system's page shows: problems, processes, room, versions, the log, backups."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from awry.watch.web.bodies.base import Given, Taken

Limit = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class ProblemBody(Given):
    """Something that is wrong, and what to do."""

    at: float | None = Field(description="Since when; null: unknown.")
    grave: bool = Field(description="Whether something is not watched or not told now.")
    subject: str = Field(description="What it is about, e.g. a camera's name.")
    camera: str = Field(description="The camera that it is about; empty: none.")
    said: str = Field(description="What is wrong, a sentence.")
    advice: str = Field(description="What to do, a sentence.")
    section: str = Field(description="Which section says more, e.g. `disk`; empty: none.")


class Problems(Given):
    """What is wrong."""

    problems: list[ProblemBody] = Field(description="Newest first.")


class ProcessBody(Given):
    """A process of the site."""

    process: str = Field(description="Its kind, e.g. `ingest`.")
    name: str = Field(description="Its name, e.g. the camera's; may be empty.")
    state: str = Field(description="running, starting, waiting, quarantined or ending.")
    restarts: int = Field(description="Since the site was started.")
    rss_bytes: int | None = Field(description="Memory; null: unknown.")
    share: float | None = Field(description="Of one processor core, 1 is a whole one.")
    began: float | None = Field(description="When it was started.")


class Processes(Given):
    """All processes of the site."""

    processes: list[ProcessBody] = Field(description="By kind and name.")
    cores: int = Field(description="Processor cores that the site may use.")


class CameraLoad(Given):
    """What a camera costs."""

    camera: str = Field(description="Its name.")
    state: str = Field(description="Its state.")
    fps: float | None = Field(description="Pictures a second that arrive; null: none lately.")
    dropped: float | None = Field(description="Share of the steps that were left out, 0 to 1.")
    lag_s: float | None = Field(description="The longest delay from a picture to its score.")
    share: float | None = Field(description="Of one processor core, with its part of the scoring.")
    rss_bytes: int | None = Field(description="Memory of its process.")


class Loads(Given):
    """What cameras cost, and for how many more there is room."""

    cameras: list[CameraLoad] = Field(description="By name.")
    cores: int = Field(description="Processor cores that the site may use.")
    share: float | None = Field(description="Of one core, that all processes take together.")
    more: int | None = Field(
        description="Cameras like these for which there is room below 70 % of the processor; null: "
        "unknown, since none runs."
    )


class RoomBody(Given):
    """What takes room."""

    camera: str = Field(description="Whose; empty: of no camera.")
    kind: str = Field(description="clip, picture, heat, footage, database, backups, bundles ...")
    files: int = Field(description="How many files.")
    bytes: int = Field(description="Of them.")


class DayBody(Given):
    """What came in a day."""

    start: float = Field(description="When it began.")
    bytes: int = Field(description="Of clips and pictures of that time that are there still.")


class DiskUse(Given):
    """The disk, and how long it lasts."""

    free_bytes: int = Field(description="Free on the disk.")
    total_bytes: int = Field(description="Of the disk.")
    media_bytes: int = Field(description="Of clips and pictures.")
    a_day_bytes: float | None = Field(description="That come each day; null: not known yet.")
    limited_by: str = Field(description="Which limit is met first: days, gib, free or unknown.")
    full_in_days: float | None = Field(description="Until then; 0: it is met; null: unknown.")
    holds_days: float | None = Field(description="Days of clips that are there then.")
    most_bytes: float | None = Field(description="That they take then.")
    said: str = Field(description="The same as a sentence.")
    days: list[DayBody] = Field(description="The last days, oldest first.")
    rooms: list[RoomBody] = Field(description="What takes the room, the largest first.")


class BundleVersion(Given):
    """A detector."""

    camera: str = Field(description="Whose.")
    path: str = Field(description="Its folder.")
    method: str = Field(description="Its method.")
    state: str = Field(description="fitting, shadow, active, retired or failed.")
    at: float = Field(description="When it came into this state.")
    bytes: int | None = Field(description="Of its files; null: they are not there.")


class Versions(Given):
    """What the site runs on."""

    awry: str = Field(description="The version of awry.")
    python: str = Field(description="Of Python.")
    system: str = Field(description="The operating system.")
    schema_: str = Field(serialization_alias="schema", description="Of the database's tables.")
    database: str = Field(description="Which database, with its version.")
    libraries: dict[str, str] = Field(description="Versions by name.")
    bundles: list[BundleVersion] = Field(description="Detectors, by camera.")


class ReceiverBody(Given):
    """How a receiver's messages stand."""

    channel: str = Field(description="mqtt, notify or webhook.")
    target: str = Field(description="The receiver's name; may be empty.")
    waiting: int = Field(description="Messages that wait.")
    sent: int = Field(description="Messages that arrived.")
    dead: int = Field(description="Messages that were given up.")
    oldest: float | None = Field(description="When the oldest waiting one was made.")
    failing: bool = Field(description="Whether a waiting one was tried before.")
    error: str = Field(description="Why the newest of them did not arrive; may be empty.")


class Receivers(Given):
    """All receivers that have had something to be told."""

    receivers: list[ReceiverBody] = Field(description="By channel and name.")


class Again(Taken):
    """Whom to try again."""

    channel: str = Field(pattern="^(mqtt|notify|webhook)$", description="The channel.")
    target: str = Field(max_length=40, description="The receiver's name; may be empty.")


class TriedAgain(Given):
    """What is sent again."""

    count: int = Field(description="Messages that are due now.")


class LogLineBody(Given):
    """A line of the log."""

    id: int = Field(description="Its number; numbers grow.")
    at: float = Field(description="When.")
    process: str = Field(description="Who said it, e.g. `ingest door`.")
    level: str = Field(description="debug, info, warning, error or critical.")
    message: str = Field(description="What was said.")


class Log(Given):
    """Lines of the log."""

    lines: list[LogLineBody] = Field(description="Newest first.")
    next: int | None = Field(description="Give it as `before` for older ones; null: none.")


class BackupBody(Given):
    """A backup in the store's folder `backups`."""

    name: str = Field(description="Its name.")
    kind: str = Field(description="store, or database: a copy from before an upgrade.")
    at: float = Field(description="When it was made.")
    bytes: int = Field(description="Of all its files.")
    own_bytes: int = Field(description="Of those that the store does not have any longer.")
    files: int = Field(description="How many files.")


class RestoreBody(Given):
    """What the next start restores."""

    backup: str = Field(description="Name of the backup.")
    by: str = Field(description="Who asked for it.")
    at: float = Field(description="When.")


class Backups(Given):
    """All backups."""

    backups: list[BackupBody] = Field(description="Newest first.")
    making: str = Field(description="Name of the one that is being made; empty: none.")
    problem: str = Field(description="Why the newest could not be made; empty: it was.")
    restore: RestoreBody | None = Field(description="What the next start restores; null: nothing.")


class Making(Given):
    """A backup that is being made."""

    name: str = Field(description="Its name.")


class CheckedBody(Given):
    """What a look at a backup found."""

    sound: bool = Field(description="Whether it can be restored.")
    said: list[str] = Field(description="What is wrong, sentences.")
    files: int = Field(description="Media files that it should have.")
    missing: int = Field(description="How many of them it does not have.")
    schema_: str = Field(
        validation_alias="schema", serialization_alias="schema", description="Of its database."
    )


class SiteChange(Taken):
    """What is to be changed of the site's own settings; what is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=80, description="Of the site.")
    timezone: str | None = Field(None, min_length=1, max_length=64, description="IANA name.")
    retention: dict[str, Limit] | None = Field(
        None, max_length=4, description="`days`, `gib`, `free_gib`, `scores_days`; some of them."
    )
    schedules: dict[str, list[str]] | None = Field(
        None, max_length=50, description="All of them anew: weekly spans by name."
    )
    version: str | None = Field(
        None, max_length=64, description="Of the file that this change was made for."
    )
