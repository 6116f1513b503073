"""What a camera shows now: pictures, video, and what its detector makes of them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from awry.pages import language_of
from awry.serving import header
from awry.watch.ipc.live import MOST_WIDTH, LiveBegin, NoLiveError
from awry.watch.requests import Look
from awry.watch.web.access import Caller, caller_of, request_of, still
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.bodies.cameras import CameraBody
from awry.watch.web.bodies.live import NowBody, VideoBody
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.cameras import one_camera
from awry.watch.web.why import why_of

router = APIRouter(prefix="/api/v1", tags=["live"], responses=refusals(401, 403, 404, 422, 503))
STALE_S = 10.0
"""A picture that was taken longer ago is no live one."""
LOOK_S = 5.0
"""So long the detector says all it sees after it was asked to."""
LOGGED_OUT = 4401
"""The websocket's code where the log-in has ended."""
_CHECK_S = 5.0
_PNG = "data:image/png;base64,"
Known = Annotated[CameraBody, Depends(one_camera)]


@router.get(
    "/cameras/{camera}/live.jpg",
    response_class=Response,
    responses={
        200: {
            "description": "The picture. `X-Awry-Taken` says when it was taken, in seconds since "
            "1970, and `Age` how many seconds ago that was.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "The newest picture is the one that `If-None-Match` names."},
    },
)
async def live_picture(
    api: TheApi,
    request: Request,
    known: Known,
    width: Annotated[
        int, Query(ge=0, le=MOST_WIDTH, description="About so many pixels at most; 0: all.")
    ] = 0,
    stale: Annotated[
        bool, Query(description="Also one that is older than ten seconds, as `Age` tells.")
    ] = False,
) -> Response:
    """The newest picture of a camera, also of one without a detector."""
    try:
        picture = await api.live.picture(known.name, width)
    except NoLiveError as error:
        raise _refused(known, str(error)) from None
    age = max(0.0, api.clock.now() - picture.at)
    if age > STALE_S and not stale:
        raise _refused(known, f"The newest picture is {age:.0f} s old.")
    headers = {
        "etag": f'"{picture.at:.3f}-{picture.width}"',
        "cache-control": "private, no-cache",
        "age": f"{age:.0f}",
        "x-awry-taken": f"{picture.at:.3f}",
    }
    if header(request.scope, b"if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(picture.jpeg, headers=headers, media_type="image/jpeg")


def _refused(camera: CameraBody, why: str) -> RefusedError:
    if camera.state == "disabled" or camera.removed is not None:
        return RefusedError(404, "The camera is switched off.")
    said = f"{why} The camera's state is: {camera.state}. {camera.state_reason}".strip()
    return RefusedError(503, said, {"Retry-After": "2"})


@router.get("/cameras/{camera}/now")
def now(api: TheApi, request: Request, known: Known) -> NowBody:
    """What the camera's detector sees now, whether it alarms or not.

    It says all it sees for some seconds after it was asked, so ask again each second or so. The
    first answer may hold nothing. Looking changes nothing else.
    """
    said = api.write(Look(camera=known.name, seconds=LOOK_S), "")
    heat = said.get("heat")
    body = NowBody.model_validate(
        {"camera": known.name, "why": "", **said, "heat": f"{_PNG}{heat}" if heat else None}
    )
    if body.reason:
        body.why = why_of(body, language_of(request.scope))
    return body


@router.websocket("/cameras/{camera}/live")
async def live_video(websocket: WebSocket, camera: CameraName) -> None:
    """A camera's video: a `VideoBody` as text, then MP4 in fragments as binary messages."""
    api: Api = websocket.app.state.api
    request = request_of(websocket)
    try:
        caller, known = await run_in_threadpool(_allowed, api, request, camera)
    except RefusedError:
        await websocket.close(1008)  # 403, before it is accepted
        return
    await websocket.accept()
    tasks = [
        asyncio.create_task(_send(api, websocket, known)),
        asyncio.create_task(_gone(websocket)),
        asyncio.create_task(_while_allowed(api, request, caller)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in tasks:
            one.cancel()
    await asyncio.wait(tasks)
    for one in tasks:
        _ = one.cancelled() or one.exception()  # seen, so that nothing is logged
    if tasks[1] not in done:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the browser has gone
            await websocket.close(LOGGED_OUT if tasks[2] in done else 1000)


def _allowed(api: Api, request: Request, camera: str) -> tuple[Caller, CameraBody]:
    caller = caller_of(api, request)
    caller.check(camera)
    return caller, one_camera(api, caller, camera)


async def _send(api: Api, websocket: WebSocket, camera: CameraBody) -> None:
    """Send what comes, as fast as the browser takes it: what it does not take is left out."""
    try:
        async for one in api.live.video(camera.name):
            if isinstance(one, LiveBegin):
                body = VideoBody.model_validate(one)
                await websocket.send_text(body.model_dump_json())
            else:
                await websocket.send_bytes(one)
    except NoLiveError as error:
        off = camera.state == "disabled"
        said = "The camera is switched off." if off else str(error)
        kind = "off" if off else error.kind
        body = VideoBody(error=said, kind=kind, codec=error.codec)
        await websocket.send_text(body.model_dump_json())
    except (RuntimeError, WebSocketDisconnect):  # the browser has gone
        return


async def _gone(websocket: WebSocket) -> None:
    """Until the browser ends it; what it says is left."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        continue


async def _while_allowed(api: Api, request: Request, caller: Caller) -> None:
    while await run_in_threadpool(still, api, request, caller):
        await asyncio.sleep(_CHECK_S)
