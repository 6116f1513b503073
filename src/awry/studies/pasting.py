"""A labelled test set for a camera that has none: anomalies pasted into its own normal footage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from awry.calls import checked
from awry.datasets import as_dataset, paths_of
from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError, FootageError, nearest
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.storage import whole_folder
from awry.studies.choices import names
from awry.training.footage import Footage
from awry.training.split import Split
from awry.training.synthetic import CONTROL, KINDS, Composition, compositions
from awry.video import open_source
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions
from awry.video.pictures import coloured, outer
from awry.video.writer import VideoWriter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CACHE_BYTES = 32 * 2**30
NEITHER = 0.02
"""Share of the footage that a split keeps for calibration; here it is training footage too."""


@dataclass(frozen=True, slots=True)
class PastedClip:
    """One test clip.

    Attributes:
        name: of its video, without ending.
        kind: how the pasted object was altered; `control`: not at all.
        source: the clip that it was pasted into.
        frames: how many it has.
        abnormal: how many of them are abnormal: the object is there and altered.
    """

    name: str
    kind: str
    source: str
    frames: int
    abnormal: int


@dataclass(frozen=True, slots=True)
class PastedSet(Result):
    """The data set that was written.

    Attributes:
        folder: where it is, in the layout `folder`: `train/`, `test/`, `masks/`.
        train: names of the training clips.
        test: the test clips.
        notes: what a reader must know, one sentence each.
    """

    folder: Path
    train: tuple[str, ...]
    test: tuple[PastedClip, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "folder": str(self.folder),
            "train": list(self.train),
            "test": [asdict(clip) for clip in self.test],
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each test clip."""
        return [asdict(clip) for clip in self.test]

    def draw(self, ax: Axes) -> None:
        """How many frames of each kind there are, and how many of them are abnormal."""
        kinds = list(dict.fromkeys(clip.kind for clip in self.test))
        for what, colour in (("frames", "C0"), ("abnormal", "C3")):
            totals = [sum(getattr(c, what) for c in self.test if c.kind == kind) for kind in kinds]
            ax.barh(kinds, totals, color=colour, label=what)
        ax.set_xlabel("test frames")
        ax.legend()

    def cards(self) -> list[FigureCard]:
        """How much there is."""
        abnormal = sum(clip.abnormal for clip in self.test)
        frames = sum(clip.frames for clip in self.test)
        return [
            FigureCard("Test clips", str(len(self.test)), f"{len(self.train)} training clips"),
            FigureCard("Test frames", str(frames), f"{abnormal} of them abnormal"),
        ]


@checked
def paste(
    footage: str | Path | Dataset,
    *,
    out: str | Path,
    kinds: str | Sequence[str] | None = None,
    count: int = 6,
    seconds: float = 4.0,
    share: float = 0.4,
    seed: int = 0,
    ignore: str | Sequence[str] = (),
    max_frames: int | None = None,
    format: str | None = None,
    fps: float | None = None,
    reporter: Reporter | None = None,
) -> PastedSet:
    """Make a data set with labels and masks out of normal footage of one camera.

    Moving objects of the footage's last part are pasted into other moments of it: as they are, and
    altered. The earlier part is the training footage. Frames with an altered object are abnormal.

    Args:
        footage: a video, a folder of footage, or a data set, of which the training clips count.
        out: a new folder.
        kinds: of alterations, some of `awry.training.synthetic.KINDS`; None: all.
        count: objects that are pasted, each once as it is and once for each kind.
        seconds: length of a test clip, at most.
        share: of the footage that test clips are made of, its end; above 0, below 0.5.
        seed: every random choice follows from it.
        ignore: regions whose pixels never count, as `fit` takes them.
        max_frames: read at most so many frames of each clip.
        format, fps: as `awry.open_dataset` takes them.
        reporter: shows progress.

    Raises:
        ConfigError: an unknown kind, a number that cannot be, or `out` is there already.
        FootageError: too little footage, or nothing moves in it for long enough.
        SourceError, DatasetError: the footage cannot be read.
        WriteError: the folder cannot be written.
    """
    chosen = KINDS if kinds is None else names(kinds)
    folder, reporter = Path(out), reporter or Silent()
    _check(chosen, count, seconds, share, folder)
    check_folder("--out", folder, {}, paths_of(footage))
    data = _opened(footage, format, fps)
    regions = IgnoreRegions.parse([*data.ignore, *names(ignore)])
    with TemporaryDirectory(prefix="awry-") as work:
        normal = Footage(
            data.train,
            FrameCache(Path(work), CACHE_BYTES),
            ignore=regions,
            max_frames=max_frames,
            split=Split(share, NEITHER),
            reporter=reporter,
        )
        made = compositions(normal, kinds=chosen, count=count, seconds=seconds, seed=seed)
        if not made:
            raise FootageError(
                f"Nothing moves for long enough in the last {100 * share:g} % of the footage, so "
                "there is no object to paste. Give longer footage, or a larger share."
            )
        with whole_folder(folder, replace=False) as place:
            train = _write_training(normal, place / "train")
            test = _write_tests(made, place, reporter)
    notes = (*data.notes, *normal.failed, *normal.notes)
    return PastedSet(folder, tuple(train), tuple(test), notes)


def _check(kinds: Sequence[str], count: int, seconds: float, share: float, folder: Path) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"There is no alteration '{kind}': {nearest(kind, KINDS)}.")
    if not kinds or count < 1 or not seconds > 0 or not 0 < share < 0.5:
        raise ConfigError(
            f"Cannot paste {count} objects, clips of {seconds:g} s and a share of {share:g}: "
            "expected a kind, at least one object, more than 0 s, and a share in (0, 0.5)."
        )
    if folder.exists():
        raise ConfigError(f"{folder} is there already; give another --out or remove it.")


def _opened(footage: str | Path | Dataset, format: str | None, fps: float | None) -> Dataset:
    """The footage as a data set; of a single file one with a single clip."""
    if isinstance(footage, Dataset) or not Path(footage).is_file():
        return as_dataset(footage, format=format, fps=fps)
    file = Path(footage)
    clip = Clip(file.stem, lambda: open_source(file, fps=fps))
    return Dataset("file", "file", file, clip.open().fps, (clip,), ())


def _write_training(footage: Footage, folder: Path) -> list[str]:
    """The runs that no test clip is made of, a video each; gives their names."""
    written = []
    for part in ("train", "calibration"):
        for run in footage.runs(part):
            name = f"{_slug(run.clip)}-{run.first:06d}"
            _write_video(folder / f"{name}.mp4", run.fps, (coloured(image) for image in run.images))
            written.append(name)
    return written


def _write_tests(made: Sequence[Composition], place: Path, reporter: Reporter) -> list[PastedClip]:
    """Each composition as a video, and a mask of its altered object for each frame."""
    (place / "masks").mkdir()
    reporter.start("test clips", len(made))
    clips = []
    for composition in made:
        name = f"{_slug(composition.kind)}-{composition.donor:02d}"
        masks = _masks(composition)
        images = (frame.image for frame in composition.frames())
        _write_video(place / "test" / f"{name}.mp4", composition.fps, images)
        np.savez_compressed(place / "masks" / f"{name}.npz", masks=masks)
        abnormal = int(masks.any((1, 2)).sum())
        clips.append(
            PastedClip(name, composition.kind, composition.base.clip, len(masks), abnormal)
        )
        reporter.advance({})
    reporter.end("test clips")
    return clips


def _masks(composition: Composition) -> NDArray[np.bool_]:
    """bool (n, h, w): the boxes of the object where it is altered."""
    size = composition.base.images.shape[1:3]
    masks = np.zeros((len(composition), *size), bool)
    if composition.kind != CONTROL:
        boxes = composition.boxes.astype(np.float32)
        for number in np.flatnonzero(composition.altered):
            masks[number][outer(boxes[number], size)] = True
    return masks


def _write_video(path: Path, fps: float | None, images: Iterable[NDArray[np.uint8]]) -> None:
    path.parent.mkdir(exist_ok=True)
    pictures = iter(images)
    first = next(pictures)
    with VideoWriter(path, fps, size=(first.shape[0], first.shape[1])) as writer:
        writer.write(first)
        for image in pictures:
            writer.write(image)


def _slug(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "clip"
