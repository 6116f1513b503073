"""What is wrong, in sentences with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from awry.watch.messages import CameraState
from awry.watch.store.forecast import GIB, Forecast
from awry.watch.store.results import ReceiverState, StoredCamera
from awry.watch.web import problems
from awry.watch.web.problems import Found


def plainly(text: str) -> str:
    return text


def camera(state: str, **more: Any) -> StoredCamera:
    given = {"added": 0.0, "removed": None, "armed": True, "flags": ()}
    times = {"last_frame": None, "last_score": None}
    values = {"state": state, "state_since": 5.0, "state_reason": "It was lost."}
    return StoredCamera(name="door", **{**given, **times, **values, **more})


def receiver(**more: Any) -> ReceiverState:
    given = {"waiting": 0, "sent": 0, "dead": 0, "oldest": None, "failing": False, "error": ""}
    return ReceiverState("webhook", "hook", **{**given, **more})


@pytest.mark.parametrize("state", ["running", "disabled", "learning", "connecting", "warming up"])
def test_cameras_that_are_fine(state: str) -> None:
    assert problems.of_cameras([camera(state)], plainly) == []


@pytest.mark.parametrize(
    ("state", "grave"),
    [
        *(("misconfigured", True), ("back-off", True), ("stalled", True), ("quarantined", True)),
        *(("degraded", False), ("waiting for a key frame", False)),
    ],
)
def test_cameras_that_are_not(state: str, grave: bool) -> None:
    (found,) = problems.of_cameras([camera(state)], plainly)
    assert (found.at, found.grave, found.camera) == (5.0, grave, "door")
    assert "door" in found.said
    assert found.said.endswith(" It was lost.")
    assert found.advice.endswith(".")


def test_every_bad_state_has_its_sentence() -> None:
    fine = {"disabled", "connecting", "learning", "warming up", "running"}
    assert set(CameraState.__args__) - fine == set(problems._STATES)  # type: ignore[attr-defined]


def test_a_picture_that_was_tampered_with() -> None:
    (found,) = problems.of_cameras([camera("running", flags=("covered",))], plainly)
    assert (found.grave, found.said) == (True, "Something covers door.")


def test_receivers() -> None:
    def said(**more: Any) -> list[str]:
        return [one.said for one in problems.of_receivers([receiver(**more)], 1000.0, plainly)]

    assert said(sent=5) == []
    assert said(waiting=2, oldest=900.0) == []
    assert said(waiting=2, oldest=100.0, error="Away.") == [
        "hook has been waiting for 2 messages. Away."
    ]
    assert said(dead=3, error="Refused.") == [
        "hook did not get 3 messages; they were given up. Refused."
    ]


def test_the_disk() -> None:
    def grave(disk: Forecast, free: int) -> list[bool]:
        return [one.grave for one in problems.of_disk(disk, free, 2 * GIB, plainly)]

    fine = Forecast(GIB, GIB, "days", 10.0, 30.0, 30.0 * GIB)
    assert grave(fine, 50 * GIB) == []
    assert grave(fine, GIB) == [True]
    assert grave(Forecast(GIB, 9.0 * GIB, "free", 0.5, 1.5, 13.0 * GIB), 5 * GIB) == [False]


def test_processes() -> None:
    def said(*states: str) -> list[str]:
        listed = [{"process": "web", "name": "", "state": one} for one in states]
        return [one.said for one in problems.of_processes(listed, plainly)]

    assert said("running", "starting", "ending") == []
    assert said("waiting", "quarantined") == ["The program web does not run."] * 2
    (found,) = problems.of_processes(None, plainly)
    assert found.grave


def test_drift() -> None:
    (found,) = problems.of_drift({"door": "PSI 1.0"}, plainly)
    assert (found.camera, found.section, found.grave) == ("door", "load", False)


def test_mistakes_of_the_settings() -> None:
    (found,) = problems.of_settings("line 3: unknown key.", plainly)
    assert found.grave
    assert "unknown key" in found.said
    assert problems.of_settings("", plainly) == []


def test_in_order() -> None:
    def one(at: float | None, grave: bool = True) -> Found:
        return Found(at, grave, "x", "said", "advice")

    some = [one(1.0), one(None, False), one(3.0, False), one(None)]
    assert problems.in_order(some) == [some[3], some[1], some[2], some[0]]
