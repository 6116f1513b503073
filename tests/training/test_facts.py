"""A manifest's facts: read as they were written, also by other versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from awry.training.facts import Facts


def facts() -> dict[str, Any]:
    """As a fit of another version may have written them."""
    return {
        "preset": "tiny",
        "seed": 3,
        "data": {
            "layout": "folder",
            "variant": "",
            "fps": 25,
            "fingerprint": "ab",
            "scenes": ["yard"],
            "parts": {"train": [["a", 0, 10]], "validation": [], "calibration": [["a", 10, 12]]},
            "every": 1,
            "notes": ["odd"],
            "failed": [],
            "of another version": [1],
        },
        "history": {"*": [{"phase": "one", "epoch": 1, "total": 0.5}]},
        "fit_seconds": 3,
        "versions": {"awry": "0"},
        "machine": "Linux",
        "of another version": {"a": None},
    }


def test_facts_go_back_into_a_manifest_as_they_were() -> None:
    plain = facts()
    assert json.dumps(Facts(**plain).to_manifest()) == json.dumps(plain)
    without_machine = {key: value for key, value in plain.items() if key != "machine"}
    assert Facts(**without_machine).to_manifest() == without_machine


def test_facts_of_an_exported_bundle() -> None:
    export = {"runtime": "onnx", "precision": "fp32", "networks": {"model": {}}, "tolerance": 0.1}
    exported = Facts(**facts(), export=export)
    assert exported.to_manifest()["export"] == export
    assert exported.without_export().to_manifest() == facts()


@pytest.mark.parametrize(
    ("key", "value"), [("seed", "3"), ("history", []), ("data", {}), ("export", {"runtime": 1})]
)
def test_facts_of_another_form_are_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=key):
        Facts(**{**facts(), key: value})
