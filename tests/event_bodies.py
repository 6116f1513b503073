"""Events as the API gives them, for tests of what is made of them."""

from __future__ import annotations

from awry.watch.web.bodies.events import EventBody


def an_event(**more: object) -> EventBody:
    """An event of the camera `door` that lasted 14.2 s."""
    given: dict[str, object] = {
        "uid": "e1",
        "camera": "door",
        "state": "ended",
        "start": 100.0,
        "end": 114.2,
        "peak_at": 105.0,
        "score": 3.0,
        "threshold": 2.0,
        "bundle": "a",
        "shadow": False,
        "light": "day",
        "parts": {},
        "regions": [],
        "reason": "Upper left: a dog.",
        "told": True,
        "silent": "",
        "label": None,
        "pinned": False,
        "media": "kept",
        "clips": [],
        "picture": None,
        "annotated": None,
        "heat": None,
    }
    return EventBody.model_validate(given | more)
