"""What is written of the sources that are scored, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from awry.detector import Detector
from awry.errors import ConfigError, nearest
from awry.output.names import with_name
from awry.output.tables import check_table
from awry.scoring.calibration import POOLED
from awry.video.writer import VideoWriter


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What is written.

    Attributes:
        out: scores per frame; CSV, JSON lines or Parquet by ending.
        regions, events: the same endings.
        maps: folder for one npz a source (`maps` (n, h, w) float32, `frames` (n,)).
        overlay: a video; with several sources, their names are added to its stem.
        scene: which of the fitted scenes the sources show.
        parts: names of extra parts, or `all`.
        fps: for image folders, whose rate is not stored.
        escape_formulas: see `awry.output.tables.TableWriter`.
    """

    out: Path
    regions: Path | None = None
    events: Path | None = None
    maps: Path | None = None
    overlay: Path | None = None
    scene: str = POOLED
    parts: Sequence[str] = ()
    fps: float | None = None
    escape_formulas: bool = False

    def for_other(self, name: str) -> ScoreOptions:
        """Where a further detector writes: the same places, with its name behind the stem."""
        return replace(
            self,
            out=with_name(self.out, name),
            regions=self.regions and with_name(self.regions, name),
            events=self.events and with_name(self.events, name),
            maps=self.maps and with_name(self.maps, name),
            overlay=None,
            parts=(),
        )

    @property
    def wants_maps(self) -> bool:
        """Whether maps and regions are of use to anything that is written."""
        return any((self.maps, self.regions, self.events, self.overlay))


def check_parts(detector: Detector, parts: Sequence[str]) -> None:
    """Refuse a part that the method does not have.

    Raises:
        ConfigError: with the nearest one suggested.
    """
    known = {part for model in detector.models.values() for part in model.extra_parts}
    for part in parts:
        if part not in (*known, "all"):
            hint = nearest(part, known) if known else "it has none"
            raise ConfigError(f"{detector.method} has no extra part '{part}': {hint}.")


def check_options(detector: Detector, options: ScoreOptions) -> None:
    """Refuse what cannot be done, before any work.

    Raises:
        ConfigError: an ending, a scene or a part that is unknown.
        MissingError: a library or an encoder is not there.
    """
    for path in (options.out, options.regions, options.events):
        check_table(path)
    check_parts(detector, options.parts)
    if options.overlay is not None:
        VideoWriter(options.overlay, options.fps, size=(2, 2))
    scenes = detector.facts["data"]["scenes"]
    if options.scene not in (POOLED, *scenes):
        raise ConfigError(
            f"The bundle knows no scene '{options.scene}': {nearest(options.scene, scenes)}."
        )
