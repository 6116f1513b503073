import io

import pytest

from awry.errors import DatasetError, warn_once
from awry.terminal import Console, Table


def test_a_message_never_steers_the_terminal() -> None:
    for sign in "\x1b\x00\r\n\x07\x9b\u202e\u2028":
        said = str(DatasetError(f"Cannot read 'a{sign}[31m'."))
        assert said.isprintable()
        assert sign not in said
    assert str(DatasetError("Cannot read 'na\u00efve \u6f22 \u200d'.")).startswith(
        "Cannot read 'naïve 漢"
    )


def test_a_long_value_leaves_beginning_and_end() -> None:
    said = str(DatasetError(f"a.csv, line 3: the frame '{'9' * 5000}' is too large; mend it."))
    assert len(said) < 1500
    assert said.startswith("a.csv, line 3: the frame '999")
    assert said.endswith("999' is too large; mend it.")


def test_cells_of_tables_never_steer_the_terminal() -> None:
    table = Table("name")
    table.add_row("a\x1b]0;owned\x07b\nc")
    out = io.StringIO()
    Console(file=out, width=60).print(table)
    assert "\x1b" not in out.getvalue()
    assert "\x07" not in out.getvalue()
    assert "a\\x1b]0;owned\\x07b" in out.getvalue()


def test_a_warning_that_is_given_once() -> None:
    warn_once.cache_clear()
    with pytest.warns(UserWarning, match="slow"):
        warn_once("It is slow.")
    warn_once("It is slow.")  # another one would be an error here
    with pytest.warns(UserWarning, match="late"):
        warn_once("It is late.")
