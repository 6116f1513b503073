from __future__ import annotations

from pathlib import Path

from awry.watch.clock import ManualClock
from awry.watch.simulation.camera import FakeCamera, Reel
from awry.watch.simulation.faults import Fault
from awry.watch.simulation.site import SimulatedSite
from awry.watch.simulation.soak import Story, soak


def test_a_short_soak_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    found = soak(tmp_path, seconds=200, cameras=2, seed=4, often=15, every_s=80, settle_s=100)
    assert found.faultless, found
    assert found.events.stored >= 2
    assert found.events.told >= 2
    assert len(found.faults) >= 6


def test_faults_begin_and_end(tmp_path: Path) -> None:
    clock = ManualClock()
    site = SimulatedSite(tmp_path, clock, {"front": FakeCamera(clock, Reel(1), [], 1.0)}, rate=1.0)
    faults = [
        Fault(1, "disconnect", 9, "front"),
        Fault(2, "broker down", 5),
        Fault(3, "clock jump", -100.0),
        Fault(4, "kill scorer", 8),
    ]
    story, before = Story(site, faults, 0), clock.now()
    story.step(4)
    assert site.cameras["front"].away
    assert site.broker.away
    assert clock.now() == before - 100
    story.step(6)
    assert not site.broker.away
    story.end()
    assert not site.cameras["front"].away
    assert sum(story.happened.values()) == 4
    site.close()
