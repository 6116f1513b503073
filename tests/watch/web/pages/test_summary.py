from __future__ import annotations

from awry.watch.watching import Watching
from awry.watch.web.bodies.cameras import CameraBody
from awry.watch.web.bodies.timeline import OverviewCamera
from awry.watch.web.pages.summary import summary_of


def camera(name: str, watching: Watching, *, armed: bool = True) -> OverviewCamera:
    body = CameraBody(
        name=name,
        added=0,
        removed=None,
        state="running",
        state_since=0,
        state_reason="",
        armed=armed,
        last_frame=None,
        last_score=None,
        flags=[],
    )
    return OverviewCamera(
        camera=body,
        watching=watching,
        stale=False,
        alarms=0,
        allowed=None,
        spent_at=None,
        newest=None,
        levels=[],
    )


def said(*cameras: OverviewCamera, language: str = "en") -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in summary_of(cameras, language).sentences]


def test_no_camera() -> None:
    assert said() == [("off", "No camera yet.")]


def test_all_watch() -> None:
    assert said(camera("a", "yes")) == [("good", "The camera watches.")]
    assert said(camera("a", "yes"), camera("b", "yes"), language="de") == [
        ("good", "Alle 2 Kameras überwachen.")
    ]


def test_the_worst_comes_first_and_switched_off_ones_do_not_count() -> None:
    found = said(
        camera("off", "off"),
        camera("a", "no"),
        camera("b", "no"),
        camera("c", "partly"),
        camera("d", "not yet"),
        camera("e", "yes", armed=False),
    )
    assert [kind for kind, _ in found] == ["bad", "warn", "warn", "off", "off"]
    assert found[0][1] == "2 of 5 cameras do not watch, so that nobody is told: a, b."
    assert "disarmed" in found[3][1]
    assert found[4][1] == "1 camera is switched off: off."
    title = summary_of([camera("a", "no"), camera("b", "yes"), camera("x", "off")], "en").title
    assert title == "1 of 2 does not watch"


def test_disarmed_cameras_watch_all_the_same() -> None:
    found = said(camera("a", "yes", armed=False))
    assert [kind for kind, _ in found] == ["good", "off"]


def test_only_switched_off_cameras_are_not_called_watching() -> None:
    assert said(camera("a", "off")) == [("off", "1 camera is switched off: a.")]


def test_many_names_are_cut() -> None:
    (found,) = said(*(camera(f"c{number}", "no") for number in range(9)))
    assert found[1].endswith("c0, c1, c2, c3, c4, c5 and 3 more.")
