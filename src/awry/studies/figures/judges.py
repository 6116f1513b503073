"""What scores footage for a figure: a bundle's detector, or a sifted archive's learners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from awry.datasets.base import Clip, name_in_test
from awry.detector import Detector
from awry.errors import ConfigError, nearest
from awry.evaluation.clip_scoring import SCORES_ALONE, score_clip
from awry.evaluation.scored_clip import ScoredClip
from awry.methods.base import Scorer, Setting
from awry.sifting.evaluation import scored_clip
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_model
from awry.video.ignore import IgnoreRegions

Parts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Judge:
    """Scores footage.

    Attributes:
        label: what its rows are called; may be empty.
        method: its method's name.
        every: it looks at each n-th frame.
        scorer: a fresh one for a test clip, with maps and regions, and extra parts by name.
        series: every frame's scores of a test clip, without maps.
        detector, run: what it is; the other is None.
    """

    label: str
    method: str
    every: int
    scorer: Callable[[Clip, Parts], Scorer]
    series: Callable[[Clip, Parts], ScoredClip]
    detector: Detector | None = None
    run: SiftedRun | None = None

    def extra(self, part: str) -> Parts:
        """The extra parts that must be asked for to have a part; none where it is always there."""
        model = None if self.detector is None else next(iter(self.detector.models.values()))
        return [part] if model is not None and part in model.extra_parts else []


def threshold_of(detector: Detector, scene: str) -> float | None:
    """The score that an alarm of a scene has a frame above; None where there is none."""
    return detector.calibration.scene(scene).threshold


def of_detector(label: str, detector: Detector) -> Judge:
    """A fitted bundle's detector."""

    def scorer(clip: Clip, parts: Parts) -> Scorer:
        fps, name = clip.open().fps, name_in_test(clip.name)
        return detector.scorer(clip.scene, clip=name, fps=fps, parts=parts)

    def series(clip: Clip, parts: Parts) -> ScoredClip:
        return score_clip(detector, clip, replace(SCORES_ALONE, parts=parts)).clip

    return Judge(label, detector.method, detector.every, scorer, series, detector=detector)


def of_run(label: str, run: SiftedRun) -> Judge:
    """A sifted archive: its scores are those of its ranking."""
    every = int(run.facts["every"])
    ranked = {clip.name: clip for clip in run.clips}
    model = cache(lambda: load_model(run))

    def scorer(clip: Clip, parts: Parts) -> Scorer:
        ignore = IgnoreRegions.parse(run.options.ignore)
        setting = Setting(clip.scene, ignore=ignore, fps=clip.open().fps)
        return model().scorer(setting)

    def series(clip: Clip, parts: Parts) -> ScoredClip:
        name = name_in_test(clip.name)
        if name not in ranked:
            raise ConfigError(f"{run.folder} has no clip {name}: {nearest(name, ranked)}.")
        taken = ranked[name]
        return replace(scored_clip(taken, clip, every), name=clip.name, indices=taken.indices)

    return Judge(label, run.facts["method"], every, scorer, series, run=run)
