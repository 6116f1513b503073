"""YAML of a person, read with lines and without surprises."""

from __future__ import annotations

import pytest

from awry.watch.site.yaml_text import LARGEST_BYTES, read_yaml


def sentences(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [str(problem) for problem in read_yaml(data).problems]


def test_values_are_plain_and_have_lines() -> None:
    document = read_yaml(b"a: 1\nb:\n  - 1.5\n  - true\n  - off\nc: {d: ~, e: 12:30, f: 0x1f}\n")
    assert document.values == {
        "a": 1,
        "b": [1.5, True, "off"],
        "c": {"d": None, "e": "12:30", "f": 31},
    }
    assert document.lines[("b", 1)] == 4
    assert document.line(("c", "d", "deeper")) == 6
    assert document.problems == []


def test_text_that_looks_like_a_date_stays_text() -> None:
    assert read_yaml(b"a: 2026-01-01\nb: '1'\nc: 1_000\nd: -3\n").values == {
        "a": "2026-01-01",
        "b": "1",
        "c": 1000,
        "d": -3,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, a: the key stands in line 1 already"),
        ("a: !!python/object:os.system {}\n", "line 1, a: the tag"),
        ("a: !thing x\n", "line 1, a: the tag"),
        ("a: !!binary aGk=\n", "line 1, a: the tag"),
        ("a: &x [1]\nb: *x\n", "line 1, a: anchors and aliases"),
        ("<<: {a: 1}\n", "line 1: a key is a plain name"),
        ("? [a]\n: 1\n", "line 1: a key is a plain name"),
        ("a: .inf\n", "line 1, a: the number is not finite"),
        ("a: 123456789012345678901234\n", "line 1, a: the number is too large"),
        ("a: [\n", "this is no YAML"),
        ("a: 1\n--- \nb: 2\n", "this is no YAML"),
        ("a: \x00\n", "this is no YAML"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: " + "[" * 30 + "]" * 30, "nested too deeply"),
        (b"a: 1\nb: \xff\n", "line 2: the text is not UTF-8"),
        (b"#" * (LARGEST_BYTES + 1), "settings may have at most"),
    ],
)
def test_what_is_refused(text: str | bytes, said: str) -> None:
    assert any(said in sentence for sentence in sentences(text)), sentences(text)


def test_aliases_that_would_fill_the_memory_are_never_followed() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        before = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{before}]")
    document = read_yaml("\n".join(lines).encode())
    assert document.values == {f"a{number}": None for number in range(12)}
    assert len(document.problems) == 12


def test_a_password_in_the_wrong_place_is_not_repeated() -> None:
    for text in (
        "rtsp://root:s3cret@door/live: x\n",
        "detect: 'rtsp://root:s3cret@door/live\n",
        "detect: *s3cret\n",
    ):
        said = " ".join(sentences(text))
        assert said
        assert "s3cret" not in said


def test_an_empty_file_is_nothing() -> None:
    assert read_yaml(b"# only a comment\n").values is None
    assert read_yaml(b"\xef\xbb\xbfa: 1\n").values == {"a": 1}
