"""The package that docs/tutorials/own-method.md tells of is built from that page, and works."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import awry
from awry import extensions
from awry.detector import scored
from awry.methods import registry
from awry.testing import moving_square_data

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "own-method.md"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package's folder, installed as pip would."""
    files = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert [name for name, _ in files] == [
        *("pyproject.toml", "awry_brightness.py", "tests/test_contract.py"),
    ]
    for name, content in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    about = tmp_path / f"awry_brightness-{project['version']}.dist-info"
    about.mkdir()
    name, version = project["name"], project["version"]
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = project["entry-points"]["awry.methods"]
    lines = "".join(f"{name} = {place}\n" for name, place in points.items())
    (about / "entry_points.txt").write_text(f"[awry.methods]\n{lines}")
    monkeypatch.syspath_prepend(str(tmp_path))
    extensions.declared.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    extensions.declared.cache_clear()
    sys.modules.pop("awry_brightness", None)


def test_the_template_is_found_fitted_and_scores(package: Path, tmp_path: Path) -> None:
    assert registry.package_of("brightness") == "awry-brightness"
    (entry,) = [method for method in awry.list_methods() if method.name == "brightness"]
    assert entry.what == "The distance of a frame's brightness from the usual one."
    assert entry.settings["side"]["default"] == 32
    data = moving_square_data()
    awry.fit("brightness", data, out=tmp_path / "bundle", preset="tiny")
    detector = awry.load(tmp_path / "bundle")
    clip = list(data.test[0].open())
    scores = [score.score for _, score in scored(detector.scorer(), clip)]
    means = np.array([frame.image.mean() for frame in clip])
    assert np.isfinite(np.array(scores, float)).all()
    assert np.ptp(means) > 0
    assert len(scores) == len(clip)


def test_the_templates_own_test_passes(package: Path) -> None:
    name = "test_contract_of_the_template"
    spec = importlib.util.spec_from_file_location(name, package / "tests" / "test_contract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (mark,) = module.test_the_contract_is_kept.pytestmark
    for check in mark.args[1]:
        module.test_the_contract_is_kept(check)
