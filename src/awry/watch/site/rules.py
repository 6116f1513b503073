"""What must fit together in a site's settings, beyond each value by itself."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from awry.errors import AwryError, ConfigError, nearest
from awry.foreign import quoted
from awry.video.address import STREAM_PREFIXES, SYNTHETIC, is_device
from awry.watch.site.model import Camera, Site
from awry.watch.site.polygons import covers_all, polygon_problem
from awry.watch.site.problems import Place
from awry.watch.site.schedule import Schedule, zone_of

ALWAYS, NEVER = "always", "never"
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
Found = list[tuple[Place, str]]
"""Places from the top of the file, and what is wrong there."""


def site_problems(site: Site, cameras: Iterable[str]) -> Found:
    """What is wrong with the site's own settings.

    Args:
        site: as the model accepts it.
        cameras: names of all cameras of the file, those with mistakes too.
    """
    found: Found = []
    _note(found, ("timezone",), partial(zone_of, site.timezone))
    for name, spans in site.schedules.items():
        _note(found, ("schedules", name), partial(Schedule.parse, spans))
        if name in (ALWAYS, NEVER):
            found.append((("schedules", name), f"`{name}` means something already; rename it"))
    for channel in ("notify", "webhooks"):
        found += _receiver_problems(site, channel, sorted(cameras))
    for number, proxy in enumerate(site.web.trusted_proxies):
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            sentence = "expected an address or a network, such as 10.0.0.2 or 10.0.0.0/24"
            found.append((("web", "trusted_proxies", number), sentence))
    if site.database is not None:
        scheme = site.database.get_secret_value().partition("://")[0].partition("+")[0]
        if scheme not in ("sqlite", "postgresql"):
            found.append((("database",), "expected an address of sqlite:// or postgresql://"))
    if site.mqtt is not None:
        for key in ("topic", "discovery"):
            topic = getattr(site.mqtt, key)
            if topic is not None and (not topic.strip("/") or set(topic) & set("#+\0 ")):
                found.append((("mqtt", key), "expected a topic without #, + and spaces"))
    return found


def _receiver_problems(site: Site, channel: str, cameras: list[str]) -> Found:
    found: Found = []
    receivers = getattr(site, channel)
    for name, count in Counter(one.name for one in receivers).items():
        if count > 1:
            found.append(
                ((channel,), f"{count} receivers are called {name}; each needs its own name")
            )
    for number, one in enumerate(receivers):
        place: Place = (channel, number)
        to = one.to.get_secret_value()
        if channel == "webhooks" and not to.startswith(("http://", "https://")):
            found.append(((*place, "to"), "expected an address of http:// or https://"))
        elif "://" not in to:
            found.append(((*place, "to"), "expected an address of Apprise, such as mailto://..."))
        for at, name in enumerate(one.cameras):
            if name not in cameras:
                sentence = f"there is no camera '{quoted(name)}'; {nearest(name, cameras)}"
                found.append(((*place, "cameras", at), sentence))
        if one.schedule is not None and one.schedule not in site.schedules:
            found.append(((*place, "schedule"), _no_schedule(one.schedule, site.schedules)))
    return found


def camera_problems(camera: Camera, schedules: Iterable[str], *, synthetic: bool = False) -> Found:
    """What is wrong with a camera; places begin at the camera.

    Args:
        camera: as the model accepts it.
        schedules: names of the site's.
        synthetic: whether it may be drawn.
    """
    found: Found = []
    for key in ("detect", "record"):
        secret = getattr(camera, key)
        if secret is None:
            continue
        if sentence := _address_problem(secret.get_secret_value(), synthetic=synthetic):
            found.append(((key,), sentence))
    if camera.budget is not None and not _is_budget(camera.budget):
        found.append((("budget",), "expected a number and a unit of time, e.g. 2/day or 1/week"))
    if camera.armed not in (ALWAYS, NEVER, *schedules):
        found.append((("armed",), _no_schedule(camera.armed, (ALWAYS, NEVER, *schedules))))
    for name, count in Counter(zone.name for zone in camera.zones).items():
        if count > 1:
            found.append((("zones",), f"{count} zones are called {name}; each needs its own name"))
    found += _polygon_problems(camera)
    if camera.name in _RESERVED:
        found.append(((), "Windows cannot have a folder of that name; choose another"))
    return found


def _polygon_problems(camera: Camera) -> Found:
    found: Found = []
    for number, zone in enumerate(camera.zones):
        if sentence := polygon_problem(zone.polygon):
            found.append((("zones", number), f"zone {zone.name}: {sentence}"))
    for number, polygon in enumerate(camera.ignore):
        if sentence := polygon_problem(polygon):
            found.append((("ignore", number), f"ignored region {number + 1}: {sentence}"))
    if not found and covers_all(camera.ignore):
        found.append((("ignore",), "nothing of the picture is left; leave a part of it"))
    return found


def clashes(names: Iterable[str]) -> dict[str, str]:
    """Cameras whose names differ from an earlier one's only by `-` and `_`, and what to say.

    Home Assistant and metrics know letters, digits and `_` alone.
    """
    seen: dict[str, str] = {}
    clashing = {}
    for name in names:
        first = seen.setdefault(name.replace("-", "_"), name)
        if first != name:
            clashing[name] = f"the name is too much like {first}: only - and _ differ"
    return clashing


def oddities(site: Site) -> Found:
    """What works, but is hardly meant."""
    found: Found = []
    first: dict[str, str] = {}
    for name, camera in site.cameras.items():
        other = first.setdefault(camera.detect.get_secret_value(), name)
        if other != name:
            found.append((("cameras", name, "detect"), f"it has the same address as {other}"))
        if camera.armed == NEVER:
            found.append((("cameras", name, "armed"), "nobody will ever be told of its alarms"))
        if camera.recording == "masked" and not camera.ignore:
            sentence = "`masked` encodes clips anew, but no region is ignored: `copy` is cheaper"
            found.append((("cameras", name, "recording"), sentence))
        if camera.audio and camera.recording != "copy":
            found.append((("cameras", name, "audio"), "only `recording: copy` keeps sound"))
    open_to_all = site.web.enabled and site.web.host not in _LOOPBACK
    if open_to_all and site.web.tls is None and not site.web.trusted_proxies:
        sentence = "others on the network can read along: set `tls`, or a proxy in front of it"
        found.append((("web", "host"), sentence))
    if not site.cameras:
        found.append(
            (
                ("cameras",),
                "there is no camera yet: add one on the page of `awry watch run`, or here",
            )
        )
    return found


def _address_problem(address: str, *, synthetic: bool) -> str:
    if is_device(address):
        return ""
    if address.lower().startswith(SYNTHETIC):
        return _drawn_problem(address) if synthetic else "drawn cameras need `synthetic: true`"
    if not address.lower().startswith(STREAM_PREFIXES):
        return f"expected an address that starts with {', '.join(STREAM_PREFIXES)}, or /dev/video0"
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        return "the address has a space or a sign that cannot be printed in it"
    return ""


def _drawn_problem(address: str) -> str:
    from awry.watch.synthetic.scene import planned

    try:
        planned(address)
    except ConfigError as error:
        return str(error).rstrip(".")
    return ""


def _is_budget(text: str) -> bool:
    from awry.scoring.budget import FRAMES, Budget

    try:
        return Budget.parse(text).unit != FRAMES
    except ConfigError:
        return False


def _no_schedule(name: str, known: Iterable[str]) -> str:
    names = sorted({*known})
    hint = nearest(name, names) if names else "there is none in `schedules`"
    return f"there is no schedule '{quoted(name)}'; {hint}"


def _note(found: Found, place: Place, check: Callable[[], object]) -> None:
    try:
        check()
    except AwryError as error:
        found.append((place, str(error).rstrip(".")))
