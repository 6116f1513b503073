"""True tracks: boxes of abnormal objects, followed over frames; read from files.

Two formats of files are known, one box a line, told apart by their first line:

- `track_id,frame,x_min,y_min,x_max,y_max`, comma-separated, frames from 0, a header optional. The
  annotation of ShanghaiTech by Georgescu et al. (TPAMI 2021) is published so.
- `filename track_id x_center y_center width height`, space-separated, where the number in the file
  name counts frames from 1, e.g. `001.jpg` or `Test001/001.jpg`: it becomes frame 0. The
  annotation of Street Scene, Ped1, Ped2 and Avenue by Ramachandra and Jones (WACV 2020) is
  published so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.errors import DatasetError
from awry.foreign import LARGEST_NUMBER, Position, read_text, reading, whole_number

COLUMNS = "track_id,frame,x_min,y_min,x_max,y_max"
CENTRED = "filename track_id x_center y_center width height"

LINKED = "linked from masks, not the published annotation"
"""`Tracks.source` of linked tracks."""
FROM_FILE = "track files"
"""`Tracks.source` of tracks read from a file."""

_FRAME_FILE = re.compile(r"(\d+)\.[A-Za-z]+$")
Row = tuple[int, int, float, float, float, float]
"""`track, frame, x_min, y_min, x_max, y_max`."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """The true boxes of one clip.

    Attributes:
        ids: int64 (n,), which track a box belongs to; unique within the clip, gaps allowed.
        frames: int64 (n,), 0-based.
        boxes: float64 (n, 4), `x_min, y_min, x_max, y_max` in pixels, both ends inclusive.
        source: where the boxes come from, in words; `LINKED` where they were linked from masks.
        clipped: how many boxes reached beyond the frame and were cut at its edge.
    """

    ids: NDArray[np.int64]
    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]
    source: str = ""
    clipped: int = 0

    def at(self, frame: int) -> list[tuple[float, float, float, float]]:
        """The boxes of one frame, `x_min, y_min, x_max, y_max` in pixels, both ends inclusive."""
        return [(x0, y0, x1, y1) for x0, y0, x1, y1 in self.boxes[self.frames == frame].tolist()]


NO_TRACKS = Tracks(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 4)))
"""Of a clip that is normal throughout."""


def tracks_of(rows: Iterable[Row], source: str) -> Tracks:
    """Rows as tracks; none are fine."""
    table = np.array(list(rows), np.float64).reshape(-1, 6)
    return Tracks(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:], source)


def read_tracks(file: Path) -> Tracks:
    """Read a file of either format.

    An empty file, or one with a header alone, has no boxes. Centre and size become
    `centre -+ (size - 1) / 2`, so that a box keeps its size with both ends counted.

    Returns:
        In the file's order, `source` being `FROM_FILE`.

    Raises:
        DatasetError: the file cannot be read; or, with the line's number: another number of
            columns, not a number, an inverted or infinite box, a negative frame, a track that is
            twice in one frame.
    """
    with reading(file, "tracks") as place:
        text = read_text(file)
        rows = _rows(text, place)
    return tracks_of(rows, FROM_FILE)


def _rows(text: str, place: Position) -> list[Row]:
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    separator = next((sign for sign in (";", "\t", ",") if lines and sign in lines[0][1]), None)
    centred = separator is None or bool(_FRAME_FILE.search(lines[0][1].split(separator)[0].strip()))
    rows: list[Row] = []
    seen: dict[tuple[int, int], int] = {}
    for number, line in lines:
        cells = [cell.strip() for cell in line.split(separator)]
        if number == lines[0][0] and _is_header(cells):
            continue
        place.line = number
        row = _centred_row(cells) if centred else _corner_row(cells)
        _check_row(row, seen)
        seen[row[:2]] = number
        rows.append(row)
    return rows


def _is_header(cells: list[str]) -> bool:
    return len(cells) == 6 and not any(map(is_number, cells)) and not _FRAME_FILE.search(cells[0])


def _corner_row(cells: list[str]) -> Row:
    if len(cells) != 6:
        raise ValueError(f"{len(cells)} columns, expected 6: {COLUMNS}")
    x_min, y_min, x_max, y_max = map(_number, cells[2:])
    return _whole(cells[0], "track"), _whole(cells[1], "frame"), x_min, y_min, x_max, y_max


def _centred_row(cells: list[str]) -> Row:
    if len(cells) != 6:
        raise ValueError(f"{len(cells)} columns, expected 6: {CENTRED}, or with commas {COLUMNS}")
    named = _FRAME_FILE.search(cells[0])
    if named is None:
        raise ValueError(f"'{cells[0]}' is no picture's name with a frame number, like 001.jpg")
    number = whole_number(named[1])
    if number == 0:
        raise ValueError(f"'{cells[0]}' has the number 0, but these names count frames from 1")
    x, y, width, height = map(_number, cells[2:])
    half = (width - 1) / 2, (height - 1) / 2
    if not (width > 0 and height > 0):
        raise ValueError(f"a box of {width:g} x {height:g} pixels has no extent")
    corners = x - half[0], y - half[1], x + half[0], y + half[1]
    return _whole(cells[1], "track"), number - 1, *corners


def is_number(text: str) -> bool:
    """Whether a cell of a text file is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> float:
    if not is_number(text.replace(",", ".")):
        raise ValueError(f"'{text}' is not a number")
    return float(text.replace(",", "."))


def _whole(text: str, what: str) -> int:
    value = _number(text)
    if not value.is_integer():
        raise ValueError(f"the {what} '{text}' is not a whole number")
    if abs(value) > LARGEST_NUMBER:
        raise ValueError(f"the {what} '{text}' is too large")
    return int(value)


def _check_row(row: Row, seen: dict[tuple[int, int], int]) -> None:
    track, frame, *box = row
    if frame < 0:
        raise ValueError(f"frame {frame} is negative; frames count from 0")
    if not all(map(math.isfinite, box)):
        raise ValueError(f"the box {box} is not finite")
    x_min, y_min, x_max, y_max = box
    if x_max < x_min or y_max < y_min:
        raise ValueError(f"the box {box} is inverted; expected x_min, y_min, x_max, y_max")
    if (track, frame) in seen:
        first = seen[track, frame]
        raise ValueError(f"track {track} is in frame {frame} already, in line {first}")


def check_frames(tracks: Tracks, length: int, where: str | Path = "the tracks") -> None:
    """Refuse tracks that do not fit the length of their clip.

    Args:
        tracks: 0-based.
        length: number of frames of the clip.
        where: the file or clip, for the message.

    Raises:
        DatasetError: a frame beyond the clip. Where the last is just one too many and frame 0 has
            no box, the message says that the file seems to count from 1.
    """
    if not len(tracks.frames) or tracks.frames.max() < length:
        return
    last = int(tracks.frames.max())
    if last == length and tracks.frames.min() > 0:
        raise DatasetError(
            f"{where} seems to count frames from 1: it names frame {last} of {length} and never "
            "frame 0; subtract 1 from its frame numbers."
        )
    raise DatasetError(
        f"{where} does not fit its clip: it names frame {last} (0-based), but there are {length} "
        "frames."
    )


def clip_boxes(tracks: Tracks, size: tuple[int, int], where: str | Path = "the tracks") -> Tracks:
    """Cut boxes at the edge of the frame.

    Args:
        tracks: any.
        size: (H, W) of the frames.
        where: the file or clip, for the message.

    Returns:
        Boxes within 0..W-1 and 0..H-1, `clipped` being how many were changed.

    Raises:
        DatasetError: a box lies wholly outside.
    """
    height, width = size
    far = np.array([width - 1, height - 1] * 2, np.float64)
    inside = np.clip(tracks.boxes, 0, far)
    outside = (tracks.boxes[:, 2:] < 0) | (tracks.boxes[:, :2] > far[:2])
    for row in np.flatnonzero(outside.any(axis=1))[:1]:
        raise DatasetError(
            f"{where}: the box {tracks.boxes[row].tolist()} of track {tracks.ids[row]} in frame "
            f"{tracks.frames[row]} lies outside the frame of {width} x {height} pixels; the file "
            "seems to belong to other footage."
        )
    changed = int((inside != tracks.boxes).any(axis=1).sum())
    return replace(tracks, boxes=inside, clipped=tracks.clipped + changed)
