"""The site's file, as the API shows and changes it: never an address, never a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awry.watch.site.edit import as_yaml, change_site
from awry.watch.site.model import Camera
from awry.watch.site.read import CAMERAS, DEFAULTS, ReadSite, read_site
from awry.watch.web.bodies.site import CameraChange, CameraSettings, SiteSettings, ZoneBody


def shown_site(path: Path) -> SiteSettings:
    """The settings of a site's file, field by field of those that are harmless.

    Raises:
        SiteError, ConfigError: as `read_site`.
    """
    read = read_site(path)
    site = read.site
    return SiteSettings(
        version=read.version,
        name=site.name,
        timezone=site.timezone,
        retention=site.retention.model_dump(),
        schedules={name: list(spans) for name, spans in site.schedules.items()},
        mqtt=site.mqtt is not None,
        notify=[one.name for one in site.notify],
        webhooks=[one.name for one in site.webhooks],
        cameras=[shown_camera(one, read.version) for one in site.cameras.values()],
        misconfigured=dict(read.misconfigured),
        warnings=[str(one) for one in read.warnings],
    )


def settings_of(path: Path | None, name: str) -> Camera | None:
    """A camera's settings; None: the file has no such camera, or nobody knows the file.

    Raises:
        SiteError, ConfigError: as `read_site`.
    """
    return None if path is None else read_site(path).site.cameras.get(name)


def shown_camera(camera: Camera, version: str = "") -> CameraSettings:
    """A camera's settings, without its addresses; `version` is the file's."""
    return CameraSettings(
        version=version,
        name=camera.name,
        enabled=camera.enabled,
        budget=camera.budget,
        armed=camera.armed,
        zones=[
            ZoneBody(name=one.name, alarm=one.alarm, polygon=list(one.polygon))
            for one in camera.zones
        ],
        ignore=[list(polygon) for polygon in camera.ignore],
        cooldown_s=camera.cooldown_s,
        pre_roll_s=camera.pre_roll_s,
        post_roll_s=camera.post_roll_s,
        recording=camera.recording,
        audio=camera.audio,
        learned=camera.bundle is None,
        method=camera.learn.method or "",
    )


def change_camera(
    path: Path, name: str, wanted: CameraChange
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Change a camera's settings in the site's file; its comments stay.

    Args:
        path: the site's file.
        name: of a camera that is in it.
        wanted: what is to be changed.

    Returns:
        what was changed: as it was, and as it is.

    Raises:
        SiteError, ConfigError, WriteError: as `change_site`; the file is as before.
    """
    fields = sorted(wanted.model_fields_set - {"version"})
    values = wanted.model_dump(include=set(fields))

    def change(file: Any) -> None:
        camera, shared = file[CAMERAS][name], file.get(DEFAULTS) or {}
        for field in fields:
            value = values[field]
            if value is None or (value == [] and field not in shared):
                camera.pop(field, None)
            elif field == "zones" and isinstance(camera.get(field), list):
                _change_zones(camera[field], value)
            elif not _same(camera.get(field), value):
                camera[field] = as_yaml(value)

    before = _some(read_site(path), name, fields)
    after = _some(change_site(path, change, version=wanted.version), name, fields)
    return before, after


def _change_zones(there: Any, wanted: list[dict[str, Any]]) -> None:
    """Make a file's zones the wanted ones; those that stay keep their lines and comments."""
    by_name = {one["name"]: one for one in wanted}
    if len(by_name) != len(wanted):  # which the check of the file refuses
        there[:] = [as_yaml(one) for one in wanted]
        return
    for number in reversed(range(len(there))):
        name = there[number].get("name") if isinstance(there[number], dict) else None
        if name not in by_name:
            del there[number]
            continue
        new = by_name.pop(name)
        if there[number].get("alarm", "only") != new["alarm"]:
            there[number]["alarm"] = new["alarm"]
        if not _same(there[number].get("polygon"), new["polygon"]):
            there[number]["polygon"] = as_yaml(new["polygon"])
    there.extend(as_yaml(one) for one in by_name.values())


def _same(there: Any, wanted: Any) -> bool:
    """Whether polygons of a file are the wanted ones, however they are written."""
    if isinstance(there, list | tuple) and isinstance(wanted, list | tuple):
        pairs = zip(there, wanted, strict=False)
        return len(there) == len(wanted) and all(_same(*pair) for pair in pairs)
    return bool(there == wanted)


def _some(read: ReadSite, name: str, fields: list[str]) -> dict[str, Any]:
    camera = read.site.cameras.get(name)
    return (
        {} if camera is None else shown_camera(camera).model_dump(mode="json", include=set(fields))
    )
