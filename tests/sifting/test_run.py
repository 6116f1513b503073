from __future__ import annotations

import numpy as np

from awry.sifting.run import SiftedRun, rank_events


def test_events_join_what_is_near_and_are_ranked() -> None:
    one, other = np.zeros(100), np.zeros(100)
    one[[10, 11, 14]] = (5, 6, 5)
    other[60] = 9
    events = rank_events([one, other], 0.02)
    found = [(e.clip, e.first, e.last, e.peak, e.score) for e in events]
    assert found == [(1, 60, 60, 60, 9.0), (0, 10, 14, 11, 6.0)]


def test_a_run_in_figures(run: SiftedRun) -> None:
    assert run.ranking[0] == int(np.argmax(run.scores))
    assert sorted(run.ranking) == list(range(90))
    first = run.rows()[0]
    assert (first["source"], 10 <= first["first"] <= first["peak"] <= first["last"] <= 15) == (
        "b",
        True,
    )
    facts = run.to_dict()
    assert list(facts) == [
        *("run", "frames", "clips", "seconds", "events", "page", "notes", "failed"),
    ]
    assert (facts["frames"], facts["clips"], facts["events"]) == (90, 3, run.rows())
    assert run.cards()[0] == ("frames", "90", "of 3 clips")
    assert run.cards()[-1].remark == f"frames {first['first']}-{first['last']} of b"
    ax = run.plot()
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), run.scores)
    assert len(ax.patches) == len(run.events)
