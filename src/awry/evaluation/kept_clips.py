"""Scored clips on disk, so that an evaluation that died goes on where it was."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from awry.datasets.base import Clip
from awry.datasets.tracks import Tracks
from awry.detector import Detector
from awry.evaluation.clip_scoring import ClipOptions, ClipScores
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.storage import whole_file
from awry.training.footage import clip_key
from awry.version import __version__
from awry.video.overlay import Mark

_KINDS = {kind.__name__: kind for kind in (ClipScores, ScoredClip, Peak, Mark, Tracks, Detections)}
_KIND, _ARRAY, _TEXT = "kind", "array", "text"
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


class KeptClips:
    """A folder with one file for each clip that was scored.

    A file is used again only for what it was made of: the same detector with its thresholds, the
    same frames and labels, the same options, device and version of awry. Anything else is scored
    anew.

    Args:
        folder: made when the first clip is kept.
        detector: scored the clips.

    Attributes:
        used: how many clips were at hand so far.
    """

    def __init__(self, folder: Path, detector: Detector) -> None:
        self._folder = folder
        self._detector, self._digest = detector, detector.digest()
        self.used = 0

    def find(self, clip: Clip, options: ClipOptions) -> ClipScores | None:
        """What `awry.evaluation.clip_scoring.score_clip` gave before; None where it did not.

        Raises:
            AwryError: the clip or its labels cannot be read.
        """
        file = self._file(clip, options)
        if file.is_file():
            with suppress(*_DAMAGED):
                kept = _read(file)
                self.used += 1
                return kept
        return None

    def keep(self, clip: Clip, options: ClipOptions, scores: ClipScores) -> None:
        """Keep what was given now.

        Raises:
            WriteError: the disk is full, say.
        """
        _write(self._file(clip, options), scores)

    def _file(self, clip: Clip, options: ClipOptions) -> Path:
        return self._folder / f"{self._key(clip, options)}.npz"

    def _key(self, clip: Clip, options: ClipOptions) -> str:
        labels = None if clip.labels is None else np.asarray(clip.labels(), np.uint8).tobytes()
        frames = clip_key(clip, self._detector.ignore, self._detector.every)
        compute = self._detector.compute
        where = () if compute.plain else (str(compute),)
        made_of = (__version__, self._digest, clip.scene, frames, labels, asdict(options), *where)
        return hashlib.sha256(repr(made_of).encode()).hexdigest()


def remove_kept(folder: Path) -> None:
    """The figures stand elsewhere: the kept clips go, and the folder if nothing else is in it."""
    for file in folder.glob("*.npz"):
        if re.fullmatch("[0-9a-f]{64}", file.stem):
            file.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or somebody else's files stay
        folder.rmdir()


def _write(file: Path, scores: ClipScores) -> None:
    arrays: dict[str, Any] = {}
    arrays[_TEXT] = np.array(json.dumps(_plain(scores, arrays)))
    with whole_file(file) as temporary:
        np.savez_compressed(temporary, **arrays)


def _read(file: Path) -> ClipScores:
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        scores = _rebuilt(json.loads(str(arrays[_TEXT])), arrays)
    if not isinstance(scores, ClipScores):
        raise ValueError("It is no clip's scores.")
    return scores


def _plain(value: Any, arrays: dict[str, Any]) -> Any:
    """What JSON can hold; arrays go into `arrays`, and their names stand in their places."""
    if isinstance(value, np.ndarray):
        name = f"{_ARRAY}{len(arrays)}"
        arrays[name] = value
        return {_KIND: _ARRAY, "of": name}
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        inside = {each.name: getattr(value, each.name) for each in fields(value)}
        return {_KIND: type(value).__name__, "of": _plain(inside, arrays)["of"]}
    if isinstance(value, Mapping):
        return {_KIND: "", "of": {name: _plain(each, arrays) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return [_plain(each, arrays) for each in value]
    return value


def _rebuilt(value: Any, arrays: Mapping[str, Any]) -> Any:
    """What `_plain` was given; its lists are tuples."""
    if isinstance(value, list):
        return tuple(_rebuilt(each, arrays) for each in value)
    if not isinstance(value, dict):
        return value
    kind, inside = value[_KIND], value["of"]
    if kind == _ARRAY:
        return arrays[inside]
    rebuilt = {name: _rebuilt(each, arrays) for name, each in inside.items()}
    return _KINDS[kind](**rebuilt) if kind else rebuilt
