from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from awry.watch.site.schema import site_schema


def problems(values: dict[str, Any]) -> list[str]:
    return [one.message for one in Draft202012Validator(site_schema()).iter_errors(values)]


def test_it_is_a_schema_and_plain_json() -> None:
    Draft202012Validator.check_schema(site_schema())
    assert json.loads(json.dumps(site_schema())) == site_schema()


def test_it_takes_what_the_reader_takes() -> None:
    assert problems(
        {
            "store": "s",
            "retention": {"days": "2w", "gib": "500 MiB"},
            "mqtt": {"host": "b", "password": {"file": "word"}},
            "defaults": {"budget": "2/day", "cooldown_s": "1m"},
            "cameras": {"door": {"detect": "rtsp://door", "learn": "from footage"}},
        }
    ) == []  # fmt: skip


def test_it_refuses_what_the_reader_refuses() -> None:
    assert problems({"store": "s", "stoer": 1})
    assert problems({"store": "s", "cameras": {"door": {}}})
    assert problems({"store": "s", "cameras": {"door": {"detect": "x", "pre_roll_s": 90}}})
    assert problems({"store": "s", "cameras": {"door": {"detect": "x", "name": "door"}}})


def test_patterns_are_the_units() -> None:
    duration = site_schema()["$defs"]["Camera"]["properties"]["cooldown_s"]["anyOf"][1]["pattern"]
    assert re.fullmatch(duration, "1h 30m")
    assert not re.fullmatch(duration, "1 parsec")
