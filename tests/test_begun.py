"""What differs between two runs' settings."""

from __future__ import annotations

from awry.begun import differences


def test_nested_settings_and_missing_ones() -> None:
    before = {"config": {"a": 1, "old": 2}, "footage": {"mon": "aa", "tue": "bb"}, "gone": 1}
    now = {"config": {"a": 1, "new": None}, "footage": {"mon": "aa", "wed": "cc"}, "added": 2}
    assert differences(before, now) == [
        "footage.wed (none then, cc now)",
        "config.old (2 then, none now)",
        "footage.tue (bb then, none now)",
    ]
    assert differences(before, before) == []


def test_many_and_long_values_are_cut() -> None:
    before = {"config": {str(number): number for number in range(9)}, "key": "0" * 64}
    now = {"config": {str(number): -1 for number in range(9)}, "key": "1" * 64}
    found = differences(before, now)
    assert len(found) == 5
    assert found[-1] == "6 more"
    (one,) = differences({"key": "0" * 64}, {"key": "1" * 64})
    assert one == "key (000000000000 then, 111111111111 now)"
    (one,) = differences({"list": []}, {"list": ["x" * 100]})
    assert one.endswith("... now)")
    assert len(one) < 100
