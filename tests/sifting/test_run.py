from __future__ import annotations

from dataclasses import replace

import numpy as np

from awry.sifting.run import RankedClip, SiftedRun, rank_events


def test_events_join_what_is_near_and_are_ranked() -> None:
    one, other = np.zeros(100), np.zeros(100)
    one[[10, 11, 14]] = (5, 6, 5)
    other[60] = 9
    events = rank_events([one, other], [None, None], 0.02)
    found = [(e.clip, e.first, e.last, e.peak, e.score) for e in events]
    assert found == [(1, 60, 60, 60, 9.0), (0, 10, 14, 11, 6.0)]


def test_events_a_second_apart_are_one_at_every_rate() -> None:
    scores = np.zeros(300)
    scores[[100, 121]] = 5, 6
    at = {rate: rank_events([scores], [rate], 0.006) for rate in (10.0, 20.0, 25.0)}
    assert [len(events) for events in at.values()] == [2, 1, 1]
    assert [event.first for event in rank_events([scores], [25.0], 0.02, at[25.0])] == []
    (stranger, weaker) = at[10.0]
    assert [event.first for event in rank_events([scores], [10.0], 0.006, [stranger])] == [100]
    assert weaker.score == 5


def test_the_rate_is_that_of_the_frames_that_were_taken() -> None:
    times, none = np.full(4, np.nan), np.zeros(4)
    clip = RankedClip("a", "yard", 30.0, np.array([0, 3, 6, 9]), times, none, {})
    assert clip.rate == 10.0
    assert replace(clip, fps=None).rate is None
    alone = replace(clip, indices=np.array([0]), times=times[:1], scores=none[:1])
    assert alone.rate == 30.0


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
