"""What every part of the keeper needs: settings, clock, disk, thresholds and schedules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from awry.watch.clock import Clock
from awry.watch.keeper.alarms import Armings, allowed_a_day
from awry.watch.keeper.levels import Levels
from awry.watch.site.model import Camera
from awry.watch.site.portions import KeeperSettings
from awry.watch.store.disk import Disk
from awry.watch.store.layout import Layout


@dataclass(slots=True)
class KeptSite:
    """The site as the keeper is told of it; `configure` gives it other settings.

    Attributes:
        settings: the newest.
        clock, disk: of this machine, or a test's.
        levels, armings: made of the settings.
    """

    settings: KeeperSettings
    clock: Clock
    disk: Disk
    levels: Levels
    armings: Armings

    @classmethod
    def of(cls, settings: KeeperSettings, clock: Clock, disk: Disk) -> KeptSite:
        """The site of these settings."""
        levels = Levels(clock, {}, settings.store)
        armings = Armings(settings.timezone, settings.schedules)
        site = cls(settings, clock, disk, levels, armings)
        site.configure(settings)
        return site

    def configure(self, settings: KeeperSettings) -> set[str]:
        """Take other settings; gives the cameras whose own have changed, came or went."""
        before, self.settings = self.cameras, settings
        self.armings = Armings(settings.timezone, settings.schedules)
        after = self.cameras
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        self.levels.cameras = after
        for name in changed:
            self.levels.forget(name)
        return changed

    @property
    def layout(self) -> Layout:
        """Of the store."""
        return Layout(self.settings.store)

    @property
    def cameras(self) -> dict[str, Camera]:
        """The cameras' settings by name."""
        return {name: kept.camera for name, kept in self.settings.cameras.items()}

    def camera(self, name: str) -> Camera | None:
        """A camera's settings; None: it is not configured."""
        kept = self.settings.cameras.get(name)
        return None if kept is None else kept.camera

    def allowed(self, camera: str, bundle: str) -> float | None:
        """Alarms a day that a camera may have; None: it has no budget."""
        return allowed_a_day(self.levels.budget(camera, bundle), self.levels.rate(bundle))

    def folder(self, path: str | Path) -> str:
        """The folder of a detector that is named relative to the store, or absolutely."""
        return str(self.settings.store / path)
