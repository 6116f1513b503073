"""Which held-back footage is looked at."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from awry.methods.windowed import pieces_of
from awry.training.footage import Run

PIECE, MOST_FRAMES = 200, 3000


def run(length: int) -> Run:
    return Run("a", "a", 0, np.empty((length, 0, 0, 1), np.uint8), None)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8))
@example([1001, 1201, 1201, 1, 199])
def test_no_more_than_so_many_frames_from_first_to_last(lengths: list[int]) -> None:
    runs = [run(length) for length in lengths]
    pieces = pieces_of(runs, PIECE, MOST_FRAMES)
    looked = sum(piece.stop - piece.start for _, piece in pieces)
    total = sum(lengths)
    assert looked == total if total <= MOST_FRAMES else looked <= MOST_FRAMES
    assert all(0 <= piece.start < piece.stop <= lengths[number] for number, piece in pieces)
    if total > MOST_FRAMES and len(pieces) > 1:
        assert {pieces[0][0], pieces[-1][0]} == {0, len(lengths) - 1}


def test_a_clip_that_was_never_seen_is_looked_at_beside_a_long_one() -> None:
    assert {number for number, _ in pieces_of([run(10800), run(9000)], PIECE, MOST_FRAMES)} == {
        0,
        1,
    }
