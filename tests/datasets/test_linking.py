from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awry.datasets.linking import linked_tracks
from awry.datasets.tracks import LINKED, Tracks


def rows(tracks: Tracks) -> list[tuple[float, ...]]:
    return [
        (int(one), int(frame), *box.tolist())
        for one, frame, box in zip(tracks.ids, tracks.frames, tracks.boxes, strict=True)
    ]


def drawn(*frames: list[tuple[int, int, int, int]]) -> np.ndarray:
    masks = np.zeros((len(frames), 20, 30), bool)
    for mask, boxes in zip(masks, frames, strict=True):
        for x_min, y_min, x_max, y_max in boxes:
            mask[y_min : y_max + 1, x_min : x_max + 1] = True
    return masks


def test_a_moving_component_is_one_track() -> None:
    boxes = [(k, 2, k + 5, 6) for k in range(4)]
    tracks = linked_tracks(drawn(*[[box] for box in boxes]))
    assert rows(tracks) == [(0, k, *box) for k, box in enumerate(boxes)]
    assert tracks.source == LINKED


def test_the_smaller_piece_of_a_split_starts_a_track() -> None:
    small, large = (0, 0, 4, 5), (8, 0, 19, 5)
    tracks = linked_tracks(drawn([(0, 0, 19, 5)], [small, large], [small, large]))
    assert rows(tracks) == [
        (0, 0, 0, 0, 19, 5), (1, 1, *small), (0, 1, *large), (1, 2, *small), (0, 2, *large),
    ]  # fmt: skip


def test_when_two_merge_the_larger_overlap_goes_on() -> None:
    tracks = linked_tracks(drawn([(0, 0, 3, 5), (8, 0, 19, 5)], [(0, 0, 19, 5)]))
    assert tracks.ids.tolist() == [0, 1, 1]


def test_a_track_ends_where_nothing_overlaps() -> None:
    box = (3, 3, 8, 8)
    assert linked_tracks(drawn([box], [], [box])).ids.tolist() == [0, 1]
    assert linked_tracks(drawn([box], [(15, 3, 20, 8)])).ids.tolist() == [0, 1]


def test_corners_that_touch_are_one_component() -> None:
    assert rows(linked_tracks(drawn([(0, 0, 4, 4), (5, 5, 9, 9)]))) == [(0, 0, 0, 0, 9, 9)]


def test_specks_are_left_out() -> None:
    masks = drawn([(0, 0, 2, 2), (10, 0, 14, 1)])
    assert rows(linked_tracks(masks)) == [(0, 0, 10, 0, 14, 1)]
    assert len(linked_tracks(masks, min_area=1).ids) == 2


def test_masks_may_come_one_by_one() -> None:
    def one_by_one() -> Iterator[np.ndarray]:
        for mask in drawn([], [(1, 1, 6, 6)]):
            yield mask.astype(np.uint8) * 255

    assert rows(linked_tracks(one_by_one())) == [(0, 1, 1, 1, 6, 6)]
    assert rows(linked_tracks(iter([]))) == []


@given(st.lists(st.integers(0, 2**16 - 1), max_size=5))
def test_boxes_hold_all_masked_pixels_and_tracks_are_once_in_a_frame(seeds: list[int]) -> None:
    masks = [np.random.default_rng(seed).random((9, 11)) < 0.3 for seed in seeds]
    tracks = linked_tracks(masks, min_area=1)
    assert len({(row[0], row[1]) for row in rows(tracks)}) == len(tracks.ids)
    for frame, mask in enumerate(masks):
        covered = np.zeros_like(mask)
        for x_min, y_min, x_max, y_max in tracks.boxes[tracks.frames == frame].astype(int):
            covered[y_min : y_max + 1, x_min : x_max + 1] = True
        assert covered[mask].all()
    for one in np.unique(tracks.ids):
        frames = tracks.frames[tracks.ids == one]
        assert frames.tolist() == list(range(frames[0], frames[0] + len(frames)))
