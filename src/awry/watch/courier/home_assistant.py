"""What Home Assistant is told of a camera, so that it shows up there by itself.

One discovery message a camera, retained, in Home Assistant's form for devices with several
entities. All entities read the camera's retained `state` topic; they are unavailable while the
site is.
"""

from __future__ import annotations

from typing import Any

from awry.version import __version__
from awry.watch.courier.topics import Topics


def discovery(topics: Topics, site: str, camera: str) -> dict[str, Any]:
    """The discovery message of a camera, for `topics.device(camera)`."""
    state = topics.camera(camera, "state")
    device = topics.device_id(camera)
    entities = {
        "alarm": _binary("Alarm", state, "alarm", "motion"),
        "connectivity": _binary("Connected", state, "running", "connectivity", diagnostic=True),
        "tamper": _binary("Tampered", state, "tampered", "tamper"),
        "state": _sensor("State", state, "{{ value_json.state }}", diagnostic=True),
        "budget": _sensor(
            "Alarms today", state, "{{ value_json.budget.alarms }}", state_class="total"
        ),
        "score": _sensor(
            "Score", topics.camera(camera, "score"), "{{ value }}", state_class="measurement"
        ),
        "picture": {
            "platform": "image",
            "name": "Last event",
            "image_topic": topics.camera(camera, "picture"),
            "content_type": "image/jpeg",
        },
    }
    for name, entity in entities.items():
        entity["unique_id"] = f"{device}_{name}"
    return {
        "device": {
            "identifiers": [device],
            "name": f"{site} {camera}",
            "manufacturer": "awry",
            "model": "video anomaly detection",
            "sw_version": __version__,
        },
        "origin": {"name": "awry", "sw_version": __version__},
        "availability": [{"topic": topics.status}],
        "components": entities,
        "qos": 1,
    }


def _binary(
    name: str, topic: str, key: str, kind: str, *, diagnostic: bool = False
) -> dict[str, Any]:
    template = f"{{{{ 'ON' if value_json.{key} else 'OFF' }}}}"
    return {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topic,
        "value_template": template,
        "device_class": kind,
        **({"entity_category": "diagnostic"} if diagnostic else {}),
    }


def _sensor(
    name: str, topic: str, template: str, *, state_class: str = "", diagnostic: bool = False
) -> dict[str, Any]:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": template,
        **({"state_class": state_class} if state_class else {}),
        **({"entity_category": "diagnostic"} if diagnostic else {}),
    }
