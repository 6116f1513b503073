"""A fitted detector: methods, calibration and everything that scoring needs, as one bundle."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from awry.calls import checked
from awry.devices import Compute, chosen, using
from awry.errors import BundleError, ConfigError
from awry.foreign import reading
from awry.frames import Event, Frame, FrameScore
from awry.methods.base import Method, Scorer
from awry.methods.fitted import FittedModels, check_map_part
from awry.methods.registry import method_class
from awry.runtimes import Network, by_shape, load_networks
from awry.scored_frames import AlarmWatch, FrameRecord, ScoredFrames
from awry.scoring.calibration import POOLED, Budget, Calibration
from awry.scoring.fill import ScoreFiller
from awry.scoring.moments import Moment
from awry.scoring.reasons import Explainer
from awry.teachers.objects import ExportedNetwork
from awry.training.bundle import MANIFEST, read_bundle, write_bundle
from awry.training.facts import ExportedDetectorFacts, Facts
from awry.video.ignore import IgnoreRegions
from awry.video.limits import check_pixels
from awry.video.open import source_of

_CALLED = {"32": "fp32", "16": "fp16"}
CURE = "Its files are whole; refit it, or use the version of awry that made it."


@dataclass(frozen=True, slots=True)
class Detector:
    """What `fit` makes and a bundle holds.

    Attributes:
        method: the method's name.
        models: scene -> fitted method; `*` is the one for all, or for unknown scenes.
        calibration: thresholds from footage that was never trained on; none where all was, see
            `Calibration.has_thresholds`.
        ignore: regions whose pixels never count.
        frame_size: (H, W) of the footage's frames.
        facts: how it was fitted, as the manifest records it.
        strangest: the strangest moments of the training footage; not saved.
    """

    method: str
    models: Mapping[str, Method]
    calibration: Calibration
    ignore: IgnoreRegions
    frame_size: tuple[int, int]
    facts: Facts
    strangest: Sequence[Moment] = ()

    @checked
    def scorer(
        self,
        scene: str = POOLED,
        *,
        clip: str = "",
        fps: float | None = None,
        maps: bool = True,
        parts: Sequence[str] = (),
    ) -> Scorer:
        """A fresh scorer for one stream.

        Args:
            scene: which of the fitted scenes the stream shows; an unknown one gets what was
                pooled over all, unless there is one model a scene.
            clip: the clip's name in its data set, for object boxes that were read from files.
            fps: the stream's frames per second, before it is thinned like the footage; or None.
            maps: whether maps and regions are wanted.
            parts: parts that are wanted although they cost extra; `["all"]` for every one.

        Raises:
            ConfigError: one model a scene and none for this one, or an unknown part.

        The scorer refuses frames of another aspect ratio than the footage's with a FrameError;
        another size of the same aspect is resized with a warning.
        """
        levels = self.calibration.scene(scene).map_thresholds if maps else ()
        return self.fitted.scorer(
            scene,
            clip=clip,
            fps=None if fps is None else fps / self.every,
            map_levels=levels,
            maps=maps,
            parts=parts,
        )

    def digest(self) -> str:
        """SHA-256 over what it learned, its settings and its thresholds, in hexadecimal."""
        digest = hashlib.sha256()
        for scene, model in self.models.items():
            digest.update(f"{scene} {model.config.model_dump_json()}".encode())
            for name, tensor in sorted(model.state().items()):
                digest.update(f"{name} {tuple(tensor.shape)}".encode())
                digest.update(tensor.contiguous().numpy().tobytes())
        digest.update(json.dumps(self.calibration.to_json(), sort_keys=True).encode())
        digest.update(repr((self.ignore.specs, self.every)).encode())
        export = self.facts.export
        exported = None if export is None else export.model_dump(exclude_unset=True)
        digest.update(json.dumps(exported, sort_keys=True).encode())
        return digest.hexdigest()

    @checked
    def score(
        self,
        frames: str | Path | np.ndarray[Any, Any] | Iterable[Any],
        *,
        scene: str = POOLED,
        fps: float | None = None,
        clip: str = "",
        maps: bool = False,
        map_part: str | None = None,
        regions: bool = True,
        parts: Sequence[str] = (),
        name: str = "clip",
    ) -> ScoredFrames:
        """Score a clip; nothing is written.

        Args:
            frames: a video's or picture folder's path; a uint8 array (T, H, W, 3) RGB or
                (T, H, W) grey; a source; or an iterable of frames or images (H, W, 3).
            scene: which of the fitted scenes it shows.
            fps: frames per second of pictures and arrays.
            clip: the clip's name in its data set, for object boxes that were read from files.
            maps: keep the anomaly maps of all frames, in memory.
            map_part: whose maps, a part's by its name, e.g. `motion`; None: the score's.
            regions: find the regions too; without maps and regions scoring may be faster.
            parts: parts that are wanted although they cost extra; `["all"]` for every one.
            name: what an array is called.

        Returns:
            Arrays over the T frames, and the alarms.

        Raises:
            ConfigError: an unknown part, one without maps, or one model a scene and none for this
                one.
            SourceError: the clip cannot be opened.
            FrameError: frames of another shape, or of another aspect ratio than the footage's.
        """
        check_map_part(self.models.values(), map_part)
        source = source_of(frames, fps=fps, name=name)
        scorer = self.scorer(
            scene, clip=clip or source.name, fps=source.fps, maps=maps or regions, parts=parts
        )
        watch = AlarmWatch(source.name, self.explainer(scene), self.calibration.options)
        record, filler = FrameRecord(maps=maps, map_part=map_part), ScoreFiller()
        alarms: list[Event] = []
        for frame, score in scored(scorer, source, self.every):
            watch.size = (frame.image.shape[0], frame.image.shape[1])
            record.add(score)
            alarms += [event for filled in filler.push(score) for event in watch.push(filled)]
        alarms += [event for filled in filler.flush() for event in watch.push(filled)]
        threshold = self.calibration.scene(scene).threshold
        return record.scored_frames(source.name, source.fps, threshold, [*alarms, *watch.flush()])

    def explainer(self, scene: str = POOLED) -> Explainer:
        """What says in words why scores of a scene are high; of all pooled where it is unknown."""
        model = next(iter(self.models.values()))  # all of one method, whose words they share
        return Explainer(self.calibration.scene(scene), model.describe, model.levels, model.speaker)

    def model_of(self, scene: str) -> Method:
        """The model that scores a scene.

        Raises:
            ConfigError: one model a scene and none for this one.
        """
        return self.fitted.model_of(scene)

    @property
    def fitted(self) -> FittedModels:
        """The models without their thresholds."""
        return FittedModels(self.models, self.ignore, self.frame_size)

    @property
    def every(self) -> int:
        """The footage was thinned to each n-th frame, and sources must be scored likewise."""
        return self.facts.data.every

    @property
    def runs_in(self) -> dict[str, str]:
        """`runtime`, `precision` and `device` of its networks.

        `device` is that of what PyTorch runs; exported networks run where their runtime can.
        """
        export, device = self.facts.export, self.compute.device
        eager = all(model.runtime is None for model in self.models.values())
        if eager or export is None:
            bits = _CALLED.get(self.compute.precision, self.compute.precision)
            return {"runtime": "pytorch", "precision": bits, "device": device}
        others = {one.precision for one in export.detectors.values()} - {export.precision}
        words = [export.precision, *(f"detector {precision}" for precision in sorted(others))]
        return {"runtime": export.runtime, "precision": ", ".join(words), "device": device}

    @property
    def compute(self) -> Compute:
        """Where its networks run, and how exactly they calculate."""
        return next(iter(self.models.values())).compute

    def on(self, compute: Compute) -> Detector:
        """The same detector on a device, in a precision; this one stays where it is.

        Exported networks run where their runtime does.
        """
        if compute == self.compute:
            return self
        return replace(
            self, models={scene: model.on(compute) for scene, model in self.models.items()}
        )

    def with_budget(self, budget: Budget) -> Detector:
        """The same detector with the thresholds for another alarm budget.

        Raises:
            BundleError: an older awry stored the calibration, without what another budget needs.
        """
        return replace(self, calibration=self.calibration.with_budget(budget))

    def with_threshold(self, threshold: float) -> Detector:
        """The same detector with one threshold for every scene, given by hand.

        Args:
            threshold: an alarm has a frame above it; in the scores' own unit.

        Raises:
            ConfigError: the threshold is not finite.
        """
        return replace(self, calibration=self.calibration.with_threshold(threshold))

    def save(self, path: str | Path) -> None:
        """Write the bundle, whole or not at all.

        Raises:
            BundleError: something that is not a bundle stands there.
            WriteError: it cannot be written.
        """
        if self.facts.export is not None:
            raise BundleError(
                "An exported bundle is not changed: change the one that it was exported from, and "
                "export that again."
            )
        files, manifest = self.manifest()
        tensors = {files[scene]: model.state() for scene, model in self.models.items()}
        write_bundle(Path(path), manifest, tensors)

    def manifest(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Scene -> stem of its file, and what a bundle's manifest holds."""
        files = {scene: f"model-{number}" for number, scene in enumerate(self.models)}
        if len(files) == 1:
            files = dict.fromkeys(files, "model")
        return files, {
            "method": self.method,
            "models": files,
            "configs": {s: m.config.model_dump(mode="json") for s, m in self.models.items()},
            "calibration": self.calibration.to_json(),
            "ignore": self.ignore.specs,
            "frame_size": list(self.frame_size),
            **self.facts.to_manifest(),
        }

    @classmethod
    def load(
        cls, path: str | Path, *, eager: bool = False, exported_detectors: bool = True
    ) -> Detector:
        """Read a bundle.

        Args:
            path: its folder; of an exported one too, which scores in its own runtime.
            eager: score in PyTorch, whatever it was exported to.
            exported_detectors: let exported object detectors stand in for their originals, which
                then need not be there; not where `eager`.

        Raises:
            MissingError: the runtime that it was exported to is not installed.
            BundleError: no bundle, damaged, foreign, or from a newer version.
            ConfigError: its method is not installed.
        """
        manifest, tensors = read_bundle(Path(path))
        with reading(Path(path) / MANIFEST, "a manifest that awry writes", BundleError, CURE):
            kind = method_class(manifest["method"])
            models = {}
            for scene, stem in manifest["models"].items():
                models[scene] = kind(kind.Config(**manifest["configs"][scene]))
                models[scene].load_state(tensors[stem])
                if "export" in manifest and not eager:
                    if exported_detectors:
                        stand_ins = _exported_detectors(Path(path), manifest)
                        models[scene].exported_detectors = stand_ins
                    models[scene].runtime = _runtime(Path(path), manifest, stem, models[scene])
            known = ("method", "models", "configs", "calibration", "ignore", "frame_size")
            rest = {k: v for k, v in manifest.items() if k not in (*known, "files", "format")}
            facts = Facts.model_validate(rest)
            height, width = (int(side) for side in manifest["frame_size"])
            if min(height, width) < 1:
                raise ValueError(f"frame_size is {height} x {width}")
            check_pixels(width, height, Path(path), BundleError)
            return cls(
                manifest["method"],
                models,
                Calibration.from_json(manifest["calibration"]),
                IgnoreRegions.parse(manifest["ignore"]),
                (height, width),
                facts,
            )


@checked
def load(
    bundle: str | Path | Detector,
    *,
    budget: str | Budget | None = None,
    threshold: float | None = None,
    device: str | None = None,
    precision: str | None = None,
) -> Detector:
    """Read a bundle.

    Args:
        bundle: its folder; or a detector, which is given back with the thresholds asked for.
        budget: false alarms allowed, e.g. `1/day`, in place of the bundle's own budget.
        threshold: an alarm has a frame above it; in place of any budget.
        device: where networks run: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`; None: where a
            detector is that was given, else as `$AWRY_DEVICE` says, else `auto`.
        precision: how exactly they calculate: `32`, `tf32`, `bf16` or `16`; None: that of a
            detector that was given, else `32`. The threshold was found with `32`.

    Raises:
        ConfigError: an unknown option (suggests the nearest), budget and threshold both, one that
            cannot be, or a device that is not there.
        BundleError: no bundle, damaged, foreign, or from a newer version.
    """
    if budget is not None and threshold is not None:
        raise ConfigError("Give --budget or --threshold: a budget would choose another threshold.")
    other = None if budget is None else Budget.of(budget)
    detector = _placed(bundle, device, precision)
    if threshold is not None:
        return detector.with_threshold(threshold)
    return detector if other is None else detector.with_budget(other)


def _placed(bundle: str | Path | Detector, device: str | None, precision: str | None) -> Detector:
    """A bundle's detector, or the one that was given, where it is wanted."""
    if isinstance(bundle, Detector):
        return bundle.on(chosen(device, precision, bundle.compute))
    with using(chosen(device, precision)):
        return Detector.load(bundle)


def _runtime(
    path: Path, manifest: Mapping[str, Any], stem: str, model: Method
) -> Mapping[str, Network]:
    """The exported networks of one model; only files whose hash was checked."""
    export = manifest["export"]
    files = dict(export["networks"][stem])
    _check_held(path, manifest, files.values())
    if set(files) != set(model.graphs()):
        raise BundleError(
            f"The bundle {path} has the networks {sorted(files)}, but {model.name} asks for "
            f"{sorted(model.graphs())}: export it again with this version of awry."
        )
    loaded = load_networks(path, export["runtime"], files, model.compute, model.at_once)
    return {name: by_shape(network, 1) for name, network in loaded.items()}  # whole pictures


def _exported_detectors(path: Path, manifest: Mapping[str, Any]) -> dict[str, ExportedNetwork]:
    """The exported networks of object detectors; only files whose hash was checked."""
    export = manifest["export"]
    facts = {
        what: ExportedDetectorFacts.model_validate(values)
        for what, values in export.get("detectors", {}).items()
    }
    _check_held(path, manifest, [one.file for one in facts.values()])
    return {
        what: ExportedNetwork(path.resolve() / one.file, export["runtime"], one.name, one.content)
        for what, one in facts.items()
    }


def _check_held(path: Path, manifest: Mapping[str, Any], files: Iterable[str]) -> None:
    for name in files:
        if name not in manifest["files"]:
            raise BundleError(f"The bundle {path} names {name}, which it does not hold; refit it.")


def scored(
    scorer: Scorer, source: Iterable[Frame], every: int = 1
) -> Iterator[tuple[Frame, FrameScore]]:
    """Score a source and give each frame back with its score, in order.

    Only frames whose score is still owed are held in memory.

    Args:
        scorer: a fresh one.
        source: the clip's or stream's frames.
        every: the detector's `every`; frames in between come back unscored.
    """
    waiting = _Waiting()

    def watched() -> Iterator[Frame]:
        for frame in source:
            if waiting.add(frame, taken=frame.index % every == 0):
                yield frame

    for score in scorer.score(watched()):
        yield from waiting.answered(score)
    yield from waiting.unscored()


def scored_live(
    scorer: Scorer, frames: Iterable[Frame | None], every: int = 1
) -> Iterator[tuple[Frame, FrameScore] | None]:
    """As `scored`, of frames that come in their own time: each is scored as soon as it is there.

    Args:
        scorer: a fresh one.
        frames: with a None whenever none is there yet; it is answered with a None. Indices may
            leave gaps.
        every: the detector's `every`: at least so many places lie between scored frames.
    """
    waiting = _Waiting()
    due = 0
    for frame in frames:
        if frame is None:
            yield None
            continue
        taken = frame.index >= due
        waiting.add(frame, taken)
        if taken:
            due = frame.index + every
            for score in scorer.push(frame):
                yield from waiting.answered(score)
        yield from waiting.unscored()
    for score in scorer.flush():
        yield from waiting.answered(score)
    yield from waiting.unscored()


class _Waiting:
    """Frames whose score is still owed, and those between them that get none."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Frame, bool]] = deque()

    def add(self, frame: Frame, taken: bool) -> bool:
        """Take the next frame; gives `taken` back."""
        self._frames.append((frame, taken))
        return taken

    def answered(self, score: FrameScore) -> Iterator[tuple[Frame, FrameScore]]:
        """The oldest taken frame with its score, after those before it without."""
        yield from self.unscored()
        yield self._frames.popleft()[0], score

    def unscored(self) -> Iterator[tuple[Frame, FrameScore]]:
        """Frames without a score, up to the next one that is owed one."""
        while self._frames and not self._frames[0][1]:
            frame, _ = self._frames.popleft()
            yield frame, FrameScore(frame.index, frame.time_s, None)
