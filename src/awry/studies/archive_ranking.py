"""Tables that rank an archive by its own frames: it is read as a whole, ranked, then measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import DatasetError
from awry.methods.base import MethodConfig
from awry.methods.published import RankArchive
from awry.methods.registry import method_class
from awry.progress import Reporter
from awry.sifting.evaluation import TRANSDUCTIVE, labels_in, scored_clip
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import archive_of, ranked_clips
from awry.sifting.sources import ArchiveSource, merge_parts
from awry.studies.part_figures import measure_parts
from awry.studies.table_fit import TableFit
from awry.training.environment import versions
from awry.training.loop import FitContext


@dataclass(frozen=True, slots=True)
class RankedArchive:
    """The outcome: settled settings, and what the record of a fit holds beside them."""

    config: MethodConfig
    record: dict[str, Any]


def ranked_archive(
    fit: TableFit, rank: RankArchive, work: Path, frames: Path, reporter: Reporter
) -> RankedArchive:
    """Rank an archive by its own frames, and measure every part of the score by its labels after.

    Args:
        fit: what to rank.
        rank: how its method does that.
        work: for the checkpoint, from which an interrupted fit goes on.
        frames: for the frames' activations, which fits share.
        reporter: shows progress.

    Raises:
        AwryError: as `awry.sifting.sift`.
        DatasetError: a clip has no labels.
    """
    given = merge_parts(fit.data, fit.scene)
    kind = method_class(fit.method)
    # Of the class that `rank` belongs to, which `archive_of` can prepare.
    method: Any = kind(kind.configure(fit.scale, fit.changes, fit.dataset))
    archive = _read(fit, given, method, frames, reporter)
    context = FitContext(work, fit.seed, True, reporter)
    parts, notes = rank(method, archive, context)
    named = {clip.name: clip for clip in given.clips}
    ranked = ranked_clips(archive, parts["score"], dict(parts))
    clips = [scored_clip(clip, named[clip.name], None) for clip in ranked]
    seconds = round(sum(entry["seconds"] for entry in context.history), 1)
    record = {
        "data": {"layout": fit.data.name, "fps": fit.data.fps, "fingerprint": ""},
        "clips": [clip.name for clip in clips],
        "figures": measure_parts(clips),
        "validation": {},
        "fit_seconds": seconds,
        "training_seconds": seconds,
        "evaluate_seconds": 0.0,
        "notes": [TRANSDUCTIVE, *fit.data.notes, *notes],
        "failed": list(archive.failed),
        "fitted_with": versions(),
    }
    return RankedArchive(method.config, record)


def _read(
    fit: TableFit, given: ArchiveSource, method: Any, frames: Path, reporter: Reporter
) -> Any:
    """The frames that are sifted, thinned to the wanted anomaly rate.

    Raises:
        DatasetError: a clip has no labels; better said before hours of learning.
    """
    options = SiftOptions(fit.scale, fit.changes, fit.seed, given.ignore)
    archive = archive_of(given.clips, method, frames, options, reporter, seed=fit.seed)
    labels = _labels(archive, given.clips)
    if fit.rate is not None:
        archive = archive.part(thinned_to(labels, fit.rate, fit.seed))
    return archive


def _labels(archive: Any, clips: tuple[Clip, ...]) -> NDArray[np.uint8]:
    named = {clip.name: clip for clip in clips}
    every = []
    for clip in archive.clips:
        labels = labels_in(named[clip.name], clip.indices, clip.lost, 1)
        if labels is None:
            raise DatasetError(f"{clip.name} has no labels: the table cannot be measured.")
        every.append(labels)
    return np.concatenate(every)


def thinned_to(labels: NDArray[np.uint8], rate: float, seed: int) -> NDArray[np.int64]:
    """Places of all normal frames and of so many abnormal ones that they make up a rate.

    Args:
        labels: (n,), 1 = abnormal.
        rate: share of abnormal frames that is fit.
        seed: of the choice among them.

    Raises:
        DatasetError: there are not so many abnormal frames.
    """
    normal, abnormal = np.flatnonzero(labels == 0), np.flatnonzero(labels)
    wanted = round(rate * len(normal) / (1 - rate))
    if wanted > len(abnormal):
        raise DatasetError(
            f"There are {len(abnormal)} abnormal frames; a rate of {rate:g} needs {wanted}."
        )
    chosen = np.random.default_rng(seed).choice(abnormal, wanted, replace=False)
    return np.sort(np.concatenate([normal, chosen]))
