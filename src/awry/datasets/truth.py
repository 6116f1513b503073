"""Gives test clips their true tracks, whatever data set they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from awry.datasets.base import Clip, Dataset
from awry.datasets.tracks import FROM_FILE, LINKED, Tracks, check_frames, clip_boxes, read_tracks
from awry.errors import DatasetError
from awry.names import name_key

FOLDER = "tracks"
"""Where track files are looked for, in the data set's folder: `NAME.txt`, `.csv`, `NAME_gt.txt`."""

_ENDINGS = (".txt", ".csv", "_gt.txt")


@dataclass(frozen=True, slots=True)
class _FromFile:
    """Reads the tracks of a clip from a file and holds them to the clip."""

    file: Path
    clip: Clip
    source: str = FROM_FILE

    def __call__(self) -> Tracks:
        tracks = read_tracks(self.file)
        if self.clip.labels is not None:
            check_frames(tracks, len(self.clip.labels()), self.file)
        first = next(iter(self.clip.open()), None)
        return tracks if first is None else clip_boxes(tracks, first.image.shape[:2], self.file)


@dataclass(frozen=True, slots=True)
class _FromMasks:
    """Links the tracks of a clip from its masks."""

    masks: Callable[[], Any]
    source: str = LINKED

    def __call__(self) -> Tracks:
        from awry.datasets.linking import linked_tracks  # OpenCV is loaded where it is needed

        return linked_tracks(self.masks())


def with_tracks(data: Dataset) -> Dataset:
    """Fill `Clip.tracks` of the test clips; nothing is read before it is called.

    A clip whose reader gave it tracks keeps them. Otherwise they come from its file in the folder
    `tracks/` beside the data, or else are linked from its masks. A clip with neither has none.

    Raises:
        DatasetError: a clip has several track files.
    """
    files = _track_files(data.root)
    test = tuple(_with_tracks(clip, files) for clip in data.test)
    notes = list(data.notes)
    if files:
        listed = ", ".join(list(files)[:5])
        notes.append(f"{len(files)} files of {FOLDER}/ belong to no test clip: {listed}.")
    sources = [track_source(clip) for clip in test]
    if FROM_FILE in sources and (others := len(sources) - sources.count(FROM_FILE)):
        notes.append(
            f"{FOLDER}/ has no file for {others} of {len(test)} test clips; "
            f"{sources.count(LINKED)} of these have tracks {LINKED}."
        )
    return replace(data, test=test, notes=tuple(notes))


def track_source(clip: Clip) -> str | None:
    """Where a clip's tracks come from, without reading them; None where it has none."""
    return None if clip.tracks is None else getattr(clip.tracks, "source", "the data set's reader")


def _track_files(root: Path | None) -> dict[str, Path]:
    """The files in the folder `tracks/` by the keys of their names."""
    folder = root / FOLDER if root else None
    if folder is None or not folder.is_dir():
        return {}
    files = (file for file in sorted(folder.iterdir()) if file.name.endswith(_ENDINGS))
    return {name_key(file.name): file for file in files}


def _with_tracks(clip: Clip, files: dict[str, Path]) -> Clip:
    """The clip with its tracks; its file is taken out of `files`."""
    names = [name_key(clip.name + end) for end in _ENDINGS]
    mine = [files.pop(name) for name in names if name in files]
    if len(mine) > 1:
        raise DatasetError(
            f"{mine[0].parent} holds several track files of {clip.name}: "
            f"{', '.join(file.name for file in mine)}; leave one."
        )
    if clip.tracks is not None:
        return clip
    if mine:
        return replace(clip, tracks=_FromFile(mine[0], clip))
    return clip if clip.masks is None else replace(clip, tracks=_FromMasks(clip.masks))
