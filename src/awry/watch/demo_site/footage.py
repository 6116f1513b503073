"""Files of drawn cameras: footage to learn from, and clips of events that were before."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from awry.watch.ingest.clip_file import Facts, RealDisk
from awry.watch.ingest.drawn import PictureEncoder
from awry.watch.ingest.growing import GrowingFile
from awry.watch.messages import FileWritten
from awry.watch.synthetic.scene import Scene

NOTE = "Made for the demo: scored before its start, faster than real time."


def write_file(
    root: Path,
    path: str,
    scene: Scene,
    span: tuple[float, float],
    *,
    kind: Literal["clip", "footage"],
    camera: str,
    event: str = "",
) -> FileWritten:
    """Draw and encode what a camera saw.

    Args:
        root: of the store.
        path: in the store; nothing stands there.
        scene: that it saw.
        span: first and last moment, seconds since 1970-01-01 UTC.
        kind: of the file.
        camera: its name.
        event: uid of a clip's event.

    Returns:
        what the keeper is told of it.

    Raises:
        OSError: the disk is full or gone.
    """
    fps = scene.plan.fps
    encoder = PictureEncoder(scene.size, fps)
    first, last = (
        math.ceil(span[0] * fps),
        max(math.ceil(span[1] * fps), math.ceil(span[0] * fps) + 2),
    )
    facts = Facts(kind, camera, first / fps, event=event, note=NOTE)
    file: GrowingFile | None = None
    for number in range(first, last):
        at = number / fps
        for piece in encoder.encode(scene.picture(at), at, at):
            file = file or GrowingFile(root, path, piece, facts, RealDisk())
            file.write(piece)
    assert file is not None
    return file.finish()
