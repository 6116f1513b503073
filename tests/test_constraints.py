"""The versions that continuous integration tests are among those that are asked for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def constraints() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    written = [line for line in lines if line and not line.startswith("#")]
    assert not [line for line in written if "@" in line or "/" in line or line.startswith("-")]
    found = {canonicalize_name(one.name): one for one in map(Requirement, written)}
    assert len(found) == len(written)
    return found


def asked_for() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    every = [Requirement(line) for line in (*PROJECT["dependencies"], *extras)]
    return [one for one in every if one.name != "awry"]


def test_every_dependency_has_a_version_that_its_range_allows() -> None:
    found = constraints()
    for wanted in asked_for():
        kept = found[canonicalize_name(wanted.name)]
        lowest = min(Version(one.version) for one in kept.specifier if one.operator in ("==", ">="))
        assert wanted.specifier.contains(lowest), f"{kept} is outside of {wanted}"


def test_versions_are_exact_but_for_pytorchs() -> None:
    for name, kept in constraints().items():
        exact = [one.operator for one in kept.specifier] == ["=="]
        assert exact or name in ("torch", "torchvision"), kept
