"""Cameras over the API: tried, found, added, removed."""

from __future__ import annotations

import stat
from typing import Any

import pytest

from awry.watch.requests import ConfigNoted, values_of
from awry.watch.site.read import read_site
from awry.watch.store.models import AuditRow, BundleRow, FootageRow
from web_site import NOW, SITE, Here

API = "/api/v1"
NEW: dict[str, Any] = {
    "name": "gate",
    "detect": {"address": "rtsp://10.0.0.3/stream2", "user": "root", "password": "a@b:${X}/ü"},
    "recording": "off",
    "budget": "1/week",
    "learn_s": 7200,
    "days": 14,
}
ADDRESS = "rtsp://root:a%40b%3A%24%7BX%7D%2F%C3%BC@10.0.0.3/stream2"


def test_an_address_is_tried_and_a_picture_given(here: Here) -> None:
    told = here.client("admin").post(f"{API}/cameras/try", json=NEW["detect"]).json()
    assert here.tried == [ADDRESS]
    assert (told["problem"], told["width"], told["picture"]) == ("", 640, "/9j/")
    assert told["streams"][0]["browsers"] == "video"


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "file:secret",
        "/etc/passwd",
        "/dev/sda",
        "0",
        "concat:rtsp://a|rtsp://b",
        "rtsp://",
        "rtsp://:554/",
        "rtsp://a b/",
        "http://[::1",
        "${HOME}",
    ],
)
def test_what_is_no_cameras_address_is_opened_and_stored_nowhere(here: Here, address: str) -> None:
    client = here.client("admin")
    given = {"address": address}
    answers = [
        client.post(f"{API}/cameras/try", json=given),
        client.post(f"{API}/cameras", json={**NEW, "detect": given}),
    ]
    assert [one.status_code for one in answers] == [422, 422]
    assert not here.tried
    assert (here.root / "site.yaml").read_text() == SITE


def test_a_user_twice_is_refused_without_a_word_of_it(here: Here) -> None:
    given = {"address": "rtsp://me:s3cret@10.0.0.3/", "user": "root"}
    answer = here.client("admin").post(f"{API}/cameras/try", json=given)
    assert answer.status_code == 422
    assert "s3cret" not in answer.text


def test_twelve_a_minute_are_tried_at_most(here: Here) -> None:
    client = here.client("admin")
    answers = [client.post(f"{API}/cameras/try", json=NEW["detect"]) for _ in range(13)]
    assert [one.status_code for one in answers] == [200] * 12 + [429]
    assert answers[-1].headers["retry-after"] == "61"
    here.clock.advance(61)
    assert client.post(f"{API}/cameras/try", json=NEW["detect"]).status_code == 200


def test_a_camera_is_added_with_its_secret_in_a_file_of_its_own(here: Here) -> None:
    answer = here.client("admin").post(f"{API}/cameras", json=NEW)
    assert answer.status_code == 201, answer.text
    text = (here.root / "site.yaml").read_text()
    assert "# the front door" in text
    assert "detect: file:secrets/gate-detect" in text
    file = here.root / "secrets" / "gate-detect"
    assert file.read_text() == ADDRESS + "\n"
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (file.parent, file)]
    assert modes == [0o700, 0o600]
    site = read_site(here.root / "site.yaml").site
    gate = site.cameras["gate"]
    assert gate.detect.get_secret_value() == ADDRESS
    assert (gate.budget, gate.learn.seconds, gate.recording) == ("1/week", 7200, "off")
    assert site.retention.days == 14
    assert here.reloads == [1]
    noted = values_of(here.asked[-1])
    assert isinstance(noted, ConfigNoted)
    assert (noted.subject, noted.after["added"]) == ("gate", True)
    everything = answer.text + str([(one.before, one.after) for one in here.rows(AuditRow)])
    assert "10.0.0.3" not in everything
    assert "a%40b" not in everything


def test_an_address_without_a_secret_stands_in_the_file(here: Here) -> None:
    wanted = {"name": "gate", "detect": {"address": "RTSP://10.0.0.3/stream2"}, "budget": None}
    assert here.client("admin").post(f"{API}/cameras", json=wanted).status_code == 201
    text = (here.root / "site.yaml").read_text()
    assert "detect: rtsp://10.0.0.3/stream2" in text
    assert not (here.root / "secrets").exists()
    assert read_site(here.root / "site.yaml").site.cameras["gate"].budget is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "door"}, 409),
        ({"name": "Gate"}, 422),
        ({"name": "../x"}, 422),
        ({"budget": "often"}, 409),
        ({"method": "nope"}, 422),
        ({"learn_s": 1}, 422),
        ({"version": "another"}, 409),
        ({"bundle": "/etc"}, 422),
    ],
)
def test_what_does_not_fit_leaves_nothing_behind(
    here: Here, change: dict[str, Any], status: int
) -> None:
    answer = here.client("admin").post(f"{API}/cameras", json={**NEW, **change})
    assert answer.status_code == status
    assert (here.root / "site.yaml").read_text() == SITE
    assert not [*here.root.glob("secrets/*")]
    assert not here.reloads


def test_a_removed_camera_leaves_what_was_stored_and_no_password(here: Here) -> None:
    client = here.client("admin")
    client.post(f"{API}/cameras", json=NEW)
    assert client.delete(f"{API}/cameras/gate").status_code == 200
    assert "gate" not in (here.root / "site.yaml").read_text()
    assert not [*here.root.glob("secrets/*")]
    assert client.delete(f"{API}/cameras/gate").status_code == 404
    assert client.delete(f"{API}/cameras/door").status_code == 200
    assert (here.root / "store" / "media" / "door" / "e1.mp4").exists()
    assert client.get(f"{API}/events/e1").status_code == 200


def test_cameras_of_the_network_say_whether_they_are_known(here: Here) -> None:
    client = here.client("admin")
    (found,) = client.get(f"{API}/discover").json()["cameras"]
    assert (found["host"], found["name"], found["known"]) == ("10.0.0.3", "gate", False)
    client.post(f"{API}/cameras", json=NEW)
    (found,) = client.get(f"{API}/discover").json()["cameras"]
    assert found["known"]


def test_the_machine_is_measured_in_the_background(here: Here) -> None:
    client = here.client("admin")
    assert client.get(f"{API}/machine").json()["found"] is None
    assert client.post(f"{API}/machine/measure", json={}).status_code == 202
    measurer = here.app.state.api.helpers.measurer
    measurer.join(10)
    told = client.get(f"{API}/machine").json()
    assert (told["step"], told["found"]["carries"], told["problem"]) == ("", 6, "")
    wanted = here.app.state.api.helpers.measuring.wanted
    assert [rate for _, rate in wanted["bundles"]] == [10.0, 10.0]
    assert client.post(f"{API}/machine/measure", json={"method": "nope"}).status_code == 422


def test_how_far_a_camera_is(here: Here) -> None:
    client = here.client("viewer")
    assert client.get(f"{API}/cameras/door/learning").json()["learning"] is False
    here.client("admin").post(f"{API}/cameras", json=NEW)
    nothing = client.get(f"{API}/cameras/gate/learning").json()
    assert (nothing["learning"], nothing["since"], nothing["until"]) == (True, None, None)
    here.add(FootageRow(camera="gate", path="f", start=NOW - 60, end=NOW, bytes=1))
    here.add(BundleRow(camera="gate", path="b", method="daml", state="fitting", at=NOW))
    told = client.get(f"{API}/cameras/gate/learning").json()
    assert (told["since"], told["until"], told["fitting"]) == (NOW - 60, NOW - 60 + 7200, True)
    assert client.get(f"{API}/cameras/nope/learning").status_code == 404
