"""A data set's clips, scored once for everything that is measured and shown.

Evaluation, studies, exporting and demos score clips of data sets here and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from awry.cluster import Prepared, done
from awry.datasets.base import Clip, Dataset, name_in_test
from awry.detector import Detector, scored
from awry.errors import AwryError, DatasetError
from awry.evaluation.clip_record import ClipRecord, PeakRecord, RegionRecord
from awry.evaluation.scored_clip import ScoredClip, Series
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting
from awry.methods.flow import FlowConfig, FlowScorer
from awry.progress import Reporter, Silent
from awry.score_run.options import check_parts
from awry.scoring.fill import fill_unscored
from awry.teachers.outputs import keep_outputs, outputs_folder
from awry.video.one_size import OneSize


@dataclass(frozen=True, slots=True)
class ClipOptions:
    """What is made of a clip and kept, beside each frame's score and parts.

    Attributes:
        parts: names of extra parts, or `all`.
        labels: the frames' labels, held to the frames that were read.
        maps: let the method make maps and regions.
        regions: keep what these are measured by, with the true tracks and masks.
        peaks: pictures of the strongest frames.
        flow: the motion reference's scores of the same frames.
        dropped: count frames that a corruption left out (see
            `awry.studies.corruptions.Corrupted`) as frames without a score, so that every
            severity counts the same frames.
        first: take only so many frames from the first on; without labels.
    """

    parts: Sequence[str] = ()
    labels: bool = True
    maps: bool = True
    regions: bool = True
    peaks: bool = True
    flow: bool = True
    dropped: bool = False
    first: int | None = None


SCORES_ALONE = ClipOptions(maps=False, regions=False, peaks=False, flow=False)
"""Scores, parts and labels."""


@dataclass(frozen=True, slots=True)
class ClipScores:
    """One clip with its scores.

    Attributes:
        clip: what was kept.
        flow: float64 (n,), the motion reference's scores, filled; None where not wanted.
        seconds: the method's stage -> seconds.
        all_seconds: of everything, with reading, references and pictures.
    """

    clip: ScoredClip
    flow: Series | None
    seconds: Mapping[str, float]
    all_seconds: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A data set's test clips with their scores.

    Attributes:
        clips: the clips that could be read.
        flow: the motion reference's scores of the same clips; empty where it was not wanted.
        failed: the clips that could not be read, one sentence each.
        speed: `frames`, and `ms_per_frame`: of the method's stages where it measures them, and
            `all`, with reading, references and pictures.
    """

    clips: list[ScoredClip]
    flow: list[Series]
    failed: list[str]
    speed: dict[str, Any]


class Kept(Protocol):
    """Where clips stand that were scored before."""

    def find(self, clip: Clip, options: ClipOptions) -> ClipScores | None:
        """A clip's scores, or None."""

    def keep(self, clip: Clip, options: ClipOptions, scores: ClipScores) -> None:
        """Keep a clip's scores.

        Raises:
            WriteError: the disk is full, say.
        """


def score_clips(
    detector: Detector,
    clips: Sequence[Clip],
    options: ClipOptions | None = None,
    reporter: Reporter | None = None,
    kept: Kept | None = None,
) -> Scored:
    """Score test clips; those that cannot be read are left out and listed.

    Inside of `awry.cluster.pool_opened` several are scored at a time, each in a worker that has the
    detector; figures are the same, but for the seconds.

    Args:
        detector: fitted.
        clips: test clips.
        options: what is kept of each; everything by default.
        reporter: told of each clip.
        kept: clips that it holds are not scored again, and it is given each that is.

    Raises:
        DatasetError: none can be read.
        ConfigError: an unknown part.
    """
    options, reporter = options or ClipOptions(), reporter or Silent()
    check_parts(detector, options.parts)
    answers: dict[int, ClipScores | AwryError] = {}
    started = time.monotonic()
    reporter.start("scoring", len(clips))
    for place, answer in _answers(detector, clips, options, kept):
        answers[place] = answer
        reporter.advance()
    reporter.end("scoring")
    scores: list[ClipScores] = []
    failed = []
    for place, clip in enumerate(clips):
        answer = answers[place]
        if isinstance(answer, AwryError):
            failed.append(f"{clip.name}: {answer}")
        else:
            scores.append(answer)
    seconds = time.monotonic() - started
    frames = sum(len(each.clip.scores) for each in scores)
    reporter.message(f"scored {frames} frames in {seconds:.0f} s")
    if not scores:
        raise DatasetError("No test clip could be read. " + " ".join(failed[:3]))
    stages = {**seconds_by_stage(scores), "all": sum(each.all_seconds for each in scores)}
    per_frame = {name: round(1000 * value / max(frames, 1), 2) for name, value in stages.items()}
    return Scored(
        [each.clip for each in scores],
        [each.flow for each in scores if each.flow is not None],
        failed,
        {"frames": frames, "ms_per_frame": per_frame},
    )


def _answers(
    detector: Detector,
    clips: Sequence[Clip],
    options: ClipOptions,
    kept: Kept | None,
) -> Iterator[tuple[int, ClipScores | AwryError]]:
    """Each clip's place and its scores, or why there are none; in any order."""
    owed = []
    for place, clip in enumerate(clips):
        try:
            found = None if kept is None else kept.find(clip, options)
        except AwryError as error:  # of its labels, say
            yield place, error
            continue
        if found is None:
            owed.append((place, clip))
        else:
            yield place, found
    work = Prepared(partial(_ClipScorer, detector, options, outputs_folder()))
    for (place, clip), answer in done(work, owed):
        if kept is not None and not isinstance(answer, AwryError):
            kept.keep(clip, options, answer)
        yield place, answer


@dataclass(frozen=True, slots=True)
class _ClipScorer:
    """Scores clips, in this process or a worker's; teachers keep what they say in `outputs`."""

    detector: Detector
    options: ClipOptions
    outputs: Path | None

    def __call__(self, task: tuple[int, Clip]) -> ClipScores:
        with nullcontext() if self.outputs is None else keep_outputs(self.outputs):
            return score_clip(self.detector, task[1], self.options)


def evaluation_clips(data: Dataset) -> Sequence[Clip]:
    """The clips that a data set is evaluated on.

    Raises:
        DatasetError: there are none.
    """
    if not data.test:
        raise DatasetError(
            f"There are no test clips in {data.root or data.name} to evaluate on; "
            f"`awry datasets` shows where the layout '{data.name}' keeps them. "
            "To score footage without measuring, use awry score."
        )
    return data.test


def score_clip(
    detector: Detector,
    clip: Clip,
    options: ClipOptions | None = None,
    each: Callable[[Frame, FrameScore], None] | None = None,
) -> ClipScores:
    """Score one test clip.

    Args:
        detector: with its own thinning, which the clip is scored with.
        clip: of a data set's test part.
        options: what is kept; everything by default.
        each: called with every frame and its score, in order.

    Raises:
        DatasetError: it has no frames, or labels or masks of other frames.
        AwryError: it cannot be read or scored.
    """
    options = options or ClipOptions()
    started = time.monotonic()
    opened = clip.open()
    source = OneSize(opened)
    scorer = detector.scorer(
        clip.scene,
        clip=name_in_test(clip.name),
        fps=source.fps,
        maps=options.maps,
        parts=options.parts,
    )
    record = _record(clip, source.fps, options, scorer, pictures=detector.every == 1)
    reference = _flow_scorer(detector) if options.flow else None
    flow: list[float | None] = []
    for frame, score in scored(scorer, islice(source, options.first), detector.every):
        record.take(frame, score)
        if each is not None:
            each(frame, score)
        if reference is not None:
            flow += [answer.score for answer in reference.push(frame)]
    if options.dropped:
        record.add_dropped(getattr(opened, "dropped", ()))
    if not record.scores:
        raise DatasetError("It has no frames.")
    kept = record.scored_clip(detector, source.fps, source.health)
    filled = None if reference is None else fill_unscored(flow)[0]
    return ClipScores(kept, filled, scorer.seconds, time.monotonic() - started)


def seconds_by_stage(scores: Sequence[ClipScores]) -> dict[str, float]:
    """The method's stage -> seconds, of all clips together."""
    stages: dict[str, float] = {}
    for each in scores:
        for stage, spent in each.seconds.items():
            stages[stage] = stages.get(stage, 0.0) + spent
    return stages


def _record(
    clip: Clip, fps: float | None, options: ClipOptions, scorer: Scorer, *, pictures: bool
) -> ClipRecord:
    # Frames in between would be taken for those before a moment.
    labels = clip.labels() if options.labels and clip.labels is not None else None
    regions = None
    if options.regions:
        regions = RegionRecord(clip, labels, gives_regions=scorer.gives_regions)
    return ClipRecord(
        clip,
        labels,
        PeakRecord(clip.name, labels, fps, scorer if pictures else None) if options.peaks else None,
        regions,
    )


def _flow_scorer(detector: Detector) -> FlowScorer:
    setting = Setting(ignore=detector.ignore, maps=False, frame_size=detector.frame_size)
    return FlowScorer(FlowConfig(), setting)
