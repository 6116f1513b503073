from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import awry
from awry.errors import InputError
from awry.evaluation.files.arrays import called, is_one_clip, named_arrays
from support import CLIP_LABELS, CLIP_SCORES


def test_clips_by_number_and_one_clip_alone(score_folder: Path) -> None:
    listed = awry.measure.frame(
        [CLIP_SCORES["a"], CLIP_SCORES["b"]], [CLIP_LABELS["a"], CLIP_LABELS["b"]]
    )
    named = awry.measure.frame(CLIP_SCORES, CLIP_LABELS)
    assert listed.metrics["frame"] == named.metrics["frame"]
    assert [clip.name for clip in listed.clips] == ["0", "1"]
    one = awry.measure.frame(CLIP_SCORES["a"], CLIP_LABELS["a"].tolist())
    file = awry.measure.frame(score_folder / "scores" / "a.npy", CLIP_LABELS["a"])
    assert one.metrics["frame"] == file.metrics["frame"]
    assert (one.interval, [clip.name for clip in one.clips]) == (None, ["clip"])


def test_what_is_one_clip_and_what_holds_several() -> None:
    assert list(named_arrays([1.0, 2.0], "scores")) == ["clip"]
    assert list(named_arrays(np.ones((2, 3)), "scores")) == ["clip"]  # refused later, by its shape
    assert list(named_arrays([[1.0], [2.0, 3.0]], "scores")) == ["0", "1"]
    assert [is_one_clip(given) for given in ([1.0], [[1.0]], {"a": [1.0]})] == [True, False, False]
    assert (called(Path("s.npy")), called([1.0])) == ("s.npy", "arrays")
    with pytest.raises(InputError, match="The labels of clip a hold <U1; expected an array"):
        named_arrays({"a": ["x"]}, "labels")
    with pytest.raises(InputError, match="The labels of clip a are no array"):
        named_arrays({"a": [[1], [2, 3]]}, "labels")
