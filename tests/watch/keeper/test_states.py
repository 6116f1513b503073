"""A camera's state from what its processes say and what its scores show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awry.watch.keeper.states import CameraCondition, Conditions, round_up

ALL_WELL = Conditions(rate=10.0)


def running(seconds: float = 70.0, *, rate: float = 10.0, dropped: int = 0) -> CameraCondition:
    condition = CameraCondition()
    condition.say("ingest", "running", "", 0.0)
    for step in range(int(seconds * rate)):
        condition.scored(True, dropped, step / rate)
    return condition


def test_from_nothing_to_running() -> None:
    condition = CameraCondition()
    assert condition.now(ALL_WELL, 0.0)[0] == "connecting"
    condition.say("ingest", "waiting for a key frame", "No key frame came yet.", 0.0)
    assert condition.now(ALL_WELL, 0.0) == ("waiting for a key frame", "No key frame came yet.")
    condition.say("ingest", "running", "", 1.0)
    assert condition.now(replace(ALL_WELL, bundle=False, learning="10 %"), 1.0) == (
        "learning",
        "10 %",
    )
    assert condition.now(ALL_WELL, 1.0)[0] == "warming up"
    condition.scored(False, 0, 1.0)
    assert condition.now(ALL_WELL, 1.0)[0] == "warming up"
    condition.scored(True, 0, 1.1)
    assert condition.now(ALL_WELL, 1.1) == ("running", "")
    assert condition.now(replace(ALL_WELL, enabled=False), 1.1)[0] == "disabled"


def test_a_new_connection_warms_up_again() -> None:
    condition = running()
    condition.say("ingest", "back-off", "The connection was lost.", 70.0)
    assert condition.now(ALL_WELL, 70.0) == ("back-off", "The connection was lost.")
    condition.say("ingest", "running", "", 80.0)
    assert condition.now(ALL_WELL, 80.0)[0] == "warming up"


def test_a_scorers_word_counts_until_it_scores_again() -> None:
    condition = running()
    condition.say("scorer", "misconfigured", "No such bundle.", 70.0)
    assert condition.now(ALL_WELL, 70.0) == ("misconfigured", "No such bundle.")
    condition.scored(True, 0, 71.0)
    assert condition.now(ALL_WELL, 71.0)[0] == "running"
    condition.say("scorer", "degraded", "It failed.", 72.0)
    condition.say("scorer", "running", "", 73.0)
    assert condition.now(ALL_WELL, 71.0)[0] == "running"
    assert set(condition.seen) == {"ingest"}


def test_why_nothing_is_scored_counts_more_than_that_nobody_takes_pictures() -> None:
    condition = running()
    condition.say("scorer", "misconfigured", "No such bundle.", 70.0)
    condition.say("ingest", "degraded", "Nobody scores its pictures.", 100.0)
    assert condition.now(ALL_WELL, 100.0) == ("misconfigured", "No such bundle.")
    condition.say("ingest", "back-off", "The connection was lost.", 110.0)
    assert condition.now(ALL_WELL, 110.0)[0] == "back-off"


def test_quarantine_lasts_until_the_process_speaks_again() -> None:
    condition = running()
    condition.say("supervisor", "quarantined", "It crashed five times.", 70.0)
    assert condition.now(ALL_WELL, 70.0)[0] == "quarantined"
    condition.say("ingest", "running", "", 80.0)
    assert condition.now(ALL_WELL, 70.0)[0] == "running"


@pytest.mark.parametrize(("dropped_in", "state"), [(21, "running"), (18, "degraded")])
def test_above_five_percent_of_drops_a_camera_is_degraded(dropped_in: int, state: str) -> None:
    condition = running(0)
    for step in range(600):
        condition.scored(True, int(step % dropped_in == 0), step / 10)
    share = condition.dropped_share(59.9)
    assert (share > 0.05) == (state == "degraded")
    found, reason = condition.now(ALL_WELL, 59.9)
    assert found == state
    assert reason.startswith("Slow: over 5 %") == (state == "degraded")
    condition = running(200)
    assert condition.dropped_share(200.0) == 0.0  # it is over


def test_a_low_rate_is_degraded_once_a_minute_was_seen() -> None:
    assert running(50, rate=5.0).now(ALL_WELL, 50.0)[0] == "running"
    state, reason = running(130, rate=5.0).now(ALL_WELL, 130.0)
    assert state == "degraded"
    assert reason.startswith("Low rate: 5.0 pictures a second came in the last minute, and its det")
    assert running(130, rate=9.0).now(ALL_WELL, 130.0)[0] == "running"
    assert running(130, rate=5.0).now(replace(ALL_WELL, rate=None), 130.0)[0] == "running"
    assert running(130, rate=5.0, dropped=1).now(ALL_WELL, 130.0)[1].startswith("Slow: ")


def test_no_recording_and_drift_are_degraded() -> None:
    recording = replace(ALL_WELL, recording="The disk is full.")
    assert running().now(recording, 70.0) == ("degraded", "No recording: The disk is full.")
    drift = replace(ALL_WELL, drift="Other scores.")
    assert running().now(drift, 70.0) == ("degraded", "Drift: Other scores.")


def test_shares_in_words() -> None:
    assert [round_up(one) for one in (0.051, 0.0999, 0.1, 0.999)] == [
        "over 5 %",
        "over 9 %",
        "over 10 %",
        "over 90 %",
    ]
