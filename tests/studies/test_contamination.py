from __future__ import annotations

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import ConfigError
from awry.studies.contamination import abnormal_pieces, contaminated
from awry.video.memory import ArraySource
from support import moving_square_data


def test_pieces_are_abnormal_runs_and_nested() -> None:
    clips = list(moving_square_data(length=400).test)
    few, many = abnormal_pieces(clips, 70, 3), abnormal_pieces(clips, 130, 3)
    for pieces, count in ((few, 70), (many, 130)):
        assert sum(piece.length for piece in pieces) == count
        for piece in pieces:
            assert piece.clip.labels is not None
            assert piece.clip.labels()[piece.first : piece.last + 1].all()
            assert len(list(piece.as_clip().open())) == piece.length

    def frames(pieces: list) -> set[tuple[str, int]]:
        return {(p.clip.name, i) for p in pieces for i in range(p.first, p.last + 1)}

    assert frames(few) < frames(many)
    assert frames(abnormal_pieces(clips, 70, 4)) != frames(few)
    assert abnormal_pieces(clips, 0, 3) == []
    normal = Clip("a", lambda: ArraySource(np.zeros((3, 4, 4), np.uint8)))
    with pytest.raises(ConfigError, match="have 0 abnormal frames"):
        abnormal_pieces([normal], 1, 0)


def test_pieces_join_the_training_clips_at_the_front() -> None:
    data = moving_square_data()
    pieces = abnormal_pieces(data.test, 20, 0)
    mixed = contaminated(data, pieces)
    assert [clip.name for clip in mixed.train] == [
        *(piece.name for piece in pieces),
        *(clip.name for clip in data.train),
    ]
    assert mixed.test == data.test
