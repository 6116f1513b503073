"""What a camera was taught: thresholds, drift, and a new detector beside the one that alarms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from babel.numbers import format_decimal
from fastapi import APIRouter, Request
from starlette.responses import Response

from awry.pages import language_of
from awry.watch.keeper.drift import FAR, UNSTABLE
from awry.watch.web.access import Caller
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.bodies.cameras import BundleBody, DriftBody
from awry.watch.web.bodies.teaching import Teaching
from awry.watch.web.pages.shell import Viewer, camera_tabs, shown
from awry.watch.web.routes.bundles import list_bundles
from awry.watch.web.routes.cameras import list_drift, one_camera
from awry.watch.web.routes.compare import compare_bundles
from awry.watch.web.routes.teaching import teaching

router = APIRouter(include_in_schema=False)
WIDTH, HEIGHT = 720.0, 120.0
_HOUR_S, _WEEK_S = 3600.0, 7 * 86_400.0
_OVER = "over"


@dataclass(frozen=True, slots=True)
class Curve:
    """How far the scores are from the detector's first day, hour by hour, as a drawing.

    Attributes:
        light: mode of the pictures.
        lines: points of each stretch of hours without a gap, `x,y x,y ...`; 1 is where drift
            begins, at half the height.
        newest: the value of the newest hour; 1 and more is drift.
        hours: how many are drawn.
    """

    light: str
    lines: tuple[str, ...]
    newest: float
    hours: int


@router.get("/cameras/{camera}/teach")
def teach(api: TheApi, request: Request, caller: Viewer, camera: CameraName) -> Response:
    """What the camera was taught."""
    one_camera(api, caller, camera)
    values = {"tabs": camera_tabs(request, caller, camera), **_values(api, caller, camera)}
    return shown(api, request, caller, "teach.html", **values)


@router.get("/ui/cameras/{camera}/teach")
def teach_anew(api: TheApi, request: Request, caller: Viewer, camera: CameraName) -> Response:
    """The part of the page that changes."""
    return shown(api, request, caller, "teach_state.html", **_values(api, caller, camera))


@router.get("/ui/cameras/{camera}/compare")
def compared(api: TheApi, request: Request, caller: Viewer, camera: CameraName) -> Response:
    """Two detectors on the same past."""
    found = compare_bundles(api, caller, camera)
    return shown(
        api,
        request,
        caller,
        "compare.html",
        camera=camera,
        found=found,
        were={one.uid: one for one in found.were},
        rounded=partial(rounded, language=language_of(request.scope)),
    )


def _values(api: Api, caller: Caller, camera: str) -> dict[str, Any]:
    taught = teaching(api, caller, camera)
    bundles = list_bundles(api, caller, camera).bundles
    now = api.clock.now()
    hours = list_drift(api, caller, camera, now - _WEEK_S).drift
    return {
        "camera": camera,
        "taught": taught,
        "bundles": bundles,
        "passed": _passed(taught, now),
        "curves": curves([one for one in hours if one.bundle == taught.bundle], now),
        "back": _can_go_back(bundles),
        "comparable": any(one.state in ("shadow", "retired") for one in bundles),
        "height": HEIGHT,
        "width": WIDTH,
    }


def rounded(value: float, language: str) -> str:
    """A number of two figures, as the language writes it.

    >>> rounded(5941.2, "de"), rounded(0.0714, "en")
    ('5.900', '0.071')
    """
    return str(format_decimal(float(f"{value:.2g}"), "#,##0.######", locale=language))


def curves(hours: list[DriftBody], now: float) -> list[Curve]:
    """The drift of each light mode over the week before `now`, as a drawing.

    An hour's value is the smaller of its two measures, each as a share of its limit: drift is said
    where both are beyond. Hours that say nothing are gaps.
    """
    found = []
    for light in sorted({one.light for one in hours}):
        known = [
            (one.hour, min(one.stability / UNSTABLE, one.distance / FAR))
            for one in hours
            if one.light == light and one.stability is not None and one.distance is not None
        ]
        if not known:
            continue
        lines: list[list[str]] = []
        last = float("-inf")
        for hour, value in known:
            if hour - last > 1.5 * _HOUR_S:
                lines.append([])
            x = WIDTH * (hour + _HOUR_S / 2 - (now - _WEEK_S)) / _WEEK_S
            y = HEIGHT * (1 - min(value, 1.9) / 2)
            lines[-1].append(f"{x:.1f},{y:.1f}")
            last = hour
        joined = tuple(" ".join(line if len(line) > 1 else line * 2) for line in lines)
        found.append(Curve(light, joined, known[-1][1], len(known)))
    return found


def _passed(taught: Teaching, now: float) -> int:
    """How much of the time that footage is gathered for has passed, in percent."""
    wanted = taught.gathering
    if wanted is None or wanted.wanted <= 0:
        return 0
    return int(min(max(100 * (now - wanted.since) / wanted.wanted, 0), 100))


def _can_go_back(bundles: list[BundleBody]) -> bool:
    """Whether a detector has alarmed before the one that does."""
    return any(
        (one.state == "retired" and not one.facts.get("dropped"))
        or (one.state == "active" and bool(one.facts.get(_OVER)))
        for one in bundles
    )
