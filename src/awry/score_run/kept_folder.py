"""What workers finished, on disk beside the outputs until the tables are whole."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from awry.begun import differences
from awry.checksums import read_sealed, write_sealed
from awry.detector import Detector
from awry.errors import AwryError, ConfigError
from awry.output.folder import local_path
from awry.output.names import file_name, file_stem
from awry.score_run.elsewhere import SourceTask
from awry.score_run.kept import KeptSource
from awry.score_run.options import ScoreOptions
from awry.storage import whole_file
from awry.version import __version__
from awry.video.cache import fingerprint

_ABOUT = "run.json"


class KeptFolder:
    """What is finished, until the tables are whole: in a folder, or in memory.

    Args:
        folder: where; None: in memory.
        settings: of the run; another run's results are not taken.
        resume: take what is there.

    Attributes:
        folder: where.

    Raises:
        ConfigError: an earlier run left something, and it is not to be taken, or was begun with
            other settings, or something else stands there.
    """

    def __init__(self, folder: Path | None, settings: Mapping[str, Any], *, resume: bool) -> None:
        self.folder = folder
        self._settings = dict(settings)
        self._memory: dict[tuple[str, tuple[int, int] | None], bytes] = {}
        if folder is None:
            if resume:
                raise ConfigError("--resume goes on from an output: give --out too.")
            return
        before = read_sealed(folder / _ABOUT)
        if before is not None:
            self._check(before, settings, resume)
        elif folder.exists():
            raise ConfigError(
                f"{folder} is where finished sources are kept, and holds something else. Move it "
                "away, or choose another --out."
            )

    def _check(self, before: Mapping[str, Any], settings: Mapping[str, Any], resume: bool) -> None:
        if not resume:
            raise ConfigError(
                f"An earlier run finished some of the sources: they are in {self.folder}. Go on "
                "with --resume, or remove that folder."
            )
        different = differences(before, settings)
        if different:
            raise ConfigError(
                f"The run in {self.folder} was begun otherwise: {', '.join(different)}. Give the "
                "same, or remove that folder."
            )

    def path(self, task: SourceTask) -> Path | None:
        """Where a source's scores are kept; the name says which file it was, and its content."""
        if self.folder is None:
            return None
        mark = fingerprint(task.source.where)[:12]
        core = "" if task.core is None else "-{}-{}".format(*task.core)
        return self.folder / file_name(f"{file_stem(task.name)}-{mark}{core}", ".gz")

    def take(self, task: SourceTask, data: bytes) -> None:
        """Keep what came of a source.

        Raises:
            WriteError: it cannot be written.
        """
        path = self.path(task)
        if path is None:
            self._memory[task.name, task.core] = data
            return
        if not (path.parent / _ABOUT).is_file():
            write_sealed(path.parent / _ABOUT, self._settings)
        with whole_file(path) as temporary:
            temporary.write_bytes(data)

    def get(self, task: SourceTask) -> KeptSource | None:
        """What came of a source, where that is known; it is in memory no more."""
        path = self.path(task)
        data = self._memory.pop((task.name, task.core), None)
        if path is not None:
            with suppress(OSError):
                data = path.read_bytes()
        return None if data is None else KeptSource(task.name, data)

    def finished(self, task: SourceTask, options: ScoreOptions) -> bool:
        """Whether an earlier run finished a source, with all files of its own."""
        files = [task.overlay] if task.overlay else []
        files += [options.maps_of(task.name)] if options.maps else []
        if not all(file.is_file() for file in files):
            return False
        try:
            kept = self.get(task)
        except AwryError:  # the source is gone
            return False
        return kept is not None and kept.whole()

    def remove(self) -> None:
        """Everything is in the tables."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def kept_folder(options: ScoreOptions) -> Path | None:
    """Where what is finished is kept: beside the scores, or for this machine's temporary files."""
    place = options.out if options.folder is None else local_path(options.folder)
    if place is None and options.folder is not None:
        mark = hashlib.sha256(options.folder.encode()).hexdigest()[:12]
        place = Path(tempfile.gettempdir(), f"awry-score-{mark}")
    if place is not None and place.name in ("", ".."):  # the folder that one stands in, say
        place = place.resolve()
    return None if place is None else place.parent / f"{place.name}.finished"


def settings_of(every: Mapping[str, Detector], options: ScoreOptions) -> dict[str, Any]:
    """What a run must have in common with the one that it goes on from."""
    return {
        "awry": __version__,
        "bundles": {title or "first": one.digest() for title, one in every.items()},
        "device": {title or "first": str(one.compute) for title, one in every.items()},
        "scene": options.scene,
        "parts": list(options.parts),
        "fps": options.fps,
        "start": None if options.start is None else options.start.isoformat(),
        "maps": None if options.maps is None else str(options.maps),
        "map_part": options.map_part,
        "overlay": None if options.overlay is None else str(options.overlay),
        "regions": options.wants_maps,
    }
