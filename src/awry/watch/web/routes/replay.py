"""Another budget or threshold, tried on the scores that are stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from awry.watch.keeper.replay import replay
from awry.watch.store.read import camera as stored_camera
from awry.watch.web.access import Reader
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import CameraName, Since, Until
from awry.watch.web.bodies.cameras import Replay, ReplayedBody
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.score_work import LONGEST_S, longest_event_of, score_work

router = APIRouter(prefix="/api/v1", tags=["cameras"])
_DAY_S = 86_400.0


@router.get("/cameras/{camera}/replay", responses=refusals(401, 403, 404, 409, 422, 429, 503))
def replay_scores(
    api: TheApi,
    caller: Reader,
    camera: CameraName,
    budget: Annotated[
        str | None, Query(max_length=40, description="Alarms to allow, e.g. `1/day`.")
    ] = None,
    threshold: Annotated[
        float | None, Query(allow_inf_nan=False, description="From which score on to alarm.")
    ] = None,
    since: Since = None,
    until: Until = None,
    bundle: Annotated[
        str | None, Query(max_length=255, description="Folder of the detector; else the newest.")
    ] = None,
) -> Replay:
    """Which events another budget or threshold would have given; the last day by default.

    Without budget and threshold it is what the camera has now. Nothing is changed.
    """
    last = api.clock.now() if until is None else until
    first = last - _DAY_S if since is None else since
    if not first < last or last - first > LONGEST_S:
        raise RefusedError(422, "A replay goes from `since` to `until`, at most 7 days.")
    with api.reading() as session:
        if stored_camera(session, camera) is None:
            raise RefusedError(404, f"There is no camera {camera!r}.")
    longest_s = longest_event_of(api, camera)
    with score_work():
        found = replay(
            api.database,
            camera,
            budget=budget,
            threshold=threshold,
            since=first,
            until=last,
            bundle=bundle,
            longest_event_s=longest_s,
        )
    return Replay(
        camera=found.camera,
        bundle=found.bundle,
        asked=found.asked,
        since=found.since,
        until=found.until,
        seconds=found.seconds,
        per_day=found.per_day,
        thresholds=dict(found.thresholds),
        how=dict(found.how),
        events=[ReplayedBody.model_validate(one) for one in found.events],
        were=[one.uid for one in found.were],
        gone=[one.uid for one in found.gone],
    )
