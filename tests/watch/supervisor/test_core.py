"""All processes of a site: their order, their crashes, bundles and fits, changed settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from awry.watch.clock import ManualClock
from awry.watch.messages import (
    Answer,
    Configure,
    Crashed,
    Message,
    Request,
    StateChanged,
    Stop,
    Train,
    UseBundle,
)
from awry.watch.site.model import Camera
from awry.watch.supervisor.core import KEEPER, KEEPER_FIRST_S, Supervisor
from awry.watch.supervisor.portions import Key, Planner
from fake_processes import FakeSpawn, camera, site


class Bench:
    def __init__(self, store: Path, *cameras: Camera, **more: Any) -> None:
        self.store, self.clock, self.spawn = store, ManualClock(), FakeSpawn()
        self.supervisor = Supervisor(
            site(store, *cameras, **more), self.clock, self.spawn, Planner(cores=4)
        )
        self.told: list[Message] = []
        self.requests: list[tuple[Key, Request]] = []

    def run(self, seconds: float = 2.0) -> None:
        for _ in range(max(1, int(seconds * 2))):
            step = self.supervisor.step()
            self.told += step.keeper
            self.requests += step.requests
            self.clock.advance(0.5)

    def running(self) -> set[str]:
        return {
            f"{one.process} {one.name}".strip()
            for one in self.supervisor.processes
            if one.pid is not None
        }

    def states(self) -> Sequence[tuple[str, str]]:
        return [(one.camera, one.state) for one in self.told if isinstance(one, StateChanged)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    one = Bench(tmp_path, camera("door"), camera("yard", bundle=Path("/nowhere")))
    one.run()
    return one


def test_the_keeper_starts_first_and_the_others_once_it_spoke(tmp_path: Path) -> None:
    bench = Bench(tmp_path, camera("door"))
    bench.supervisor.step()
    assert bench.running() == {"keeper"}
    assert not bench.supervisor.ready
    bench.run()
    assert bench.running() == {"keeper", "courier", "ingest door"}
    assert bench.supervisor.ready
    assert [one.key.kind for one in bench.spawn.started] == ["keeper", "courier", "ingest"]


def test_the_others_do_not_wait_for_ever(tmp_path: Path) -> None:
    bench = Bench(tmp_path, camera("door"))
    bench.supervisor.step()
    bench.spawn.last("keeper").beats = False
    bench.run(KEEPER_FIRST_S - 2)
    assert bench.running() == {"keeper"}
    bench.run(4)
    assert bench.running() == {"keeper", "courier", "ingest door"}


def test_only_who_needs_them_has_addresses(bench: Bench) -> None:
    for process in bench.spawn.started:
        secret = "pass-" in str(process.settings)
        assert secret == (process.key.kind == "ingest")


def test_a_camera_with_a_bundle_is_scored(bench: Bench) -> None:
    assert bench.running() == {"keeper", "courier", "scorer 0", "ingest door", "ingest yard"}


def test_a_crash_is_told_and_touches_no_other(bench: Bench) -> None:
    bench.spawn.last("ingest", "door").code = -9
    bench.run()
    (crash,) = [one for one in bench.told if isinstance(one, Crashed)]
    assert (crash.process, crash.name, crash.reason) == (
        "ingest",
        "door",
        "It was ended by SIGKILL.",
    )
    assert crash.at == pytest.approx(bench.clock.now(), abs=3)
    assert bench.spawn.count("ingest", "door") == 2
    assert len(bench.spawn.started) == 6
    (listed,) = [one for one in bench.supervisor.processes if one.name == "door"]
    assert (listed.state, listed.restarts) == ("running", 1)


@pytest.mark.parametrize(
    ("kind", "name", "who"), [("ingest", "door", "door"), ("scorer", "0", "yard")]
)
def test_quarantine_is_its_cameras_alone(bench: Bench, kind: str, name: str, who: str) -> None:
    for _ in range(5):
        bench.spawn.last(kind, name).code = 1
        bench.run(20)
    assert bench.states() == [(who, "quarantined")]
    bench.run(400)
    assert bench.states()[1:] == ([("yard", "running")] if kind == "scorer" else [])


def test_a_detector_that_was_learned_is_used(bench: Bench) -> None:
    bench.spawn.last("keeper").said.append(UseBundle("door", "bundles/door/1"))
    bench.run()
    assert bench.running() >= {"scorer 0", "scorer 1"}
    (scored,) = bench.spawn.last("scorer", "1").settings["cameras"]
    assert scored["bundle"] == str(bench.store / "bundles/door/1")
    (told,) = bench.spawn.last("keeper").told
    assert isinstance(told, Configure)
    assert "bundles/door/1" in told.settings
    # The same again changes nothing.
    bench.supervisor.take(UseBundle("door", "bundles/door/1"), KEEPER)
    bench.run()
    assert len(bench.spawn.last("keeper").told) == 1
    # An unknown camera neither.
    bench.supervisor.take(UseBundle("gone", "bundles/gone/1"), KEEPER)
    bench.run()
    assert len(bench.spawn.last("keeper").told) == 1


def test_fits_are_done_one_after_the_other(bench: Bench) -> None:
    for name in ("door", "yard", "door", "gone"):
        bench.supervisor.take(Train(name, "refit"), KEEPER)
    bench.run()
    assert bench.spawn.count("trainer", "door") == 1
    assert bench.spawn.count("trainer", "yard") == 0
    assert bench.spawn.last("trainer", "door").settings["reason"] == "refit"
    bench.spawn.last("trainer", "door").code = -9
    bench.run(3)
    assert bench.spawn.count("trainer", "door") == 2
    bench.spawn.last("trainer", "door").code = 0
    bench.run()
    assert bench.spawn.count("trainer", "yard") == 1
    bench.spawn.last("trainer", "yard").code = 0
    bench.run()
    assert "trainer yard" not in bench.running()


def test_a_fit_that_always_crashes_makes_room(bench: Bench) -> None:
    bench.supervisor.take(Train("door"), KEEPER)
    bench.supervisor.take(Train("yard"), KEEPER)
    bench.run()
    for _ in range(5):
        bench.spawn.last("trainer", "door").code = 1
        bench.run(20)
    assert "trainer yard" in bench.running()
    assert bench.spawn.last("trainer", "yard").settings["reason"] == "learned"


def test_changed_settings_touch_what_changed_alone(bench: Bench) -> None:
    changed = bench.supervisor.apply(
        site(bench.store, camera("door", audio=True), camera("yard", bundle=Path("/nowhere")))
    )
    assert changed == (Key("ingest", "door"), KEEPER)
    bench.run()
    told = {str(one.key): one.told for one in bench.spawn.started if one.told}
    assert told.keys() == {"keeper", "ingest door"}
    assert len(bench.spawn.started) == 5


def test_cameras_come_and_go(bench: Bench) -> None:
    bench.supervisor.apply(
        site(bench.store, camera("yard", bundle=Path("/nowhere")), camera("new"))
    )
    bench.run()
    assert bench.running() == {"keeper", "courier", "scorer 0", "ingest yard", "ingest new"}
    assert bench.spawn.last("ingest", "door").told == [Stop()]
    bench.supervisor.apply(site(bench.store, camera("new", enabled=False)))
    bench.run()
    assert bench.running() == {"keeper", "courier"}


def test_a_bundle_that_a_person_names_wins_over_what_was_learned(bench: Bench) -> None:
    bench.supervisor.take(UseBundle("yard", "bundles/yard/1"), KEEPER)
    bench.run()
    named = camera("yard", bundle=Path("/elsewhere"))
    bench.supervisor.apply(site(bench.store, camera("door"), named))
    bench.run()
    (told,) = [one for one in bench.spawn.last("scorer", "0").told if "/elsewhere" in str(one)]
    assert isinstance(told, Configure)


def test_a_fit_for_a_camera_that_is_gone_ends(bench: Bench) -> None:
    bench.supervisor.take(Train("door"), KEEPER)
    bench.run()
    bench.supervisor.apply(site(bench.store, camera("yard", bundle=Path("/nowhere"))))
    bench.run()
    assert "trainer door" not in bench.running()


def test_the_end_is_in_order(bench: Bench) -> None:
    bench.spawn.last("scorer", "0").obeys = False
    bench.supervisor.stop()
    bench.run()
    assert bench.running() == {"keeper", "courier", "scorer 0"}
    bench.spawn.last("scorer", "0").code = 0
    bench.run()
    assert bench.supervisor.stopped
    order = [process.told for process in bench.spawn.started]
    assert order == [[Stop()]] * 5


def test_a_process_that_crashed_is_not_started_for_the_end(bench: Bench) -> None:
    bench.spawn.last("ingest", "door").code = 1
    bench.supervisor.step()
    bench.supervisor.stop()
    bench.run(30)
    assert bench.supervisor.stopped
    assert bench.spawn.count("ingest", "door") == 1


def test_requests_are_handed_on_with_who_asked(bench: Bench) -> None:
    request = Request("u", "config.reload")
    bench.spawn.last("courier").said.append(request)
    bench.run()
    assert bench.requests == [(Key("courier"), request)]
    assert bench.supervisor.say(Key("courier"), Answer("u"))
    assert bench.spawn.last("courier").told == [Answer("u")]
    assert not bench.supervisor.say(Key("web"), Answer("u"))


def test_a_restart_on_request(bench: Bench) -> None:
    assert bench.supervisor.restart(Key("ingest", "door"))
    bench.run()
    assert bench.spawn.count("ingest", "door") == 2
    assert not bench.supervisor.restart(Key("web"))
    assert not [one for one in bench.told if isinstance(one, Crashed)]
