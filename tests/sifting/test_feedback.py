from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import FootageError
from awry.progress import Silent
from awry.sifting.feedback import learn_from, with_learners
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_run


def test_feedback_is_learned_from_a_run_that_was_read_again(
    run: SiftedRun, tmp_path: Path, clips: tuple[Clip, ...]
) -> None:
    read = with_learners(load_run(run.folder), clips, Silent())
    before = np.concatenate([c.scores for c in read.run.clips])
    after, feedback = learn_from(read, {3: True, 40: False}, 1, Silent())
    scores = np.concatenate([c.scores for c in after.run.clips])
    assert scores[3] - scores[40] > before[3] - before[40]
    assert set(feedback.abnormal) == {2, 3, 4}
    assert "feedback" in after.run.clips[0].parts
    assert not (run.folder / "feedback-fit").exists()


def test_other_videos_than_those_that_were_sifted_are_refused(
    run: SiftedRun, clips: tuple[Clip, ...]
) -> None:
    with pytest.raises(FootageError, match="not those that"):
        with_learners(load_run(run.folder), clips[:2], Silent())
