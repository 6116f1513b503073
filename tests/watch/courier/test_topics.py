from __future__ import annotations

from awry.watch.courier.topics import Topics


def test_a_camera_cannot_take_the_sites_topics() -> None:
    topics = Topics("awry/home", "homeassistant")
    assert topics.status == "awry/home/status"
    assert topics.camera("status", "state") == "awry/home/cameras/status/state"
    assert topics.device("front") == "homeassistant/device/awry_home_front/config"
    assert topics.birth == "homeassistant/status"
    assert topics.site == "awry/home/site/messages"


def test_without_discovery_nobody_is_listened_to() -> None:
    assert Topics("awry", None).birth is None
