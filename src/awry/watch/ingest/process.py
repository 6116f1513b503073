"""The process of one camera: hears, steps, waits."""

from __future__ import annotations

from collections.abc import Mapping

import psutil  # type: ignore[import-untyped]

from awry.watch.ingest.core import Ingest
from awry.watch.ingest.live_server import LiveServer
from awry.watch.ipc.links import Context
from awry.watch.messages import Configure, Stop
from awry.watch.site.portions import IngestSettings

# So long the loop waits where nothing comes; what comes ends the wait.
_WAIT_S = 0.05
# So long what waits for the keeper may take at the end.
_LAST_S = 2.0


def run(context: Context) -> None:
    """Read the camera until a `Stop` comes; see `ipc.links.Context`."""
    settings = IngestSettings.model_validate_json(context.settings)
    sink = context.frames_out(settings.camera.name)
    ingest = Ingest(settings, context.clock, context.keeper.send, sink, usage=usage)
    place = context.live_place(settings.camera.name)
    server = None if place is None else LiveServer(ingest.live, place)
    try:
        while _hear_supervisor(context, ingest):
            for message in context.keeper.poll():
                ingest.hear(message)
            ingest.wake.clear()
            if not ingest.step():
                context.clock.wait(_WAIT_S, ingest.wake)
    finally:
        ingest.close()
        if server is not None:
            server.close()
    end = context.clock.monotonic() + _LAST_S
    while context.keeper.waiting and context.clock.monotonic() < end:
        context.keeper.poll(_WAIT_S)
    sink.close()


def _hear_supervisor(context: Context, ingest: Ingest) -> bool:
    """Whether to go on."""
    for message in context.poll():
        if isinstance(message, Stop):
            return False
        if isinstance(message, Configure):
            ingest.configure(IngestSettings.model_validate_json(message.settings))
    return True


def usage() -> Mapping[str, float]:
    """Memory and processor time of this process."""
    process = psutil.Process()
    times = process.cpu_times()
    return {
        "rss_bytes": float(process.memory_info().rss),
        "cpu_s": float(times.user + times.system),
    }
