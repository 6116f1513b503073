"""docs/installation.md says how to get each network that `awry weights` lists."""

from __future__ import annotations

from pathlib import Path

import awry

PAGE = (Path(__file__).resolve().parents[2] / "docs/installation.md").read_text("utf-8")


def test_the_page_names_every_network_and_its_licences() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for one in awry.list_weights():
        facts = one.facts
        assert f"`{facts.what}`" in PAGE
        for line in lines:
            if f"`{facts.what}`" in line:
                code = facts.code_licence.partition(" (")[0]
                assert line.endswith(f"| {code}, {facts.weights_licence} |")


def test_the_page_names_the_presets_methods() -> None:
    for one in awry.list_weights(preset="paper"):
        (line,) = (line for line in PAGE.splitlines() if f"| `{one.facts.what}`" in line
                   or f", `{one.facts.what}`" in line)  # fmt: skip
        methods = {by.method for by in one.wanted_by} - {"fused", "knn"}
        assert all(f"`{method}`" in line.split("|")[2] for method in methods), line
