from __future__ import annotations

from itertools import pairwise

from awry.watch.simulation.faults import anomalies, draw

DAY_S = 86_400.0


def test_a_seed_draws_the_same_and_another_other_faults() -> None:
    assert draw(DAY_S, ["a", "b"], 1) == draw(DAY_S, ["a", "b"], 1)
    assert draw(DAY_S, ["a", "b"], 1) != draw(DAY_S, ["a", "b"], 2)


def test_a_day_has_every_kind_in_order() -> None:
    found = draw(DAY_S, ["a", "b"], 0)
    assert len({fault.kind for fault in found}) == 11
    assert [fault.at for fault in found] == sorted(fault.at for fault in found)
    assert {fault.camera for fault in found if fault.kind == "stall"} == {"a", "b"}
    lasting = [fault for fault in found if fault.kind != "clock jump"]
    assert all(fault.until > fault.at for fault in lasting)
    assert {fault.until > 0 for fault in found if fault.kind == "clock jump"} == {True, False}


def test_anomalies_keep_their_distance() -> None:
    spans = anomalies(DAY_S, 3)
    assert 100 < len(spans) < 200
    for (_, end), (start, _) in pairwise(spans):
        assert start - end >= 60
    assert all(3 <= end - start <= 20 for start, end in spans)
