"""Two detectors of a camera on the same past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from awry.watch.keeper.compare import Compared, Side, compare
from awry.watch.keeper.teaching import alarming_detector
from awry.watch.store.read import bundles
from awry.watch.store.read import camera as stored_camera
from awry.watch.store.results import StoredBundle
from awry.watch.store.scores import detectors
from awry.watch.web.access import Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import LATEST, CameraName
from awry.watch.web.bodies.cameras import ReplayedBody
from awry.watch.web.bodies.teaching import Comparison, SideBody
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.sensitivity import PATIENCE_S, Days
from awry.watch.web.score_work import longest_event_of, score_work
from awry.watch.web.sensitivity_cache import were_body

router = APIRouter(prefix="/api/v1", tags=["bundles"])
MOST_LISTED = 200
Named = Annotated[
    str | None, Query(max_length=255, description="Folder or `path` of the detector.")
]


@router.get(
    "/cameras/{camera}/bundles/compare",
    responses=refusals(401, 403, 404, 409, 422, 429, 503),
)
def compare_bundles(
    api: TheApi,
    caller: Reader,
    camera: CameraName,
    first: Named = None,
    second: Named = None,
    days: Days = 7,
) -> Comparison:
    """What two detectors would have given on the newest days that both have scored.

    Without names: the one that alarms, and the one that tries or else has alarmed last before it.
    """
    with api.reading() as session:
        if stored_camera(session, camera) is None:
            raise RefusedError(404, f"There is no camera {camera!r}.")
        known = bundles(session, camera)
        names = detectors(session, camera, 0.0, LATEST)
        one, other = _chosen(api, session, camera, known, names, first, second)
    longest_s = longest_event_of(api, camera)
    with score_work(PATIENCE_S):
        found = compare(
            api.database, camera, one, other, days=float(days), longest_event_s=longest_s
        )
    return _body(found, known, api.settings.store)


def _chosen(
    api: Api,
    session: Session,
    camera: str,
    known: Sequence[StoredBundle],
    names: Sequence[str],
    first: str | None,
    second: str | None,
) -> tuple[str, str]:
    """The two detectors, as their scores name them."""
    store = api.settings.store
    one = alarming_detector(session, camera) if first is None else _name(first, names, store)
    if second is not None:
        return one, _name(second, names, store)
    states = ("shadow", "retired", "active")
    ordered = sorted(known, key=lambda row: states.index(row.state) if row.state in states else 9)
    for row in ordered:
        name = _name(row.path, names, store)
        if name in names and name != one:
            return one, name
    others = [name for name in names if name != one]
    if not others:
        raise RefusedError(409, "No other detector has scored this camera, so none is compared.")
    return one, others[-1]


def _name(path: str, names: Sequence[str], store: Path) -> str:
    """A detector as its scores name it; a store that was moved has its earlier place in them."""
    whole = str(store / path)
    for name in (whole, path):
        if name in names:
            return name
    return next((name for name in names if name.endswith(f"/{path}")), whole)


def _body(found: Compared, known: Sequence[StoredBundle], store: Path) -> Comparison:
    first, second = (_side(one, known, store) for one in (found.first, found.second))
    named = {event.was for side in (first, second) for event in side.events}
    labels = [one.label for one in found.were]
    return Comparison(
        camera=found.camera,
        since=found.since,
        until=found.until,
        abnormal=labels.count("abnormal"),
        normal=labels.count("normal"),
        were=[were_body(one) for one in found.were if one.label is not None or one.uid in named],
        first=first,
        second=second,
    )


def _side(side: Side, known: Sequence[StoredBundle], store: Path) -> SideBody:
    row = next((one for one in known if _name(one.path, [side.bundle], store) == side.bundle), None)
    low, high = side.interval
    return SideBody(
        bundle=side.bundle,
        path="" if row is None else row.path,
        method="" if row is None else row.method,
        state="" if row is None else row.state,
        thresholds=dict(side.thresholds),
        seconds=side.seconds,
        endless=side.endless,
        count=len(side.events),
        per_day=side.per_day,
        low=low,
        high=high,
        events=[ReplayedBody.model_validate(one) for one in side.events[-MOST_LISTED:]],
        abnormal=list(side.abnormal),
        normal=list(side.normal),
    )
