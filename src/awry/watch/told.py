"""What a site's commands tell: plain values and tables, and times as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from awry.errors import ConfigError
from awry.results import FigureCard, Listing
from awry.watch.clock import Clock, SystemClock
from awry.watch.site.units import seconds_of


@dataclass(frozen=True, slots=True)
class Told(Listing):
    """Something of a site, as plain values and as rows.

    Attributes:
        values: everything; `json.dumps` takes it.
        table: the same for people, a row each.
        about: what is read first: label -> value.
    """

    values: Mapping[str, Any]
    table: tuple[Mapping[str, Any], ...] = ()
    about: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return dict(self.values)

    def rows(self) -> list[dict[str, Any]]:
        """A row each: a camera, an event, a finding."""
        return [dict(row) for row in self.table]

    def cards(self) -> list[FigureCard]:
        """What is read first."""
        return [FigureCard(label, value) for label, value in self.about]


def moment_of(text: str | None, timezone: str, clock: Clock | None = None) -> float | None:
    """Seconds since 1970 of a time as people write it.

    Args:
        text: `24h` (ago), `2026-11-29` or `2026-11-29 18:00`; None: none.
        timezone: of times without their own.
        clock: for what is ago; by default this machine's.

    Raises:
        ConfigError: it is neither.

    >>> moment_of("1970-01-02 01:00", "Europe/Vienna")
    86400.0
    """
    if text is None:
        return None
    try:
        return (clock or SystemClock()).now() - seconds_of(text)
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigError(
            f"Cannot read the time {text!r:.40}: expected 24h (ago), 2026-11-29 or "
            "'2026-11-29 18:00'."
        ) from error
    return (when if when.tzinfo else when.replace(tzinfo=ZoneInfo(timezone))).timestamp()


def said_time(at: float | None, timezone: str) -> str:
    """A time for people, in the site's time zone; `-` for None."""
    if at is None:
        return "-"
    when = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(timezone))
    return when.strftime("%Y-%m-%d %H:%M:%S")


def plain(value: Any) -> Any:
    """Results of the store as values that `json.dumps` takes; NaN and infinity become None."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not (-1e308 < value < 1e308):
        return None
    return value
