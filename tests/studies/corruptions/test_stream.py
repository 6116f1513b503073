"""Frames that never arrive, and pictures that stand still."""

from __future__ import annotations

import numpy as np
import pytest

from awry.frames import Frame
from awry.studies.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from support import black_frames

DROPS = "dropped"


def test_dropped_frames_are_nested_and_about_as_many_as_said() -> None:
    many = black_frames(1)[0]
    clip = [Frame(index, None, many.image) for index in range(4000)]
    arrived = [{f.index for f in corrupt(clip, DROPS, severity, 3)} for severity in SEVERITIES]
    for fewer, more in zip(arrived[1:], arrived, strict=False):
        assert fewer < more
    for kept, share in zip(arrived, CORRUPTIONS[DROPS].levels, strict=True):
        assert 1 - len(kept) / 4000 == pytest.approx(share / 100, abs=0.03)
        assert 0 in kept


def test_frozen_frames_repeat_an_earlier_picture() -> None:
    clip = [Frame(i, None, np.full((2, 2, 3), i % 251, np.uint8)) for i in range(4000)]
    for severity in SEVERITIES:
        shown = [int(f.image[0, 0, 0]) for f in corrupt(clip, "frozen", severity, 0)]
        same = [s == i % 251 for i, s in enumerate(shown)]
        share = CORRUPTIONS["frozen"].levels[severity - 1] / 100
        assert 1 - np.mean(same) == pytest.approx(share, abs=0.1)
        assert all(s == shown[i - 1] for i, s in enumerate(shown) if not same[i])
