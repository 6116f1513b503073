"""The site's file, as the API shows and changes it: never an address, never a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awry.watch.site.edit import change_site
from awry.watch.site.model import Camera
from awry.watch.site.read import CAMERAS, ReadSite, read_site
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
        cameras=[shown_camera(one) for one in site.cameras.values()],
        misconfigured=dict(read.misconfigured),
        warnings=[str(one) for one in read.warnings],
    )


def shown_camera(camera: Camera) -> CameraSettings:
    """A camera's settings, without its addresses."""
    return CameraSettings(
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
        camera = file[CAMERAS][name]
        for field in fields:
            if values[field] is None:
                camera.pop(field, None)
            else:
                camera[field] = values[field]

    before = _some(read_site(path), name, fields)
    after = _some(change_site(path, change, version=wanted.version), name, fields)
    return before, after


def _some(read: ReadSite, name: str, fields: list[str]) -> dict[str, Any]:
    camera = read.site.cameras.get(name)
    return (
        {} if camera is None else shown_camera(camera).model_dump(mode="json", include=set(fields))
    )
