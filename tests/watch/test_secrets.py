"""Secrets of a site occur in the settings of the one process that needs them, and nowhere else."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from pydantic import SecretStr

from awry.watch.clock import ManualClock
from awry.watch.courier.channels import Channel
from awry.watch.courier.core import Courier
from awry.watch.courier.hands import OwnHands
from awry.watch.courier.journal import Journal
from awry.watch.courier.mqtt import MqttBroker, MqttChannel
from awry.watch.courier.notify import Notify
from awry.watch.courier.store_view import StoreView
from awry.watch.courier.topics import Topics
from awry.watch.courier.webhook import Webhook
from awry.watch.ingest.core import Ingest
from awry.watch.ipc.codec import encode
from awry.watch.ipc.links import Received
from awry.watch.ipc.memory import Wire
from awry.watch.messages import Hello, Message
from awry.watch.site.model import Camera, Mqtt, Receiver, Site
from awry.watch.site.portions import IngestSettings
from awry.watch.site.problems import SiteError
from awry.watch.site.read import parse_site
from awry.watch.store.outbox import add_outbox
from awry.watch.supervisor.logs import SiteLog
from awry.watch.supervisor.portions import Planner
from awry.watch.supervisor.scrub import Scrubber, secrets_in
from awry.watch.web.settings import shown_site
from keeper_site import KeptSite
from watch_courier import NOW, letter

# Apprise looks for a module that Python is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")

ODD = (
    "hushhush1",
    "hush@hush:2",
    "hush/hush#3?",
    "hush%40hush%4",
    "hush hush&5=",
    "hüsh→hush6",
    "hush\\\"hush'7",
)
"""Passwords as people have them; the first word of each stands in no text of ours."""


def forms(secret: str) -> set[str]:
    """A secret in the ways in which it may be written."""
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return plain | {one.encode("unicode_escape").decode() for one in plain}


def is_clean(text: str, *secrets: str) -> bool:
    """Whether no secret is in a text, however it is written."""
    return not any(form in text for secret in secrets for form in forms(secret))


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port of loopback at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


class Secrets:
    """The settings of a site whose every secret is odd."""

    def __init__(self, store: Path, port: int, odd: str) -> None:
        self.camera, self.broker = f"{odd}-camera", f"{odd}-broker"
        self.token, self.hook, self.key = f"{odd}-token", f"{odd}-hook", f"{odd}-key"
        place = f"127.0.0.1:{port}"
        self.detect = f"rtsp://admin:{quote(self.camera, safe='')}@{place}/live"
        self.apprise = f"json://{place}/{quote(self.token, safe='')}"
        self.address = f"http://{place}/{quote(self.hook, safe='')}"
        self.site = Site(
            store=store,
            mqtt=Mqtt(host="127.0.0.1", port=port, user="me", password=SecretStr(self.broker)),
            notify=(Receiver(name="person", to=SecretStr(self.apprise)),),
            webhooks=(
                Receiver(name="hook", to=SecretStr(self.address), secret=SecretStr(self.key)),
            ),
            cameras={"door": Camera(name="door", detect=SecretStr(self.detect))},
        )

    @property
    def outward(self) -> tuple[str, ...]:
        """Those of receivers."""
        return self.broker, self.token, self.hook, self.key

    @property
    def all(self) -> tuple[str, ...]:
        """All."""
        return self.camera, *self.outward


@pytest.mark.parametrize("odd", ODD)
def test_each_process_is_given_only_its_own(tmp_path: Path, nobody: int, odd: str) -> None:
    secrets = Secrets(tmp_path, nobody, odd)
    planner = Planner(2)
    plan = planner.plan(secrets.site, {})
    assert {key.kind for key in plan} >= {"ingest", "courier", "keeper", "web"}
    for key, settings in plan.items():
        assert is_clean(settings, secrets.camera) == (key.kind != "ingest"), key
        assert is_clean(settings, *secrets.outward) == (key.kind != "courier"), key
    assert is_clean(planner.trainer(secrets.site, "door", "learned"), *secrets.all)
    assert is_clean(repr(secrets.site), *secrets.all)


@pytest.mark.parametrize("odd", ODD)
def test_nothing_that_a_child_says_reaches_the_log(tmp_path: Path, nobody: int, odd: str) -> None:
    secrets, written = Secrets(tmp_path, nobody, odd), io.StringIO()
    plan = Planner(2).plan(secrets.site, {})
    found = frozenset().union(*map(secrets_in, plan.values()))
    log = SiteLog(written, Scrubber(found))
    for secret in (secrets.detect, secrets.apprise, secrets.address, *secrets.all):
        log.child_line("ingest door", f"it said {secret} and ended")
        log.say(f"about {secret}")
    assert is_clean(written.getvalue(), *secrets.all)
    assert "it said" in written.getvalue()


@pytest.mark.parametrize("odd", ODD)
def test_receivers_that_fail_tell_nothing(
    tmp_path: Path,
    nobody: int,
    odd: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    here = KeptSite(tmp_path)
    secrets, clock = Secrets(tmp_path, nobody, odd), ManualClock(NOW)
    site, said = secrets.site, list[Message]()
    assert site.mqtt is not None
    topics = Topics("awry", None)
    channels: dict[tuple[str, str], Channel] = {
        ("mqtt", "broker"): MqttChannel(MqttBroker(site.mqtt, topics), topics),
        ("notify", "person"): Notify(secrets.apprise, tmp_path),
        ("webhook", "hook"): Webhook(secrets.address, secrets.key, clock.now),
    }
    with here.database.writing() as session:
        for channel, target in channels:
            add_outbox(session, channel, target, "e1", "new", {"camera": "door"}, NOW)
    journal = Journal(tmp_path / "sent")
    courier = Courier(StoreView(here.database), channels, said.append, clock, OwnHands(), journal)
    courier.step()
    courier.step()
    assert len(said) == 3
    here.keeper.take([Received(Hello("courier", "", 1), one) for one in said])
    here.close()
    stored = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    everything = [*map(repr, said), caplog.text, *capfd.readouterr()]
    everything += [encode(one).decode("latin1") for one in said]
    everything += [stored.decode("latin1"), stored.decode("utf-8", "replace")]
    assert "The receiver refused the connection." in everything[-1], "the errors are there"
    for text in everything:
        assert is_clean(text, *secrets.all)
    assert is_clean(repr(letter()), *secrets.all)


@pytest.mark.parametrize("odd", ODD)
def test_a_camera_that_cannot_be_opened_tells_nothing(
    tmp_path: Path,
    nobody: int,
    odd: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets, clock, said = Secrets(tmp_path, nobody, odd), ManualClock(NOW), list[Message]()

    def tell(message: Message, *, certain: bool = True) -> None:
        said.append(message)

    settings = IngestSettings(camera=secrets.site.cameras["door"], store=tmp_path)
    ingest = Ingest(settings, clock, tell, Wire(clock).frames_out("door"))
    ingest.step()
    clock.advance(0.1)
    ingest.step()
    assert ingest.wake.wait(10)
    ingest.step()
    ingest.close()
    texts = [*map(repr, said), caplog.text, *capfd.readouterr()]
    assert any("back-off" in text for text in texts), texts
    for text in texts:
        assert is_clean(text, *secrets.all)


@pytest.mark.parametrize("odd", ODD)
def test_mistakes_and_answers_show_no_secret(tmp_path: Path, nobody: int, odd: str) -> None:
    secrets = Secrets(tmp_path, nobody, odd)
    quoted = "'" + secrets.key.replace("'", "''") + "'"
    text = f"""
name: home
store: store
webhooks:
  - {{name: hook, to: "{secrets.address}", secret: {quoted}}}
cameras:
  door: {{detect: "{secrets.detect}", budget: 2/day}}
  yard: {{detect: "{secrets.detect}", budget: "{secrets.detect}"}}
  wall: {{detect: ["{secrets.detect}"]}}
"""
    path = tmp_path / "site.yaml"
    path.write_text(text)
    read = parse_site(text.encode(), path)
    assert set(read.misconfigured) == {"yard", "wall"}
    assert is_clean(repr(read), *secrets.all)
    assert is_clean(shown_site(path).model_dump_json(), *secrets.all)
    with pytest.raises(SiteError) as caught:
        parse_site(text.replace("name: home", f"nane: {quoted}").encode(), path)
    assert is_clean(str(caught.value), *secrets.all)
    assert is_clean(repr(replace(read)), *secrets.all)
