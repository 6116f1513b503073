"""One process: silence, crashes, memory, settings, and its end, by a clock that is set."""

from __future__ import annotations

import signal

import pytest

from awry.watch.clock import ManualClock
from awry.watch.messages import Configure, Stop, Train
from awry.watch.supervisor.portions import Key
from awry.watch.supervisor.unit import QUARANTINE_S, Happened, Rules, Unit
from fake_processes import FakeProcess, FakeSpawn

RULES = Rules(silent_s=30.0, start_s=120.0, stop_s=15.0, rss_bytes=1000)


class Bench:
    def __init__(self, rules: Rules = RULES) -> None:
        self.clock, self.spawn = ManualClock(), FakeSpawn()
        self.unit = Unit(Key("ingest", "door"), '"first"', self.clock, self.spawn, rules)

    @property
    def process(self) -> FakeProcess:
        return self.spawn.started[-1]

    def run(self, seconds: float, step: float = 1.0) -> list[Happened]:
        happened = list(self.unit.step())
        for _ in range(int(seconds / step)):
            self.clock.advance(step)
            happened += self.unit.step()
        return happened

    def crash(self, code: int = 1) -> list[Happened]:
        self.process.code = code
        return self.unit.step()


@pytest.fixture
def bench() -> Bench:
    one = Bench()
    assert one.unit.step() == [Happened("started")]
    return one


def test_one_that_beats_is_left_alone(bench: Bench) -> None:
    assert bench.run(10_000, 10.0) == []
    assert len(bench.spawn.started) == 1


def test_silence_ends_it_first_softly_then_hard(bench: Bench) -> None:
    bench.run(5)
    bench.process.beats = False
    first = bench.process
    bench.run(30)
    assert first.signals == []
    bench.run(1)
    assert first.signals == [signal.SIGTERM]
    happened = bench.run(6)
    assert first.signals == [signal.SIGTERM, signal.SIGKILL]
    assert happened[0] == Happened("crashed", "It was silent for 30 s.")
    assert first.closed


def test_the_first_beat_may_take_longer(bench: Bench) -> None:
    bench = Bench()
    bench.unit.step()
    bench.process.beats = False
    bench.run(119)
    assert bench.process.signals == []
    bench.run(3)
    assert bench.process.signals == [signal.SIGTERM]


def test_the_pause_grows_with_crashes_in_a_row(bench: Bench) -> None:
    pauses = []
    for _ in range(3):
        started = len(bench.spawn.started)
        assert bench.crash(3)[0] == Happened("crashed", "It ended with exit code 3.")
        begin = bench.clock.monotonic()
        while len(bench.spawn.started) == started:
            bench.run(1)
        pauses.append(bench.clock.monotonic() - begin)
    assert pauses == [1, 2, 4]
    bench.run(61)
    bench.crash()
    bench.run(1)
    assert len(bench.spawn.started) == 5


def test_five_crashes_in_ten_minutes_quarantine_it(bench: Bench) -> None:
    for _ in range(4):
        assert "quarantined" not in [one.what for one in bench.crash(-11)]
        bench.run(20)
    happened = bench.crash(-11)
    assert happened[-1] == Happened("quarantined", "It was ended by SIGSEGV.")
    assert bench.unit.quarantined
    started = len(bench.spawn.started)
    bench.run(QUARANTINE_S - 1)
    assert len(bench.spawn.started) == started
    bench.run(2)
    assert len(bench.spawn.started) == started + 1
    # It is said once, however often it crashes on.
    assert [one.what for one in bench.crash()] == ["crashed"]
    bench.run(QUARANTINE_S)
    assert [one.what for one in bench.run(60)] == ["recovered"]
    assert not bench.unit.quarantined


def test_crashes_far_apart_do_not_quarantine(bench: Bench) -> None:
    for _ in range(20):
        assert [one.what for one in bench.crash()] == ["crashed"]
        bench.run(200, 10.0)


def test_too_much_memory_drains_it(bench: Bench) -> None:
    bench.process.memory = 1001
    first = bench.process
    happened = bench.run(12)
    assert first.told == [Stop()]
    assert happened[0].reason == "Its memory grew to 0 MiB; 0 are allowed."
    assert len(bench.spawn.started) == 2


def test_one_that_does_not_drain_is_killed(bench: Bench) -> None:
    bench.process.obeys, bench.process.beats = False, True
    bench.unit.stop()
    bench.run(14)
    assert bench.process.signals == []
    bench.run(7)
    assert bench.process.signals == [signal.SIGTERM, signal.SIGKILL]
    assert bench.unit.gone


def test_stopped_in_order_it_is_gone(bench: Bench) -> None:
    bench.unit.stop()
    bench.unit.stop()
    assert bench.process.told == [Stop()]
    assert bench.unit.step() == [Happened("ended")]
    assert bench.unit.gone
    assert bench.run(100) == []


def test_one_that_was_not_asked_to_end_has_crashed(bench: Bench) -> None:
    assert bench.crash(0)[0] == Happened("crashed", "It ended with exit code 0.")


def test_a_restart_is_no_crash(bench: Bench) -> None:
    bench.unit.restart()
    assert bench.unit.step() == [Happened("ended")]
    assert bench.unit.step() == [Happened("started")]
    assert bench.unit.restarts == 0


def test_wanted_again_before_it_has_ended(bench: Bench) -> None:
    bench.process.obeys = False
    bench.unit.stop()
    bench.unit.revive('"second"')
    bench.process.code = 0
    assert [one.what for one in bench.run(1)] == ["ended", "started"]
    assert bench.process.settings == "second"


def test_work_that_is_done_once() -> None:
    bench = Bench(Rules(once=True))
    bench.unit.step()
    assert bench.crash(0) == [Happened("ended")]
    assert bench.unit.gone
    other = Bench(Rules(once=True))
    other.unit.step()
    assert other.crash(1)[0].what == "crashed"
    other.run(1)
    assert len(other.spawn.started) == 2


def test_a_machine_that_cannot_start_it(bench: Bench) -> None:
    bench = Bench()
    bench.spawn.fails = 2
    (happened,) = bench.unit.step()
    assert happened.reason == "It cannot be started: Cannot allocate memory."
    bench.run(4)
    assert len(bench.spawn.started) == 1


def test_what_it_says_is_passed_on_even_at_its_end(bench: Bench) -> None:
    bench.process.said.append(Train("door"))
    bench.process.code = 1
    happened = bench.unit.step()
    assert happened[0] == Happened("said", message=Train("door"))
    assert happened[1].what == "crashed"


def test_new_settings_are_told_and_used_at_the_next_start(bench: Bench) -> None:
    bench.unit.configure('"second"')
    assert bench.process.told == [Configure('"second"')]
    bench.crash()
    bench.run(1)
    assert bench.process.settings == "second"


def test_settings_that_let_it_crash_twice_are_taken_back(bench: Bench) -> None:
    bench.run(100)
    bench.unit.configure('"second"')
    assert [one.what for one in bench.crash()] == ["crashed"]
    bench.run(2)
    assert [one.what for one in bench.crash()] == ["crashed", "rolled back"]
    bench.run(5)
    assert bench.process.settings == "first"


def test_a_late_crash_is_not_the_settings_fault(bench: Bench) -> None:
    bench.unit.configure('"second"')
    bench.run(61)
    bench.crash()
    bench.run(2)
    bench.crash()
    bench.run(5)
    assert bench.process.settings == "second"
