from __future__ import annotations

from dataclasses import replace

import pytest

from awry.watch.store.results import StoredCamera
from awry.watch.watching import stale, watching

NOW = 1_800_000_000.0


def camera(state: str, since: float = 1000.0, frame: float | None = 1.0) -> StoredCamera:
    """A camera in a state for so many seconds, whose newest picture is so old."""
    newest = None if frame is None else NOW - frame
    return StoredCamera("door", 0.0, None, state, NOW - since, "", True, newest, newest)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", "yes"),
        ("degraded", "partly"),
        ("learning", "not yet"),
        ("disabled", "off"),
        ("stalled", "no"),
        ("back-off", "no"),
        ("misconfigured", "no"),
        ("quarantined", "no"),
    ],
)
def test_by_its_state(state: str, expected: str) -> None:
    assert watching(camera(state), NOW) == expected


@pytest.mark.parametrize("state", ["connecting", "waiting for a key frame"])
def test_a_start_that_does_not_end_is_no_watching(state: str) -> None:
    assert watching(camera(state, frame=59.0), NOW) == "not yet"
    assert watching(camera(state, frame=61.0), NOW) == "no"
    never = camera(state, frame=None)
    assert watching(replace(never, added=NOW - 59.0), NOW) == "not yet"
    assert watching(replace(never, added=NOW - 61.0), NOW) == "no"


def test_pictures_come_while_it_warms_up() -> None:
    assert watching(camera("warming up", since=59.0, frame=None), NOW) == "not yet"
    assert watching(camera("warming up", since=61.0), NOW) == "no"


def test_each_try_of_a_dead_camera_does_not_make_it_look_as_if_it_starts() -> None:
    assert watching(camera("connecting", since=1.0, frame=300.0), NOW) == "no"


@pytest.mark.parametrize("state", ["running", "degraded"])
def test_without_new_pictures_a_state_is_not_believed(state: str) -> None:
    """Where the processes died, nobody changes the state any longer."""
    assert not stale(camera(state, frame=59.0), NOW)
    for dead in (camera(state, frame=61.0), camera(state, frame=None)):
        assert stale(dead, NOW)
        assert watching(dead, NOW) == "no"
    just_begun = camera(state, since=5.0, frame=3600.0)
    assert not stale(just_begun, NOW)


def test_while_it_learns_nothing_is_scored() -> None:
    assert watching(camera("learning", frame=None), NOW) == "not yet"
