from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awry.errors import FootageError, TrainingError
from awry.methods.base import Setting
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.samples import Archive
from awry.training.loop import FitContext

Make = Callable[..., tuple[SDOR, Archive]]


def test_the_width_follows_the_frames(tiny: Callable[..., SDORConfig]) -> None:
    method = SDOR(tiny(height=40, width=None))
    method.prepare((120, 180), 0)
    assert method.config.width == 60


def test_one_frame_cannot_be_ranked(make_archive: Make, tmp_path: Path) -> None:
    method, archive = make_archive({"a": (1, range(0))})
    with pytest.raises(FootageError, match="one frame alone: nothing can be ranked"):
        method.learn(archive, FitContext(folder=tmp_path, seed=0))


def test_what_is_not_fitted_has_no_state_and_cannot_score(
    tiny: Callable[..., SDORConfig],
) -> None:
    method = SDOR(tiny())
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="This SDOR has not been fitted"):
            use()
