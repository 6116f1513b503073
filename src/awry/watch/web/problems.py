"""What is wrong with a site, in sentences with what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awry.pages.words import marked as _
from awry.watch.store.forecast import Forecast
from awry.watch.store.results import ReceiverState, StoredCamera

Say = Callable[[str], str]
"""A sentence in the language of who reads it; English where that is the same."""
LATE_S = 600.0
"""A message that waits for longer is said."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is wrong; the fields are those of `bodies.system.ProblemBody`."""

    at: float | None
    grave: bool
    subject: str
    said: str
    advice: str
    section: str = ""
    camera: str = ""


_STATES: Mapping[str, tuple[bool, str, str]] = {
    "misconfigured": (
        True,
        _("%(camera)s cannot be watched as it is set up."),
        _("Check the camera's address, its password and its detector."),
    ),
    "back-off": (
        True,
        _("%(camera)s cannot be reached."),
        _("Check the camera's power and network. It is tried again by itself."),
    ),
    "stalled": (
        True,
        _("%(camera)s is connected, but sends no pictures."),
        _("Start the camera anew, where this lasts. It is tried again by itself."),
    ),
    "waiting for a key frame": (
        False,
        _("%(camera)s has sent no picture yet that can be shown."),
        _("Set the camera to a key frame every second or two, where this lasts."),
    ),
    "quarantined": (
        True,
        _("The program that reads %(camera)s failed again and again."),
        _("Look into the log. It is tried again slowly."),
    ),
    "degraded": (
        False,
        _("%(camera)s is watched, but not as it should be."),
        _("Read the reason. The camera's number of alarms is not promised meanwhile."),
    ),
}
_FLAGS: Mapping[str, str] = {
    "dark": _("The picture of %(camera)s is dark."),
    "bright": _("The picture of %(camera)s is too bright."),
    "blurred": _("The picture of %(camera)s is blurred."),
    "frozen": _("The picture of %(camera)s does not change any longer."),
    "covered": _("Something covers %(camera)s."),
    "moved": _("%(camera)s looks elsewhere than before."),
}


def of_cameras(cameras: Sequence[StoredCamera], say: Say) -> list[Found]:
    """Cameras that are not watched as they should be, and pictures that were tampered with."""
    found: list[Found] = []
    for one in cameras:
        name = {"camera": one.name}
        if one.state in _STATES:
            grave, said, advice = _STATES[one.state]
            sentence = " ".join(filter(None, (say(said) % name, one.state_reason)))
            found.append(
                Found(one.state_since, grave, one.name, sentence, say(advice), "load", one.name)
            )
        found += [
            Found(
                None,
                True,
                one.name,
                say(_FLAGS[flag]) % name,
                say(_("Go and look at the camera.")),
                "",
                one.name,
            )
            for flag in one.flags
            if flag in _FLAGS
        ]
    return found


def of_receivers(receivers: Sequence[ReceiverState], now: float, say: Say) -> list[Found]:
    """Receivers that are not told what they should be."""
    found: list[Found] = []
    for one in receivers:
        name = {"receiver": receiver_name(one.channel, one.target)}
        if one.dead:
            said = say(_("%(receiver)s did not get %(count)s messages; they were given up."))
            said %= {**name, "count": one.dead}
        elif one.oldest is not None and now - one.oldest > LATE_S:
            said = say(_("%(receiver)s has been waiting for %(count)s messages."))
            said %= {**name, "count": one.waiting}
        else:
            continue
        sentence = " ".join(filter(None, (said, one.error)))
        advice = say(_("Check that the receiver can be reached, then try again."))
        found.append(Found(one.oldest, True, name["receiver"], sentence, advice, "health"))
    return found


def of_disk(disk: Forecast, free: int, wanted_free: float, say: Say) -> list[Found]:
    """A disk that is full, or soon will be.

    Args:
        disk: the forecast.
        free: bytes that are free.
        wanted_free: bytes that shall stay free.
        say: see `Say`.
    """
    advice = say(_("Delete what is not needed from the disk, or keep clips for a shorter time."))
    if free < wanted_free:
        said = say(_("The disk has less free room than it should; the oldest clips go."))
        return [Found(None, True, say(_("Disk")), said, advice, "disk")]
    if disk.by == "free" and disk.holds is not None and disk.holds < 2:
        said = say(_("The disk holds less than two days of clips."))
        return [Found(None, False, say(_("Disk")), said, advice, "disk")]
    return []


def of_processes(processes: Sequence[Mapping[str, Any]] | None, say: Say) -> list[Found]:
    """Programs that do not run; None: nobody knows."""
    if processes is None:
        said = say(_("The programs of the site cannot be asked how they are."))
        advice = say(_("Wait a minute. Start awry watch anew, where this lasts."))
        return [Found(None, True, say(_("Programs")), said, advice, "health")]
    found = []
    for one in processes:
        name = " ".join(filter(None, (str(one["process"]), str(one["name"]))))
        if one["state"] in ("quarantined", "waiting") and one["process"] != "ingest":
            said = say(_("The program %(name)s does not run.")) % {"name": name}
            advice = say(_("Look into the log. It is started again by itself."))
            found.append(Found(None, True, name, said, advice, "log"))
    return found


def of_settings(mistakes: str, say: Say) -> list[Found]:
    """Mistakes in the file of settings, in sentences without secrets; empty: there are none."""
    if not mistakes:
        return []
    said = say(_("The file of settings has a mistake; what stood there before counts on."))
    advice = say(_("Mend the file. It is read again by itself."))
    return [Found(None, True, say(_("Settings")), f"{said} {mistakes}", advice, "")]


def of_drift(drifting: Mapping[str, str], say: Say) -> list[Found]:
    """Cameras whose scores are no longer those of the first day: camera -> what is said of it."""
    return [
        Found(
            None,
            False,
            camera,
            say(_("%(camera)s sees something else than when it learned.")) % {"camera": camera},
            say(_("Look whether the camera or the scene has changed. If so, let it learn again.")),
            "load",
            camera,
        )
        for camera in sorted(drifting)
    ]


def receiver_name(channel: str, target: str) -> str:
    """A receiver for people."""
    return "MQTT" if channel == "mqtt" else target or channel


def in_order(found: Sequence[Found]) -> list[Found]:
    """Newest first; what is of no known time goes before, the grave ones first of all."""
    return sorted(
        found, key=lambda one: (one.at is not None, -(one.at or 0.0), not one.grave, one.subject)
    )
