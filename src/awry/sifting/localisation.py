"""Where a sifted run says that it is abnormal, beside the data set's masks and true tracks.

The run's class activation maps (Pang et al. 2020, section 4.6) are measured as a detector's are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.datasets.pairing import check_length
from awry.datasets.tracks import Tracks
from awry.errors import DatasetError
from awry.evaluation.clip_record import RegionRecord
from awry.evaluation.scored_clip import ScoredClip
from awry.frames import FrameScore
from awry.methods.base import Setting
from awry.methods.sdor.localisation import Maps, frame_maps, map_levels
from awry.scoring.maps import map_regions
from awry.sifting.trained import TrainedRun
from awry.video.ignore import IgnoreRegions

HOW = (
    "maps are the class activation maps of the learners that the score is the mean of; their "
    "levels come from the frames that the ranking does not take for abnormal"
)


def with_places(
    trained: TrainedRun, clips: Sequence[ScoredClip], truth: Mapping[str, Clip]
) -> list[ScoredClip]:
    """A run's clips with their regions, and with masks and tracks as the protocol measures them.

    Args:
        trained: the run with its learners and activations.
        clips: of the run, in its order, with their labels.
        truth: the data set's clips by name.

    Raises:
        DatasetError: masks do not belong to a clip's frames.
    """
    run, archive = trained.run, trained.archive
    config = run.config
    fed_back = "feedback" in run.clips[0].parts
    compute = trained.method.compute
    maps = frame_maps(trained.model, archive, config, fed_back=fed_back, compute=compute)
    maps = _without_ignored(trained, maps)
    groups = archive.groups(apart=config.scenes == "apart")
    peaks = maps.max((1, 2)).astype(np.float64)
    levels = map_levels(peaks, run.scores, groups, config.abnormal_share)
    of_place = np.empty(len(archive), np.int64)
    for number, places in enumerate(groups):
        of_place[places] = number
    located = []
    for number, clip in enumerate(clips):
        own = archive.slice_of(number)
        group = [levels[place] for place in of_place[own]]
        located.append(_located(trained, number, clip, truth[clip.name], maps[own], group))
    return located


def _without_ignored(trained: TrainedRun, maps: Maps) -> Maps:
    """Ignored places are no higher than the lowest of their map, as when a stream is scored."""
    archive = trained.archive
    setting = Setting(ignore=IgnoreRegions.parse(trained.run.options.ignore))
    for number, clip in enumerate(archive.clips):
        ignored = setting.small_mask(clip.size, (maps.shape[1], maps.shape[2]))
        if ignored.any():
            own = archive.slice_of(number)
            lowest = maps[own].min((1, 2), keepdims=True)
            maps[own] = np.where(ignored, lowest, maps[own])
    return maps


def _located(
    trained: TrainedRun,
    number: int,
    clip: ScoredClip,
    truth: Clip,
    maps: Maps,
    levels: Sequence[tuple[float, ...]],
) -> ScoredClip:
    """One clip; its frames are counted as they were sifted, each n-th of those that were filmed."""
    ranked, size = trained.run.clips[number], trained.archive.clips[number].size
    every = int(trained.run.facts["every"])
    frames = (ranked.indices // every).tolist()
    record = RegionRecord(_thinned(truth, every), clip.labels, gives_regions=True)
    if record.masks is not None:
        try:
            check_length("masks", len(record.masks), frames, ranked.lost)
        except DatasetError as error:
            raise DatasetError(f"{clip.name}: {error}") from error
    for place, index in enumerate(frames):
        regions = map_regions(maps[place], levels[place], size)
        score = float(clip.scores[place])
        record.take(FrameScore(index, None, score, map=maps[place], regions=regions))
    length = None if clip.labels is None else len(frames) + ranked.lost
    notes = (*clip.notes, *record.notes)
    return replace(clip, frames=length, notes=notes, **record.kept())


def _thinned(clip: Clip, every: int) -> Clip:
    """A clip whose truth speaks of each n-th frame alone, counted anew."""
    if every == 1:
        return clip
    masks, tracks = clip.masks, clip.tracks
    return replace(
        clip,
        masks=None if masks is None else lambda: _each(masks(), every),
        tracks=None if tracks is None else lambda: _tracks_of_each(tracks(), every),
    )


def _each(masks: Sequence[NDArray[np.bool_]] | NDArray[np.bool_], every: int) -> NDArray[np.bool_]:
    return np.stack([masks[place] for place in range(0, len(masks), every)])


def _tracks_of_each(tracks: Tracks, every: int) -> Tracks:
    kept = tracks.frames % every == 0
    return replace(
        tracks,
        ids=tracks.ids[kept],
        frames=tracks.frames[kept] // every,
        boxes=tracks.boxes[kept],
    )
