"""How soon an anomaly is known, and how a running site carries its cameras.

    python benchmarks/watch_latency.py --bundle BUNDLE --normal FOLDER --odd FOLDER --anomalies 20
    python benchmarks/watch_latency.py --bundle BUNDLE --normal FOLDER --cameras 4 --minutes 10

The first serves one loopback RTSP camera, shows odd pictures now and then, and measures the time
from the first odd picture at the server to the event's row, to the MQTT message, and to a clip that
can be played; and the same from the first picture that scored above the threshold. The second lets
cameras run, and prints drops, delays, and what each process takes.

Both start `awry watch run`. They need GStreamer's RTSP server; the first needs mosquitto too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil
from sqlalchemy import select

from awry.watch.store.database import Database, read_database
from awry.watch.store.layout import Layout
from awry.watch.store.models import CameraRow, EventRow, LoadRow

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from watch_live.receivers import Listener, free_port, mosquitto
from watch_live.rtsp_server import LoopbackCamera, loopback_camera

_LOOK_S = 0.01
_CALM_S, _LONGEST_S = 25.0, 60.0
_ENDINGS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}


def main() -> None:
    options = _options()
    found = _load(options) if options.minutes else _latency(options)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True, help="fitted at 10 frames/s")
    parser.add_argument("--normal", type=Path, required=True, help="folder of usual pictures")
    parser.add_argument("--odd", type=Path, help="folder of odd pictures of the same camera")
    parser.add_argument("--anomalies", type=int, default=20)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="measure the load instead, for so long")
    parser.add_argument("--fps", type=float, default=10.0)
    parser.add_argument("--json", type=Path, help="the figures, to this file")
    return parser.parse_args()


# ---- a site that runs ---------------------------------------------------------------------------


def _pictures(folder: Path) -> list[np.ndarray]:
    paths = sorted(one for one in folder.iterdir() if one.suffix.lower() in _ENDINGS)
    read = [cv2.cvtColor(cv2.imread(str(one)), cv2.COLOR_BGR2RGB) for one in paths]
    # There and back, so that the end joins the beginning.
    return read + read[-2:0:-1]


def _write_site(folder: Path, addresses: Sequence[str], bundle: Path, broker: int | None) -> Path:
    cameras = {
        f"camera{number}": {"detect": address, "bundle": str(bundle.resolve()), "cooldown_s": 0}
        for number, address in enumerate(addresses, 1)
    }
    site: dict[str, Any] = {
        "name": "bench",
        "store": str(folder / "store"),
        "web": {"enabled": True, "port": free_port()},
        "cameras": cameras,
    }
    if broker is not None:
        site["mqtt"] = {"host": "127.0.0.1", "port": broker}
    path = folder / "site.yaml"
    path.write_text(json.dumps(site))  # which is YAML
    path.chmod(0o600)
    return path


@contextmanager
def _running(site: Path) -> Iterator[psutil.Process]:
    code = "from awry.cli.app import main; main()"
    command = [sys.executable, "-c", code, "watch", "run", str(site)]
    log = site.with_suffix(".log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _database(store: Path, log: Path) -> Database:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if (store / "awry.db").is_file():
            try:
                return read_database(Layout(store))
            except Exception:  # it is being made
                pass
        time.sleep(0.2)
    raise SystemExit(f"The site did not start:\n{log.read_text()[-3000:]}")


def _wait_until_running(database: Database, count: int, log: Path, limit_s: float = 180.0) -> None:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        with database.reading() as session:
            states = list(session.scalars(select(CameraRow.state)))
        if len(states) == count and all(one in ("running", "degraded") for one in states):
            return
        time.sleep(0.5)
    raise SystemExit(f"The cameras are {states}:\n{log.read_text()[-3000:]}")


# ---- from an anomaly's first picture ------------------------------------------------------------


class _Show:
    """Shows odd pictures when told to, and notes when the first was given to the server."""

    def __init__(self, odd: Sequence[np.ndarray]) -> None:
        self._odd, self._begin = odd, -1
        self.on = False

    def __call__(self, picture: np.ndarray, number: int) -> np.ndarray:
        if not self.on:
            self._begin = -1
            return picture
        if self._begin < 0:
            self._begin = number
        return self._odd[(number - self._begin) % len(self._odd)]

    @property
    def first(self) -> int:
        """Number of the first odd picture; -1: none was shown."""
        return self._begin


class _Heard(Listener):
    """Notes when each message came."""

    def __init__(self, port: int) -> None:
        super().__init__(port, "awry/cameras/+/events")
        self.times: list[tuple[float, str]] = []

    def look(self) -> None:
        for _, payload, _ in self.came[len(self.times) :]:
            self.times.append((time.time(), json.loads(payload)["event"]["uid"]))

    def at(self, uid: str) -> float | None:
        self.look()
        return next((at for at, one in self.times if one == uid), None)


def _latency(options: argparse.Namespace) -> dict[str, Any]:
    if options.odd is None:
        raise SystemExit("Give --odd FOLDER, pictures that the bundle finds strange.")
    show = _Show(_pictures(options.odd))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(mosquitto(folder))
        camera = stack.enter_context(loopback_camera(_pictures(options.normal), options.fps))
        camera.show = show
        heard = stack.enter_context(_Heard(broker.port))
        site = _write_site(folder, [camera.address], options.bundle, broker.port)
        stack.enter_context(_running(site))
        log = site.with_suffix(".log")
        database = _database(folder / "store", log)
        stack.callback(database.close)
        _wait_until_running(database, 1, log)
        time.sleep(_CALM_S)
        each = [_one(camera, show, heard, database) for _ in range(options.anomalies)]
    seen = [one for one in each if one is not None]
    found = {name: [one[name] for one in seen if name in one] for name in (_ABOVE, *_NAMES)}
    since = {
        name: [one[name] - one[_ABOVE] for one in seen if name in one and _ABOVE in one]
        for name in _NAMES
    }
    return {
        "anomalies": len(each),
        "found": len(seen),
        "seconds": {name: _spread(values) for name, values in found.items()},
        f"seconds since the {_ABOVE}": {name: _spread(values) for name, values in since.items()},
    }


_NAMES = ("event row", "mqtt message", "playable clip")
_ABOVE = "first picture above the threshold"


def _one(
    camera: LoopbackCamera, show: _Show, heard: _Heard, database: Database
) -> dict[str, float] | None:
    """Show one anomaly until its clip can be played; then usual pictures for a while."""
    known = set(_events(database))
    show.on = True
    found: dict[str, float] = {}
    uid, end = "", time.monotonic() + _LONGEST_S
    while time.monotonic() < end and len(found) < len(_NAMES) + 1:
        uid = uid or next((one for one in _events(database) if one not in known), "")
        if uid:
            found.setdefault("event row", time.time())
            found.setdefault(_ABOVE, _start(database, uid))
            if (at := heard.at(uid)) is not None:
                found.setdefault("mqtt message", at)
            if "playable clip" not in found and _is_playable(database, uid):
                found["playable clip"] = time.time()
        time.sleep(_LOOK_S)
    begun = camera.sent_at.get(show.first)
    show.on = False
    time.sleep(_CALM_S)
    if not found or begun is None:
        return None
    return {name: at - begun for name, at in found.items()}


def _events(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(EventRow.uid)))


def _start(database: Database, uid: str) -> float:
    """When the picture was taken that the event begins with."""
    with database.reading() as session:
        return session.scalars(select(EventRow.start).where(EventRow.uid == uid)).one()


def _is_playable(database: Database, uid: str) -> bool:
    """Whether a player shows a picture of the clip, which may still be growing."""
    for path in database.layout.media.rglob(f"{uid}*.mp4*"):
        try:
            with av.open(str(path)) as container:
                next(container.decode(video=0))
            return True
        except (av.FFmpegError, StopIteration, OSError, IndexError):
            continue
    return False


# ---- what a site takes --------------------------------------------------------------------------


def _load(options: argparse.Namespace) -> dict[str, Any]:
    pictures = _pictures(options.normal)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cameras = [
            stack.enter_context(loopback_camera(pictures, options.fps))
            for _ in range(options.cameras)
        ]
        addresses = [one.address for one in cameras]
        site = _write_site(folder, addresses, options.bundle, None)
        process = stack.enter_context(_running(site))
        log = site.with_suffix(".log")
        database = _database(folder / "store", log)
        stack.callback(database.close)
        _wait_until_running(database, options.cameras, log)
        time.sleep(10.0)
        return _measured(process, database, options.minutes * 60)


def _measured(process: psutil.Process, database: Database, seconds: float) -> dict[str, Any]:
    before, begun = _processes(process), time.monotonic()
    first, lags, highest = _loads(database), dict[tuple[str, str, float], float](), {}
    while time.monotonic() - begun < seconds:
        time.sleep(1.0)
        for (kind, name), (at, figures) in _loads(database).items():
            if "lag_s" in figures:
                lags[kind, name, at] = figures["lag_s"]
        for name, (_, rss) in _processes(process).items():
            highest[name] = max(highest.get(name, 0), rss)
    wall, after, last = time.monotonic() - begun, _processes(process), _loads(database)
    dropped, frames = (_grown(first, last, "scorer", name) for name in ("dropped", "frames"))
    return {
        "seconds": wall,
        "pictures": frames,
        "dropped": dropped,
        "dropped_share": dropped / max(1.0, frames + dropped),
        "longest_lag_of_intervals_s": _spread(list(lags.values())),
        "processes": {
            name: {
                "cpu_share": (cpu - before.get(name, (0.0, 0))[0]) / wall,
                "rss_mib": rss / 2**20,
                "highest_rss_mib": highest.get(name, rss) / 2**20,
            }
            for name, (cpu, rss) in after.items()
        },
    }


def _processes(process: psutil.Process) -> dict[str, tuple[float, int]]:
    """Processor seconds and resident bytes of a site's processes, by kind and name."""
    found = {}
    for one in [process, *process.children(recursive=True)]:
        try:
            words, times = one.cmdline(), one.cpu_times()
            name = " ".join(words[words.index("-m") + 2 :]) if "-m" in words else "supervisor"
            found[name] = (times.user + times.system, one.memory_info().rss)
        except psutil.Error:
            continue
    return found


def _loads(database: Database) -> dict[tuple[str, str], tuple[float, dict[str, float]]]:
    with database.reading() as session:
        rows = session.scalars(select(LoadRow))
        return {(row.process, row.name): (row.at, dict(row.figures)) for row in rows}


def _grown(first: dict[Any, Any], last: dict[Any, Any], kind: str, figure: str) -> float:
    """By how much a counter of all processes of a kind has grown."""
    return sum(
        figures.get(figure, 0.0) - first.get(key, (0.0, {}))[1].get(figure, 0.0)
        for key, (_, figures) in last.items()
        if key[0] == kind
    )


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95 % and 99 %."""
    if not values:
        return {}
    median, most, nearly_all = np.percentile(values, (50, 95, 99))
    return {"median": float(median), "95 %": float(most), "99 %": float(nearly_all)}


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    threading.current_thread().name = "benchmark"
    main()
