"""Hours of a simulated site with faults, and what became of every event in them."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]

from awry.progress import Reporter, Silent
from awry.watch.clock import ManualClock
from awry.watch.simulation.camera import FakeCamera, Reel
from awry.watch.simulation.faults import Fault, anomalies, draw
from awry.watch.simulation.site import SimulatedSite
from awry.watch.simulation.tally import Events, Tally
from awry.watch.store.reconcile import differences

STEP_S = 1.0
SETTLE_S = 1800.0
"""At the end nothing goes wrong for so long, so that all that waits can arrive."""

_MEASURE_EVERY_S = 600.0
_WARM_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of the process, in MiB.

    Attributes:
        begin, end, highest: the first, last and highest measurement.
        slope: MiB a simulated day, by least squares over all but the first tenth.
    """

    begin: float
    end: float
    highest: float
    slope: float


@dataclass(frozen=True, slots=True)
class Soak:
    """What came of it.

    Attributes:
        seconds: simulated, without the quiet time at the end.
        wall_s: seconds that it took.
        faults: kind -> how many there were.
        events: see `Events`.
        memory: see `Memory`.
        missing_files: files of the ledger that are not on the disk.
        unknown_files: files on the disk that the ledger does not know.
        store_bytes: of all files in the store at the end.
        lost_scores: given up since the keeper was away for too long.
    """

    seconds: float
    wall_s: float
    faults: dict[str, int]
    events: Events
    memory: Memory
    missing_files: int
    unknown_files: int
    store_bytes: int
    lost_scores: int

    @property
    def faultless(self) -> bool:
        """Whether nothing was lost and nothing came twice, and store and disk agree."""
        return self.events.faultless and not self.missing_files + self.unknown_files


def soak(
    folder: Path,
    *,
    seconds: float = 86_400.0,
    cameras: int = 4,
    rate: float = 1.0,
    seed: int = 0,
    often: float = 1.0,
    every_s: float = 600.0,
    settle_s: float = SETTLE_S,
    reporter: Reporter | None = None,
) -> Soak:
    """Let a site run through a simulated time full of faults.

    Args:
        folder: an empty one, for the store.
        seconds: how long.
        cameras: how many.
        rate: pictures a second.
        seed: of pictures, anomalies and faults.
        often: how many times as many faults as by default.
        every_s: mean seconds between two anomalies of a camera.
        settle_s: seconds without faults at the end.
        reporter: told of the progress.
    """
    clock, begun = ManualClock(), time.perf_counter()
    zero = clock.monotonic()
    names = [f"camera{number}" for number in range(1, cameras + 1)]
    odd = {
        name: [(zero + a, zero + b) for a, b in anomalies(seconds, seed * 100 + number, every_s)]
        for number, name in enumerate(names)
    }
    made = {
        name: FakeCamera(clock, Reel(seed * 100 + number), odd[name], rate)
        for number, name in enumerate(names)
    }
    tally = Tally(clock, odd)
    site = SimulatedSite(folder, clock, made, rate=rate)
    site.scored, site.acknowledged = tally.scored, tally.acknowledged
    story = Story(site, draw(seconds, names, seed, often), seed)
    memory = _run(site, story, (seconds, settle_s), reporter or Silent())
    try:
        return _result(site, story, tally, seconds, time.perf_counter() - begun, memory)
    finally:
        site.close()


class Story:
    """Lets faults begin and end.

    Args:
        site: that they happen to.
        faults: in order.
        seed: of the moments in which processes die.
    """

    def __init__(self, site: SimulatedSite, faults: list[Fault], seed: int) -> None:
        self._site, self._waiting = site, list(faults)
        self._active: list[Fault] = []
        self._chance = random.Random(seed)
        self.happened: Counter[str] = Counter()

    def step(self, at: float) -> None:
        """Let happen what is due, `at` seconds from the beginning."""
        while self._waiting and self._waiting[0].at <= at:
            self._begin(self._waiting.pop(0))
        over = [fault for fault in self._active if fault.until <= at]
        self._active = [fault for fault in self._active if fault.until > at]
        self._set()
        for fault in over:
            if fault.kind.startswith("kill"):
                self._site.start(_process(fault))

    def end(self) -> None:
        """Everything is well again."""
        self._waiting.clear()
        self.step(float("inf"))

    def _begin(self, fault: Fault) -> None:
        self.happened[fault.kind] += 1
        if fault.kind == "clock jump":
            self._site.clock.jump(fault.until)
            return
        if fault.kind.startswith("kill"):
            self._site.kill(_process(fault), after_commit=self._chance.random() < 0.5)
        self._active.append(fault)

    def _set(self) -> None:
        site = self._site
        on = {(fault.kind, fault.camera) for fault in self._active}
        for name, camera in site.cameras.items():
            camera.away = ("disconnect", name) in on
            camera.silent = ("stall", name) in on
        site.disk.full = ("disk full", "") in on
        site.broker.away = site.mqtt.away = ("broker down", "") in on
        site.hook.away = ("webhook down", "") in on
        site.person.away = ("people away", "") in on


def _process(fault: Fault) -> str:
    return f"{fault.kind.removeprefix('kill ')} {fault.camera}".strip()


def _run(
    site: SimulatedSite, story: Story, seconds: tuple[float, float], reporter: Reporter
) -> list[tuple[float, float]]:
    """Step through faults, then through a quiet time; gives seconds and MiB."""
    process = psutil.Process()
    measured: list[tuple[float, float]] = []
    quiet_from, steps = round(seconds[0] / STEP_S), round(sum(seconds) / STEP_S)
    every = max(1, round(min(_MEASURE_EVERY_S, sum(seconds) / 10) / STEP_S))
    reporter.start("soak", -(-steps // every))
    for number in range(steps):
        if number == quiet_from:
            story.end()
        if number < quiet_from:
            story.step(number * STEP_S)
        site.step()
        site.clock.advance(STEP_S)
        if number % every == 0:
            measured.append((number * STEP_S, process.memory_info().rss / 2**20))
            reporter.advance()
    reporter.end("soak")
    return measured


def _result(
    site: SimulatedSite,
    story: Story,
    tally: Tally,
    seconds: float,
    wall_s: float,
    measured: list[tuple[float, float]],
) -> Soak:
    assert site.database is not None
    with site.database.reading() as session:
        events = tally.compare(session, [site.hook, site.mqtt], [site.person])
    found = differences(site.database, site.disk)
    files = [path for path in site.layout.root.rglob("*") if path.is_file()]
    return Soak(
        seconds=seconds,
        wall_s=wall_s,
        faults=dict(sorted(story.happened.items())),
        events=events,
        memory=_memory(measured),
        missing_files=len(found.missing),
        unknown_files=len(found.unknown),
        store_bytes=sum(path.stat().st_size for path in files),
        lost_scores=site.lost,
    )


def _memory(measured: list[tuple[float, float]]) -> Memory:
    sizes = [size for _, size in measured]
    warm = np.array(measured[round(len(measured) * _WARM_SHARE) :])
    slope = float(np.polyfit(warm[:, 0] / 86_400, warm[:, 1], 1)[0]) if len(warm) > 1 else 0.0
    return Memory(sizes[0], sizes[-1], max(sizes), slope)
