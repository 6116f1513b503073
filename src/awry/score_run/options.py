"""What is written of the sources that are scored, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from awry.detector import Detector
from awry.errors import ConfigError, nearest
from awry.methods.fitted import check_map_part
from awry.output.folder import local_path
from awry.output.names import file_name, file_stem, with_name
from awry.output.places import Place, shared_places
from awry.output.tables import check_table, growing_path
from awry.partial import partial_path
from awry.scoring.calibration import POOLED
from awry.video.writer import VideoWriter


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What is written.

    Attributes:
        out: scores per frame; CSV, JSON lines or Parquet by ending.
        folder: scores, regions and events as a folder of Parquet files, one a source: a path, or
            an address that fsspec knows. Neither this nor `out`: scores are kept in memory.
        regions, events: the same endings.
        maps: folder for one npz a source (`maps` (n, h, w) float32, `frames` (n,)).
        map_part: whose maps, a part's by its name; None: the score's.
        overlay: a video; with several sources, their names are added to its stem.
        scene: which of the fitted scenes the sources show.
        parts: names of extra parts, or `all`.
        fps: for image folders, whose rate is not stored.
        overwrite: replace files that awry did not write.
        reads: further files that are read, such as bundles: no output may take their place.
        reconnect: open a stream or camera anew when it is lost, with growing waits.
        attempts: failures in a row after which it is given up; None never does.
        start: when the source's first frame was taken, with a zone; None: what it says itself.
        escape_formulas: see `awry.output.tables.TableWriter`.
    """

    out: Path | None = None
    regions: Path | None = None
    events: Path | None = None
    maps: Path | None = None
    map_part: str | None = None
    overlay: Path | None = None
    scene: str = POOLED
    parts: Sequence[str] = ()
    fps: float | None = None
    overwrite: bool = False
    reads: Sequence[Path] = ()
    reconnect: bool = False
    attempts: int | None = None
    start: datetime | None = None
    escape_formulas: bool = False
    folder: str | None = None

    def for_other(self, name: str) -> ScoreOptions:
        """Where a further detector writes: the same places, with its name behind the stem."""
        return replace(
            self,
            out=self.out and with_name(self.out, name),
            folder=self.folder and f"{self.folder.rstrip('/')}-{file_stem(name)}/",
            regions=self.regions and with_name(self.regions, name),
            events=self.events and with_name(self.events, name),
            maps=self.maps and with_name(self.maps, name),
            map_part=None,
            overlay=None,
            parts=(),
        )

    def without_shared(self) -> tuple[ScoreOptions, list[str]]:
        """The same, where two tables or more would be one file, with the first of them alone.

        Returns:
            The options, and one sentence for each table that is left out.
        """
        options, sentences = self, []
        tables = [place for place in self.places([]) if place.kind != "folder"]
        for first, other in shared_places(tables):
            left_out: dict[str, Any] = {other.kind: None}
            options = replace(options, **left_out)
            sentences.append(
                f"{other} is the file of {first}, or would be on a disk that ignores case; the "
                f"{other.kind} are not written."
            )
        return options, sentences

    def places(self, names: Sequence[str]) -> list[Place]:
        """Everything that is written of sources with these names."""
        tables = {"scores": self.out, "regions": self.regions, "events": self.events}
        options = {"scores": "--out", "regions": "--regions", "events": "--events"}
        places = [
            Place(options[kind], path, kind, growing_path(path))
            for kind, path in tables.items()
            if path is not None
        ]
        folder = None if self.folder is None else local_path(self.folder)
        if folder is not None:
            places.append(Place("--out", folder, "folder"))
            for kind in tables:
                files = [folder / kind / file_name(file_stem(name), ".parquet") for name in names]
                places += [Place("--out", file, kind) for file in files]
        if self.maps is not None:
            places.append(Place("--maps", self.maps, "folder"))
            places += [Place("--maps", self.maps_of(name), "maps") for name in names]
        for name in names:
            path = self.overlay_of(name, alone=len(names) == 1)
            if path is not None:
                places.append(Place("--overlay", path, "video", partial_path(path)))
        return places

    def maps_of(self, name: str) -> Path:
        """Where a source's maps go."""
        assert self.maps is not None
        return self.maps / file_name(file_stem(name), ".npz")

    def overlay_of(self, name: str, *, alone: bool) -> Path | None:
        """Where a source's video goes, if anywhere: the place itself where it is the only one."""
        if self.overlay is None:
            return None
        path = self.overlay if self.overlay.suffix else self.overlay.with_suffix(".mp4")
        return path if alone else with_name(path, name)

    @property
    def wants_maps(self) -> bool:
        """Whether maps and regions are of use to anything that is written."""
        written = (self.maps, self.regions, self.events, self.overlay, self.folder)
        return self.in_memory or any(written)

    @property
    def in_memory(self) -> bool:
        """Whether scores are kept in memory, for want of another place."""
        return self.out is None and self.folder is None


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
        ConfigError: an ending, a scene or a part that is unknown; a part without maps.
        MissingError: a library or an encoder is not there.
    """
    for path in (options.out, options.regions, options.events):
        check_table(path)
    check_parts(detector, options.parts)
    if options.map_part is not None and options.maps is None:
        raise ConfigError("--map-part says whose maps are written: give a folder with --maps too.")
    check_map_part(detector.models.values(), options.map_part)
    if options.overlay is not None:
        VideoWriter(options.overlay, options.fps, size=(2, 2))
    scenes = detector.facts.data.scenes
    if options.scene not in (POOLED, *scenes):
        raise ConfigError(
            f"The bundle knows no scene '{options.scene}': {nearest(options.scene, scenes)}."
        )
