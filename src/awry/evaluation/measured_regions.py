"""The region level of anybody's detections, from plain files or arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from natsort import natsorted

from awry.calls import checked
from awry.datasets.tracks import Tracks
from awry.errors import ConfigError
from awry.evaluation.figure_record import MeasuredFigures, interval_record
from awry.evaluation.files.arrays import Given, called
from awry.evaluation.files.boxes import (
    check_box_files,
    detections_of_arrays,
    read_detection_files,
    read_frame_counts,
    read_track_files,
    tracks_of_arrays,
)
from awry.evaluation.measured_frames import FirstFrame
from awry.evaluation.metrics.bootstrap import protocol_draws
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.metrics.region import RegionFigures, region_figures, resampled_region
from awry.evaluation.protocol import interval_words
from awry.evaluation.report.render import per_cent
from awry.results import FigureCard
from awry.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURES = ("rbdc", "tbdc", "fpr_reached", "n_boxes", "n_tracks", "n_detections", "n_inverted")


@dataclass(frozen=True, slots=True)
class MeasuredRegions(MeasuredFigures):
    """RBDC and TBDC with their counts.

    Attributes:
        metrics: the figures, `intervals`, `bootstrap`, `clips` and `settings`, as
            `awry metrics region --json` prints them.
        curves: the detection rates over false positives per frame.
    """

    metrics: Mapping[str, Any] = field(repr=False)
    curves: RegionFigures = field(repr=False)

    @property
    def rbdc(self) -> float:
        """Area under the region-based detection curve, 0 to 1."""
        return float(self.metrics["rbdc"])

    @property
    def tbdc(self) -> float:
        """Area under the track-based detection curve, 0 to 1."""
        return float(self.metrics["tbdc"])

    def to_dict(self) -> dict[str, Any]:
        """The metrics."""
        return dict(self.metrics)

    def rows(self) -> list[dict[str, Any]]:
        """One row: the figures."""
        return [{name: self.metrics[name] for name in FIGURES}]

    def draw(self, ax: Axes) -> None:
        """Boxes and tracks found over false positives per frame."""
        from awry.evaluation.report.figures import draw_region_curves

        draw_region_curves(ax, self.curves)

    def cards(self) -> list[FigureCard]:
        """RBDC, TBDC, and what they were counted from."""
        counts = f"{self.metrics['n_tracks']} tracks, {self.metrics['n_detections']} detections"
        return [
            *(
                FigureCard(name.upper(), per_cent(self.metrics[name]), self._between(name))
                for name in ("rbdc", "tbdc")
            ),
            FigureCard("True boxes", str(self.metrics["n_boxes"]), counts),
        ]

    def _between(self, name: str) -> str:
        pair = self.intervals.get(name)
        return "" if pair is None else f"95 % interval {per_cent(pair[0])} to {per_cent(pair[1])}"


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Tracks and detections that belong together."""

    tracks: dict[str, Any]
    detections: dict[str, Any]
    frames: int | dict[str, int]
    notes: list[str]


@checked
def region(
    tracks: Given | Tracks,
    detections: Given | Detections,
    frames: int | str | Path | Mapping[str, int],
    *,
    compat: bool = False,
    alpha: float = 0.1,
    beta: float = 0.1,
    inverted: Literal["false_positive", "refuse"] = "false_positive",
    size: str | None = None,
    tracks_first_frame: FirstFrame = 0,
    detections_first_frame: FirstFrame = 0,
) -> MeasuredRegions:
    """Measure detected boxes by true tracks: RBDC and TBDC.

    Args:
        tracks: by clip arrays (n, 6) of `track_id, frame, x_min, y_min, x_max, y_max`, boxes in
            pixels, both ends inclusive, frames from 0; or `Tracks`; or a file or folder, as
            `awry metrics region` takes it.
        detections: likewise (n, 6) of `frame, x_min, y_min, x_max, y_max, score`, higher is more
            abnormal; or `Detections`.
        frames: the test frames of all clips together; or of each clip, as a mapping or a CSV file
            `clip,frames`, which intervals need.
        compat: walk equal scores in the given order, as the field's reference script does.
        alpha: share of a track's boxes to be found.
        beta: intersection over union to overlap.
        inverted: count inverted detections as false positives, or refuse them.
        size: `WxH` of the frames in pixels, to cut boxes at their edges.
        tracks_first_frame, detections_first_frame: the number given to a clip's first frame.

    Raises:
        InputError: a file cannot be read, boxes are none, or clips do not go together.
        ConfigError: a setting out of range.
    """
    frame_size = _size(size)
    counts = frames if isinstance(frames, Mapping) else read_frame_counts(str(frames))
    first = (tracks_first_frame, detections_first_frame)
    boxes = _read_boxes(tracks, detections, counts, first, frame_size, inverted)
    choice: dict[str, Any] = {
        "alpha": alpha, "beta": beta, "compat": compat, "inverted": inverted,
    }  # fmt: skip
    curves = region_figures(boxes.tracks, boxes.detections, boxes.frames, **choice)
    settings = {
        "method": f"detections of {called(detections)}",
        "labels": f"tracks in {called(tracks)}",
        "region": choice,
    }
    return MeasuredRegions(_metrics(boxes, curves, settings), curves)


def _metrics(boxes: _Boxes, curves: RegionFigures, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The figures; with intervals where each clip's frames are known."""
    values: dict[str, Any] = {}
    clips: list[str] = []
    rows: list[dict[str, Any]] = []
    notes = list(boxes.notes)
    if isinstance(boxes.frames, dict):
        clips = natsorted(boxes.frames)
        ordered = {name: boxes.frames[name] for name in clips}
        rows = [{"clip": name, "n_frames": count} for name, count in ordered.items()]
        draws = protocol_draws(len(clips))
        if draws is not None:
            drawn = resampled_region(
                boxes.tracks, boxes.detections, ordered, draws, **settings["region"]
            )
            values = dict(zip(("rbdc", "tbdc"), drawn, strict=True))
    else:
        notes.append("No intervals: they need each clip's frames, --frames FILE with clip,frames.")
    return {
        **{name: getattr(curves, name) for name in FIGURES},
        "n_frames": curves.n_frames,
        "n_clips": len(set(boxes.tracks) | set(boxes.detections) | set(clips)),
        **interval_record("region", clips, values),
        "clips": rows,
        "settings": {
            **settings,
            "interval": interval_words(len(clips)) if clips else "none: see the notes",
            "notes": notes,
            "awry": __version__,
        },
    }


def _read_boxes(
    tracks: Given | Tracks,
    detections: Given | Detections,
    frames: int | Mapping[str, int],
    first: tuple[int, int],
    size: tuple[int, int] | None,
    inverted: Literal["false_positive", "refuse"],
) -> _Boxes:
    if isinstance(tracks, str | Path):
        true, notes = read_track_files(Path(tracks), first_frame=first[0], frame_size=size)
    else:
        true, notes = tracks_of_arrays(cast(Any, tracks), first_frame=first[0], frame_size=size)
    if isinstance(detections, str | Path):
        detected, more = read_detection_files(
            Path(detections), first_frame=first[1], frame_size=size, inverted=inverted
        )
    else:
        detected, more = detections_of_arrays(
            cast(Any, detections), first_frame=first[1], frame_size=size
        )
    if len(true) == len(detected) == 1 and _is_one_clip(tracks) and _is_one_clip(detections):
        # Two files of one clip each belong together whatever they are called.
        detected = dict(zip(true, detected.values(), strict=True))
    counts = frames if isinstance(frames, int) else dict(frames)
    notes = [*notes, *more, *check_box_files(true, detected, counts, first)]
    return _Boxes(true, detected, counts, notes)


def _is_one_clip(given: Given | Tracks | Detections) -> bool:
    """Whether it has one clip without a name."""
    if isinstance(given, str | Path):
        return Path(given).is_file()
    return not isinstance(given, Mapping)


def _size(text: str | None) -> tuple[int, int] | None:
    """`WxH` as height and width."""
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ConfigError(f"--size is '{text}'; expected width and height in pixels, like 360x240.")
    return int(height), int(width)
