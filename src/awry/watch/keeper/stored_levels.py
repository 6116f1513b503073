"""What is stored of a detector's calibration: from which score on any budget would have alarmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from awry.errors import BundleError
from awry.scoring.calibration import Budget, Calibration, SceneCalibration
from awry.scoring.events import EventOptions
from awry.watch.keeper.events import Level
from awry.watch.keeper.levels import Key, said_of, watched_s
from awry.watch.keeper.thresholds import Said, level_of, read_facts
from awry.watch.store.models import CalibrationRow


@dataclass(frozen=True, slots=True)
class StoredLevel:
    """The calibration of a camera's detector in a light mode, and what people said of its events.

    Attributes:
        key: camera, detector, light mode.
        scene, options: what calibration says, and how events are merged.
        said: what people said.
        watched_s: seconds that were scored in that light, to the minute.
        now: what the keeper judges by; None: it has not worked that out yet.
        facts: that are noted beside it.
    """

    key: Key
    scene: SceneCalibration
    options: EventOptions
    said: Said
    watched_s: float
    now: Level | None
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, session: Session, key: Key) -> StoredLevel:
        """Read it; of a detector that no row tells of, from its folder.

        Raises:
            BundleError: neither tells anything of its calibration.
        """
        row = session.get(CalibrationRow, key)
        facts = {} if row is None else dict(row.facts)
        if facts.get("scene"):
            calibration = Calibration.from_json(facts["scene"])
            scene = calibration.scene("*")
        else:
            read = read_facts(Path(key[1]))
            calibration, scene = read.calibration, read.scene(None)
        options = calibration.options
        now = None if row is None else Level(row.threshold, row.normal, options, row.how)
        said, watched = said_of(session, key), watched_s(session, key)
        return cls(key, scene, options, said, watched, now, facts)

    @property
    def rate(self) -> float | None:
        """Scores a second that the detector wants; None: unknown."""
        rate = self.facts.get("rate")
        return float(rate) if rate else None

    def level(self, budget: Budget | None = None) -> Level:
        """What a budget would have judged by; None: what counts now.

        Raises:
            BundleError: the detector keeps a threshold alone.
        """
        if budget is None and self.now is not None:
            return self.now
        if budget is not None and self.scene.normal_alarms is None:
            raise BundleError(
                f"The detector {self.key[1]} keeps no more than a threshold, so no other budget "
                "can be replayed; give a threshold."
            )
        return level_of(self.scene, self.options, budget, self.said)

    def untaught(self, budget: Budget | None) -> Level:
        """What a budget would have judged by, had nobody judged anything; None: the detector's."""
        return level_of(self.scene, self.options, budget)

    def by_hand(self, threshold: float) -> Level:
        """A threshold that is given, finite."""
        return Level(float(threshold), self.scene.location, self.options, "Given by hand.")
