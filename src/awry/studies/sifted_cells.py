"""Cells of SDOR's tables: an archive is sifted as a whole, and measured with its labels after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import DatasetError
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.discriminative import discriminative_scores
from awry.methods.sdor.initial import reduce
from awry.methods.sdor.normality import Series
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import Ranking, for_all_frames
from awry.progress import Reporter
from awry.sifting import SiftOptions, archive_of
from awry.sifting.evaluation import TRANSDUCTIVE, labels_in, scored_clip
from awry.sifting.run import ranked_clips
from awry.sifting.sources import Given, merged
from awry.studies.cells import Unit
from awry.studies.reproduction import measure_parts
from awry.terminal import BarReporter, Console
from awry.training.environment import versions
from awry.training.loop import FitContext

# The scenes of the paper, as the data set's layout names them.
SCENES = {"umn-scene1": "lawn", "umn-scene2": "indoor", "umn-scene3": "plaza"}


@dataclass(frozen=True, slots=True)
class Sifted:
    """A unit's outcome: its settled settings, and what its record holds beside them."""

    config: SDORConfig
    record: dict[str, Any]


def sifted(unit: Unit, work: Path, frames: Path, console: Console) -> Sifted:
    """Sift the unit's data and measure every part of the score.

    Args:
        unit: what to run.
        work: for the checkpoint, from which an interrupted unit goes on.
        frames: for the frames' activations, which units share.
        console: shows progress.

    Raises:
        AwryError: as `awry.sifting.sift`.
        DatasetError: a clip has no labels.
    """
    given = merged(unit.data, SCENES.get(unit.dataset))
    config = SDOR.configure(unit.scale, unit.changes, unit.dataset)
    method = SDOR(config)
    with BarReporter(console) as reporter:
        archive = _read(unit, given, method, frames, reporter)
        context = FitContext(work, unit.seed, True, reporter)
        initial, ranking = method.learn(archive, context)
        parts = {**initial.detectors, "initial": initial.scores}
        parts["discriminative_1"], parts["discriminative_2"] = _discriminative(
            method, archive, unit.seed
        )
        parts |= _after_rounds(method, ranking)
    named = {clip.name: clip for clip in given.clips}
    ranked = ranked_clips(archive, parts["score"], parts)
    clips = [scored_clip(clip, named[clip.name], None) for clip in ranked]
    seconds = round(sum(entry["seconds"] for entry in context.history), 1)
    assert isinstance(method.config, SDORConfig)
    record = {
        "data": {"layout": unit.data.name, "fps": unit.data.fps, "fingerprint": ""},
        "clips": [clip.name for clip in clips],
        "figures": measure_parts(clips),
        "validation": {},
        "fit_seconds": seconds,
        "training_seconds": seconds,
        "evaluate_seconds": 0.0,
        "notes": [TRANSDUCTIVE, *unit.data.notes, *initial.notes],
        "failed": list(archive.failed),
        "fitted_with": versions(),
    }
    return Sifted(method.config, record)


def _read(unit: Unit, given: Given, method: SDOR, frames: Path, reporter: Reporter) -> Archive:
    """The frames that are sifted, thinned to the cell's anomaly rate.

    Raises:
        DatasetError: a clip has no labels; better said before hours of learning.
    """
    options = SiftOptions(unit.scale, unit.changes, unit.seed, given.ignore)
    archive = archive_of(given.clips, method, frames, options, reporter, seed=unit.seed)
    labels = _labels(archive, given.clips)
    if unit.rate is not None:
        archive = archive.part(thinned_to(labels, unit.rate, unit.seed))
    return archive


def _labels(archive: Archive, clips: tuple[Clip, ...]) -> NDArray[np.uint8]:
    named = {clip.name: clip for clip in clips}
    every = []
    for clip in archive.clips:
        found = labels_in(named[clip.name], clip.indices, clip.lost, 1)
        if found is None:
            raise DatasetError(f"{clip.name} has no labels: the table cannot be measured.")
        every.append(found)
    return np.concatenate(every)


def thinned_to(labels: NDArray[np.uint8], rate: float, seed: int) -> NDArray[np.int64]:
    """Places of all normal frames and of so many abnormal ones that they make up a rate.

    Args:
        labels: (n,), 1 = abnormal.
        rate: share of abnormal frames that is wanted.
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


def _discriminative(method: SDOR, archive: Archive, seed: int) -> tuple[Series, Series]:
    """On the backbone's features (#1), and on the trained model's last dense layer (#2)."""
    reduced, _ = reduce(archive.features, method.config.components, seed)
    assert method.model is not None
    last = list(method.model.learners)[-1].eval()
    learned = for_all_frames(last.dense, archive)
    return discriminative_scores(reduced, seed=seed), discriminative_scores(learned, seed=seed)


def _after_rounds(method: SDOR, ranking: Ranking) -> dict[str, Series]:
    """The final score, and what it would be after fewer rounds (Fig. 6)."""
    assert method.model is not None
    rounds = len(method.model.rounds)
    every = [ranking.of_round(method.model, number) for number in range(rounds)]
    means = {f"after_{n + 1}": np.mean(every[: n + 1], axis=0) for n in range(rounds)}
    return {**means, "score": method.final_scores(ranking)}
