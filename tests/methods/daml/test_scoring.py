"""DAML's scorer against a plain recomputation, and how often it asks its networks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from awry.frames import Frame, FrameScore
from awry.methods.base import Setting
from awry.methods.daml.network import DAMLModel
from awry.methods.daml.placed import Placed
from awry.methods.daml.scoring import DAMLScorer
from awry.video.ignore import IgnoreRegions

FRAME = (24, 36)  # (H, W); the working size is (16, 24), the latent code (8, 12)
PARTS = ("prediction", "reconstruction")
# Positions 0-3 x 0-2 of the code lie wholly inside; column 4 and row 3 are touched only.
IGNORED = "rectangle:0,0,13,10"


def clip(count: int = 40) -> list[Frame]:
    generator = np.random.default_rng(3)
    images = generator.integers(0, 256, (count, *FRAME, 3), dtype=np.uint8)
    return [Frame(i, i / 10, cv2.blur(image, (5, 5))) for i, image in enumerate(images)]


def scorer(model: DAMLModel, **setting: Any) -> DAMLScorer:
    ignore = IgnoreRegions.parse(setting.pop("ignore", []))
    return DAMLScorer(
        Placed(model), model.config, Setting(ignore=ignore, frame_size=FRAME, **setting)
    )


def pushed(model: DAMLModel, frames: list[Frame], **setting: Any) -> list[FrameScore]:
    fresh = scorer(model, **setting)
    return [score for frame in frames for score in fresh.push(frame)] + fresh.flush()


@contextmanager
def calls(module: nn.Module) -> Iterator[list[int]]:
    """The number of frames in each call of a module."""
    seen: list[int] = []
    hook = module.register_forward_pre_hook(lambda module, given: seen.append(len(given[0])))
    yield seen
    hook.remove()


# A plain recomputation, window by window, position by position.


def encoded(model: DAMLModel, frame: Frame, ignored: bool) -> tuple[Tensor, list[Tensor]]:
    image = frame.image.copy()
    if ignored:
        image[:11, :14] = 0
    small = cv2.resize(image, (24, 16), interpolation=cv2.INTER_LINEAR)
    given = torch.from_numpy(small / np.float32(255)).permute(2, 0, 1)[None] - model.means[0]
    return given[0], model.encoder(given)


def error_maps(model: DAMLModel, frames: list[Frame], ignored: bool) -> dict[str, np.ndarray]:
    """Squared errors of the last of the sampled frames, each (8, 12)."""
    config = model.config
    last = len(frames) - 1
    end = last - config.ahead  # the last input
    places = range(end - (config.inputs - 1) * config.input_stride, end + 1)
    inputs = [encoded(model, frames[i], ignored) for i in places]
    now, features = encoded(model, frames[last], ignored)
    _, before = encoded(model, frames[last - config.skip_back], ignored)
    codes = torch.stack([features[-1][0] for _, features in inputs])
    predicted = model.motion(codes[None])[0]
    assert len(predicted) == 1
    guess = model.decoder(predicted, inputs[-1][1])[0]
    again = model.decoder(features[-1], before)[0]

    def cells(difference: Tensor) -> np.ndarray:
        square = difference.numpy() ** 2
        return square.reshape(3, 8, 2, 12, 2).mean((0, 2, 4))

    return {
        "latent": (((predicted - features[-1])[0].numpy()) ** 2).mean(0),
        "prediction": cells(guess - now),
        "reconstruction": cells(again - now),
    }


def aggregated(error: np.ndarray, position: str, ignored: bool, box: int = 1) -> float:
    counted = np.ones((8, 12), bool)
    if ignored:
        counted[:3, :4] = False
    averages = []
    for y, x in np.argwhere(counted):
        reach = box // 2
        around = (slice(max(y - reach, 0), y + reach + 1), slice(max(x - reach, 0), x + reach + 1))
        averages.append(error[around][counted[around]].sum() / box**2)
    return float(max(averages) if position == "max" else np.mean(averages))


@pytest.mark.parametrize("position", ["mean", "max"])
@pytest.mark.parametrize("input_stride", [1, 2])
@pytest.mark.parametrize("subsample", [1, 3])
@pytest.mark.parametrize("ignored", [False, True])
def test_scores_equal_a_plain_recomputation(
    make_model: Any, position: str, input_stride: int, subsample: int, ignored: bool
) -> None:
    model = make_model(position=position, input_stride=input_stride, subsample=subsample)
    window = (4 - 1) * input_stride + 1 + 2
    frames = clip(subsample * (window + 2))
    found = pushed(model, frames, parts=PARTS, ignore=[IGNORED] if ignored else [])
    sampled = frames[::subsample]
    compared = 0
    for score in found:
        number, between = divmod(score.index, subsample)
        if between or number < window - 1:
            assert score.score is None
            continue
        compared += 1
        with torch.no_grad():
            errors = error_maps(model, sampled[: number + 1], ignored)
        expected = {name: aggregated(error, position, ignored) for name, error in errors.items()}
        assert score.parts == pytest.approx(expected, rel=1e-4)
        assert score.score == score.parts["latent"]
        assert score.map is not None
        if position == "max":
            assert score.map.max() == pytest.approx(score.score)
        if ignored:
            assert not score.map[:3, :4].any()
            assert score.map[3:, 4:].all()
    assert compared == 3


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("box", [1, 3])
def test_both_is_the_mean_of_relative_errors_with_the_highest(
    make_model: Any, box: int, ignored: bool
) -> None:
    model = make_model(position="both", relative=0.5, power=0.7, highest=0.2, box=box)
    model.energy, model.levels = 0.8, torch.tensor([3.0])
    frames = clip(model.config.window + 1)
    found = pushed(model, frames, parts=PARTS, ignore=[IGNORED] if ignored else [])[-1]
    with torch.no_grad():
        errors = error_maps(model, frames, ignored)
        codes = [encoded(model, frame, ignored)[1][-1][0] for frame in frames]
        guess = model.motion(torch.stack(codes[-6:-2])[None])[0][0].numpy()
        code = codes[-1].numpy()
    held = (code**2).mean(0) + 0.5 * 0.8
    relative = errors | {"latent": errors["latent"] / held**0.7 / 3.0}
    expected = {
        name: aggregated(error, "mean", ignored, box) ** 0.8
        * aggregated(error, "max", ignored, box) ** 0.2
        for name, error in relative.items()
    }
    assert found.parts == pytest.approx(expected, rel=1e-4)
    assert found.score == found.parts["latent"]
    assert found.map is not None
    shown = errors["latent"] / (held + (guess**2).mean(0))
    highest = aggregated(shown, "max", ignored, box)
    assert float(found.map.max()) == pytest.approx(highest, rel=1e-4)


@pytest.mark.parametrize("ahead", [1, 2])
@pytest.mark.parametrize("skips", ["input", "none"])
def test_skips_of_the_published_code(make_model: Any, skips: str, ahead: int) -> None:
    """From the previous input, which may lie before the last input of the prediction."""
    model = make_model(input_stride=3, skips=skips, ahead=ahead)
    frames = clip(model.config.window + 1)
    found = pushed(model, frames, parts=PARTS)[-1]
    with torch.no_grad():
        errors = error_maps(model, frames, ignored=False)
    expected = {name: aggregated(error, "mean", False) for name, error in errors.items()}
    assert found.parts == pytest.approx(expected, rel=1e-4)
    pictures = scorer(model).pictures(frames)
    assert pictures is not None
    with torch.no_grad():
        _, features = encoded(model, frames[-1], False)
        _, before = encoded(model, frames[-1 - model.config.skip_back], False)
        guess = model.decoder(features[-1], before)[0] + model.means[0]
    shown = (guess.clamp(0, 1) * 255).round().permute(1, 2, 0).numpy()
    np.testing.assert_allclose(pictures["reconstruction"], shown, atol=1)


def test_a_density_is_scored_by_its_mean(make_model: Any) -> None:
    model = make_model(motion="autoregressive", code_tanh=True, bins=6)
    frames = clip(7)
    found = pushed(model, frames, parts=("prediction",))[-1]
    with torch.no_grad():
        codes = torch.stack([encoded(model, frame, False)[1][-1][0] for frame in frames])
        # Frame 6 is compared with what the codes of frames 1 to 4 predict, two frames ahead.
        predicted = model.motion.code(model.motion.of_windows(codes[None, 1:5]))
    assert found.score == pytest.approx(float((predicted[0] - codes[6]).square().mean()), rel=1e-4)
    assert set(found.parts) == {"latent", "prediction"}


@pytest.mark.parametrize("position", ["mean", "max"])
@pytest.mark.parametrize("box", [1, 3, 5])
def test_errors_are_averaged_over_boxes(make_model: Any, position: str, box: int) -> None:
    model = make_model(position=position, box=box)
    found = pushed(model, clip(8), ignore=[IGNORED])[-1]
    with torch.no_grad():
        error = error_maps(model, clip(8), ignored=True)["latent"]
    assert found.score == pytest.approx(aggregated(error, position, True, box), rel=1e-4)


@pytest.mark.parametrize("chosen", ["latent", *PARTS])
def test_the_score_is_the_part_that_the_settings_choose(make_model: Any, chosen: str) -> None:
    found = pushed(make_model(score=chosen), clip(12))[-1]
    assert found.score == found.parts[chosen]
    assert set(found.parts) == {"latent", chosen}
    assert found.map is not None
    assert found.map.shape == (8, 12)


@pytest.mark.parametrize("parts", [(), PARTS])
def test_the_encoder_sees_each_frame_exactly_once(make_model: Any, parts: tuple[str, ...]) -> None:
    model = make_model()
    frames = clip(70)
    with calls(model.encoder) as seen:
        pushed(model, frames, parts=parts)
    assert seen == [1] * 70
    with calls(model.encoder) as seen:
        assert len(list(scorer(model, parts=parts).score(iter(frames)))) == 70
    assert sum(seen) == 70
    assert len(seen) < 10


def test_interleaved_each_frame_is_scored_by_those_that_lie_a_step_apart(make_model: Any) -> None:
    model = make_model(subsample=3, interleaved=True)
    frames = clip(30)
    found = pushed(model, frames, parts=PARTS)
    assert [score.index for score in found if score.score is None] == list(range(15))
    assert scorer(model).warmup == 15
    plain = make_model(subsample=1)
    for first in range(3):
        alone = pushed(plain, frames[first::3], parts=PARTS)
        for one, score in zip(found[first::3], alone, strict=True):
            assert one.parts == pytest.approx(score.parts, rel=1e-5)
    with calls(model.encoder) as seen:
        batched = list(scorer(model, parts=PARTS).score(iter(frames)))
    assert sum(seen) == 30
    for one, score in zip(found[15:], batched[15:], strict=True):
        assert one.parts == pytest.approx(score.parts, rel=1e-5)


def test_frames_between_sampled_ones_are_not_encoded(make_model: Any) -> None:
    model = make_model(subsample=3)
    for path in (pushed, lambda model, frames: list(scorer(model).score(iter(frames)))):
        with calls(model.encoder) as seen:
            path(model, clip(40))
        assert sum(seen) == 14


@pytest.mark.parametrize(("chosen", "parts"), [("latent", ()), ("latent", ("latent",))])
def test_the_decoder_rests_unless_it_is_asked_for(
    make_model: Any, chosen: str, parts: tuple[str, ...]
) -> None:
    model = make_model(score=chosen)
    with calls(model.decoder) as seen:
        pushed(model, clip(), parts=parts)
        list(scorer(model, parts=parts).score(iter(clip())))
    assert seen == []


@pytest.mark.parametrize(
    ("chosen", "parts", "each"),
    [
        ("prediction", (), 1),
        ("latent", ("reconstruction",), 1),
        ("reconstruction", ("prediction",), 2),
    ],
)
def test_the_decoder_is_called_once_for_each_part_that_needs_it(
    make_model: Any, chosen: str, parts: tuple[str, ...], each: int
) -> None:
    model = make_model(score=chosen)
    with calls(model.decoder) as seen:
        found = pushed(model, clip(20), parts=parts)
    assert len(seen) == each * sum(score.score is not None for score in found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 5), ({"input_stride": 2}, 8), ({"subsample": 3}, 15), ({"inputs": 3, "ahead": 1}, 3)],
)
def test_warmup_is_one_window_less_one(
    make_model: Any, changes: dict[str, int], expected: int
) -> None:
    model = make_model(**changes)
    assert scorer(model).warmup == expected
    assert model.config.window == expected // changes.get("subsample", 1) + 1
    unscored = [score.index for score in pushed(model, clip()) if score.score is None]
    assert unscored[:expected] == list(range(expected))
    assert expected not in unscored


@pytest.mark.parametrize("motion", ["conv3d", "convlstm", "autoregressive"])
@pytest.mark.parametrize("changes", [{}, {"input_stride": 2, "subsample": 2}, {"inputs": 3}])
def test_push_equals_the_batched_path(
    make_model: Any, motion: str, changes: dict[str, int]
) -> None:
    model = make_model(motion=motion, **changes)
    one = pushed(model, clip(75), parts=PARTS)
    other = list(scorer(model, parts=PARTS).score(iter(clip(75))))
    assert [score.index for score in one] == [score.index for score in other]
    for left, right in zip(one, other, strict=True):
        assert left.parts == pytest.approx(right.parts, rel=1e-5)
        assert (left.score is None) == (right.score is None)


def test_the_scenes_mean_is_subtracted(make_model: Any) -> None:
    model = make_model(scenes=("north", "south"))
    scores = {
        scene: pushed(model, clip(12), scene=scene)[-1].score
        for scene in ("*", "north", "south", "unheard-of")
    }
    assert scores["unheard-of"] == scores["*"]
    assert len(set(scores.values())) == 3


def test_maps_cost_nothing_where_they_are_not_wanted(make_model: Any) -> None:
    with_maps, without = pushed(make_model(), clip(12)), pushed(make_model(), clip(12), maps=False)
    assert [score.score for score in with_maps] == [score.score for score in without]
    assert all(score.map is None for score in without)


def test_pictures_of_the_last_frame(make_model: Any) -> None:
    model = make_model()
    frames = clip(9)
    found = scorer(model).pictures(frames)
    assert found is not None
    assert list(found) == ["input", "reconstruction", "prediction", "error"]
    with torch.no_grad():
        now, features = encoded(model, frames[8], ignored=False)
        _, before = encoded(model, frames[7], ignored=False)
        inputs = [encoded(model, frame, ignored=False)[1] for frame in frames[3:7]]
        predicted = model.motion(torch.stack([f[-1][0] for f in inputs])[None])[0]
        guess = model.decoder(predicted, inputs[-1])[0]
        expected = {
            "input": now + model.means[0],
            "reconstruction": model.decoder(features[-1], before)[0] + model.means[0],
            "prediction": guess + model.means[0],
            "error": (guess - now).abs(),
        }
    for name, picture in found.items():
        assert (picture.shape, picture.dtype) == ((16, 24, 3), np.uint8)
        wanted = expected[name].clamp(0, 1).permute(1, 2, 0).numpy() * 255
        np.testing.assert_allclose(picture, wanted, atol=0.51)


def test_grey_pictures_come_out_as_rgb(make_model: Any) -> None:
    found = scorer(make_model(grey=True)).pictures(clip(9))
    assert found is not None
    assert all(picture.shape == (16, 24, 3) for picture in found.values())


def test_pictures_need_a_window(make_model: Any) -> None:
    assert scorer(make_model()).pictures(clip(5)) is None
    assert scorer(make_model()).pictures(clip(6)) is not None


def test_pictures_of_a_subsampled_clip_show_its_last_frame(make_model: Any) -> None:
    frames = clip(18)
    found = scorer(make_model(subsample=3)).pictures(frames)
    assert found is not None
    small = cv2.resize(frames[-1].image, (24, 16), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(found["input"], small, atol=1)


def test_pictures_see_nothing_of_ignored_regions(make_model: Any) -> None:
    fresh = scorer(make_model(), ignore=["rows:0-11"])
    changed = []
    for frame in clip(9):
        image = frame.image.copy()
        image[:12] = 255
        changed.append(Frame(frame.index, frame.time_s, image))
    one, other = fresh.pictures(clip(9)), fresh.pictures(changed)
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one["prediction"], other["prediction"])


def test_pictures_leave_the_stream_alone(make_model: Any) -> None:
    model, frames = make_model(), clip(20)
    interrupted = scorer(model)
    found = []
    for frame in frames:
        found += interrupted.push(frame)
        if frame.index == 9:
            interrupted.pictures(frames[:10])
    assert [s.score for s in found] == [s.score for s in pushed(model, frames)]


# A stream that shows another view.


def moved_view(model: DAMLModel) -> list[Frame]:
    """Another still picture than the model's mean, with noise."""
    generator = np.random.default_rng(5)
    picture = cv2.blur(generator.integers(0, 256, (*FRAME, 3), dtype=np.uint8), (5, 5))
    noise = generator.integers(-2, 3, (40, *FRAME, 3))
    model.deviations = torch.full((1, 16, 24), 0.01)
    return [Frame(i, i / 10, (picture + more).astype(np.uint8)) for i, more in enumerate(noise)]


@pytest.mark.parametrize("changes", [{}, {"subsample": 2}, {"subsample": 2, "interleaved": True}])
def test_another_view_is_compared_with_itself(make_model: Any, changes: dict[str, Any]) -> None:
    model = make_model(own_background=True, **changes)
    frames = moved_view(model)
    whole = list(scorer(model, fps=10.0).score(iter(frames)))
    pushed_ones = pushed(model, frames, fps=10.0)
    assert [one.index for one in whole] == list(range(40))
    pairs = [(one.score, other.score) for one, other in zip(whole, pushed_ones, strict=True)]
    assert all((one is None) == (other is None) for one, other in pairs)
    known = [(one, other) for one, other in pairs if one is not None]
    np.testing.assert_allclose(*zip(*known, strict=True), rtol=1e-4, atol=1e-7)

    # The usual picture all over the stream's length, and the stream's own from the start.
    model.deviations = None
    usual = [one.score for one in scorer(model, fps=10.0).score(iter(frames))]
    model.means.copy_(
        torch.from_numpy(cv2.resize(np.median([f.image for f in frames], 0), (24, 16)))
        .permute(2, 0, 1)
        .div(255)[None]
    )
    expected = [one.score for one in scorer(model, fps=10.0).score(iter(frames))]
    late = slice(-6, None)
    apart = np.abs(np.array(usual[late], float) - np.array(expected[late], float))
    found = np.array([one.score for one in whole[late]], float)
    keep = ~np.isnan(found)
    assert keep.any()
    assert (np.abs(found - np.array(expected[late], float))[keep] < apart[keep] / 3).all()


def test_a_bundle_of_before_keeps_its_mean_picture(make_model: Any) -> None:
    model = make_model(own_background=True)
    frames = moved_view(model)
    model.deviations = None
    plain = make_model()
    ours = [one.score for one in scorer(model, fps=10.0).score(iter(frames))]
    theirs = [one.score for one in scorer(plain, fps=10.0).score(iter(frames))]
    assert ours == theirs
