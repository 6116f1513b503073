from __future__ import annotations

from pathlib import Path

import numpy as np

from awry.watch.keeper.stretches import newest_minute, scores_of, stretches
from awry.watch.messages import Scored
from awry.watch.store.scores import ScoreSpan, add_scores
from keeper_site import KeptSite


def test_stored_scores_as_stretches() -> None:
    times = np.arange(10.0)
    scores = np.arange(10, dtype=np.float32)
    sessions = np.array([0] * 4 + [1] * 6, np.int32)
    span = ScoreSpan(times, scores, np.zeros(10, np.uint8), sessions)
    assert [part.tolist() for part in stretches(span)] == [[0, 1, 2, 3], [4, 5, 6, 7, 8, 9]]
    without = stretches(span, leave_out=[(6.0, 6.0)], around_s=1.0)
    assert [part.tolist() for part in without] == [[0, 1, 2, 3], [4], [8, 9]]
    assert stretches(span, leave_out=[(0.0, 9.0)]) == []


def test_the_newest_week_is_looked_at(tmp_path: Path) -> None:
    site = KeptSite(tmp_path)
    now = site.clock.now()
    times = [now - 8 * 86_400, now - 6 * 86_400, now]
    with site.database.writing() as session:
        add_scores(session, [Scored("door", at, "s", n, "b", 1.0) for n, at in enumerate(times)])
    with site.reading() as session:
        found = scores_of(session, ("door", "b", "day"))
        assert found.times.tolist() == times[1:]
        assert newest_minute(session, "door") == int(now // 60) * 60
        assert newest_minute(session, "door", bundle="b", light="infrared") is None
        assert len(scores_of(session, ("yard", "b", "day")).times) == 0
    site.close()
