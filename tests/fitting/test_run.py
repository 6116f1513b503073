"""`awry.fit`: options are held to their form before a frame is read; a typed result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import awry
from awry.fitting import run
from awry.fitting.options import FitOptions
from awry.scoring.budget import Budget
from awry.training.split import Exclusion
from support import moving_square_data


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[FitOptions]:
    """What `fit` would fit with; no frame is read."""
    taken: list[FitOptions] = []

    def record(*given: Any) -> None:
        taken.append(given[3])

    monkeypatch.setattr(run, "fit_and_save", record)
    return taken


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"preset": 3}, "'preset' of fit is 3: expected text"),
        ({"preset": "huge"}, "has no preset 'huge'"),
        ({"seed": "x"}, "'seed' of fit is 'x': expected a whole number"),
        ({"changes": 5}, "'changes' of fit is 5: expected a mapping"),
        ({"changes": {"blurr": 3}}, "blurr"),
        ({"budget": "often"}, "Cannot read the alarm budget"),
        ({"budget": []}, "'budget' of fit .* expected text or a Budget"),
        ({"ignore": "rows:0-3"}, r"expected a list: \['rows:0-3'\]"),
        ({"ignore": ["rows"]}, "rows"),
        ({"exclude": ["a"]}, "Cannot read the exclusion 'a'"),
        ({"exclude": [3]}, "'exclude' of fit"),
        ({"cache": 3}, "'cache' of fit is 3: expected a path or None"),
        ({"every": 0}, "'every' of fit is 0: it should be greater than or equal to 1"),
        ({"max_frames": 0}, "'max_frames' of fit is 0: it should be greater"),
        ({"cache_size": 0}, "'cache_size' of fit is 0: it should be greater"),
        ({"reporter": print}, "'reporter' of fit .* expected a Reporter or None"),
        ({"fps": 10}, "open already"),
        ({"validation": 0.5}, "--validation 0.5 is no share"),
        ({"validation": "much"}, "'validation' of fit is 'much': expected a number or None"),
        ({"calibration": -1}, "--calibration -1 is no share"),
        ({"calibration": "nowhere"}, "nowhere does not exist"),
        ({"validation": 0.45, "calibration": "0.4"}, "leave less than 0.2 of the footage"),
    ],
)
def test_wrong_options_are_refused_before_a_frame_is_read(
    unread: list[FitOptions], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(awry.AwryError, match=said):
        awry.fit("flow", moving_square_data(), out="o", **options)
    assert not unread


def test_options_are_taken_as_on_the_command_line(unread: list[FitOptions]) -> None:
    awry.fit(
        "flow",
        moving_square_data(),
        out="o",
        budget="1/day",
        exclude=["a:1-2", Exclusion("b", 0, 3)],
        cache="c",
        ignore=["rows:0-3"],
        every=2,
        changes={"blur": 5},
    )
    (options,) = unread
    assert options == FitOptions(
        budget=Budget(1, "day"),
        exclude=(Exclusion("a", 1, 2), Exclusion("b", 0, 3)),
        cache=Path("c"),
        ignore=("rows:0-3",),
        every=2,
        changes={"blur": 5},
    )
    awry.fit("flow", moving_square_data(), out="o")
    assert unread[1] == FitOptions()


def test_a_fit_gives_its_detector_and_what_stands_out(tmp_path: Path) -> None:
    class Told(awry.Silent):
        def __init__(self) -> None:
            self.titles: list[str] = []

        def start(self, title: str, total: int | None = None, done: int = 0) -> None:
            self.titles.append(title)

    reporter = Told()
    result = awry.fit(
        "flow", moving_square_data(), out=tmp_path / "b", preset="tiny", reporter=reporter
    )
    assert reporter.titles
    assert result.bundle == tmp_path / "b"
    assert result.page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert awry.load(result.bundle).calibration == result.detector.calibration
    assert result.threshold == result.detector.calibration.scene("*").threshold
    said = result.to_dict()
    assert list(said) == [
        "bundle", "method", "seconds", "threshold", "calibration", "strangest", "page", "notes",
        "failed",
    ]  # fmt: skip
    assert said["strangest"] == list(result.rows())
    assert len(result.strangest) > 0
    assert "threshold" in result._repr_html_()
    assert result.plot().get_xlabel() == "epoch"
    assert not (tmp_path / "b.work").exists()
