"""The demo's past: what the detectors scored before the start, put into the store by its keeper.

Nothing is made up but the pictures. The detectors are fitted as a site's are, score every picture
of the past, and the keeper finds the events; only time runs faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from pydantic import SecretStr

from awry.detector import load
from awry.errors import TrainingError
from awry.watch.clock import ManualClock
from awry.watch.demo_site.footage import write_file
from awry.watch.ipc.frames import GridFrame
from awry.watch.ipc.links import Received
from awry.watch.keeper.core import Keeper
from awry.watch.keeper.effects import Effect
from awry.watch.messages import (
    BundleState,
    EndClip,
    Gap,
    Hello,
    Message,
    SessionEnded,
    StartClip,
    StateChanged,
    new_uid,
)
from awry.watch.scorer.run import Run
from awry.watch.site.model import Site
from awry.watch.site.portions import Grid, KeeperSettings, ScoredCamera, TrainerSettings
from awry.watch.store.database import Database
from awry.watch.store.disk import RealDisk
from awry.watch.synthetic.scene import Scene, scene_of
from awry.watch.trainer.core import train

FILE_S = 60.0
"""Seconds of a file of footage."""
# The keeper is given so much at once, and looks at what is due as often.
_BATCH_S = 20.0
_WHO = Hello("demo", "", 0)


@dataclass(frozen=True, slots=True)
class Times:
    """When the past was, seconds since 1970-01-01 UTC.

    Attributes:
        learned: from then to `since` is what the detectors are fitted on.
        since: from then to `until` they scored.
        until: the end.
    """

    learned: float
    since: float
    until: float


class Past:
    """Makes the past of a site that has none yet.

    Args:
        site: its settings; all its cameras are drawn.
        database: to write.
        times: when it was.
        say: told what is being done, in sentences.
        check: called often; whatever it raises ends the work.
    """

    def __init__(
        self,
        site: Site,
        database: Database,
        times: Times,
        say: Callable[[str], None],
        check: Callable[[], None],
    ) -> None:
        self._site, self._database, self._times = site, database, times
        self._say, self._asked = say, check
        self._given_up = False
        self._clock = ManualClock(times.learned)
        self._scenes = {
            name: scene_of(camera.detect.get_secret_value())
            for name, camera in site.cameras.items()
        }
        self._keeper = Keeper(keeper_settings(site), database, self._clock, RealDisk())
        self._clips: dict[str, StartClip] = {}
        self._cut: list[tuple[StartClip, float]] = []

    def make(self) -> None:
        """All of it, in order; the keeper has ended then.

        Raises:
            TrainingError: a detector could not be fitted.
            OSError: the disk is full or gone.
        """
        self._hear(self._keeper.start())
        with ThreadPoolExecutor(len(self._scenes)) as pool:
            try:
                self._make(pool)
            except BaseException:
                self._given_up = True  # the other threads end, too
                raise

    def _make(self, pool: ThreadPoolExecutor) -> None:
        names = list(self._scenes)
        self._say("Drawing what the detectors learn from.")
        for written in pool.map(self._footage, names):
            self._take(written)
        self._pass(self._times.since)
        self._say("Fitting a detector for each camera.")
        bundles = dict(zip(names, pool.map(self._fitted, names), strict=True))
        for states in bundles.values():
            self._take(states)
        self._say("Scoring the past.")
        scored = pool.map(self._scored, bundles, [one[-1] for one in bundles.values()])
        self._replay([one for camera in scored for one in camera])
        self._say("Drawing the clips of past events.")
        self._take(pool.map(self._clip, self._cut))

    def _check(self) -> None:
        self._asked()
        if self._given_up:
            raise KeyboardInterrupt

    def end(self, now: float) -> None:
        """Say why nothing was scored from the past's end until now."""
        why = "The demo was being made ready."
        self._take(Gap(new_uid(), name, self._times.until, now, why) for name in self._scenes)

    # ---- what cameras saw -------------------------------------------------------------------

    def _footage(self, name: str) -> list[Message]:
        start, end = self._times.learned, self._times.since
        starts = [start + FILE_S * n for n in range(max(1, round((end - start) / FILE_S)))]
        written: list[Message] = []
        for number, begins in enumerate(starts):
            self._check()
            span = begins, min(begins + FILE_S, end)
            path = f"footage/{name}/{number:03d}.mp4"
            scene, root = self._scenes[name], self._site.store
            written.append(write_file(root, path, scene, span, kind="footage", camera=name))
        return written

    def _clip(self, cut: tuple[StartClip, float]) -> Message:
        self._check()
        start, end = cut
        camera = self._site.cameras[start.camera]
        scene = _scene_of_clips(camera.record or camera.detect)
        return write_file(
            self._site.store,
            start.path,
            scene,
            (start.start - camera.pre_roll_s, end + camera.post_roll_s),
            kind="clip",
            camera=start.camera,
            event=start.event,
        )

    # ---- detectors and scores ---------------------------------------------------------------

    def _fitted(self, name: str) -> list[BundleState]:
        """What became of a camera's detector, step by step."""
        blank = self._site.cameras[name].model_copy(
            update={"detect": SecretStr(""), "record": None}
        )
        settings = TrainerSettings(camera=blank, store=self._site.store)
        states: list[BundleState] = []
        done = train(
            settings, self._database.reading, self._clock, states.append, check=self._check
        )
        if done.state == "failed":
            raise TrainingError(f"The demo's detector of camera {name} failed: {done.detail}")
        return states

    def _scored(self, name: str, fitted: BundleState) -> list[Message]:
        """Everything that a scorer would have said."""
        from awry.watch.supervisor.portions import grid_of

        bundle = self._site.store / fitted.path
        grid, scene = grid_of(bundle), self._scenes[name]
        camera = ScoredCamera(name=name, bundle=bundle, grid=grid)
        run = Run(
            camera,
            bundle,
            load(bundle),
            shadow=False,
            session=new_uid(),
            limit=lambda light: None,
            clock=self._clock,
        )
        said: list[Message] = []
        for frame in self._frames(name, scene, grid, run.session):
            said += run.push(frame)
        return [*said, *run.end(), SessionEnded(new_uid(), name, run.session, self._times.until)]

    def _frames(self, name: str, scene: Scene, grid: Grid, session: str) -> Iterable[GridFrame]:
        rate = grid.rate or scene.plan.fps
        since = self._times.since
        for step in range(int((self._times.until - since) * rate)):
            if step % 100 == 0:
                self._check()
            at = since + step / rate
            yield GridFrame(name, session, step, at, scene.picture(at))

    # ---- the keeper -------------------------------------------------------------------------

    def _replay(self, said: Sequence[Message]) -> None:
        """Have the keeper hear everything in order of time."""
        since = self._times.since
        why = "The demo's past begins."
        self._take(StateChanged(new_uid(), name, "running", since, why) for name in self._scenes)
        in_order = sorted(said, key=lambda one: getattr(one, "at", 0.0))
        for batch, some in groupby(in_order, lambda one: (_at(one) - since) // _BATCH_S):
            self._check()
            self._pass(since + (batch + 1) * _BATCH_S)
            self._take(some)
            self._hear(self._keeper.tick())
        self._pass(self._times.until)
        self._hear(self._keeper.finish())

    def _pass(self, now: float) -> None:
        self._clock.advance(max(0.0, now - self._clock.now()))

    def _take(self, messages: Iterable[Message]) -> None:
        self._hear(self._keeper.take([Received(_WHO, one) for one in messages]))

    def _hear(self, effects: Sequence[Effect]) -> None:
        """Remember which clips are to be cut."""
        for effect in effects:
            message = effect.message
            if isinstance(message, StartClip):
                self._clips[message.event] = message
            elif isinstance(message, EndClip) and message.event in self._clips:
                end = min(message.end, self._times.until)
                self._cut.append((self._clips.pop(message.event), end))


def keeper_settings(site: Site) -> KeeperSettings:
    """What the keeper is told of the site, as while it runs."""
    from awry.watch.supervisor.portions import Key, Planner

    return KeeperSettings.model_validate_json(Planner().plan(site, {})[Key("keeper")])


def _at(message: Message) -> float:
    return float(getattr(message, "at", 0.0))


def _scene_of_clips(address: SecretStr) -> Scene:
    return scene_of(address.get_secret_value())
