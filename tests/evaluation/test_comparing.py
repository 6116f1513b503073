from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError
from awry.evaluation.comparing import ComparisonResult, compare
from awry.evaluation.comparison_output import FILES
from support import measured_clips

WEAK = measured_clips(0.3, method="weak")
STRONG = measured_clips(2.0, method="strong")


@pytest.fixture
def table(put_metrics) -> ComparisonResult:
    runs = [put_metrics("weak.json", WEAK), put_metrics("strong.json", STRONG)]
    return compare(runs, figure=["frame.*auc"])


def test_differences_are_read_by_run_and_figure(table: ComparisonResult) -> None:
    assert table.runs == ["weak", "strong"]
    gain = STRONG["frame"]["micro_auc"] - WEAK["frame"]["micro_auc"]
    assert table.difference("strong") == gain
    draws = [np.array(m["bootstrap"]["values"]["frame.micro_auc"]) for m in (WEAK, STRONG)]
    expected = np.quantile(draws[1] - draws[0], [0.025, 0.975])
    assert table.interval("strong") == pytest.approx(expected)
    with pytest.raises(KeyError):
        table.difference("weak")
    with pytest.raises(KeyError):
        table.difference("strong", "frame.ap")


def test_cards_and_picture_say_the_difference(table: ComparisonResult) -> None:
    first, second = table.cards()
    assert (first.label, first.remark) == ("weak", "base")
    assert second.remark.startswith(f"{table.difference('strong'):+.4f} [")
    axes = table.plot()
    assert axes.get_title() == "less weak"
    labels = {label.get_text() for label in axes.get_yticklabels()}
    assert labels == {"frame.micro_auc, strong", "frame.macro_auc, strong"}


def test_files_are_written_where_asked(put_metrics, tmp_path: Path) -> None:
    runs = {"a": put_metrics("weak.json", WEAK), "b": put_metrics("strong.json", STRONG)}
    result = compare(runs, out=tmp_path / "out")
    assert result.to_dict()["written"] == [str(tmp_path / "out" / name) for name in FILES]
    with (tmp_path / "out" / "comparison.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(result.rows())
    with pytest.raises(ConfigError, match="figure"):
        compare(runs, figures=["frame.*"])
