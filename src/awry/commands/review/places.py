"""Where in a run the frames are that a person speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from awry.commands.review.log import Key, Label, Mark
from awry.sifting.run import RankedClip, Run


def place_of(clip: RankedClip, frame: int) -> int | None:
    """Where in a clip's arrays a frame stands; None where it was not sifted."""
    place = int(np.searchsorted(clip.indices, frame))
    found = place < len(clip.indices) and int(clip.indices[place]) == frame
    return place if found else None


def refusal(run: Run, source: str, frame: int) -> str | None:
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
    clips: Sequence[RankedClip], marks: Iterable[Mark]
) -> Iterator[tuple[int, int, Label]]:
    """The marks that the clips hold: number of the clip, place in its arrays, label."""
    by_name = {clip.name: number for number, clip in enumerate(clips)}
    for mark in marks:
        number = by_name.get(mark.source)
        place = None if number is None else place_of(clips[number], mark.frame)
        if number is not None and place is not None:
            yield number, place, mark.label


def places_of(run: Run, marks: Mapping[Key, Mark]) -> dict[int, bool]:
    """Marked places among all frames of a run, and whether they are abnormal."""
    begins = np.cumsum([0, *(len(clip.indices) for clip in run.clips)])
    return {
        int(begins[clip]) + place: label == "abnormal"
        for clip, place, label in placed_marks(run.clips, marks.values())
    }
