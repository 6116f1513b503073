"""The picture of the layers in docs/architecture.md is the one that is enforced."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
LAYERS: list[str] = CONTRACT["contracts"][0]["layers"]


def test_the_picture_of_the_layers_is_pyprojects() -> None:
    (picture,) = re.findall(r"<!-- layers -->\n```\n(.*?)\n```", PAGE, re.S)
    assert picture.splitlines() == [layer.replace("awry.", "") for layer in LAYERS]


def test_every_room_is_described_and_has_a_layer() -> None:
    package = ROOT / "src/awry"
    rooms = {path.name for path in package.iterdir() if (path / "__init__.py").is_file()}
    rooms |= {path.stem for path in package.glob("*.py")} - {"__init__"}
    layered = {room.strip().removeprefix("awry.") for layer in LAYERS for room in layer.split("|")}
    table = PAGE.split("## The rooms")[1].split("<!-- layers -->")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    described = {name.rstrip("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert rooms == layered
    assert described == rooms
