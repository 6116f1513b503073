from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = """
import awry, awry.evaluation.report.page
from importlib.metadata import entry_points
from pathlib import Path
print(Path(awry.__file__).parent)
print(sorted(point.name for point in entry_points(group="awry.methods")))
awry.evaluation.report.page.write_strangest(Path("page.html"), [], "title", "advice")
"""


def run(*words: str, **options) -> str:
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_holds_everything_and_installs(tmp_path: Path) -> None:
    missing = [m for m in ("build", "setuptools", "pip") if importlib.util.find_spec(m) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} to build a wheel")
    # From a copy: building leaves files in the source folder.
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=ignored)
    made = tmp_path / "dist"
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(made), str(source))
    (wheel,) = made.glob("awry-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = (name for name in names if name.endswith("entry_points.txt"))
        said = archive.read(points).decode()
    assert "awry/py.typed" in names
    package = ROOT / "src/awry"
    for data in (*package.glob("evaluation/report/templates/*"), *package.glob("methods/*/*.json")):
        assert data.relative_to(package.parent).as_posix() in names
    modules = {path.relative_to(ROOT / "src").as_posix() for path in ROOT.glob("src/awry/**/*.py")}
    assert modules <= set(names)
    assert not [name for name in names if name.startswith("tests")]
    assert "awry = awry.cli.app:main" in said
    assert "daml = awry.methods.daml:DAML" in said

    target = tmp_path / "target"
    words = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    run("-m", "pip", "install", *words, "--target", str(target), str(wheel))
    environment = {**os.environ, "PYTHONPATH": str(target)}
    where, points = run("-c", CODE, cwd=tmp_path, env=environment).splitlines()
    assert Path(where) == target / "awry"
    assert "daml" in points
    assert (tmp_path / "page.html").is_file()
