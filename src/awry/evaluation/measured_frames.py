"""The frame level of anybody's scores, from plain files or arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from awry.calls import checked
from awry.datasets.base import Dataset
from awry.evaluation.declaration import UNKNOWN
from awry.evaluation.files.arrays import Given, called, is_path
from awry.evaluation.files.frames import FrameFiles, read_frame_files
from awry.evaluation.levels import with_levels
from awry.evaluation.metrics.frame import micro_auc
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.result import EvaluationResult
from awry.output.places import REPORT, check_folder
from awry.version import __version__

FirstFrame = Annotated[int, Field(ge=0)]
FramesPerSecond = Annotated[float, Field(ge=0.01)]


@dataclass(frozen=True, slots=True)
class MeasuredFrames(EvaluationResult):
    """The figures of scores that came in files or arrays; attributes as `EvaluationResult`."""

    def to_dict(self) -> dict[str, Any]:
        """The metrics; with `report`, the path of the page, where one was written."""
        return {**self.metrics, **({} if self.report is None else {"report": str(self.report)})}

    def save(self, path: str | Path) -> Path:
        """Write `metrics.json` and `report.html` into a folder, as an evaluation does.

        Returns:
            the folder.

        Raises:
            WriteError: they cannot be written.
        """
        whole = with_levels(self.metrics, self.levels) | {"failed": []}
        return EvaluationResult.save(replace(self, metrics=whole), path)


@checked
def frame(
    scores: Given,
    labels: Given | Dataset,
    *,
    scores_first_frame: FirstFrame = 0,
    labels_first_frame: FirstFrame = 0,
    fps: FramesPerSecond | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
) -> MeasuredFrames:
    """Measure scores of frames: micro and macro AUC, AP, variants and content-free references.

    Args:
        scores: one finite number a frame, higher is more abnormal: an array (n,), a mapping of
            clip -> array, a list of arrays, or a file or folder as `awry metrics frame` takes it.
        labels: 1 for abnormal frames, else 0, likewise; or a data set, or its folder. Clips are
            matched by name.
        scores_first_frame, labels_first_frame: the number that tables give to a first frame.
        fps: frames per second, for seconds; else a data set's.
        out: folder for `metrics.json` and `report.html`; None: nothing is written.
        overwrite: replace what stands at `out`, whoever wrote it.

    Raises:
        InputError: a file cannot be read; clips, numbers of frames or values do not go together;
            or all frames are of one class.
        DatasetError: a data set cannot be read.
        WriteError: the report cannot be written.

    >>> import awry
    >>> found = awry.measure.frame(scores=[0.1, 0.4, 0.9, 0.8], labels=[0, 0, 1, 1])
    >>> found.micro_auc
    1.0
    """
    check_report(out, (scores, labels), overwrite=overwrite)
    read = read_frame_files(
        scores,
        labels,
        scores_first_frame=scores_first_frame,
        labels_first_frame=labels_first_frame,
        fps=fps,
    )
    result = frames_result(read, scores, labels)
    return result if out is None else replace(result, report=result.save(out) / "report.html")


def check_report(out: str | Path | None, given: Sequence[object], *, overwrite: bool) -> None:
    """Refuse a folder for a report that cannot be written, before anything is read."""
    if out is not None:
        inputs = [Path(str(each)) for each in given if is_path(each)]
        check_folder("--out", Path(out), REPORT, inputs, overwrite=overwrite)


def frames_result(read: FrameFiles, scores: Given, labels: Given | Dataset) -> MeasuredFrames:
    """Measure what was read.

    Raises:
        InputError: all frames are of one class.
    """
    marks = [clip.labels for clip in read.clips if clip.labels is not None]
    micro_auc([clip.scores for clip in read.clips], marks)  # refuses one class
    settings = {
        "method": f"scores of {called(scores)}",
        "labels": f"{len(marks)} of {len(marks)} clips, from {labels_called(labels)}",
        "smoothing_inside": UNKNOWN,
        "notes": read.notes,
        "awry": __version__,
    }
    name = Path(str(scores)).name if is_path(scores) else called(scores)
    metrics = evaluate_frames(read.clips, settings=settings)
    return MeasuredFrames(metrics, tuple(read.clips), f"Scores of {name}")


def labels_called(labels: Given | Dataset) -> str:
    """What settings call labels."""
    if isinstance(labels, Dataset):
        return str(labels.root or labels.name)
    return called(labels)
