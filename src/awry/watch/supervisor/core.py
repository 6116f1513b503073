"""Which processes of a site run: started in order, watched, restarted, ended; no loop, no waiting.

`Supervisor.step` does what is due and gives the messages that the keeper is to have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from awry.watch.clock import Clock
from awry.watch.messages import (
    CameraState,
    Crashed,
    Message,
    Request,
    StateChanged,
    Train,
    UseBundle,
    new_uid,
)
from awry.watch.site.model import Site
from awry.watch.site.portions import ScorerSettings
from awry.watch.supervisor.portions import ORDER, Key, Planner, Used
from awry.watch.supervisor.unit import RULES, Happened, Rules, Spawn, Unit

KEEPER = Key("keeper")
KEEPER_FIRST_S = 30.0
"""The others start once the keeper has spoken, or after so long."""
REPLAN_S = 60.0
"""So often manifests that could not be read are tried again."""
_LAST = (("ingest", "scorer", "trainer"), ("courier", "web"), ("keeper",))


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a process is.

    Attributes:
        pid: None while it is not running.
        state: `running`, `starting`, `waiting` for its next start, `quarantined` or `ending`.
        restarts: since the supervisor began.
    """

    process: str
    name: str
    pid: int | None
    state: str
    restarts: int


@dataclass(slots=True)
class Step:
    """What a step brought.

    Attributes:
        keeper: what the keeper is to be told.
        requests: of processes to the supervisor, with who asked.
        log: sentences for the log, each with its process.
    """

    keeper: list[Message] = field(default_factory=list)
    requests: list[tuple[Key, Request]] = field(default_factory=list)
    log: list[tuple[Key, str]] = field(default_factory=list)


class Supervisor:
    """All processes of a site.

    Args:
        site: the settings.
        clock: the time.
        spawn: starts a process.
        planner: None: one for this machine.
        rules: kind -> what its processes are allowed.
    """

    def __init__(
        self,
        site: Site,
        clock: Clock,
        spawn: Spawn,
        planner: Planner | None = None,
        rules: Mapping[str, Rules] = RULES,
    ) -> None:
        self.site = site
        self._clock, self._spawn, self._rules = clock, spawn, rules
        self._planner = planner or Planner()
        self._used: dict[str, Used] = {}
        self._plan: dict[Key, str] = {}
        self._units: dict[Key, Unit] = {}
        self._fits: dict[str, str] = {}  # cameras that wait for the trainer, and why
        self._step = Step()
        self._began = clock.monotonic()
        self._keeper_spoke = self._stopping = False
        self._planned_at = 0.0
        self._replan()

    @property
    def ready(self) -> bool:
        """Whether every process has spoken, but those in quarantine and the trainer."""
        due = [one for one in self._units.values() if one.key.kind != "trainer"]
        return self._keeper_spoke and all(one.beaten or one.quarantined for one in due)

    @property
    def stopped(self) -> bool:
        """Whether all has ended after `stop`."""
        return self._stopping and not self._units

    @property
    def nearly_stopped(self) -> bool:
        """Whether the keeper alone is left after `stop`."""
        return self._stopping and self._units.keys() <= {KEEPER}

    @property
    def processes(self) -> list[ProcessStatus]:
        """Every process and how it is."""
        return [
            ProcessStatus(key.kind, key.name, _pid(unit), _state(unit), unit.restarts)
            for key, unit in sorted(self._units.items())
        ]

    def apply(self, site: Site) -> tuple[Key, ...]:
        """Take other settings; returns the processes that are started, told or ended by it."""
        for name, camera in site.cameras.items():
            before = self.site.cameras.get(name)
            if before is not None and before.bundle != camera.bundle:
                self._used.pop(name, None)  # what a person says now counts
        gone = self.site.cameras.keys() - site.cameras.keys()
        for name in gone:
            self._used.pop(name, None)
            self._fits.pop(name, None)
            if (unit := self._units.get(Key("trainer", name))) is not None:
                unit.stop()
        self.site = site
        return self._replan()

    def take(self, message: Message, sender: Key) -> None:
        """Something that a process or the keeper said to the supervisor."""
        if isinstance(message, UseBundle):
            self._use(message)
        elif isinstance(message, Train):
            self._fits.setdefault(message.camera, message.reason)
        elif isinstance(message, Request):
            self._step.requests.append((sender, message))

    def say(self, key: Key, message: Message) -> bool:
        """Say something to a process; False where it is not running."""
        unit = self._units.get(key)
        if unit is None or unit.process is None:
            return False
        unit.process.send(message)
        return True

    def restart(self, key: Key) -> bool:
        """Drain a process and start it again; False where there is none."""
        unit = self._units.get(key)
        if unit is not None:
            unit.restart()
        return unit is not None

    def camera_state(self, camera: str, state: CameraState, reason: str) -> None:
        """Have the keeper told how a camera is."""
        at = self._clock.now()
        self._step.keeper.append(StateChanged(new_uid(), camera, state, at, reason))

    def stop(self) -> None:
        """Begin to end all: cameras and scorers first, the keeper last."""
        self._stopping = True

    def step(self) -> Step:
        """Do what is due."""
        if self._stopping:
            self._end()
        else:
            self._next_fit()
            if self._planner.faults and self._clock.monotonic() - self._planned_at > REPLAN_S:
                self._replan()
        for key in sorted(self._units, key=lambda one: (ORDER.index(one.kind), one)):
            unit = self._units[key]
            if unit.process is None and not self._may_start(key):
                continue
            for happened in unit.step():
                self._note(key, unit, happened)
            self._keeper_spoke |= key == KEEPER and unit.beaten
            if unit.gone:
                del self._units[key]
        step, self._step = self._step, Step()
        return step

    def _may_start(self, key: Key) -> bool:
        if self._stopping:
            return not self._units[key].wanted
        late = self._clock.monotonic() - self._began >= KEEPER_FIRST_S
        return key == KEEPER or self._keeper_spoke or late

    def _note(self, key: Key, unit: Unit, happened: Happened) -> None:
        if happened.what == "said":
            assert happened.message is not None
            self.take(happened.message, key)
            return
        said = {"started": "It was started.", "ended": "It has ended."}
        self._step.log.append((key, said.get(happened.what, f"{happened.what}: {happened.reason}")))
        at = self._clock.now()
        if happened.what == "crashed":
            self._step.keeper.append(Crashed(new_uid(), key.kind, key.name, at, happened.reason))
        elif happened.what == "quarantined":
            if key.kind == "trainer":
                unit.stop()  # the next camera has its turn
            reason = f"Its {key.kind} process crashed again and again. {happened.reason}"
            self._tell_cameras(key, unit, "quarantined", reason)
        elif happened.what == "recovered" and key.kind == "scorer":
            self._tell_cameras(key, unit, "running", "Its scorer was started again.")

    def _tell_cameras(self, key: Key, unit: Unit, state: CameraState, reason: str) -> None:
        for camera in _cameras(key, unit.settings):
            self.camera_state(camera, state, reason)

    def _use(self, message: UseBundle) -> None:
        if message.camera not in self.site.cameras:
            return
        used = Used(self._path(message.bundle), self._path(message.shadow))
        if self._used.get(message.camera) != used:
            self._used[message.camera] = used
            self._replan()

    def _path(self, bundle: str) -> Path | None:
        return self.site.store / bundle if bundle else None

    def _replan(self) -> tuple[Key, ...]:
        """Start, tell or end what differs from the plan of before."""
        plan = self._planner.plan(self.site, self._used)
        self._planned_at = self._clock.monotonic()
        before, self._plan = self._plan, plan
        touched = [key for key in plan.keys() | before.keys() if plan.get(key) != before.get(key)]
        for key in touched:
            unit = self._units.get(key)
            if key not in plan:
                if unit is not None:
                    unit.stop()
            elif unit is None:
                self._add(key, plan[key])
            elif not unit.wanted:
                unit.revive(plan[key])
            else:
                unit.configure(plan[key])
        return tuple(sorted(touched))

    def _add(self, key: Key, settings: str) -> None:
        rules = self._rules[key.kind]
        self._units[key] = Unit(key, settings, self._clock, self._spawn, rules)

    def _next_fit(self) -> None:
        if not self._fits or any(key.kind == "trainer" for key in self._units):
            return
        camera = next(iter(self._fits))
        reason = self._fits.pop(camera)
        if camera in self.site.cameras:
            settings = self._planner.trainer(self.site, camera, reason)
            self._add(Key("trainer", camera), settings)

    def _end(self) -> None:
        """Ask the next ones to end, once those before them have."""
        for kinds in _LAST:
            left = [unit for key, unit in self._units.items() if key.kind in kinds]
            for unit in left:
                unit.stop()
            if left:
                return


def _cameras(key: Key, settings: str) -> tuple[str, ...]:
    """The cameras that a process works for alone."""
    if key.kind == "ingest":
        return (key.name,)
    if key.kind == "scorer":
        return tuple(one.name for one in ScorerSettings.model_validate_json(settings).cameras)
    return ()


def _pid(unit: Unit) -> int | None:
    return None if unit.process is None else unit.process.pid


def _state(unit: Unit) -> str:
    if unit.quarantined:
        return "quarantined"
    if not unit.wanted:
        return "ending"
    if unit.process is None:
        return "waiting"
    return "running" if unit.beaten else "starting"
