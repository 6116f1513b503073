from __future__ import annotations

from awry.watch.clock import ManualClock
from awry.watch.ingest.health import Health
from awry.watch.ingest.states import Become
from ingest_fakes import Box


def test_the_connections_state_comes_first() -> None:
    health = Health(ManualClock(), Box())
    assert health.state("The disk is full.") == ("connecting", "")
    health.become(Become("back-off", "Lost it."))
    assert health.state("") == ("back-off", "Lost it.")
    health.become(Become("running"))
    assert health.state("") == ("running", "")


def test_what_is_wrong_while_pictures_come() -> None:
    health = Health(ManualClock(), Box())
    health.become(Become("running"))
    assert health.state("Clips cannot be written.") == ("degraded", "Clips cannot be written.")
    health.record_trouble = "Connection refused."
    state, reason = health.state("")
    assert state == "degraded"
    assert reason.endswith("Connection refused.")


def unread(box: Box, seconds: int, *, dropped: int) -> list[str]:
    clock = ManualClock()
    health = Health(clock, box)
    health.become(Become("running"))
    states = []
    for _ in range(seconds):
        clock.advance(1)
        box.dropped += dropped
        states.append(health.state("")[0])
    return states


def test_a_mailbox_that_nobody_reads() -> None:
    assert unread(Box(), 60, dropped=10) == ["running"] * 30 + ["degraded"] * 30
    assert unread(Box(), 60, dropped=0) == ["running"] * 60


def test_a_mailbox_that_tells_when_it_was_read() -> None:
    """A scorer that is behind loses pictures and reads all the same."""

    class Telling(Box):
        taken_at: float | None = None

    box, clock = Telling(), ManualClock()
    health = Health(clock, box)
    health.become(Become("running"))
    for _ in range(60):
        clock.advance(1)
        box.dropped += 5
        box.taken_at = clock.monotonic()
        assert health.state("") == ("running", "")


def test_ages() -> None:
    clock = ManualClock()
    health = Health(clock, Box())
    assert "frame_age_s" not in health.ages(None)
    health.frame()
    clock.advance(3)
    assert health.ages(clock.monotonic() - 1) == {
        "packet_age_s": 1.0,
        "frame_age_s": 3.0,
        "unread_s": 3.0,
    }
