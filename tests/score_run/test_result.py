"""What came of the sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import ConfigError
from awry.score_run.result import ScoreResult, SourceResult


def result(out: Path | None = None) -> ScoreResult:
    sources = [
        SourceResult("gate", frames=60, scored=58, peak=31, score=4.5, alarms=2),
        SourceResult("yard", frames=3, timed=False),
    ]
    return ScoreResult(out, sources, [], notes=["Odd."], failed=["Lost."])


def test_oddities_of_a_source() -> None:
    gate, yard = result().sources
    assert gate.oddities() == []
    short, untimed = yard.oddities()
    assert short.startswith("yard: no frame was scored; its 3 frames are fewer than the method's")
    assert untimed.startswith("yard: frames per second are unknown")
    assert SourceResult("none").oddities() == []


def test_a_source_that_is_mostly_in_alarm_is_said_to_be() -> None:
    half = SourceResult("gate", frames=60, scored=60, alarms=1, in_alarm=30)
    assert half.oddities() == []
    half.in_alarm = 45
    (sentence,) = half.oddities()
    assert sentence.startswith("gate: 75% of its frames lie in alarms. If nothing happened there")


def test_plain_values_and_cards() -> None:
    values = result(Path("s.csv")).to_dict()
    assert (values["frames"], values["out"], values["failed"]) == (63, "s.csv", ["Lost."])
    gate = {"source": "gate", "frames": 60, "scored": 58, "peak": 31, "score": 4.5, "alarms": 2}
    assert values["sources"][0] == gate
    assert [card.value for card in result().cards()] == ["63", "2", "4.5"]
    assert result().cards()[2].remark == "gate, frame 31"
    assert ScoreResult(None, [], []).cards()[2].value == "-"
    assert [bar.get_height() for bar in result().plot().patches] == [4.5, 0]


def test_scores_that_stand_in_a_table_are_not_saved_again(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"stand in s\.csv; copy that table"):
        result(Path("s.csv")).save(tmp_path / "again.csv")
    assert result(Path("s.csv")).save(tmp_path / "summary.json").is_file()
