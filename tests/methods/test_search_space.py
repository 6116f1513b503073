"""Candidates in a fixed order, the preset first; lengths shortened for a first impression."""

from __future__ import annotations

import pytest

from awry.methods.registry import method_class, method_names
from awry.methods.search_space import SearchSpace

SPACE = SearchSpace({"blur": (5, 9), "relative": (False, True)}, ("epochs", "steps"))


def test_the_preset_comes_first_then_each_combination_once() -> None:
    rows = SPACE.candidates(99, 0)
    assert rows[0] == {}
    assert len(rows) == 5
    assert {tuple(sorted(row.items())) for row in rows[1:]} == {
        (("blur", blur), ("relative", relative)) for blur in (5, 9) for relative in (False, True)
    }
    assert SPACE.candidates(99, 0) == rows
    assert SPACE.candidates(2, 0) == rows[:2]


def test_lengths_are_shortened_and_never_gone() -> None:
    assert SPACE.shortened({"epochs": 9, "steps": None, "blur": 5}, 1 / 3) == {"epochs": 3}
    assert SPACE.shortened({"epochs": 2}, 1 / 9) == {"epochs": 1}


@pytest.mark.parametrize("name", method_names())
def test_what_a_method_declares_can_be_set(name: str) -> None:
    method = method_class(name)
    for space in (method.search_space(), method.loss_space()):
        assert set(space.lengths) <= set(method.Config.model_fields)
        for setting, values in space.values.items():
            for value in values:
                method.configure("cpu", {setting: value})


def test_what_is_judged_by_losses_is_tried_alone() -> None:
    space = SearchSpace({"blur": (5, 9)}, losses=("total",))
    assert sorted(row["blur"] for row in space.candidates(9, 0)) == [5, 9]
