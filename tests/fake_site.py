"""Processes of a site that only play their parts: `python -m fake_site KIND NAME`.

The keeper notes every message in `notes.jsonl` of the store before it is done. Each ingest process
sends `StateChanged` and then numbered `Scored`. A name that begins with `crash` crashes.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

from awry.watch.ipc.codec import encode, unpack
from awry.watch.ipc.links import Context
from awry.watch.messages import (
    Answer,
    Configure,
    Request,
    Scored,
    StateChanged,
    Stop,
    UseBundle,
    new_uid,
)
from awry.watch.supervisor import child
from awry.watch.supervisor.child import main

child.DRAIN_S = 0.5


def keeper(context: Context) -> None:
    store = Path(json.loads(context.settings)["store"])
    hub = context.hub()
    with (store / "notes.jsonl").open("a", encoding="utf-8") as notes:
        while True:
            for message in context.poll():
                if isinstance(message, Stop):
                    return
            for received in hub.poll(0.05):
                (kind, fields), _ = unpack(encode(received.message))
                sender = [received.sender.process, received.sender.name]
                notes.write(json.dumps([sender, kind, fields]) + "\n")
                notes.flush()
                os.fsync(notes.fileno())
                hub.done(received)
                if isinstance(received.message, Request):
                    answer = Answer(received.message.uid, json.dumps({"by": sender}))
                    hub.send(*sender, answer)
                    if received.message.action == "use":
                        hub.send("supervisor", "", UseBundle("door", "bundles/door/1"))


def other(context: Context) -> None:
    step, log = 0, logging.getLogger("fake")
    camera = context.name or "none"
    if camera.startswith("crash"):
        raise RuntimeError(f"It was told to crash. {context.settings}")
    context.keeper.send(StateChanged(new_uid(), camera, "connecting", 1.0))
    print("a print of a library")
    log.warning("the settings are %s", context.settings)
    while True:
        for message in context.poll():
            if isinstance(message, Stop):
                return
            if isinstance(message, Configure):
                context.keeper.send(StateChanged(new_uid(), camera, "running", 2.0, "new settings"))
        session = str(os.getpid())
        context.keeper.send(Scored(camera, 1.0 * step, session, step, "b", 0.5))
        step += 1
        context.keeper.poll(0.02)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:], keeper if sys.argv[1] == "keeper" else other))
