from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from awry.errors import ConfigError
from awry.methods.base import Method
from awry.methods.flow import Flow
from awry.methods.published import SHARE, Paper, Publication, TableCell
from awry.methods.registry import registered
from awry.studies.published import (
    cells_of,
    publications,
    published_rows,
    published_table,
    published_tables,
    why_not,
)


def only(table: str, dataset: str, method: str = "", metric: str = "AUC", **details: str):
    """The one value that fits."""
    (row,) = (
        row
        for row in published_rows(table=table, dataset=dataset)
        if method in row.method
        and row.metric == metric
        and all(row.details.get(key) == value for key, value in details.items())
        and (method or not row.others)
    )
    return row


def test_every_row_is_whole_and_in_range() -> None:
    rows = published_rows()
    assert {row.paper for row in rows} == set(publications())
    for row in rows:
        assert row.table.startswith(f"{row.paper}-")
        assert row.unit != SHARE or 0 <= row.value <= 1
        assert row.protocol.basis
        assert (row.spread is None) or row.spread_is
    names = [(r.table, r.method, r.dataset, r.metric, *sorted(r.details.items())) for r in rows]
    assert max(Counter(names).values()) == 1


def test_the_number_of_values_is_that_of_the_printed_tables() -> None:
    count = Counter(row.table for row in published_rows() if not row.others)
    assert count["daml-table2"] == 4
    assert count["daml-table4"] == 3 * 6
    assert count["daml-table5"] == 3 * 9 - 1
    assert count["ssmtl-table2"] == 3 * 3
    assert count["mtla-table1"] == 2
    assert count["sdor-table1"] == 8
    assert count["sdor-table2"] == 3 * 5


@pytest.mark.parametrize(
    ("motion", "score", "value", "spread"),
    [
        ("Conv3D", "Z-MSE", 0.951, 0.004),
        ("Conv3D", "P-MSE", 0.909, 0.005),
        ("Conv3D", "R-MSE", 0.913, 0.005),
        ("ConvLSTM", "Z-MSE", 0.941, 0.001),
        ("Autoregressive", "Z-MSE", 0.9231, 0.003),
    ],
)
def test_daml_on_ped2(motion: str, score: str, value: float, spread: float) -> None:
    row = only("daml-table5", "ped2", motion=motion, score=score)
    assert (row.value, row.spread, row.printed) == (value, spread, "Table 5")
    assert row.protocol.normalisation == "per-clip min-max"
    assert row.protocol.averaging == "micro"


def test_the_autoregressive_model_has_no_prediction_score() -> None:
    rows = published_rows(table="daml-table5", dataset="ped2")
    assert ("Autoregressive", "P-MSE") not in {(r.details["motion"], r.method) for r in rows}


def test_daml_contradicts_itself_on_avenue_and_it_is_said() -> None:
    four = {s: only("daml-table4", "avenue", loss="MSE", score=s) for s in ("Z-MSE", "P-MSE")}
    five = {s: only("daml-table5", "avenue", motion="Conv3D", score=s) for s in ("Z-MSE", "P-MSE")}
    assert (four["Z-MSE"].value, four["P-MSE"].value) == (0.892, 0.888)
    assert (five["Z-MSE"].value, five["P-MSE"].value) == (0.888, 0.892)
    for row in (*four.values(), *five.values()):
        assert any(note.startswith("contradiction: Tables 4 and 5") for note in row.notes)
    assert only("daml-table4", "avenue", loss="MSE", score="R-MSE").notes == ()
    assert only("daml-table4", "avenue", loss="GDL", score="Z-MSE").notes == ()


def test_ssmtl_paper_and_readme_speak_of_other_figures() -> None:
    headline = only("ssmtl-table2", "avenue", "Ours (object level)")
    micro = only("ssmtl-readme", "avenue")
    assert (headline.value, headline.protocol.averaging) == (0.919, "macro with sentinels")
    assert (micro.value, micro.protocol.averaging, micro.source) == (
        0.915,
        "micro",
        "authors' README",
    )
    regions = [
        only("ssmtl-readme", dataset, metric=metric).value
        for dataset in ("avenue", "shanghaitech", "ped2")
        for metric in ("RBDC", "TBDC")
    ]
    assert regions == [0.570, 0.583, 0.428, 0.839, 0.728, 0.912]


def test_other_facts() -> None:
    assert only("mtla-table1", "shanghaitech").value == 0.891
    assert only("mtla-table2", "shanghaitech", tasks="Seg+OFM").value == 0.8821
    assert only("sdor-table1", "subway-exit").value == 0.927
    assert only("sdor-table1", "ped2").protocol.measured_on == "training and test parts merged"
    assert only("sdor-table1", "ped2", "Sp + iForest").others
    speed = only("daml-table3", "ped2", metric="frames per second")
    assert (speed.value, speed.unit) == (90, "frames per second")


def test_rows_are_narrowed_down() -> None:
    assert {row.dataset for row in published_rows("daml", dataset="ped1")} == {"ped1"}
    assert published_rows("mtla", table="daml-table5") == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ({"paper": "dmal"}, "'daml'"),
        ({"table": "daml-tabel5"}, "'daml-table5'"),
        ({"dataset": "ped3"}, "'ped"),
    ],
)
def test_unknown_names_suggest_the_nearest(words: dict[str, str], hint: str) -> None:
    with pytest.raises(ConfigError, match=f"did you mean {hint}"):
        published_rows(**words)


def test_the_papers_of_a_programs_own_method_join() -> None:
    paper = Paper.model_validate(
        {
            **{"paper": "mine", "title": "Mine", "citation": "Me, 2026"},
            **{"protocols": {"p": {"basis": "Section 1"}}, "protocol_of_dataset": {"yard": "p"}},
            "tables": [
                {
                    **{"table": "mine-table1", "title": "AUC", "printed": "Table 1"},
                    **{"metric": "AUC", "columns": [{"dataset": "yard"}]},
                    "rows": [{"method": "Ours", "values": [0.5]}],
                }
            ],
        }
    )
    (row,) = paper.own_rows("mine-table1")
    cell = TableCell("whole/yard/score", row, "yard", "mine", {}, "score", "none", {"none": "x"})

    class Mine(Flow):
        name = "mine"

        @classmethod
        def publication(cls) -> Publication:
            return Publication(paper, ("mine-table1",), lambda table: [cell])

    class Silent(Flow):
        name = "silent"

    class Listed(Mine):
        @classmethod
        def publication(cls) -> Publication:
            return Publication(paper, (), lambda table: [])

    kinds: tuple[type[Method], ...] = (Mine, Silent)
    with registered(Listed), pytest.raises(ConfigError, match="nothing is run"):
        cells_of("mine-table1")
    with registered(*kinds):
        assert why_not("mine-table1") is None
        assert cells_of("mine-table1") == [cell]
        assert "mine-table1" in {table.table for table in published_tables()}
        assert "silent" not in publications()
    with pytest.raises(ConfigError, match="no table 'mine-table1'"):
        why_not("mine-table1")


def test_a_table_as_a_result() -> None:
    table = published_table("daml-table5")
    assert table.to_dict()["rows"][0]["table"] == "daml-table5"
    assert len(table.rows()) == len(table.values) == 26
    assert table.rows()[0]["unit"] == "share"
    assert len(table.plot().patches) == 26
    assert table.cards()[0].value == "26 values"


def test_which_networks_a_table_lacks_at_a_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWRY_WEIGHTS", raising=False)

    def lacking(scale: str, table: str) -> list[str]:
        (found,) = (one for one in published_tables(scale) if one.table == table)
        assert found.to_dict()["missing"] == [one.facts.what for one in found.missing]
        return [one.facts.what for one in found.missing]

    assert "onnx:yolov3.onnx" in lacking("paper", "ssmtl-table2")
    assert lacking("cpu", "daml-table5") == []
    (tmp_path / "yolov3.onnx").write_bytes(b"x")
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    assert "onnx:yolov3.onnx" not in lacking("paper", "ssmtl-table2")
    assert not any(one.missing for one in published_tables("paper") if one.why_not)
    with pytest.raises(ConfigError, match="No paper's method has a preset 'papr': did you mean"):
        published_tables("papr")
