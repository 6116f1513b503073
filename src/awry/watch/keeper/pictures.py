"""Pictures of events: as it was, with boxes and reason, and where it was strange."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from sqlalchemy.orm import Session

from awry.video.overlay import Mark, draw_marks
from awry.watch.keeper.events import Found
from awry.watch.messages import Scored, SeenRegion
from awry.watch.once import Once
from awry.watch.store.disk import Disk
from awry.watch.store.files import put_file
from awry.watch.store.layout import Layout
from awry.watch.store.results import StoredEvent
from awry.watch.store.write import add_file

MOST_MARKS = 3
_QUALITY = 90
_lost = Once(logging.getLogger(__name__))


def annotated(picture: bytes, regions: tuple[SeenRegion, ...], reason: str) -> bytes:
    """A JPEG with boxes and a sentence, as JPEG; empty where the picture cannot be read.

    Args:
        picture: JPEG.
        regions: strongest first; three at most are drawn.
        reason: a sentence; empty: none is written.
    """
    try:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        return b""
    height, width = image.shape[:2]
    marks = [_mark(region, width, height) for region in regions[:MOST_MARKS]]
    drawn = draw_marks(np.asarray(image[:, :, ::-1], np.uint8), marks, reason)
    ok, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(drawn[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    return data.tobytes() if ok else b""


def _mark(region: SeenRegion, width: int, height: int) -> Mark:
    x_min, y_min, x_max, y_max = region.box
    box = (x_min * width, y_min * height, x_max * width - 1, y_max * height - 1)
    return Mark(box, region.class_name, 1.0)


def keep_pictures(
    session: Session, layout: Layout, disk: Disk, event: StoredEvent, found: Found, peak: Scored
) -> StoredEvent:
    """Write an event's pictures in place of earlier ones.

    A disk that is full costs the event its pictures and nothing else.

    Args:
        session: the transaction that writes the event.
        layout, disk: of the store.
        event: whose.
        found: its regions and reason.
        peak: with the pictures.

    Returns:
        the event with its pictures' paths.
    """
    contents = {
        "picture": (f"{event.uid}.jpg", peak.picture),
        "annotated": (
            f"{event.uid}.annotated.jpg",
            annotated(peak.picture, found.regions, event.reason),
        ),
        "heat": (f"{event.uid}.heat.png", peak.heat),
    }
    paths: dict[str, Any] = {}
    for kind, (name, data) in contents.items():
        if not data:
            continue
        path = layout.event_file(event.camera, event.start, name)
        try:
            size = put_file(layout, disk, path, data)
        except OSError as error:
            _lost.say(logging.WARNING, f"Pictures of events are not kept: {error.strerror}.")
            continue
        _lost.over()
        owner = {"camera": event.camera, "kind": kind, "event": event.uid}
        add_file(session, path, **owner, size=size, at=event.start)
        paths[kind] = path
    return replace(event, **paths)
