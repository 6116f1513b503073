from __future__ import annotations

from awry.watch.courier.home_assistant import discovery
from awry.watch.courier.topics import Topics


def test_a_camera_is_one_device_with_its_entities() -> None:
    said = discovery(Topics("awry", "homeassistant"), "home", "front")
    entities = said["components"]
    assert {name: one["platform"] for name, one in entities.items()} == {
        "alarm": "binary_sensor",
        "connectivity": "binary_sensor",
        "tamper": "binary_sensor",
        "state": "sensor",
        "budget": "sensor",
        "score": "sensor",
        "picture": "image",
    }
    ids = [one["unique_id"] for one in entities.values()]
    assert len(set(ids)) == 7
    assert all(one.startswith("awry_front_") for one in ids)
    assert said["device"]["identifiers"] == ["awry_front"]
    assert said["availability"] == [{"topic": "awry/status"}]
    assert entities["picture"]["image_topic"] == "awry/cameras/front/picture"
    template = entities["alarm"]["value_template"]
    assert template == "{{ 'ON' if value_json.alarm else 'OFF' }}"


def test_two_sites_do_not_share_identifiers() -> None:
    first, second = (
        discovery(Topics(name, "homeassistant"), "home", "front") for name in ("a", "b")
    )
    assert first["device"]["identifiers"] != second["device"]["identifiers"]
