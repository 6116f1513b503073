from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.watch.site.model import Camera, Site
from awry.watch.site.prepare import Preparation
from awry.watch.site.yaml_text import Document


def prepared(values: Any, kind: type = Camera, **names: str) -> tuple[dict[str, Any], list[str]]:
    document = Document()
    ready = Preparation(document, names, Path("/folder")).part(values, kind, ())
    return ready, [str(problem) for problem in document.problems]


def test_units_paths_and_variables() -> None:
    ready, problems = prepared(
        {
            "cooldown_s": "1m",
            "bundle": "b",
            "scene": "${WHERE}",
            "detect": "rtsp://u:${WORD}@door",
            "learn": {"seconds": "2h", "folder": None},
        },
        WHERE="yard",
        WORD="/",
    )
    assert problems == []
    assert ready == {
        "cooldown_s": 60.0,
        "bundle": Path("/folder/b"),
        "scene": "yard",
        "detect": "rtsp://u:%2F@door",
        "learn": {"seconds": 7200.0, "folder": None},
    }


@pytest.mark.parametrize(
    ("learn", "made"),
    [
        ("24h", {"seconds": 86_400.0}),
        (3600, {"seconds": 3600}),
        ("from  walks", {"folder": Path("/folder/walks")}),
    ],
)
def test_short_forms_of_learning(learn: Any, made: dict[str, Any]) -> None:
    assert prepared({"learn": learn}) == ({"learn": made}, [])


def test_a_list_of_one_may_be_written_without_brackets() -> None:
    ready, problems = prepared({"schedules": {"night": "18:00-07:00"}}, Site)
    assert (ready, problems) == ({"schedules": {"night": ["18:00-07:00"]}}, [])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"detct": 1}, "detct: unknown key; did you mean 'detect'?"),
        ({"nothing_like_it": 1}, "nothing_like_it: unknown key; known: armed"),
        ({"learn": [1]}, "learn: expected a mapping of keys to values"),
        ({"zones": "gate"}, "zones: expected a list"),
        ({"cooldown_s": True}, "cooldown_s: expected a number"),
        ({"cooldown_s": "soon"}, "cooldown_s: expected a duration"),
        ({"scene": ["a"]}, "scene: expected text"),
        ({"bundle": "rtsp://u:s3cret@door"}, "bundle: expected a path, not an address"),
        ([1], "expected a mapping of keys to values"),
    ],
)
def test_what_is_refused(values: Any, said: str) -> None:
    ready, problems = prepared(values)
    assert ready in ({}, {"learn": {}})
    assert len(problems) == 1
    assert problems[0].startswith(said)


def test_what_is_wrong_is_left_out_of_what_is_made() -> None:
    document = Document()
    made = Preparation(document, {}, Path()).checked(
        Camera,
        {"name": "B", "pre_roll_s": 90, "post_roll_s": 9},
        ("cameras", "B"),
        {"name": "camera", "detect": "http://camera"},
    )
    assert (made.name, made.pre_roll_s, made.post_roll_s) == ("camera", 5.0, 9.0)
    assert [problem.where for problem in document.problems] == [
        "cameras.B.name",
        "cameras.B.detect",
        "cameras.B.pre_roll_s",
    ]
