from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awry.errors import MissingError, WriteError
from awry.results import FigureCard, Listing


@dataclass(frozen=True, slots=True)
class Fruit(Listing):
    """Some fruit."""

    names: tuple[str, ...]

    def rows(self) -> Sequence[dict[str, Any]]:
        return [{"name": name, "parts": ["a", "b"], "note": None} for name in self.names]

    def cards(self) -> list[FigureCard]:
        return [FigureCard("fruit", str(len(self.names)), "<ripe>")]


FRUIT = Fruit(("apple", "<b>pear"))


def test_a_listing_is_its_rows(tmp_path: Path) -> None:
    assert FRUIT.to_dict()[1] == {"name": "<b>pear", "parts": ["a", "b"], "note": None}
    assert FRUIT.save(tmp_path / "fruit.json") == tmp_path / "fruit.json"
    assert json.loads((tmp_path / "fruit.json").read_text()) == FRUIT.to_dict()
    with pytest.raises(WriteError, match="Cannot write"):
        FRUIT.save(tmp_path / "fruit.json" / "more")


def test_names_are_shown_and_never_obeyed() -> None:
    page = FRUIT._repr_html_()
    assert "<th>name</th><th>parts</th><th>note</th>" in page
    assert "<td>&lt;b&gt;pear</td><td>a, b</td><td></td>" in page
    assert "<b>" not in page
    assert Fruit(())._repr_html_() == "<table><thead><tr></tr></thead><tbody></tbody></table>"


def test_a_listing_is_drawn_as_a_table() -> None:
    (table,) = FRUIT.plot().tables
    cells = {place: cell.get_text().get_text() for place, cell in table.get_celld().items()}
    assert (cells[0, 0], cells[1, 0], cells[2, 1]) == ("name", "apple", "a, b")
    assert len(Fruit(()).plot().tables) == 0


def test_pandas_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingError, match="pip install pandas"):
        FRUIT.to_pandas()
