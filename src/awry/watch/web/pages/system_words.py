"""What the system's pages say of figures, states and actions, in the language of who reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal, format_percent

from awry.pages.words import marked as _

Say = Callable[[str], str]


PROCESSES: Mapping[str, str] = {
    "keeper": _("Store and alarms"),
    "ingest": _("Camera"),
    "scorer": _("Detection"),
    "courier": _("Messages"),
    "web": _("These pages"),
    "trainer": _("Learning"),
    "supervisor": _("Supervision"),
}
PROCESS_STATES: Mapping[str, str] = {
    "running": _("runs"),
    "starting": _("is starting"),
    "waiting": _("waits for its next start"),
    "quarantined": _("failed again and again"),
    "ending": _("is ending"),
}
KINDS: Mapping[str, str] = {
    "clip": _("Clips"),
    "picture": _("Pictures"),
    "annotated": _("Pictures with boxes"),
    "heat": _("Heat maps"),
    "footage": _("Footage to learn from"),
    "database": _("Database"),
    "backups": _("Backups"),
    "bundles": _("Detectors"),
    "quarantine": _("Unknown files"),
    "log": _("Log"),
}
LEVELS: Mapping[str, str] = {
    "": _("Everything"),
    "info": _("Messages, warnings and errors"),
    "warning": _("Warnings and errors"),
    "error": _("Errors"),
}
LEVEL_NAMES: Mapping[str, str] = {
    "debug": _("detail"),
    "info": _("message"),
    "warning": _("warning"),
    "error": _("error"),
    "critical": _("error"),
}
ROLES: Mapping[str, str] = {
    "viewer": _("Viewer: sees everything"),
    "operator": _("Operator: judges, arms and disarms"),
    "admin": _("Administrator: may do everything"),
}
SCOPES: Mapping[str, str] = {
    "read": _("Read"),
    "feedback": _("Read, judge, arm and disarm"),
    "admin": _("Everything"),
}
BUNDLES: Mapping[str, str] = {
    "fitting": _("is being made"),
    "shadow": _("tries along"),
    "active": _("alarms"),
    "retired": _("retired"),
    "failed": _("failed"),
}
ACTIONS: Mapping[str, str] = {
    "judge": _("judged"),
    "judge.some": _("judged several events"),
    "unjudge": _("took a judgement back"),
    "pin": _("kept a clip"),
    "unpin": _("no longer kept a clip"),
    "arm": _("armed"),
    "disarm": _("disarmed"),
    "arm.schedule": _("left arming to the schedule"),
    "snooze": _("snoozed a place"),
    "unsnooze": _("ended the snoozing of a place"),
    "user.make": _("made a user"),
    "user.password": _("changed a password"),
    "user.role": _("changed a role"),
    "user.remove": _("removed a user"),
    "session.make": _("logged in"),
    "session.end": _("ended log-ins"),
    "token.make": _("made a token"),
    "token.remove": _("removed a token"),
    "bundle.promote": _("let a detector alarm"),
    "bundle.drop": _("dropped a detector"),
    "bundle.back": _("took a detector back"),
    "refit": _("had a camera learn again"),
    "config.noted": _("changed settings"),
    "outbox.retry": _("sent messages again"),
    "backup.noted": _("backups"),
}
DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
NONE = "\u2013"
"""What stands where nothing is known: a dash."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class Words:
    """Figures and names for a template.

    Args:
        say: a sentence in the language.
        language: its code.
    """

    say: Say
    language: str

    def size(self, count: float | None) -> str:
        """Bytes for people."""
        if count is None:
            return NONE
        number, unit = float(count), 0
        while abs(number) >= 1000 and unit < len(_UNITS) - 1:
            number, unit = number / 1024, unit + 1
        pattern = "0" if unit == 0 or number >= 100 else "0.#"
        return f"{format_decimal(number, pattern, locale=self.language)} {_UNITS[unit]}"

    def number(self, value: float | None, pattern: str = "0.##") -> str:
        """A number for people."""
        return NONE if value is None else format_decimal(value, pattern, locale=self.language)

    def percent(self, share: float | None) -> str:
        """A share for people."""
        if share is None:
            return NONE
        pattern = "0.#%" if 0 < share < 0.1 else "0%"
        return format_percent(share, pattern, locale=self.language)

    def named(self, names: Mapping[str, str], key: str) -> str:
        """The name of something in the language; what has none is shown as it is."""
        return self.say(names[key]) if key in names else key

    def process(self, process: str, name: str = "") -> str:
        """A process for people."""
        return " ".join(filter(None, (self.named(PROCESSES, process), name)))


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed of a field: how it was, and how it is, as texts; empty: it was not there.

    Attributes:
        at: in place of `after` where it is a time: seconds since 1970-01-01 UTC.
    """

    field: str
    before: str
    after: str
    at: float | None = None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What changed, by the names of fields."""
    return tuple(
        Difference(key, _shown(before.get(key)), _shown(after.get(key)), _time(key, after.get(key)))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def _time(key: str, value: Any) -> float | None:
    return float(value) if key == "until" and isinstance(value, int | float) else None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]} …"
