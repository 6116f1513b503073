"""A whole site by its command line: from addresses to alarms, and to an orderly end.

One camera has a detector, the other learns. In both a white block is shown for some seconds, whose
time is known: an event must hold it, and its clip must show it.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from awry.watch.courier.webhook import is_genuine
from awry.watch.site.edit import change_site
from support import moving_square, write_images
from watch_courier import Sink, http_sink
from watch_live.receivers import Listener, Mosquitto, free_port, mosquitto, until
from watch_live.rtsp_server import LoopbackCamera, Picture, loopback_camera, needs_rtsp
from watch_live.running import Site
from watch_live.running import command as run_command

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
PASSWORD, KEY = "pa55-of-camera", "key-of-hook"
SIZE = (120, 180)
# The preset alone learns too little to tell anything apart.
MORE = {"steps": 150, "learning_rate": 0.003}
LEAST_S = 1.5


def small(pictures: Iterator[np.ndarray] | list[np.ndarray]) -> list[Picture]:
    return [cv2.resize(one, SIZE[::-1], interpolation=cv2.INTER_AREA) for one in pictures]


def ped2(shared: Path, clip: str) -> list[Picture]:
    files = sorted((shared / "data/UCSDped2" / clip).iterdir())
    read = [cv2.imread(str(file)) for file in files if file.suffix in (".tif", ".jpg", ".png")]
    return small([one for one in read if one is not None])


def street(shared: Path) -> list[Picture]:
    """Every other picture of a short video, which is 200 of them."""
    video = cv2.VideoCapture(str(shared / "data/opencv/vtest.avi"))
    pictures = []
    while len(pictures) < 200 and video.grab() and video.grab():
        pictures.append(cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB))
    video.release()
    return small(pictures)


@pytest.fixture(scope="session")
def scenes() -> dict[str, list[Picture]]:
    """Pictures of both cameras, and what the detector of the second is fitted on."""
    place = Path(os.environ.get("AWRY_SHARED", Path(__file__).parents[3] / "shared"))
    if (place / "data/UCSDped2").is_dir() and (place / "data/opencv/vtest.avi").is_file():
        return {
            "street": street(place),
            "walk": ped2(place, "Test/Test004"),
            "usual": ped2(place, "Train/Train001") + ped2(place, "Train/Train002"),
        }
    made = [list(moving_square(200, seed, SIZE)) for seed in (1, 2, 3)]
    return dict(zip(("street", "walk", "usual"), made, strict=True))


@pytest.fixture(scope="session")
def daml(scenes: dict[str, list[Picture]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("daml")
    write_images(folder / "data" / "train" / "one", np.stack(scenes["usual"]))
    words = ["fit", "daml", "--data", folder / "data", "--out", folder / "bundle"]
    more = [word for one in MORE.items() for word in ("--set", "=".join(map(str, one)))]
    said = command(*words, "--preset", "tiny", "--fps", 10, *more)
    assert said.returncode == 0, said.stderr
    return folder / "bundle"


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """A command as a person types it; no output may hold a secret."""
    said = run_command(*words)
    for text in (said.stdout, said.stderr):
        assert PASSWORD not in text
        assert KEY not in text
    return said


def asked(*words: object) -> Any:
    """What a command of `awry watch` says as JSON; it must succeed."""
    said = command("watch", *words, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    return json.loads(said.stdout)


def block(picture: Picture, number: int) -> Picture:
    """White, and it jumps about."""
    shown = picture.copy()
    height, width = shown.shape[0] // 2, shown.shape[1] // 2
    left = (number * 17) % width
    shown[height // 2 : height // 2 + height, left : left + width] = 255
    return shown


def settings(folder: Path, addresses: dict[str, str], bundle: Path, broker: int, hook: str) -> Path:
    """A file by `init`, which a person then edits."""
    file = folder / "site.yaml"
    given = [word for one in addresses.items() for word in ("--camera", "=".join(one))]
    asked("init", file, *given, "--budget", "20/day", "--timezone", "Europe/Berlin")

    def edit(values: Any) -> None:
        values["defaults"].update(post_roll_s=1, pre_roll_s=2, cooldown_s=0, longest_event_s=20)
        del values["defaults"]["learn"]
        # A day's budget, extrapolated from seven seconds, may end above what the block scores.
        values["cameras"]["street"]["budget"] = "10/minute"
        values["cameras"]["street"]["learn"] = {"seconds": "20s", "preset": "tiny", "options": MORE}
        values["cameras"]["walk"]["bundle"] = str(bundle)
        values["mqtt"] = {"host": "127.0.0.1", "port": broker}
        values["webhooks"] = [{"name": "hook", "to": f"{hook}/hook", "secret": KEY}]
        values["web"] = {"port": free_port()}
        values["retention"] = {"gib": 1, "free_gib": 0.1}

    change_site(file, edit)
    return file


@pytest.fixture
def world(
    tmp_path: Path, scenes: dict[str, list[Picture]]
) -> Iterator[tuple[dict[str, LoopbackCamera], Mosquitto, Listener, Sink]]:
    needs_rtsp()
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path))
        listener = stack.enter_context(Listener(broker.port))
        hook = stack.enter_context(http_sink())
        cameras = {
            "street": stack.enter_context(loopback_camera(scenes["street"])),
            "walk": stack.enter_context(loopback_camera(scenes["walk"], password=PASSWORD)),
        }
        yield cameras, broker, listener, hook


def alarm(site: Site, name: str, camera: LoopbackCamera) -> tuple[str, str]:
    """Show the block until there is an event of it; gives the ended event and its clip."""
    since = time.time()
    camera.show = block
    begun = "select uid from event where camera = ? and end > ?"
    site.wait(lambda: site.rows(begun, name, since + LEAST_S), 60)
    camera.show = lambda picture, number: picture
    until_s = time.time()
    query = (
        "select event.uid, clip.path from event join clip on clip.event = event.uid"
        " where event.camera = ? and event.state = 'ended' and event.start < ? and event.end > ?"
        " and clip.start < event.start and clip.end > event.end order by event.start"
    )
    values = (name, until_s, since + LEAST_S)
    uid, path = site.wait(lambda: site.rows(query, *values), 60)[0]
    return str(uid), str(path)


def assert_seen(clip: Path) -> None:
    """All of it decodes, nothing is black, and some pictures show the block and some do not."""
    with av.open(str(clip)) as container:
        pictures = [one.to_ndarray(format="rgb24") for one in container.decode(video=0)]
    assert len(pictures) > 10
    assert min(one.mean() for one in pictures) > 20
    white = [(one > 240).all(2).mean() > 0.15 for one in pictures]
    assert any(white)
    assert not all(white)


def test_from_addresses_to_alarms(
    tmp_path: Path,
    daml: Path,
    world: tuple[dict[str, LoopbackCamera], Mosquitto, Listener, Sink],
) -> None:
    cameras, broker, listener, hook = world
    addresses = {name: camera.address for name, camera in cameras.items()}
    file = settings(tmp_path, addresses, daml, broker.port, hook.url)
    assert "# An example of a camera" in file.read_text()  # comments outlive edits
    checked = asked("check", file, "--no-load")
    assert checked["runs"], checked

    site = Site(file)
    try:
        events = watch_it(site, cameras)
        assert_told(events, listener, hook)
        assert_agree(site, events, tmp_path)
    finally:
        code = site.end()
    assert code == 0, site.log.read_text()[-5000:]
    assert_in_order(site)


def watch_it(site: Site, cameras: dict[str, LoopbackCamera]) -> dict[str, str]:
    """Both cameras alarm, each by what was shown to it; gives the events."""
    ready = "select 1 from camera where name = ? and state in ('running', 'degraded')"
    site.wait(lambda: site.rows(ready, "walk"))
    assert site.rows("select 1 from camera where name = 'street' and state = 'learning'")
    events = {}
    for name in ("walk", "street"):
        site.wait(lambda name=name: site.rows(ready, name))
        uid, clip = alarm(site, name, cameras[name])
        assert_seen(site.store / clip)
        events[name] = uid
    learned = site.rows("select path, state from bundle where camera = 'street'")
    assert learned == [("bundles/street/1", "active")]
    used = site.rows("select bundle from event where uid = ?", events["street"])[0][0]
    assert used.endswith("bundles/street/1")
    return events


def assert_told(events: dict[str, str], listener: Listener, hook: Sink) -> None:
    """Each event's beginning and end were told once on each way, and the hook's are signed."""
    for name, uid in events.items():
        topic = f"awry/cameras/{name}/events"
        for said in (lambda topic=topic: listener.of(topic), lambda: [one[2] for one in hook.came]):
            until(lambda said=said, uid=uid: len(kinds(said(), uid)) >= 2, 30)
            assert sorted(kinds(said(), uid)) == ["end", "new"]
    now = time.time()
    for path, headers, body in hook.came:
        stamp = headers["X-Awry-Timestamp"]
        assert path == "/hook"
        assert is_genuine(KEY, stamp, body, headers["X-Awry-Signature"], min(now, int(stamp)))
        assert not is_genuine("other", stamp, body, headers["X-Awry-Signature"], int(stamp))
    everything = b"".join(payload for _, payload, _ in listener.came)
    everything += b"".join(body for _, _, body in hook.came)
    assert PASSWORD.encode() not in everything


def kinds(bodies: list[bytes], uid: str) -> list[str]:
    """What was told of an event, joined news as well."""
    said = [json.loads(one) for one in bodies]
    mine = [one for one in said if one["event"] and one["event"]["uid"] == uid]
    return [kind for one in mine for kind in (*one["joined"], one["kind"])]


def assert_agree(site: Site, events: dict[str, str], folder: Path) -> None:
    """All commands tell the same of the running site."""
    status = asked("status", site.file)
    assert status["running"] is True
    assert {one["camera"]["name"] for one in status["cameras"]} == set(events)
    listed = {one["uid"]: one for one in asked("events", site.file, "--limit", 1000)["events"]}
    for name, uid in events.items():
        assert (listed[uid]["camera"], listed[uid]["state"]) == (name, "ended")
        again = asked("replay", site.file, name)
        assert uid in {one["was"] for one in again["events"]}
    assert asked("fsck", site.file)["sound"] is True
    copy = folder / "copy"
    asked("backup", site.file, copy)
    text = site.file.read_text()
    other = folder / "of-copy.yaml"
    other.write_text(text.replace("store: store", "store: copy").replace('"store"', '"copy"'))
    other.chmod(0o600)
    of_copy = asked("events", other, "--limit", 1000)["events"]
    assert set(events.values()) <= {one["uid"] for one in of_copy}


def assert_in_order(site: Site) -> None:
    """What an ended site leaves: nothing open, no half-written file, no secret."""
    assert asked("fsck", site.file)["sound"] is True
    assert asked("status", site.file)["running"] is False
    assert not site.rows("select 1 from event where state != 'ended'")
    assert not list(site.store.rglob("*.part"))
    assert not (site.store / "quarantine").exists() or not list(
        (site.store / "quarantine").rglob("*.*")
    )
    log = site.log.read_text()
    assert PASSWORD not in log
    assert "Traceback" not in log
    for file in site.store.rglob("*"):
        assert file.is_dir() or PASSWORD.encode() not in file.read_bytes()
