"""Where in a run's arrays the frames stand that a person has marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from awry.sifting.review.log import FeedbackMark, Key, Label
from awry.sifting.run import RankedClip, SiftedRun


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark, by places in its clip's arrays instead of frame numbers.

    Attributes:
        clip: number of its clip.
        first, last: the marked places, both inclusive.
        place: of the frame that was shown.
        label: what was said.
    """

    clip: int
    first: int
    last: int
    place: int
    label: Label


def place_of(clip: RankedClip, frame: int) -> int | None:
    """Where in a clip's arrays a frame stands; None where it was not sifted."""
    place = int(np.searchsorted(clip.indices, frame))
    sifted = place < len(clip.indices) and int(clip.indices[place]) == frame
    return place if sifted else None


def refusal(run: SiftedRun, source: str, frame: int) -> str | None:
    """Why there is nothing to learn of a frame; None where the run holds it."""
    clip = next((clip for clip in run.clips if clip.name == source), None)
    if clip is None:
        return f"The run has no clip {source}; what was said of its frame {frame} is left out."
    if place_of(clip, frame) is None:
        return (
            f"Frame {frame} of {source} is not among the {len(clip.indices)} frames that were "
            "sifted; what was said of it is left out."
        )
    return None


def placed_marks(
    clips: Sequence[RankedClip], marks: Iterable[FeedbackMark]
) -> Iterator[PlacedMark]:
    """The marks whose shown frame the clips hold."""
    by_name = {clip.name: number for number, clip in enumerate(clips)}
    for mark in marks:
        number = by_name.get(mark.source)
        place = None if number is None else place_of(clips[number], mark.frame)
        if number is not None and place is not None:
            ends = (mark.first, mark.last + 1)
            begin, end = np.searchsorted(clips[number].indices, ends).tolist()
            yield PlacedMark(number, begin, end - 1, place, mark.label)


def places_of(run: SiftedRun, marks: Mapping[Key, FeedbackMark]) -> dict[int, bool]:
    """Marked places among all frames of a run, and whether they are abnormal.

    Where marks overlap the newest counts.

    Args:
        run: with its clips.
        marks: the oldest first.
    """
    begins = np.cumsum([0, *(len(clip.indices) for clip in run.clips)])
    return {
        int(begins[mark.clip]) + place: mark.label == "abnormal"
        for mark in placed_marks(run.clips, marks.values())
        for place in range(mark.first, mark.last + 1)
    }
