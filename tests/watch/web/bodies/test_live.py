"""Bodies of what a camera shows now."""

from __future__ import annotations

import json
import math

from awry.watch.ipc.live import LiveBegin
from awry.watch.web.bodies.live import NowBody, VideoBody


def test_a_video_as_its_process_says_it() -> None:
    body = VideoBody.model_validate(LiveBegin('video/mp4; codecs="avc1.42c01e"', "h264", 4, 3))
    assert (body.mime, body.codec) == ('video/mp4; codecs="avc1.42c01e"', "h264")
    assert (body.width, body.height, body.error, body.kind) == (4, 3, "", "")


def test_figures_that_are_none_are_null() -> None:
    nothing = {"light": "day", "regions": [], "reason": "", "why": "", "heat": None}
    values = {"camera": "door", "at": 1.0, "score": math.nan, "threshold": math.inf}
    body = NowBody.model_validate({**nothing, **values, "parts": {"speed": -math.inf}})
    said = json.loads(body.model_dump_json())
    assert (said["score"], said["threshold"], said["parts"]) == (None, None, {"speed": None})
