"""The table of trials: the longest fits first, the best of them on top."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from awry.fitting.search_result import TuneResult
from awry.fitting.trials import Trial


class Fitted:
    bundle = Path("bundle")

    def to_dict(self) -> dict[str, Any]:
        return {"bundle": "bundle"}


TRIALS = (
    Trial({}, 1 / 3, 0.6, 0.5, 0.7, {"wider": 0.6}, 2.0),
    Trial({"blur": 5}, 1 / 3, 0.7, 0.6, 0.8, {"wider": 0.7}, 2.0),
    Trial({"blur": 9}, 1 / 3, None, None, None, {}, 2.0),
    Trial({"blur": 5}, 1.0, 0.8, 0.7, 0.9, {"wider": 0.8}, 6.0),
)


def result(best: Trial = TRIALS[3]) -> TuneResult:
    fitted: Any = Fitted()
    return TuneResult("flow", best, TRIALS, fitted, ("said",))


def test_rows_are_sorted() -> None:
    rows = result().rows()
    assert [row["settings"] for row in rows] == ["blur=5", "blur=5", "preset", "blur=9"]
    assert [row["blind"] for row in rows] == [0.8, 0.7, 0.6, None]


def test_losses_are_sorted_from_the_lowest() -> None:
    found = replace(result(), by="losses")
    assert [row["losses"] for row in found.rows()] == [0.8, 0.6, 0.7, None]
    (card,) = replace(found, best=replace(TRIALS[0], low=None, high=None)).cards()
    assert (card.label, card.value, card.remark) == ("validation losses", "0.600", "")


def test_everything_is_plain() -> None:
    found = result().to_dict()
    assert found["best"]["settings"] == {"blur": 5}
    assert len(found["trials"]) == 4
    assert result().bundle == Path("bundle")
    (card,) = result().cards()
    assert (card.value, card.remark) == ("0.800", "90 % interval 0.700 to 0.900")
    (card,) = result(TRIALS[2]).cards()
    assert card.value == "-"


def test_trials_are_drawn() -> None:
    axes = Figure().add_subplot()
    result().draw(axes)
    assert len(axes.collections[0].get_offsets()) == 3
