"""DAML's training batches: runs, crops, margins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import FootageError
from awry.methods.daml.network import to_input
from awry.methods.daml.samples import Batches, Codes, moving_crop
from awry.training.loop import Step
from support import noise_run as run


@given(st.data())
def test_crops_stay_inside_and_on_the_grid(data: st.DataObject) -> None:
    grid = data.draw(st.sampled_from([1, 2, 4, 8]))
    rows, columns = data.draw(st.integers(2, 8)), data.draw(st.integers(2, 8))
    side = grid * data.draw(st.integers(1, min(rows, columns)))
    frame = torch.zeros(1, rows * grid, columns * grid)
    for y, x in data.draw(
        st.lists(
            st.tuples(st.integers(0, rows * grid - 1), st.integers(0, columns * grid - 1)),
            max_size=3,
        )
    ):
        frame[0, y, x] = 1
    generator = np.random.default_rng(data.draw(st.integers(0, 1000)))
    found = moving_crop(frame, side, grid, generator)
    for part, length in zip(found, frame.shape[-2:], strict=True):
        assert part.stop - part.start == side
        assert part.start % grid == 0
        assert 0 <= part.start <= part.stop <= length


def test_crops_look_where_something_moves() -> None:
    frame = torch.zeros(1, 64, 64)
    frame[0, 40, 44] = 1
    generator = np.random.default_rng(0)
    crops = [moving_crop(frame, 16, 4, generator) for _ in range(200)]
    around = [rows.start <= 40 < rows.stop and columns.start <= 44 < columns.stop
              for rows, columns in crops]  # fmt: skip
    assert 0.8 < np.mean(around) < 1


def test_too_short_clips_are_refused_with_the_length_that_is_needed(make_model: Any) -> None:
    model = make_model()
    with pytest.raises(FootageError, match="6 consecutive frames"):
        Batches([run(5), run(5, 1)], model, model.config)
    model = make_model(subsample=3)
    with pytest.raises(FootageError, match="18 consecutive frames"):
        Batches([run(15)], model, model.config)


def test_short_clips_among_long_ones_do_not_stop_a_fit(make_model: Any) -> None:
    model = make_model(batch_runs=3)
    batch = Batches([run(3), run(20, 1)], model, model.config).draw(
        Step(0, 0, np.random.default_rng(0))
    )
    assert batch.frames.shape == (3, 12, 3, 16, 24)
    assert batch.mean.shape == (3, 1, 3, 16, 24)


def test_clips_that_hold_a_window_but_no_whole_run_are_learned_from_too(make_model: Any) -> None:
    model = make_model(scenes=("a", "b"))
    batches = Batches([run(8, 1, "a"), run(60, 2, "b")], model, model.config)
    generator = np.random.default_rng(0)
    drawn = [batches.draw(Step(0, 0, generator)).mean[0, 0] for _ in range(300)]
    assert any(torch.equal(mean, model.mean_of("a")) for mean in drawn)


def test_clips_shorter_than_a_run_are_used_whole(make_model: Any) -> None:
    model = make_model()
    batches = Batches([run(8)], model, model.config)
    frames = batches.draw(Step(0, 0, np.random.default_rng(0))).frames
    torch.testing.assert_close(frames[0], to_input(torch.from_numpy(run(8).images), model.means[0]))


def test_every_start_is_drawn_and_no_run_crosses_clips(make_model: Any) -> None:
    model = make_model(scenes=("a", "b"))
    clips = [run(14, 1, "a"), run(13, 2, "b")]
    batches = Batches(clips, model, model.config)
    generator = np.random.default_rng(0)
    found = set()
    wanted = {
        (clip, first): to_input(
            torch.from_numpy(images.images[first : first + 12]), model.mean_of(images.scene)
        )
        for clip, images in enumerate(clips)
        for first in range(len(images.images) - 11)
    }
    for _ in range(80):
        batch = batches.draw(Step(0, 0, generator))
        same = [place for place, piece in wanted.items() if torch.equal(piece, batch.frames[0])]
        assert len(same) == 1
        assert torch.equal(batch.mean[0, 0], model.mean_of("ab"[same[0][0]]))
        found.add(same[0])
    assert found == set(wanted)


def test_subsampled_runs_take_every_dth_frame(make_model: Any) -> None:
    model = make_model(subsample=2)
    clip = run(24)
    frames = Batches([clip], model, model.config).draw(Step(0, 0, np.random.default_rng(0))).frames
    torch.testing.assert_close(
        frames[0], to_input(torch.from_numpy(clip.images[::2]), model.means[0])
    )


def test_cropped_frames_go_with_their_piece_of_the_mean(make_model: Any) -> None:
    model = make_model(crop=8)
    clip = run(12)
    batch = Batches([clip], model, model.config).draw(Step(0, 0, np.random.default_rng(0)))
    frames, mean = batch.frames, batch.mean
    assert frames.shape[-2:] == mean.shape[-2:] == (8, 8)
    whole = torch.from_numpy(clip.images / np.float32(255)).permute(0, 3, 1, 2)
    pieces = whole.unfold(2, 8, 2).unfold(3, 8, 2)  # frame, channel, top, left, y, x
    same = (pieces - (frames[0] + mean[0])[:, :, None, None]).abs().amax((0, 1, 4, 5))
    assert (same < 1e-6).sum() == 1


def test_fixed_runs_are_the_same_each_time(make_model: Any) -> None:
    model = make_model(crop=8)
    batches = Batches([run(20), run(30, 1)], model, model.config)
    one, other = list(batches.fixed(5)), list(batches.fixed(5))
    assert len(one) == 5
    assert all(torch.equal(a.frames, b.frames) for a, b in zip(one, other, strict=True))
    assert one[0].frames.shape == (1, 12, 3, 16, 24)
    assert len(list(Batches([run(13)], model, model.config).fixed(5))) == 2


@pytest.mark.parametrize(("crop", "mirrored"), [(0, False), (8, False), (8, True)])
def test_kept_codes_are_those_of_whole_frames(
    make_model: Any, tmp_path: Path, crop: int, mirrored: bool
) -> None:
    model = make_model(crop=crop, scenes=("a", "b")).eval()
    runs = [run(14, 1, "a"), run(90, 2, "b")]
    batches = Batches(runs, model, model.config, mirrored=mirrored)
    codes = Codes(batches, model, tmp_path / "fit" / "codes")
    places, same = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(5):
        found = codes.draw(Step(0, 0, places))
        expected = []
        for clip, first in batches.places(same):
            rows, columns = batches.crop((clip, first), same)
            images, mean = batches.clips[clip]
            with torch.no_grad():
                stretch = torch.from_numpy(images[first : first + 12].copy())
                whole = model.encode(to_input(stretch, mean))[-1]
            factor = model.config.factor
            if crop:
                rows = slice(rows.start // factor, rows.stop // factor)
                columns = slice(columns.start // factor, columns.stop // factor)
            expected.append(whole[..., rows, columns])
        torch.testing.assert_close(found, torch.stack(expected), rtol=2e-3, atol=2e-3)
    assert (tmp_path / "fit" / "codes").stat().st_size == round(Codes.gib(batches, model) * 2**30)


def test_each_frame_is_encoded_once(make_model: Any, tmp_path: Path) -> None:
    model = make_model().eval()
    counted: list[int] = []
    model.encoder.register_forward_pre_hook(lambda module, given: counted.append(len(given[0])))
    codes = Codes(Batches([run(40)], model, model.config), model, tmp_path / "codes")
    for seed in range(4):
        codes.draw(Step(0, 0, np.random.default_rng(seed)))
    assert sum(counted) == 40


def test_mirrored_each_clip_is_there_once_more(make_model: Any) -> None:
    model = make_model(scenes=("a", "b")).eval()
    runs = [run(14, 1, "a"), run(20, 2, "b")]
    batches = Batches(runs, model, model.config, mirrored=True)
    assert batches.total == 2 * Batches(runs, model, model.config).total
    assert [batches.run(clip).scene for clip in range(4)] == ["a", "b", "a", "b"]
    for clip in (0, 1):
        seen, mirrored = batches.whole((clip, 1)), batches.whole((clip + 2, 1))
        assert torch.equal(mirrored.frames, seen.frames.flip(-1))
        assert torch.equal(mirrored.mean, seen.mean.flip(-1))
