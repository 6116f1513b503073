"""The catalogues of the pages' words hold what the pages say, and nothing else."""

from __future__ import annotations

from types import ModuleType

import pytest
from babel.messages.catalog import Catalog

from support import docs_script


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return docs_script("make_words")


def test_no_language_lacks_a_word(maker: ModuleType) -> None:
    texts = maker.said()
    assert len(texts) > 300
    found = {name: maker.lacks(one, texts) for name, one in maker.languages().items()}
    assert found == {"de": []}, "run: make words, then translate what is empty"


def test_words_come_from_templates_components_and_python(maker: ModuleType) -> None:
    texts = maker.said()
    kinds = {
        place.partition(":")[0].rpartition(".")[2] for one in texts.values() for place in one.places
    }
    assert kinds == {"html", "js", "py"}
    assert texts["There is room for one more camera like these."].many == (
        "There is room for %(num)s more cameras like these."
    )


def test_what_is_wrong_is_said(maker: ModuleType) -> None:
    texts = {
        "fine": maker.Said("", ["a.html:1"]),
        "%(name)s is here": maker.Said("", ["a.html:2"]),
        "one": maker.Said("%(num)s of them", ["a.js:3"]),
        "%(num)s x": maker.Said("%(num)s xs", ["a.js:4"]),
        "new": maker.Said("", ["a.py:5"]),
        "empty": maker.Said("", ["a.py:6"]),
    }
    known = Catalog(locale="de")
    known.add("fine", "gut")
    known.add("%(name)s is here", "%(nam)s ist da")
    known.add("one", "eins")
    known.add(("%(num)s x", "%(num)s xs"), ("ein x", "%(num)s x"))
    known.add("empty", "")
    known.add("old", "alt")
    known.add("{it} barks", "{it} bellt")
    assert maker.lacks(known, texts) == [
        "has other placeholders in '%(name)s is here': nam, name",
        "lacks 'empty' (a.py:6)",
        "lacks 'new' (a.py:5)",
        "has another number of forms of 'one' (a.js:3)",
        "has 'old', which nothing says",
    ]


def test_renewed_keeps_what_is_translated(maker: ModuleType) -> None:
    texts = {"b": maker.Said(), "a": maker.Said("as"), "new": maker.Said()}
    known = Catalog(locale="de")
    known.add("b", "B")
    known.add("a", "A")
    known.add("old", "alt")
    known.add("a bicycle", "ein Fahrrad")
    new = {str(one.id): one.string or "" for one in maker.renewed(known, texts) if one.id}
    assert new == {
        "b": "B",
        "('a', 'as')": ("", ""),
        "new": "",
        "a bicycle": "ein Fahrrad",
    }
