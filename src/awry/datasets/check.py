"""A data set held to itself: do labels, masks and tracks fit, can every clip be read?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from awry.datasets.base import Clip, Dataset
from awry.datasets.masks import LabelsOfMasks
from awry.datasets.tracks import FROM_FILE
from awry.datasets.truth import track_source
from awry.errors import AwryError, DatasetError
from awry.video.files import VideoFile
from awry.video.source import Source


def check_dataset(
    data: Dataset, *, full: bool = False, advance: Callable[[], object] = lambda: None
) -> list[str]:
    """What evaluating on a data set would refuse, and clips that cannot be read.

    Args:
        data: as `awry.datasets.open_dataset` gives it.
        full: decode every frame and read every mask. Otherwise the first frame of each clip is
            decoded, frames are counted by what their files announce, and masks are held to their
            clip by their headers, where they have any.
        advance: is called after each clip.

    Returns:
        One sentence for each problem, the clip's name first.
    """
    found = []
    for part, clips in (("train", data.train), ("test", data.test)):
        for clip in clips:
            found += [f"{part}/{clip.name}: {problem}" for problem in _problems(clip, full)]
            advance()
    return found


def _problems(clip: Clip, full: bool) -> Iterator[str]:
    try:
        source = clip.open()
        frames = _all_frames(source) if full else _announced(source, clip.labels is not None)
    except AwryError as error:
        yield str(error)
        return
    health = source.health
    yield from health.faults
    if health.damaged:
        yield f"{len(health.damaged)} frames are damaged."
    checks = [_labels(clip, frames, full), _masks(clip, full)]
    if track_source(clip) == FROM_FILE:
        checks.append(clip.tracks)
    said = set()
    for check in checks:
        try:
            if check is not None:
                check()
        except AwryError as error:
            if str(error) not in said:  # labels that come from masks
                yield str(error)
            said.add(str(error))


def _announced(source: Source, counted: bool) -> int | None:
    """Decode the first frame; the number of frames by what the file announces, where that is cheap.

    Args:
        source: a clip.
        counted: whether the number is wanted.
    """
    if next(iter(source), None) is None:
        raise DatasetError("It has no frames.")
    return source.announced() if counted and isinstance(source, VideoFile) else None


def _all_frames(source: Source) -> int:
    """Decode every frame; how many there are, lost ones included."""
    read = sum(1 for _ in source)
    if not read:
        raise DatasetError("It has no frames.")
    return read + source.health.lost


def _labels(clip: Clip, frames: int | None, full: bool) -> Callable[[], object] | None:
    labels = clip.labels
    if labels is None:
        return None
    if isinstance(labels, LabelsOfMasks) and not full:
        return labels.check

    def check() -> None:
        count = len(labels())
        if frames is not None and count != frames:
            raise DatasetError(
                f"It has {frames} frames, but its labels speak of {count}. "
                "Check that labels and frames belong together."
            )

    return check


def _masks(clip: Clip, full: bool) -> Callable[[], Any] | None:
    return clip.masks if full else getattr(clip.masks, "check", clip.masks)
