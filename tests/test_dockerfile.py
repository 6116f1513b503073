"""The Dockerfile, as a linter reads it; the image itself is built elsewhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The instructions with their words, in order."""
    parsed = DockerfileParser(fileobj=io.BytesIO((ROOT / "Dockerfile").read_bytes()))
    return [
        (step["instruction"], step["value"])
        for step in parsed.structure
        if step["instruction"] != "COMMENT"
    ]


def values(steps: list[tuple[str, str]], instruction: str) -> list[str]:
    return [value for name, value in steps if name == instruction]


def test_images_have_versions(steps: list[tuple[str, str]]) -> None:
    for image in values(steps, "FROM"):
        name, _, version = image.split()[0].partition(":")
        assert name
        assert version[:1].isdigit(), f"{image}: a version that stays the same"


def test_everything_that_is_copied_is_there(steps: list[tuple[str, str]]) -> None:
    for words in values(steps, "COPY"):
        *sources, target = words.split()
        if not sources[0].startswith("--from="):
            assert all((ROOT / source).exists() for source in sources)
        assert target


def test_pip_keeps_no_cache_and_versions_are_those_of_ci(steps: list[tuple[str, str]]) -> None:
    installs = [part for run in values(steps, "RUN") for part in run.split("&&") if "pip" in part]
    assert installs
    for part in installs:
        assert "--no-cache-dir" in part
        assert "--constraint" in part or "pip wheel" in part


def test_it_runs_awry_and_not_as_root(steps: list[tuple[str, str]]) -> None:
    assert values(steps, "USER")[-1] not in ("root", "0")
    assert values(steps, "ENTRYPOINT") == ['["awry"]']
    names = [name for name, _ in steps]
    assert names.index("USER") < names.index("ENTRYPOINT")
