"""Figures for Prometheus."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from awry.watch.messages import CameraState
from awry.watch.store.models import BudgetRow, FlagRow, OutboxRow
from awry.watch.web.metrics import exposition
from web_site import NOW, Here


def figures(here: Here, timezone: str = "UTC") -> dict[tuple[str, str], float]:
    """Name and labels of each sample -> its value."""
    with here.database.reading() as session:
        text, kind = exposition(session, here.database.layout, timezone, here.clock)
    assert kind.startswith("text/plain")
    return {
        (one.name, ",".join(one.labels.values())): one.value
        for family in text_string_to_metric_families(text.decode())
        for one in family.samples
    }


def outbox(state: str, subject: str) -> Any:
    return OutboxRow(
        channel="mqtt", target="m", subject=subject, kind="new", made=NOW, due=NOW, state=state
    )


def test_the_figures_of_a_site(here: Here) -> None:
    here.add(
        FlagRow(camera="door", flag="dark", since=NOW, until=None),
        BudgetRow(camera="door", day="2027-01-15", alarms=2, allowed=3.0),
        BudgetRow(camera="yard", day="2027-01-14", alarms=9, allowed=3.0),
        outbox("waiting", "1"),
        outbox("waiting", "2"),
        outbox("dead", "3"),
    )
    found = figures(here)
    assert found["awry_camera_state", "door,connecting"] == 1
    assert found["awry_camera_state", "door,running"] == 0
    assert found["awry_camera_flag", "door,dark"] == 1
    assert found["awry_camera_flag", "yard,dark"] == 0
    assert found["awry_camera_armed", "door"] == 1
    assert found["awry_budget_alarms", "door"] == 2
    assert found["awry_budget_allowed_alarms", "door"] == 3
    assert ("awry_budget_alarms", "yard") not in found  # that was yesterday
    assert found["awry_store_media_bytes", ""] == 2000
    assert found["awry_store_free_bytes", ""] > 0
    assert found["awry_outbox_messages", "mqtt,waiting"] == 2
    assert found["awry_outbox_messages", "mqtt,dead"] == 1
    assert found["awry_process_frames_total", "door,ingest"] == 1000
    assert found["awry_process_dropped_frames_total", "door,ingest"] == 3
    assert found["awry_process_lag_seconds", "door,ingest"] == 0.2
    assert found["awry_process_frames_per_second", "door,ingest"] == 10
    assert found["awry_process_resident_memory_bytes", "door,ingest"] == 5e7


def test_the_day_of_the_budget_is_the_sites(here: Here) -> None:
    here.add(BudgetRow(camera="door", day="2027-01-15", alarms=2, allowed=3.0))
    assert ("awry_budget_alarms", "door") in figures(here)
    # There it is the sixteenth already.
    here.clock.jump(8 * 3600)
    assert ("awry_budget_alarms", "door") not in figures(here, "Pacific/Kiritimati")


def test_each_camera_is_in_one_state_of_those_there_are(here: Here) -> None:
    found = {labels: value for (name, labels), value in figures(here).items() if "state" in name}
    of_door = {key: value for key, value in found.items() if key.startswith("door,")}
    assert len(of_door) == len(CameraState.__args__)  # type: ignore[attr-defined]
    assert sum(of_door.values()) == 1


@pytest.mark.parametrize("name", ["awry_camera_last_score_timestamp_seconds"])
def test_what_never_came_is_left_out(here: Here, name: str) -> None:
    assert (name, "door") not in figures(here)
