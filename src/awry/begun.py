"""The settings that a long run was begun with: whoever goes on with it must have the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LONGEST = 60
_MOST = 4


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs, by name, with both values; nested settings by their path.

    A setting that an older version did not write down is taken to be the same.

    >>> differences({"seed": 0, "config": {"channels": 8}}, {"seed": 1, "config": {"channels": 8}})
    ['seed (0 then, 1 now)']
    >>> differences({"ignore": []}, {"ignore": ["rows:0-23"], "every": 2})
    ['ignore (none then, rows:0-23 now)']
    """
    then, here = _flat(before), _flat(now)
    known = before.keys() & now.keys()
    different = [
        f"{name} ({_said(then.get(name))} then, {_said(here.get(name))} now)"
        for name in dict.fromkeys([*here, *then])
        if name.partition(".")[0] in known and then.get(name) != here.get(name)
    ]
    more = len(different) - _MOST
    return [*different[:_MOST], f"{more} more"] if more > 0 else different


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[above + name] = value
    return flat


def _said(value: Any) -> str:
    if value is None or value == []:
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if re.fullmatch("[0-9a-f]{64}", text):  # stands for content; more of it tells nobody anything
        return text[:12]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
