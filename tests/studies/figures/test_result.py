from __future__ import annotations

from pathlib import Path

from awry.studies.figures.result import FiguresResult, MadeFigure


def test_rows_pictures_and_plain_values() -> None:
    figure = MadeFigure("a-fig1", "Fig. 1", "this", (Path("a.png"),), Path("a.json"), {"x": 1}, ())
    result = FiguresResult({"scale": "tiny"}, (figure,), ("b failed",))
    assert result.pictures == [Path("a.png")]
    assert result.rows() == [{"figure": "a-fig1", "shows": "this", "picture": "a.png"}]
    plain = result.to_dict()
    assert plain["figures"][0]["values"] == {"x": 1}
    assert plain["failed"] == ["b failed"]
    assert result.cards()[0].label == "a-fig1"
