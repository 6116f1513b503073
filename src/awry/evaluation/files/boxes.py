"""Plain files of boxes: detections of anybody's detector, and true tracks.

One file a clip, which is called as the file's stem. Detections are
`frame,x_min,y_min,x_max,y_max,score` in CSV, with or without a header, JSON lines or Parquet; a
header may name the columns in any order, and a column `clip` or `source` puts several clips into
one file, as `awry score --regions` does. Tracks are as `awry.datasets.tracks.read_tracks` reads
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray

from awry.datasets.tracks import Tracks, clip_boxes, read_tracks
from awry.errors import InputError
from awry.evaluation.files.arrays import ONE_CLIP, Arrays, named_arrays
from awry.evaluation.files.clips import TEXT, clip_files, listed, misspelt
from awry.evaluation.files.numbers import LAST_FRAME, TABLES, NumberTable, read_numbers
from awry.evaluation.metrics.boxes import Detections, Inverted, clipped
from awry.foreign import quoted

SIDES = ("x_min", "y_min", "x_max", "y_max")
Size = tuple[int, int]


def read_detection_files(
    path: Path,
    *,
    first_frame: int = 0,
    frame_size: Size | None = None,
    inverted: Inverted = "refuse",
) -> tuple[dict[str, Detections], list[str]]:
    """Read detections.

    Args:
        path: a folder, or a file.
        first_frame: the number that the files give to a clip's first frame, 0 or 1.
        frame_size: height and width of the frames in pixels, to cut boxes at their edges.
        inverted: whether to refuse inverted boxes, or let them pass with a note.

    Returns:
        The detections of each clip, and notes, one sentence each.

    Raises:
        InputError: a file cannot be read; a number is missing, NaN or infinite; a frame is
            negative; a box is inverted. File and line are named.
    """
    files, notes = clip_files(path, TABLES)
    clips: dict[str, Detections] = {}
    cut = total = 0
    for file in files:
        for name, detections in _detections(file, first_frame, inverted, notes).items():
            if name in clips:
                raise InputError(f"{file}: clip {name} is in another file already; keep one.")
            if frame_size is not None:
                boxes, changed = clipped(detections.boxes, frame_size)
                detections, cut = replace(detections, boxes=boxes), cut + changed
            clips[name], total = detections, total + len(detections.frames)
    return clips, [*notes, *_cut_note(cut, total, "detections")]


def read_track_files(
    path: Path, *, first_frame: int = 0, frame_size: Size | None = None
) -> tuple[dict[str, Tracks], list[str]]:
    """Read true tracks; arguments and results as `read_detection_files`.

    Raises:
        InputError: a file cannot be read, or the first frame is below `first_frame`.
        DatasetError: see `awry.datasets.tracks.read_tracks`; a box is wholly outside the frame.
    """
    files, notes = clip_files(path, TEXT)
    clips: dict[str, Tracks] = {}
    for file in files:
        tracks = read_tracks(file)
        if len(tracks.frames) and tracks.frames.min() < first_frame:
            raise InputError(
                f"{file}: frame {tracks.frames.min()} is below the first frame, {first_frame}; "
                f"expected frames that count from {first_frame}."
            )
        tracks = replace(tracks, frames=tracks.frames - first_frame)
        clips[file.stem] = clip_boxes(tracks, frame_size, file) if frame_size else tracks
    cut = sum(tracks.clipped for tracks in clips.values())
    total = sum(len(tracks.frames) for tracks in clips.values())
    return clips, [*notes, *_cut_note(cut, total, "true boxes")]


def tracks_of_arrays(
    given: Arrays | Tracks, *, first_frame: int = 0, frame_size: Size | None = None
) -> tuple[dict[str, Tracks], list[str]]:
    """True tracks that come as arrays; results as `read_track_files`.

    Args:
        given: by clip (n, 6) of `track_id, frame, x_min, y_min, x_max, y_max`, or `Tracks`.
        first_frame: the number given to a clip's first frame.
        frame_size: height and width of the frames in pixels, to cut boxes at their edges.

    Raises:
        InputError: an array has another shape, or a number is none.
        DatasetError: a box is wholly outside the frame.
    """
    tracks = {}
    for name, rows in _box_arrays(given, Tracks, "tracks").items():
        whole = rows
        if not isinstance(rows, Tracks):
            ids, frames = (_integers(name, column) for column in rows[:, :2].T)
            whole = Tracks(ids, frames, rows[:, 2:], "as given")
        whole = replace(whole, frames=whole.frames - first_frame)
        tracks[name] = clip_boxes(whole, frame_size, name) if frame_size else whole
    cut = sum(each.clipped for each in tracks.values())
    return tracks, _cut_note(cut, sum(len(each.frames) for each in tracks.values()), "true boxes")


def detections_of_arrays(
    given: Arrays | Detections, *, first_frame: int = 0, frame_size: Size | None = None
) -> tuple[dict[str, Detections], list[str]]:
    """Detections that come as arrays; results as `read_detection_files`.

    Args:
        given: by clip (n, 6) of `frame, x_min, y_min, x_max, y_max, score`, or `Detections`.
        first_frame, frame_size: as `tracks_of_arrays`.

    Raises:
        InputError: an array has another shape, or a number is none.
    """
    detections, cut = {}, 0
    for name, rows in _box_arrays(given, Detections, "detections").items():
        whole = (
            rows
            if isinstance(rows, Detections)
            else Detections(_integers(name, rows[:, 0]), rows[:, 1:5], rows[:, 5])
        )
        whole = replace(whole, frames=whole.frames - first_frame)
        if frame_size is not None:
            boxes, changed = clipped(whole.boxes, frame_size)
            whole, cut = replace(whole, boxes=boxes), cut + changed
        detections[name] = whole
    total = sum(len(each.frames) for each in detections.values())
    return detections, _cut_note(cut, total, "detections")


def _box_arrays(given: Any, kind: type, what: str) -> dict[str, Any]:
    """Of each clip an instance of `kind`, or float64 (n, 6)."""
    if isinstance(given, kind):
        return {ONE_CLIP: given}
    ready = {}
    if isinstance(given, Mapping):
        ready = {name: rows for name, rows in given.items() if isinstance(rows, kind)}
        given = {name: rows for name, rows in given.items() if name not in ready}
    elif not isinstance(given, np.ndarray):
        given = np.asarray(given)  # one clip's rows
    arrays = {}
    for name, rows in named_arrays(given, what).items():
        if rows.size and (rows.ndim != 2 or rows.shape[1] != 6):
            raise InputError(
                f"The {what} of clip {name} are an array of shape {rows.shape}; expected (n, 6)."
            )
        arrays[name] = rows.reshape(-1, 6).astype(np.float64)
    return {**ready, **arrays}


def _integers(clip: str, column: NDArray[np.float64]) -> NDArray[np.int64]:
    """A column of whole numbers.

    Raises:
        InputError: one is none.
    """
    wrong = ~(np.abs(column) <= LAST_FRAME) | (column != np.floor(column))
    if wrong.any():
        value = column[wrong][0]
        raise InputError(f"Clip {clip}: a frame or track is {value}; expected a whole number.")
    return column.astype(np.int64)


def read_frame_counts(text: str) -> int | dict[str, int]:
    """How many test frames there are: a number for all clips together, or `clip,frames` in a file.

    Raises:
        InputError: neither a number above 0 nor such a file.
    """
    if text.strip().isdecimal():
        if len(text) > 15 or int(text) < 1:
            raise InputError(
                f"--frames is {quoted(text)}; expected the test frames of all clips together."
            )
        return int(text)
    if "\0" in text or not Path(text).is_file():
        raise InputError(
            f"--frames is '{quoted(text)}'; expected the number of test frames of all clips "
            "together, or a CSV file with the columns clip,frames."
        )
    table = read_numbers(Path(text), ["frames"])
    if table.clips is None:
        raise InputError(f"{text} has no column 'clip'; expected clip,frames.")
    counts: dict[str, int] = {}
    for row, count in enumerate(table.finite("frames").tolist()):
        clip = table.clips.name(row)
        if clip in counts or count < 1 or not count.is_integer():
            raise InputError(
                f"{table.where(row)}: {count:g} frames of clip {clip}; expected each clip once, "
                "with a whole number above 0."
            )
        counts[clip] = int(count)
    return counts


def check_box_files(
    tracks: Mapping[str, Tracks],
    detections: Mapping[str, Detections],
    n_frames: int | Mapping[str, int],
    first_frames: tuple[int, int] = (0, 0),
) -> list[str]:
    """Refuse files that cannot belong together, and note what is odd but may be meant.

    Args:
        tracks, detections: by clip, frames from 0.
        n_frames: of all clips together, or of each.
        first_frames: what the files of tracks and of detections gave to a first frame, for
            messages.

    Raises:
        InputError: names differ in spelling only or have nothing in common; a clip has no frame
            count; a frame lies behind the clip's end, perhaps since a file counts from 1.
    """
    notes = [*_check_names(tracks, detections), *_count_notes(tracks, detections)]
    for kind, option, files, first in (
        ("tracks", "--tracks-first-frame", tracks, first_frames[0]),
        ("detections", "--detections-first-frame", detections, first_frames[1]),
    ):
        for name, boxes in files.items():
            if isinstance(n_frames, Mapping) and name not in n_frames:
                alike = misspelt(name, n_frames)
                hint = f" (there is '{alike}')" if alike else ""
                raise InputError(
                    f"The {kind} speak of clip {name}, which has no frame count{hint}; give one "
                    "for every clip."
                )
            count = n_frames[name] if isinstance(n_frames, Mapping) else n_frames
            if not len(boxes.frames) or boxes.frames.max() < count:
                continue
            last, from_one = int(boxes.frames.max()), boxes.frames.min() > 0
            advice = "the frame count or the file is another clip's."
            if last == count and from_one:
                advice = f"it seems to count from {first + 1}: give {option} {first + 1}."
            raise InputError(
                f"The {kind} of clip {name} speak of frame {last + first}, but {count} frames "
                f"that count from {first} end at {count - 1 + first}; {advice}"
            )
    return notes


def _detections(
    path: Path, first_frame: int, inverted: Inverted, notes: list[str]
) -> dict[str, Detections]:
    table = read_numbers(path, ["frame", *SIDES, "score"])
    frames, scores = table.frames(first_frame), table.finite("score")
    boxes = np.stack([table.finite(side) for side in SIDES], axis=1)
    wrong = np.flatnonzero((boxes[:, 2:] < boxes[:, :2]).any(axis=1))
    if wrong.size:
        _tell_inverted(table, boxes, wrong, inverted, notes)
    if table.clips is None:
        return {path.stem: Detections(frames, boxes, scores)}
    return {name: Detections(frames[at], boxes[at], scores[at]) for name, at in table.clips.rows()}


def _tell_inverted(
    table: NumberTable,
    boxes: NDArray[np.float64],
    wrong: NDArray[np.int64],
    inverted: Inverted,
    notes: list[str],
) -> None:
    """Refuse inverted boxes or note them; `wrong` holds their rows."""
    first = f"{table.where(wrong[0])}: the box {boxes[wrong[0]].tolist()} is inverted"
    if inverted == "refuse":
        raise InputError(
            f"{first}; expected x_min, y_min, x_max, y_max. Correct it, or let such boxes count as "
            "false positives with --inverted false_positive."
        )
    count = f" ({len(wrong)} such in the file)" if len(wrong) > 1 else ""
    notes.append(f"{first}{count}; kept, a false positive where no pixel is left.")


def _cut_note(cut: int, total: int, what: str) -> list[str]:
    if not cut:
        return []
    return [f"{cut} of {total} {what} reached beyond the frame and were cut at its edge."]


def _count_notes(tracks: Mapping[str, Tracks], detections: Mapping[str, Detections]) -> list[str]:
    """What hints at files that count from 1 although none ends behind its clip."""
    lowest = {
        kind: min(
            (int(boxes.frames.min()) for boxes in files.values() if len(boxes.frames)), default=None
        )
        for kind, files in (("tracks", tracks), ("detections", detections))
    }
    odd = [kind for kind, frame in lowest.items() if frame == 1]
    if len(odd) != 1 or 0 not in lowest.values():
        return []
    return [
        f"The {odd[0]} begin at frame 1, the others at frame 0: if they count from 1, give "
        f"--{odd[0]}-first-frame 1."
    ]


def _check_names(tracks: Mapping[str, Tracks], detections: Mapping[str, Detections]) -> list[str]:
    with_rows = {name for name, boxes in detections.items() if len(boxes.frames)}
    without = natsorted(with_rows - set(tracks))
    silent = natsorted(set(tracks) - set(detections))
    for name in without:
        alike = misspelt(name, silent)
        if alike:
            raise InputError(
                f"Clip {name} has detections and '{alike}' has tracks; spell both alike. Clips "
                "are matched by name."
            )
    if without and not set(tracks) & set(detections):
        raise InputError(
            f"No clip has both tracks and detections: tracks of {listed(silent)}, detections of "
            f"{listed(without)}. Clips are matched by name, a file's stem."
        )
    notes = []
    if without:
        notes.append(
            "These clips have detections but no tracks, so that all of theirs are false positives: "
            f"{listed(without)}."
        )
    if silent:
        notes.append(f"These clips have tracks but no detections: {listed(silent)}.")
    return notes
