"""`awry.check_dataset`: do labels, masks and tracks fit, and can every clip be read?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.calls import checked
from awry.datasets import open_dataset
from awry.datasets.base import Clip, Dataset, name_in_test, name_in_training
from awry.datasets.masks import LabelsOfMasks
from awry.datasets.tracks import FROM_FILE
from awry.datasets.truth import track_source
from awry.errors import AwryError, DatasetError
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.video.files import VideoFile
from awry.video.source import Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class DatasetCheck(Result):
    """What a data set holds, and what evaluating on it would refuse.

    Attributes:
        layout: the layout's name.
        variant: which of the layout's data sets it is.
        fps: frames per second, or None.
        train_clips, test_clips: the clips' names.
        labelled, with_masks, with_tracks: how many test clips have labels, masks and tracks.
        tracks_from: where tracks come from -> how many clips.
        scenes: the scenes' names.
        ignore: the data set's own ignored regions.
        notes: what is odd about it, one sentence each.
        failed: what evaluating would refuse and clips that cannot be read, one sentence each.
    """

    layout: str
    variant: str
    fps: float | None
    train_clips: tuple[str, ...]
    test_clips: tuple[str, ...]
    labelled: int
    with_masks: int
    with_tracks: int
    tracks_from: Mapping[str, int]
    scenes: tuple[str, ...]
    ignore: tuple[str, ...]
    notes: tuple[str, ...]
    failed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """All attributes."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        lists = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
        return values | lists | {"tracks_from": dict(self.tracks_from)}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each clip."""
        parts = {"train": self.train_clips, "test": self.test_clips}
        return [{"part": part, "clip": clip} for part, clips in parts.items() for clip in clips]

    def draw(self, ax: Axes) -> None:
        """How many clips there are, and what is known of them, as bars."""
        counts = {
            "training clips": len(self.train_clips),
            "test clips": len(self.test_clips),
            "with labels": self.labelled,
            "with masks": self.with_masks,
            "with tracks": self.with_tracks,
        }
        ax.bar_label(ax.barh(list(counts), list(counts.values())))
        ax.invert_yaxis()
        ax.set(xlabel="clips", title=self.layout)

    def cards(self) -> list[FigureCard]:
        """Clips, labels and problems."""
        return [
            FigureCard("training clips", str(len(self.train_clips)), self.layout),
            FigureCard("test clips", str(len(self.test_clips)), f"{self.labelled} with labels"),
            FigureCard("problems", str(len(self.failed)), self.failed[0] if self.failed else ""),
        ]


@checked
def check_dataset(
    folder: str | Path | Dataset | None = None,
    *,
    format: str | None = None,
    full: bool = False,
    fps: float | None = None,
    reporter: Reporter | None = None,
) -> DatasetCheck:
    """Say what is in a data set's folder, and what evaluating on it would refuse.

    Args:
        folder: the data set's folder, or an opened data set; None for data that are made on the
            spot (`format="digits"`).
        format: the layout's name, where it should not be guessed.
        full: decode every frame and read every mask; see `problems_of`.
        fps: frames per second of picture folders.
        reporter: shows how far the check is.

    Raises:
        ConfigError: there is no such layout.
        DatasetError: the folder is in no layout that is known.
    """
    if isinstance(folder, Dataset):
        data = folder
    else:
        data = open_dataset(folder, format=format, fps=fps)
    failed = list(data.failed)
    if data.root is not None:  # what is made on the spot fits
        failed += problems_of(data, full=full, reporter=reporter or Silent())
    sources = Counter(source for clip in data.test if (source := track_source(clip)))
    return DatasetCheck(
        layout=data.name,
        variant=data.variant,
        fps=data.fps,
        train_clips=tuple(clip.name for clip in data.train),
        test_clips=tuple(clip.name for clip in data.test),
        labelled=sum(clip.labels is not None for clip in data.test),
        with_masks=sum(clip.masks is not None for clip in data.test),
        with_tracks=sources.total(),
        tracks_from=dict(sources),
        scenes=tuple(sorted({clip.scene for clip in (*data.train, *data.test)})),
        ignore=tuple(data.ignore),
        notes=tuple(data.notes),
        failed=tuple(failed),
    )


def problems_of(
    data: Dataset, *, full: bool = False, reporter: Reporter | None = None
) -> list[str]:
    """What evaluating on a data set would refuse, and clips that cannot be read.

    Args:
        data: as `awry.open_dataset` gives it.
        full: decode every frame and read every mask. Otherwise the first frame of each clip is
            decoded, frames are counted by what their files announce, and masks are held to their
            clip by their headers, where they have any.
        reporter: shows how many clips are done.

    Returns:
        One sentence for each problem, the clip's name first.
    """
    reporter = reporter or Silent()
    title = "checking clips"
    reporter.start(title, len(data.train) + len(data.test))
    sentences = []
    named = [
        *((name_in_training(clip.name), clip) for clip in data.train),
        *((name_in_test(clip.name), clip) for clip in data.test),
    ]
    for name, clip in named:
        sentences += [f"{name}: {problem}" for problem in _problems(clip, full)]
        reporter.advance()
    reporter.end(title)
    return sentences


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
    told = set()
    for check in checks:
        try:
            if check is not None:
                check()
        except AwryError as error:
            if str(error) not in told:  # labels that come from masks
                yield str(error)
            told.add(str(error))


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
