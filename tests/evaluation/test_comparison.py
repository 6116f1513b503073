from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.errors import ConfigError, InputError
from awry.evaluation.comparison import compare_runs, read_runs
from awry.evaluation.comparison_output import FILES, table_rows, write_comparison
from awry.evaluation.metrics.bootstrap import interval
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip

LABELS = [(np.arange(30) > 3 * k).astype(np.uint8) for k in range(6)]


def measured(strength: float, frames: int = 30, **settings: Any) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    clips = []
    for number, whole in enumerate(LABELS):
        truth, noise = whole[:frames], rng.normal(size=30)[:frames]
        everything = np.ones(frames, bool)
        clips.append(
            ScoredClip(f"clip{number}", "yard", 10.0, noise + strength * truth, everything, truth)
        )
    return evaluate_frames(clips, settings=settings)


@pytest.fixture
def put(tmp_path: Path):
    def write(name: str, metrics: dict[str, Any]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(metrics))
        return path

    return write


WEAK, STRONG = measured(0.3, method="weak"), measured(2.0, method="strong")


def test_files_and_folders_any_number_of_runs(put, tmp_path: Path) -> None:
    values = {k: v for k, v in STRONG["bootstrap"]["values"].items() if k != "frame.ap"}
    without = {**STRONG, "bootstrap": {**STRONG["bootstrap"], "values": values}}
    first, second = put("weak/metrics.json", WEAK), put("b.json", without)
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


def test_names_are_told_apart(put, tmp_path: Path) -> None:
    paths = [put(f"{name}/x/metrics.json", WEAK).parent for name in ("one", "two")]
    assert [run.name for run in read_runs(paths)] == [str(path) for path in paths]
    same = read_runs([f"a={paths[0]}", f"a={paths[1]}"])
    assert [run.name for run in same] == ["a (1)", "a (2)"]
    odd = put("b=c.json", WEAK)
    assert read_runs([odd])[0].name == "b=c"


def test_figures_can_be_chosen(put) -> None:
    runs = read_runs([put("a.json", WEAK), put("b.json", STRONG)])
    found = compare_runs(runs, select=["frame.m*auc", "variants.clip.*"])
    expected = ["frame.micro_auc", "frame.macro_auc", "variants.clip.micro_auc"]
    assert list(found["runs"][0]["figures"]) == expected
    assert list(found["comparisons"][0]["figures"]) == expected
    assert [row["figure"] for row in table_rows(found)] == expected
    with pytest.raises(
        ConfigError, match=r"No figure fits 'region\.\*'; there are frame.micro_auc"
    ):
        compare_runs(runs, select=["region.*"])


def test_a_refusal_can_be_overridden(put) -> None:
    runs = read_runs([put("a.json", WEAK), put("b.json", measured(2.0, frames=29))])
    with pytest.raises(InputError, match=r"not measured alike: numbers of frames of clip0"):
        compare_runs(runs)
    (each,) = compare_runs(runs, despite_differences=True)["comparisons"]
    assert each["protocol_differences"][0].startswith("numbers of frames of clip0")
    assert each["figures"]["frame.micro_auc"]["difference"] > 0


def test_what_cannot_be_compared(put, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two or more"):
        compare_runs(read_runs([put("a.json", WEAK)]))
    region = {"rbdc": 0.5, "clips": [], "settings": {"region": {}}}
    event = {"precision": 0.5, "n_events": 3, "settings": {}}
    with pytest.raises(InputError, match="share no figure"):
        compare_runs(read_runs([put("r.json", region), put("e.json", event)]))
    with pytest.raises(InputError, match="Cannot read"):
        read_runs([tmp_path / "none"])


def test_a_comparison_is_written_in_full(put, tmp_path: Path) -> None:
    out = tmp_path / "out"
    strange = put("s.json", STRONG | {"levels": {"<b>x</b>": {"micro_auc": 0.5}}})
    found = compare_runs(read_runs([put("a.json", WEAK), strange, put("c.json", WEAK)]))
    assert write_comparison(out, found) == [str(out / name) for name in FILES]
    assert json.loads((out / "comparison.json").read_text()) == found
    with (out / "comparison.csv").open() as file:
        rows = {(row["figure"], row["run"]): row for row in csv.DictReader(file)}
    strong = rows["frame.micro_auc", "s"]
    assert float(strong["value"]) == STRONG["frame"]["micro_auc"]
    assert float(strong["difference_low"]) > 0
    assert strong["excludes_zero"] == "1"
    assert rows["frame.micro_auc", "a"]["difference"] == ""
    assert ("levels.<b>x</b>.micro_auc", "a") not in rows
    page = (out / "comparison.html").read_text()
    assert "levels.&lt;b&gt;x" in page
    assert "<b>x" not in page
    assert (out / "comparison.png").read_bytes().startswith(b"\x89PNG")
