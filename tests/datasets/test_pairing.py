from __future__ import annotations

import numpy as np
import pytest

from awry.datasets.pairing import check_length, labels_at, labels_of
from awry.errors import DatasetError

LABELS = np.array([0, 0, 1, 1, 0, 1], np.uint8)


def test_lost_frames_keep_their_places_in_the_labels() -> None:
    assert labels_of(LABELS, [0, 2, 5], lost=3).tolist() == [0, 1, 1]
    assert labels_of(LABELS, [0, 1, 2], lost=3).tolist() == [0, 0, 1]


@pytest.mark.parametrize(("frames", "lost"), [([0, 1, 2], 0), ([0, 2, 5], 2), ([0, 2, 5], 4)])
def test_labels_of_another_length_are_refused(frames: list[int], lost: int) -> None:
    with pytest.raises(DatasetError, match="its labels speak of 6"):
        labels_of(LABELS, frames, lost)


def test_thinned_frames_are_counted_in_their_own_units() -> None:
    assert labels_of(LABELS, [0, 4], lost=1, every=2).tolist() == [0, 0]
    assert labels_of(LABELS[:5], [0, 4], lost=1, every=2).tolist() == [0, 0]
    with pytest.raises(DatasetError, match="3 of each 2, of which 1 are lost"):
        labels_of(np.zeros(7, np.uint8), [0, 4], lost=1, every=2)


def test_the_message_says_what_and_how_many() -> None:
    expected = "It has 4 frames, of which 1 are lost or left out, but its masks speak of 9."
    with pytest.raises(DatasetError, match=expected):
        check_length("masks", 9, [0, 1, 3], lost=1)


def test_labels_at_some_frames() -> None:
    assert labels_at(LABELS, np.array([5, 2])).tolist() == [1, 1]
    with pytest.raises(DatasetError, match="at least 7 frames"):
        labels_at(LABELS, np.array([6]))
