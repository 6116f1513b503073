from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from awry.methods.sdor import SDOR
from awry.methods.sdor.samples import Archive, Window

from .conftest import noise

Make = Callable[..., tuple[SDOR, Archive]]


def test_what_is_kept_is_what_the_frozen_stages_say(make_archive: Make) -> None:
    _, archive = make_archive()
    assert len(archive) == 60
    assert archive.of_clip.tolist() == [0] * 30 + [1] * 30
    assert archive.clips[1].indices.tolist() == list(range(30))
    assert archive.clips[0].times[:2].tolist() == [0.0, 0.04]
    found = archive.activations([3, 59, 30])
    assert found.dtype == torch.float32
    assert found.shape[0] == 3
    assert archive.features.shape == (60, 512)


def test_window_begins_with_copies_of_the_first_picture() -> None:
    window = Window(3)
    pictures = noise(4)
    seen = [window.push(picture) for picture in pictures]
    assert np.array_equal(seen[0], pictures[[0, 0, 0]])
    assert np.array_equal(seen[1], pictures[[0, 0, 1]])
    assert np.array_equal(seen[3], pictures[[1, 2, 3]])
    window.clear()
    assert np.array_equal(window.push(pictures[2]), pictures[[2, 2, 2]])


def test_a_part_is_an_archive_of_its_own(make_archive: Make) -> None:
    _, archive = make_archive({"a": (6, range(0)), "b": (5, range(0)), "c": (4, range(2))})
    part = archive.part(np.array([12, 1, 3, 1]))
    assert len(part) == 3
    assert [clip.name for clip in part.clips] == ["a", "c"]
    assert [clip.indices.tolist() for clip in part.clips] == [[1, 3], [1]]
    assert part.of_clip.tolist() == [0, 0, 1]
    assert (part.slice_of(0), part.slice_of(1)) == (slice(0, 2), slice(2, 3))
    np.testing.assert_array_equal(part.features, archive.features[[1, 3, 12]])
    torch.testing.assert_close(part.activations([2, 0]), archive.activations([12, 1]))
    again = part.part(np.array([2]))
    torch.testing.assert_close(again.activations([0]), archive.activations([12]))
    assert len(archive) == 15


def test_scenes_are_looked_at_apart_where_each_has_enough(make_archive: Make) -> None:
    of_scene = {"a": "gate", "b": "yard", "c": "gate"}
    clips = {"a": (15, range(0)), "b": (20, range(0)), "c": (5, range(0))}
    _, archive = make_archive(clips, of_scene)
    gate, yard = archive.groups(apart=True)
    assert gate.tolist() == [*range(15), *range(35, 40)]
    assert yard.tolist() == list(range(15, 35))
    assert [len(group) for group in archive.groups(apart=False)] == [40]
    # A scene that is too small alone joins the largest one; small ones together make one.
    short = archive.part(np.arange(14, 40))
    assert [len(group) for group in short.groups(apart=True)] == [26]
    few = archive.part(np.r_[0:12, 15:27])
    assert [len(group) for group in few.groups(apart=True)] == [24]
