from __future__ import annotations

from awry.methods.registry import method_names


def test_methods_are_listed_with_presets_and_settings(awry) -> None:
    methods = {method["name"]: method for method in awry("methods", "--json").json}
    assert list(methods) == method_names()
    assert "cpu" in methods["daml"]["presets"]
    assert methods["daml"]["settings"]["height"]["default"] == 128
    assert "daml" in awry("methods").out


def test_one_method_in_full(awry, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    page = awry("methods", "daml", "--json").json
    assert page["package"] == "awry"
    height = next(one for one in page["settings"] if one["name"] == "height")
    assert (height["default"], height["kind"]) == (128, "whole number, at least 0")
    shown = awry("methods", "daml")
    assert shown.code == 0
    for word in ("presets side by side", "paper", "cpu", "input_stride", "frames between two"):
        assert word in shown.out
    refused = awry("methods", "damll")
    assert refused.code == 2
    assert "did you mean 'daml'?" in refused.err
