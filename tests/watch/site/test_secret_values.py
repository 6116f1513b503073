from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.watch.site.secret_values import WITHHELD, expanded, resolved, secret_file, stand_in


def test_variables_of_the_environment(tmp_path: Path) -> None:
    names = {"WORD": "w", "HOST": "10.0.0.5"}
    assert resolved("a${WORD}b", names, tmp_path) == "awb"
    assert resolved("rtsp://u:${WORD}@${HOST}/live", names, tmp_path) == "rtsp://u:w@10.0.0.5/live"
    assert resolved("$${WORD} $5", names, tmp_path) == "${WORD} $5"
    assert resolved(1234, names, tmp_path) == "1234"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_password_can_stand_in_an_address(word: str) -> None:
    address = resolved("rtsp://root:${W}@door:554/live", {"W": word}, Path())
    parts = urlsplit(address)
    assert (parts.hostname, parts.port, parts.path) == ("door", 554, "/live")
    assert unquote(parts.password or "") == word


def test_a_whole_address_is_taken_as_it_is() -> None:
    address = "rtsp://root:a%40b@door/live?x=1"
    assert resolved("${ALL}", {"ALL": address}, Path()) == address


def test_files(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("s3cret\n")
    assert resolved("file:word", {}, tmp_path) == "s3cret"
    assert resolved({"file": "word"}, {}, tmp_path) == "s3cret"
    assert resolved(f"file://{tmp_path}/word", {}, Path("/")) == "s3cret"
    assert secret_file("file:word", tmp_path) == tmp_path / "word"
    assert secret_file({"file": "word"}, tmp_path) == tmp_path / "word"
    assert secret_file("word", tmp_path) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("${GONE}", "GONE of the environment is not set"),
        ("${EMPTY}", "EMPTY of the environment is not set"),
        ("${not a name}", "is no name of a variable"),
        ("file:gone", "there is no file"),
        ("file:empty", "is empty"),
        ("file:bytes", "is not UTF-8"),
        ("file:large", "too many for a secret"),
        ("file:.", "there is no file"),
        ({"file": 3}, "{file: PATH}"),
        ({"fil": "x"}, "{file: PATH}"),
        ([1], "expected text"),
        (True, "expected text"),
    ],
)
def test_what_cannot_be_had(tmp_path: Path, value: object, said: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "bytes").write_bytes(b"s3cret\xff")
    (tmp_path / "large").write_text("s3cret" * 20_000)
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        resolved(value, {"EMPTY": ""}, tmp_path)
    assert "s3cret" not in str(error.value)


def test_a_withheld_variable_has_a_stand_in_of_the_form_that_is_wanted() -> None:
    here = {"WORD": "a", WITHHELD: "DOOR PLACE"}
    door = stand_in("detect", "rtsp://root:${DOOR}@h/1", here)
    assert door is not None
    assert door.startswith("http://withheld/")
    assert door != stand_in("detect", "rtsp://root:${DOOR}@h/2", here)
    assert stand_in("database", "${PLACE}", here) == "sqlite:///withheld"
    for harmless in ("rtsp://root:${WORD}@h/1", "$${DOOR}", "${GONE}", 3):
        assert stand_in("detect", harmless, here) is None


def test_text_without_variables_stays() -> None:
    assert expanded("plain {} $", {}) == "plain {} $"
