"""What is shown and written of a ranking: its events, their pictures and heat maps, its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import AwryError
from awry.evaluation.report.page import write_strangest
from awry.evaluation.report.peaks import own_scale
from awry.evaluation.scored_clip import Peak
from awry.frames import Frame
from awry.methods.sdor import SDOR
from awry.methods.sdor.localisation import frame_map
from awry.output.tables import EVENT_COLUMNS, write_table
from awry.scoring.maps import strongest_place
from awry.scoring.reasons import sentence, since_in_words
from awry.sifting.run import PAGE, RankedEvent, SiftedRun, top_threshold
from awry.sifting.trained import TrainedRun
from awry.video.ignore import IgnoreRegions
from awry.video.overlay import Mark, heat_image
from awry.video.pick import picked

SHOWN = 24
"""Moments on the page."""


def write_events(run: SiftedRun, events: Sequence[RankedEvent], folder: Path | None = None) -> None:
    """Write `events.csv`, the strangest first, into the run's folder or another one."""
    share = run.config.abnormal_share
    how = f"the {100 * share:g} % top-ranked frames of the archive"
    threshold = top_threshold(run.scores, share)
    rows = []
    for event in events:
        clip = run.clips[event.clip]
        parts = {name: float(series[event.peak]) for name, series in clip.parts.items()}
        facts = run.event_facts(event)
        since = since_in_words(facts["first"], facts["start_s"])
        more = {
            "parts": parts,
            "regions": [],
            "threshold": threshold,
            "calibration": how,
            "reason": sentence(SDOR.phrases[""], None, None, since, ""),
        }
        rows.append(facts | more)
    write_table((folder or run.folder) / "events.csv", rows, EVENT_COLUMNS)


def write_page(
    trained: TrainedRun,
    events: Sequence[RankedEvent],
    clips: Mapping[str, Clip],
    folder: Path | None = None,
) -> Path:
    """Write `report.html` with the strangest moments, each with its heat map.

    Args:
        trained: the run with its learners, which draw the heat maps.
        events: the strangest first.
        clips: what the run was made of, by name.
        folder: where to; the run's own if None.
    """
    run = trained.run
    page = (folder or run.folder) / PAGE
    peaks = [peak_of_event(run, event, clips, trained) for event in events[:SHOWN]]
    write_strangest(
        page,
        [peak for peak in peaks if peak is not None],
        title="Strangest moments of the archive",
        advice="Ranked by learning from these very frames, without a label. Say which of them are "
        f"abnormal and which are normal, and it learns from that: awry review {run.folder}",
    )
    return page


def peak_of_event(
    run: SiftedRun,
    event: RankedEvent,
    clips: Mapping[str, Clip],
    trained: TrainedRun | None = None,
) -> Peak | None:
    """An event's peak as the reports show it; None where the source is gone.

    Args:
        run: the run.
        event: of the run.
        clips: what the run was made of, by name.
        trained: the run with its learners, for a heat map; none is made without it.
    """
    clip = run.clips[event.clip]
    frame = next(frames_as_sifted(run, event.clip, [event.peak], clips), None)
    if frame is None:
        return None
    heat = None if trained is None else heat_of(trained, event.clip, event.peak)
    shown = None if heat is None else heat_image(frame.image, heat, own_scale(heat))
    parts = {name: float(series[event.peak]) for name, series in clip.parts.items()}
    kept = {name: value for name, value in parts.items() if not name.startswith("round")}
    number = int(clip.indices[event.peak])
    size = (frame.image.shape[0], frame.image.shape[1])
    place = None if heat is None else strongest_place(heat, size)
    return Peak(
        number,
        event.score,
        frame.time_s,
        frame.image,
        shown,
        () if place is None else (Mark(place.box),),
        clip.name,
        kept,
        sentence(SDOR.phrases[""], place, size, "", ""),
    )


def frames_as_sifted(
    run: SiftedRun,
    number: int,
    places: Sequence[int] | NDArray[np.int64],
    clips: Mapping[str, Clip],
) -> Iterator[Frame]:
    """Some frames of a run's clip, with ignored pixels black; none where it cannot be read.

    Args:
        run: the run.
        number: of the clip.
        places: in the clip's arrays.
        clips: what the run was made of, by name.
    """
    ranked = run.clips[number]
    if ranked.name not in clips:
        return
    ignore = IgnoreRegions.parse(run.options.ignore)
    chosen = np.asarray(places, np.int64)
    # Times lead to the right frames only where nothing went wrong while they were found.
    exact = not ranked.notes and not ranked.lost and not np.isnan(ranked.times[chosen]).any()
    times = [float(time) for time in ranked.times[chosen]] if exact else None
    indices = [int(index) for index in ranked.indices[chosen]]
    with suppress(AwryError):
        for frame in picked(clips[ranked.name].open(), indices, times):
            yield replace(frame, image=ignore.black_out(frame.image))


def heat_of(trained: TrainedRun, clip: int, place: int) -> NDArray[np.float32]:
    """The anomaly map of a frame (h, w), of the learners that its score is the mean of."""
    run, archive = trained.run, trained.archive
    number = archive.slice_of(clip).start + place
    fed_back = "feedback" in run.clips[clip].parts
    return frame_map(trained.model, archive, number, run.config, fed_back=fed_back)
