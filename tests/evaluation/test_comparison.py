from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError, InputError
from awry.evaluation.comparison import compare_runs, read_runs
from awry.evaluation.comparison_output import table_rows
from awry.evaluation.metrics.bootstrap import interval
from support import measured_clips

WEAK = measured_clips(0.3, method="weak")
STRONG = measured_clips(2.0, method="strong")


def test_files_and_folders_any_number_of_runs(put_metrics, tmp_path: Path) -> None:
    values = {k: v for k, v in STRONG["bootstrap"]["values"].items() if k != "frame.ap"}
    without = {**STRONG, "bootstrap": {**STRONG["bootstrap"], "values": values}}
    first, second = put_metrics("weak/metrics.json", WEAK), put_metrics("b.json", without)
    found = compare_runs(read_runs([tmp_path / "weak", second, f"again={first}"]))
    assert found["base"] == str(first)
    assert [run["name"] for run in found["runs"]] == ["weak", "b", "again"]
    assert [each["file"] for each in found["comparisons"]] == [str(second), str(first)]
    assert found["comparisons"][1]["figures"]["frame.ap"]["difference"] == 0
    assert found["settings"][str(second)]["method"] == "strong"
    assert found["comparisons"][0]["notes"] == ["No draws are recorded of frame.ap."]
    assert found["comparisons"][1]["notes"] == []
    own = found["runs"][1]["figures"]["frame.micro_auc"]
    draws = np.array(STRONG["bootstrap"]["values"]["frame.micro_auc"])
    assert own == {"value": STRONG["frame"]["micro_auc"], "interval": list(interval(draws))}


def test_names_are_told_apart(put_metrics, tmp_path: Path) -> None:
    paths = [put_metrics(f"{name}/x/metrics.json", WEAK).parent for name in ("one", "two")]
    assert [run.name for run in read_runs(paths)] == [str(path) for path in paths]
    same = read_runs([f"a={paths[0]}", f"a={paths[1]}"])
    assert [run.name for run in same] == ["a (1)", "a (2)"]
    odd = put_metrics("b=c.json", WEAK)
    assert read_runs([odd])[0].name == "b=c"


def test_figures_can_be_chosen(put_metrics) -> None:
    runs = read_runs([put_metrics("a.json", WEAK), put_metrics("b.json", STRONG)])
    found = compare_runs(runs, select=["frame.m*auc", "variants.clip.*"])
    expected = ["frame.micro_auc", "frame.macro_auc", "variants.clip.micro_auc"]
    assert list(found["runs"][0]["figures"]) == expected
    assert list(found["comparisons"][0]["figures"]) == expected
    assert [row["figure"] for row in table_rows(found)] == expected
    with pytest.raises(
        ConfigError, match=r"No figure fits 'region\.\*'; there are frame.micro_auc"
    ):
        compare_runs(runs, select=["region.*"])


def test_a_refusal_can_be_overridden(put_metrics) -> None:
    runs = read_runs(
        [put_metrics("a.json", WEAK), put_metrics("b.json", measured_clips(2.0, frames=29))]
    )
    with pytest.raises(InputError, match=r"not measured alike: numbers of frames of clip0"):
        compare_runs(runs)
    (each,) = compare_runs(runs, despite_differences=True)["comparisons"]
    assert each["protocol_differences"][0].startswith("numbers of frames of clip0")
    assert each["figures"]["frame.micro_auc"]["difference"] > 0


def test_what_cannot_be_compared(put_metrics, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two or more"):
        compare_runs(read_runs([put_metrics("a.json", WEAK)]))
    region = {"rbdc": 0.5, "clips": [], "settings": {"region": {}}}
    event = {"precision": 0.5, "n_events": 3, "settings": {}}
    with pytest.raises(InputError, match="share no figure"):
        compare_runs(read_runs([put_metrics("r.json", region), put_metrics("e.json", event)]))
    with pytest.raises(InputError, match="Cannot read"):
        read_runs([tmp_path / "none"])
