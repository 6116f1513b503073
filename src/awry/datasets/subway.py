"""Subway entrance and exit: two long videos with ranges of frames.

Adam, Rivlin, Shimshoni, Reinitz: Robust real-time unusual event detection using multiple
fixed-location monitors, TPAMI 2008.

There is no ground truth file that everybody uses, and papers differ in what they train on.
`subway.json` beside the videos says both, in frames from 0, both ends inclusive. Without it the
first 15 minutes of the entrance and the first 5 minutes of the exit are the training footage.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import ClipFinder, excerpt, frame_count, named
from awry.datasets.labels import Range, labels_from_ranges, load_json, parse_ranges, unlabelled
from awry.errors import DatasetError, nearest
from awry.video.files import VideoFile
from awry.video.kinds import is_video
from awry.video.open import FoundSource

FPS = 25.0
TRAINING_MINUTES = {"entrance": 15, "exit": 5}
_FILE = "subway.json"
_KEYS = ("video", "train", "abnormal")


def _recognises(root: Path) -> bool:
    return (root / _FILE).is_file() or any(_video(root, part) for part in TRAINING_MINUTES)


def _video(root: Path, part: str) -> Path | None:
    """The video whose name starts with `subway_PART`, whatever its case."""
    videos = [
        path
        for path in sorted(root.iterdir())
        if is_video(path) and path.stem.lower().replace("-", "_").startswith(f"subway_{part}")
    ]
    return videos[0] if videos else None


def _read(root: Path, fps: float | None) -> Dataset:
    written = load_json(root / _FILE) if (root / _FILE).is_file() else {}
    _check_keys(written, tuple(TRAINING_MINUTES), root / _FILE)
    train: list[Clip] = []
    test: list[Clip] = []
    notes: list[str] = []
    rates, videos = [], []
    for part in TRAINING_MINUTES:
        entry = written.get(part, {})
        video = _named_video(root, part, entry)
        if video is None:
            continue
        videos.append(video)
        source = FoundSource(part, str(video), partial(VideoFile, video, part))
        rates.append(VideoFile(video).fps or FPS)
        normal, abnormal = _ranges(root / _FILE, part, entry, rates[-1], notes)
        train += _train_clips(source, normal)
        test.append(_test_clip(source, normal[-1][1] + 1, abnormal, root / _FILE))
    if not test:
        raise DatasetError(f"{root} holds no video of the subway's entrance or exit.")
    finder = ClipFinder(root, fps)
    others = [one.name for one in finder.clips() if Path(one.where) not in videos]
    if others:
        notes.append(f"Left out in {root}, being neither entrance nor exit: {named(others)}.")
    notes += finder.notes + unlabelled(test, f"{_FILE} does not give their abnormal frames")
    variant = test[0].name if len(test) == 1 else "subway"
    return Dataset(
        "subway",
        variant,
        root,
        fps or rates[0],
        tuple(train),
        tuple(test),
        notes=tuple(notes),
        failed=tuple(finder.failed),
    )


def _check_keys(value: Any, known: tuple[str, ...], file: Path) -> None:
    if not isinstance(value, dict):
        raise DatasetError(f"{file} should give an object with {', '.join(known)} for each video.")
    for key in value:
        if key not in known:
            raise DatasetError(f"{file} has the unknown key '{key}': {nearest(key, known)}.")


def _named_video(root: Path, part: str, entry: Any) -> Path | None:
    _check_keys(entry, _KEYS, root / _FILE)
    if "video" not in entry:
        if entry and _video(root, part) is None:
            raise DatasetError(f"{root} holds no video subway_{part}, of which {_FILE} speaks.")
        return _video(root, part)
    path = root / str(entry["video"])
    if not path.is_file():
        raise DatasetError(f"{root / _FILE} names the video {entry['video']}, which is not there.")
    return path


def _ranges(
    file: Path, part: str, entry: dict[str, Any], rate: float, notes: list[str]
) -> tuple[list[Range], list[Range] | None]:
    """Training ranges, and abnormal ones where they are known."""
    abnormal = parse_ranges(entry["abnormal"], file, part) if "abnormal" in entry else None
    if "train" in entry:
        normal = parse_ranges(entry["train"], file, part)
    else:
        minutes = TRAINING_MINUTES[part]
        normal = [(0, round(minutes * 60 * rate) - 1)]
        notes.append(
            f"The first {minutes} minutes of {part} are the training footage "
            f"(frames 0 to {normal[0][1]}); papers differ, {_FILE} can say it."
        )
    left = _subtract(normal, abnormal or [])
    if left != normal:
        notes.append(f"Abnormal frames were taken out of the training footage of {part}.")
    if not left:
        raise DatasetError(f"{file} leaves no training frames of {part}.")
    return left, abnormal


def _subtract(ranges: list[Range], out: list[Range]) -> list[Range]:
    """Ranges without the frames of others.

    >>> _subtract([(0, 9)], [(3, 4)])
    [(0, 2), (5, 9)]
    """
    left = list(ranges)
    for first, last in out:
        cut: list[Range] = []
        for low, high in left:
            if last < low or first > high:
                cut.append((low, high))
                continue
            pieces = [(low, min(first - 1, high)), (max(last + 1, low), high)]
            cut += [(a, b) for a, b in pieces if a <= b]
        left = cut
    return left


def _train_clips(source: FoundSource, normal: list[Range]) -> list[Clip]:
    clips = []
    for k, (first, last) in enumerate(normal, start=1):
        name = f"{source.name}-train" + (f"-{k}" if len(normal) > 1 else "")
        clips.append(Clip(name, partial(excerpt, source, first, last, name), source.name))
    return clips


def _test_clip(source: FoundSource, first: int, abnormal: list[Range] | None, file: Path) -> Clip:
    """All that comes after the last training frame."""
    labels = None if abnormal is None else partial(_labels, source, first, abnormal, file)
    opened = partial(excerpt, source, first, None, source.name)
    return Clip(source.name, opened, source.name, labels)


def _labels(
    source: FoundSource, first: int, abnormal: list[Range], file: Path
) -> NDArray[np.uint8]:
    length = frame_count(Path(source.where))
    return labels_from_ranges(abnormal, length, source.name, file)[first:]


LAYOUT = Layout(
    LayoutInfo(
        name="subway",
        title="Subway entrance and exit",
        how_to_get=(
            "From the authors of the paper, on request. There is no standard label file: write "
            'subway.json, {"entrance": {"video": "subway_entrance.avi", "train": [[0, 22499]], '
            '"abnormal": [[40880, 41000]]}}, frames from 0, both ends inclusive. The test clip is '
            "all that comes after the last training frame."
        ),
        citation=(
            "Adam et al., Robust real-time unusual event detection using multiple fixed-location "
            "monitors, TPAMI 2008"
        ),
        sketch="""\
subway/
  subway_entrance.avi   15 minutes of training by default
  subway_exit.avi       5 minutes of training by default
  subway.json           written by you: training and abnormal frames""",
        fps=FPS,
        looks_for="subway_entrance or subway_exit videos, or subway.json",
    ),
    _recognises,
    _read,
)
