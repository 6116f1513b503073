from __future__ import annotations

import csv
import json
from pathlib import Path

from awry.evaluation.comparison import compare_runs, read_runs
from awry.evaluation.comparison_output import FILES, write_comparison
from support import measured_clips

WEAK = measured_clips(0.3, method="weak")
STRONG = measured_clips(2.0, method="strong")


def test_a_comparison_is_written_in_full(put_metrics, tmp_path: Path) -> None:
    out = tmp_path / "out"
    strange = put_metrics("s.json", STRONG | {"levels": {"<b>x</b>": {"micro_auc": 0.5}}})
    found = compare_runs(
        read_runs([put_metrics("a.json", WEAK), strange, put_metrics("c.json", WEAK)])
    )
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
