"""What every method must keep, check by check."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from awry.detector import Detector
from awry.errors import BundleError, ConfigError, FrameError
from awry.frames import Frame, FrameScore
from awry.methods.base import Method
from awry.methods.registry import method_class, registered
from awry.testing.case import (
    TOLERANCE,
    Case,
    batched,
    frames,
    pushed,
    refused,
    require,
    require_alike,
    require_same,
    values,
)
from awry.testing.elsewhere import (
    a_piece_of_a_clip_gets_the_scores_of_the_whole,
    an_exported_bundle_scores_the_same,
    sixteen_bits_score_nearly_the_same,
    what_was_learned_stays_on_the_processor_in_full,
)
from awry.testing.footage import moving_square_data
from awry.training.footage import Footage
from awry.video.cache import FrameCache


@dataclass(frozen=True, slots=True)
class MethodCheck:
    """One rule of the contract for one method: call it.

    Attributes:
        method: the method's name.
        name: of the rule, in a few words.

    Raises:
        AssertionError: says what is not kept.
    """

    method: str
    name: str
    _case: Case = field(repr=False)
    _rule: Callable[[Case], None] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method}-{self.name.replace(' ', '-')}"

    def __call__(self) -> None:
        with registered(self._case.kind):
            self._rule(self._case)


def check_method(kind: type[Method]) -> None:
    """Hold a method to the whole contract; it takes a few fits of its preset `tiny`.

    Args:
        kind: the method's class; it need not be installed.

    Raises:
        AssertionError: names the first rule that is not kept, and what is wrong.
    """
    for check in method_checks(kind):
        try:
            check()
        except AssertionError as error:
            said = " ".join(str(error).split())
            raise AssertionError(f"{check.method}: {check.name}: {said}") from error
        except Exception as error:
            raise AssertionError(f"{check.method}: {check.name}: {error!r}") from error


def method_checks(kind: type[Method]) -> list[MethodCheck]:
    """The rules of the contract, to call one by one; nothing is fitted before the first call."""
    return checks_of(Case(kind))


def checks_of(case: Case) -> list[MethodCheck]:
    """The rules of the contract for a case that others may look at as well."""
    return [
        MethodCheck(case.kind.name, rule.__name__.replace("_", " ").strip(), case, rule)
        for rule in RULES
    ]


def the_class_is_a_method(case: Case) -> None:
    """As the registry wants it: a concrete class with name, Config and presets."""
    try:
        method_class(case.kind.name)
    except ConfigError as error:
        raise AssertionError(str(error)) from error
    for preset in ("cpu", "tiny"):
        require(preset in case.kind.presets, f"there is no preset '{preset}'")
    for preset in case.kind.presets:
        case.kind.configure(preset)


def every_frame_gets_one_score_in_order(case: Case) -> None:
    """Index and time are the frame's."""
    clip = frames()
    scores = case.pushed()
    require(
        [(score.index, score.time_s) for score in scores]
        == [(frame.index, frame.time_s) for frame in clip],
        "the scores are not one for each frame, in order, with its index and time",
    )
    require(bool(np.isfinite(values(scores)).any()), "no frame of 60 was scored")
    require(not np.isinf(values(scores)).any(), "a score is infinite")


def warmup_and_lookahead_are_as_declared(case: Case) -> None:
    """Neither more nor less than is needed."""
    scorer = case.detector.scorer()
    owed: list[int] = []
    longest = 0
    for number, frame in enumerate(frames()):
        owed.append(frame.index)
        for score in scorer.push(frame):
            require(score.index == owed.pop(0), "scores do not come in order")
            require(
                (score.score is None) == (score.index < scorer.warmup),
                f"warmup is {scorer.warmup}, but frame {score.index} has the score {score.score}",
            )
        longest = max(longest, len(owed))
        if number >= scorer.lookahead:
            require(
                len(owed) <= scorer.lookahead,
                f"lookahead is {scorer.lookahead}, but {len(owed)} frames wait for their score",
            )
    require(
        longest == scorer.lookahead,
        f"lookahead is {scorer.lookahead}, but no more than {longest} frames ever wait",
    )
    require(scorer.causal == (scorer.lookahead == 0), "causal does not go with lookahead")
    require(bool(scorer.smoothing.strip()), "smoothing is not said; 'none' means none")
    require([s.index for s in scorer.flush()] == owed, "flush does not give what is owed")


def the_batched_path_equals_push(case: Case) -> None:
    """Scores, parts and maps."""
    one, other = case.pushed(), case.batched
    require_same(values(other), values(one), "score() differs from push()", TOLERANCE, 1e-7)
    require_alike(one, other)


def maps_are_alike_in_both_paths(case: Case) -> None:
    """To 1e-4, those of the score and those of its parts."""
    for left, right in zip(case.pushed(), case.batched, strict=True):
        others = _maps_by_words(right)
        for words, one in _maps_by_words(left).items():
            if words in others:
                require_same(others[words], one, f"{words} differs", 1e-4, 1e-6)


def maps_are_finite_and_of_parts_that_are_declared(case: Case) -> None:
    """float32 (h, w), whichever; `Method.map_parts` names those of parts."""
    declared = {part for model in case.detector.models.values() for part in model.map_parts}
    for score in case.pushed():
        for words, one in _maps_by_words(score).items():
            right = one.ndim == 2 and one.dtype == np.float32
            require(right, f"{words} is {one.dtype} {one.shape}, not float32 (h, w)")
            require(bool(np.isfinite(one).all()), f"{words} is not finite")
        unknown = ", ".join(sorted(score.maps.keys() - declared))
        require(not unknown, f"map_parts do not name these maps: {unknown}")
        require(not score.maps or score.map is not None, "there are maps of parts alone")


def _maps_by_words(score: FrameScore) -> dict[str, NDArray[np.float32]]:
    """Every map of a frame, by what it is."""
    maps = {f"the map of {part} of frame {score.index}": one for part, one in score.maps.items()}
    if score.map is not None:
        maps[f"the map of frame {score.index}"] = score.map
    return maps


def told_seconds_are_no_longer_than_it_took(case: Case) -> None:
    """`Scorer.seconds` is optional; a method with networks tells the stages that it has."""
    scorer, clip = case.detector.scorer(), frames()
    begun = time.perf_counter()
    list(scorer.score(iter(clip)))
    took = time.perf_counter() - begun
    told = sum(scorer.seconds.values())
    longest = took * max(model.at_once for model in case.detector.models.values())
    require(0 <= told <= longest, f"seconds add up to {told:.3f}, but scoring took {took:.3f}")
    require(all(spent >= 0 for spent in scorer.seconds.values()), "a stage took negative time")


def scores_do_not_depend_on_what_follows(case: Case) -> None:
    """Neither on chunking nor on batch-mates nor, beyond the look-ahead, on the future."""
    clip = frames()
    whole = values(case.batched)
    for length in (1, 2, 33, 47):
        part = values(batched(case.detector, clip[:length]))
        settled = max(0, length - case.detector.scorer().lookahead)
        said = f"the scores of the first {settled} frames change with what follows frame {length}"
        require_same(part[:settled], whole[:settled], said, TOLERANCE, 1e-7)


def a_scorer_starts_anew_after_flush(case: Case) -> None:
    """The same stream once more gives the same scores."""
    clip = frames(40)
    scorer = case.detector.scorer()
    first = [s for f in clip for s in scorer.push(f)] + scorer.flush()
    second = [s for f in clip for s in scorer.push(f)] + scorer.flush()
    require_same(values(second), values(first), "a scorer remembers the stream before flush")


def save_and_load_give_equal_scores(case: Case) -> None:
    """And the same calibration."""
    clip = frames(40)
    loaded = Detector.load(case.fitted[1])
    one, other = case.pushed(len(clip)), pushed(loaded, clip)
    require_same(values(other), values(one), "scores differ after saving and loading")
    require(loaded.calibration == case.detector.calibration, "the calibration differs")


def the_same_seed_gives_the_same_scores(case: Case) -> None:
    """Two fits."""
    clip = frames(40)
    again = case.fit("again")
    one, other = case.pushed(len(clip)), pushed(again, clip)
    require_same(values(other), values(one), "two fits with one seed differ")


def every_trainable_parameter_gets_a_gradient(case: Case) -> None:
    """`training_losses` reach all of `trained_modules`."""
    method = case.kind(case.kind.configure("tiny"))
    cache = FrameCache(case.folder / "frames", 2**28)
    losses = method.training_losses(Footage(moving_square_data().train, cache))
    for loss in losses:
        loss.backward()
    named = [pair for module in method.trained_modules() for pair in module.named_parameters()]
    require(bool(named) == bool(losses), "trained_modules and training_losses do not go together")
    without = [key for key, p in named if p.grad is None or not p.grad.abs().sum() > 0]
    require(not without, f"these parameters get no gradient: {', '.join(without[:5])}")


def what_is_no_frame_is_refused(case: Case) -> None:
    """NaN, grey, arrays, and sizes that change."""
    detector = case.detector
    black = np.zeros((48, 72, 3), np.uint8)
    floats: Any = np.full((48, 72, 3), np.nan, np.float32)
    array: Any = black
    with refused(FrameError, "Frame 7 holds NaN", "a frame of NaN"):
        detector.scorer().push(Frame(7, None, floats))
    with refused(FrameError, "expected uint8 (H, W, 3) RGB", "a grey frame"):
        detector.scorer().push(Frame(0, None, black[..., 0]))
    with refused(FrameError, "awry.Frame(index, time_s, image)", "an array in place of a frame"):
        detector.scorer().push(array)
    scorer = detector.scorer()
    scorer.push(frames(1)[0])
    with refused(FrameError, "the stream began with 72x48", "a change of size"):
        scorer.push(Frame(1, None, np.zeros((96, 144, 3), np.uint8)))
    with refused(FrameError, "another aspect ratio", "another aspect ratio"):
        detector.scorer().push(Frame(0, None, np.zeros((48, 48, 3), np.uint8)))


def another_size_of_the_same_aspect_is_resized_with_a_warning(case: Case) -> None:
    """One score for each frame all the same."""
    clip = frames(30, size=(96, 144))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        scores = pushed(case.detector, clip)
    require(any("they are resized" in str(one.message) for one in said), "there is no warning")
    require(len(scores) == 30, f"30 larger frames gave {len(scores)} scores")


def short_clips_are_answered(case: Case) -> None:
    """Of no frame and of one."""
    require(batched(case.detector, []) == [], "an empty clip gave scores")
    require(case.detector.scorer().flush() == [], "a scorer without frames owes scores")
    require(len(pushed(case.detector, frames(1))) == 1, "a clip of one frame gave no score")


def ignored_pixels_never_count(case: Case) -> None:
    """Whatever is there."""
    detector = case.fit("ignoring", ignore=("rows:0-23",))
    clip = frames(40)
    changed = []
    for frame in clip:
        image = frame.image.copy()
        image[:24] = np.random.default_rng(frame.index).integers(0, 255, (24, 72, 3))
        changed.append(replace(frame, image=image))
    one, other = pushed(detector, clip), pushed(detector, changed)
    require_same(values(other), values(one), "scores change with ignored pixels")


def foreign_tensors_are_refused(case: Case) -> None:
    """By `load_state`."""
    method = case.kind(case.detector.models["*"].config)
    with refused(BundleError, "do not fit", "a state of another method"):
        method.load_state({"nonsense": torch.zeros(3)})


def a_bundle_holds_only_safetensors_and_json(case: Case) -> None:
    """Nothing that runs when it is read."""
    endings = {file.suffix for file in case.fitted[1].iterdir()}
    require(endings <= {".safetensors", ".json"}, f"a bundle holds files ending in {endings}")


def unknown_settings_suggest_the_nearest(case: Case) -> None:
    """Of the preset and of the config."""
    key = next(iter(case.kind.Config.model_fields), None)
    if key is not None:
        with refused(ConfigError, f"did you mean '{key}'", "an unknown setting"):
            case.kind.configure("tiny", {f"{key}x": 1})
    with refused(ConfigError, "did you mean 'tiny'", "an unknown preset"):
        case.kind.configure("tinny")


RULES: tuple[Callable[[Case], None], ...] = (
    the_class_is_a_method,
    unknown_settings_suggest_the_nearest,
    every_frame_gets_one_score_in_order,
    warmup_and_lookahead_are_as_declared,
    the_batched_path_equals_push,
    maps_are_alike_in_both_paths,
    maps_are_finite_and_of_parts_that_are_declared,
    told_seconds_are_no_longer_than_it_took,
    scores_do_not_depend_on_what_follows,
    a_piece_of_a_clip_gets_the_scores_of_the_whole,
    a_scorer_starts_anew_after_flush,
    save_and_load_give_equal_scores,
    the_same_seed_gives_the_same_scores,
    every_trainable_parameter_gets_a_gradient,
    what_is_no_frame_is_refused,
    another_size_of_the_same_aspect_is_resized_with_a_warning,
    short_clips_are_answered,
    ignored_pixels_never_count,
    foreign_tensors_are_refused,
    a_bundle_holds_only_safetensors_and_json,
    an_exported_bundle_scores_the_same,
    sixteen_bits_score_nearly_the_same,
    what_was_learned_stays_on_the_processor_in_full,
)
