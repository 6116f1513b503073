"""What a fit is made of, on disk: a fit that was killed goes on with exactly that."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from awry.datasets.base import Clip, Dataset
from awry.datasets.clips import Excerpt
from awry.methods.registry import OURS, method_class, method_names, package_of
from awry.storage import write_json
from awry.training.split import Exclusion
from awry.video.open import open_source
from awry.video.source import Source
from awry.watch.shares import polygon_in_pixels
from awry.watch.site.model import Camera, Learning, Part
from awry.watch.trainer.clips import OnGrid, grid_of
from awry.watch.trainer.selection import Selection

RATE = 10.0
"""Pictures a second that a detector is fitted for; a slower camera has its own rate."""
LONGEST_SIDE = 1280
HELD_BACK = 0.2
"""Of all footage, the share that the fit never sees: its alarms are counted afterwards."""
SHORTEST_S = 2.0
"""A file is cut between the two parts where each piece has as much."""
BUDGET = "2/day"
"""For a camera without one."""


class PlannedClip(Part):
    """A file of a fit, or a part of it.

    Attributes:
        name: unique in the fit.
        path: of the file, absolute.
        first, last: frames on the grid, both inclusive; None for `last` goes on to the end.
        left_out: frames that do not count, first and last, both inclusive.
        held: whether it is held back from the fit.
    """

    name: str
    path: Path
    first: int = 0
    last: int | None = None
    left_out: tuple[tuple[int, int], ...] = ()
    held: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is a whole file."""
        return self.first == 0 and self.last is None


class FitPlan(Part):
    """A fit's settings and footage.

    Attributes:
        method, preset, options: see `site.model.Learning`.
        budget: alarms that are allowed.
        ignore: regions whose pixels never count, as `awry.video.ignore` spells them.
        rate: frames a second.
        size: (H, W) of the pictures.
        light: mode of all gathered footage; empty: it has both, or that is not known.
        clips: all files.
        notes: what is to be said of the footage, in sentences.
    """

    method: str
    preset: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    budget: str = BUDGET
    ignore: tuple[str, ...] = ()
    rate: float
    size: tuple[int, int]
    light: str = ""
    clips: tuple[PlannedClip, ...]
    notes: tuple[str, ...] = ()

    def suits(self, camera: Camera) -> bool:
        """Whether it is still what a camera's settings ask for, and its footage is there."""
        learn = camera.learn
        asked = (method_of(learn), learn.preset, dict(learn.options), budget_of(camera))
        mine = (self.method, self.preset, dict(self.options), self.budget)
        same = asked == mine and self.ignore == _ignored(camera, self.size)
        return same and all(clip.path.exists() for clip in self.clips)

    def dataset(self, name: str, check: Callable[[], None] = lambda: None) -> Dataset:
        """The footage: what is fitted on as training clips, what is held back as test clips.

        Args:
            name: of the camera.
            check: called with every frame that is read; whatever it raises ends the reading.
        """
        clips = {
            held: tuple(
                Clip(one.name, partial(self._opened, one, check))
                for one in self.clips
                if one.held == held
            )
            for held in (False, True)
        }
        return Dataset("folder", name, None, self.rate, clips[False], clips[True], (), self.notes)

    @property
    def exclusions(self) -> list[Exclusion]:
        """Frames of the training clips that do not count."""
        return [
            Exclusion(clip.name, first, last)
            for clip in self.clips
            if not clip.held
            for first, last in clip.left_out
        ]

    def _opened(self, clip: PlannedClip, check: Callable[[], None]) -> Source:
        source: Source = OnGrid(open_source(clip.path), self.rate, self.size, check)
        return source if clip.whole else Excerpt(source, clip.first, clip.last, clip.name)


def budget_of(camera: Camera) -> str:
    """The alarms that a camera is allowed, as text."""
    return camera.budget or BUDGET


def planned_fit(selection: Selection, camera: Camera) -> FitPlan:
    """What is fitted on, and what is held back: the last share of the selection.

    Args:
        selection: the footage; the first piece that is no event's clip says rate and size.
        camera: its settings.

    Raises:
        SourceError: that piece cannot be read.
    """
    first = next((p for p in selection.pieces if not p.confirmed), selection.pieces[0])
    rate, size = grid_of(open_source(first.path), rate=RATE, longest=LONGEST_SIDE)
    lengths = [max(round(piece.seconds * rate), 1) for piece in selection.pieces]
    clips: list[PlannedClip] = []
    for number, (piece, cut) in enumerate(
        zip(selection.pieces, cuts(lengths, HELD_BACK, round(SHORTEST_S * rate)), strict=True)
    ):
        name, length = f"{number:04d}-{piece.path.stem}", lengths[number]
        out = [
            (max(int((start - piece.start) * rate), 0), int((end - piece.start) * rate))
            for start, end in selection.left_out
            if start < piece.end and end > piece.start
        ]
        for held, begin, end in ((False, 0, cut), (True, cut, length)):
            if begin == end:
                continue
            last = None if end == length and piece.whole else end - 1
            clips.append(
                PlannedClip(
                    name=f"{name}-held" if held and begin else name,
                    path=piece.path,
                    first=begin,
                    last=last,
                    left_out=_within(out, begin, end),
                    held=held,
                )
            )
    learn = camera.learn
    return FitPlan(
        method=method_of(learn),
        preset=learn.preset,
        options=learn.options,
        budget=budget_of(camera),
        ignore=_ignored(camera, size),
        rate=rate,
        size=size,
        light=_light_of(selection, camera),
        clips=tuple(clips),
        notes=selection.notes,
    )


def method_of(learn: Learning) -> str:
    """The method that a camera's settings ask for, or the one that is meant for cameras."""
    if learn.method:
        return learn.method
    ours = [name for name in method_names() if package_of(name) == OURS]
    return next(name for name in ours if method_class(name).watch_by_default)


def cuts(lengths: Sequence[int], share: float, shortest: int) -> list[int]:
    """How many frames of each file are fitted on; the rest, the last of all files, is held back.

    Args:
        lengths: frames of each file.
        share: of all frames, to be held back.
        shortest: no piece of a file that is cut has fewer frames.

    >>> cuts([10, 10, 10], 0.5, 2), cuts([10, 10], 0.1, 3), cuts([3], 0.2, 2)
    ([10, 5, 0], [10, 10], [3])
    """
    left = round(sum(lengths) * (1 - share))
    found: list[int] = []
    for length in lengths:
        cut = min(max(left, 0), length)
        left -= length
        if 0 < cut < length and min(cut, length - cut) < shortest:
            cut = length if cut >= length / 2 or not found else 0
        found.append(cut)
    return found


def _light_of(selection: Selection, camera: Camera) -> str:
    lights = {piece.light for piece in selection.pieces if not piece.confirmed}
    known = camera.learn.folder is None and len(lights) == 1
    return lights.pop() if known else ""


def read_plan(file: Path) -> FitPlan | None:
    """A plan that was written; None where there is none, or it cannot be read."""
    try:
        return FitPlan.model_validate_json(file.read_text("utf-8"))
    except (OSError, ValueError, ValidationError):
        return None


def write_plan(file: Path, plan: FitPlan) -> None:
    """Keep a plan.

    Raises:
        WriteError: the place cannot be written.
    """
    write_json(file, json.loads(plan.model_dump_json()))


def _ignored(camera: Camera, size: tuple[int, int]) -> tuple[str, ...]:
    return tuple(polygon_in_pixels(polygon, size) for polygon in camera.ignore)


def _within(
    stretches: Sequence[tuple[int, int]], begin: int, end: int
) -> tuple[tuple[int, int], ...]:
    """Stretches of a file, counted from a piece's beginning, as far as they lie in it."""
    inside = [(max(first, begin), min(last, end - 1)) for first, last in stretches]
    return tuple((first - begin, last - begin) for first, last in inside if first <= last)
