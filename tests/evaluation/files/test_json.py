from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.evaluation.files.numbers import read_numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"frame": 0}\n', "no 'score' in its first line"),
        ('{"frame": 0, "score": 1}\n\n{"frame": 1}\n', "line 3: score is null; expected a number"),
        ('{"frame": 0, "score": 1}\n{"frame": true, "score": 1}\n', "line 2: frame is true"),
        ('{"frame": 0, "score": 1}\n{"frame": 1, "sco', "line 2: Unterminated string"),
        ("[1]\n", "line 1: expected one JSON object a line"),
        ('{"frame": 0, "score": 1, "clip": 7}\n', "line 1: clip is 7; expected the clip's name"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_json_lines_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_numbers(path, ["frame", "score"])
