"""The site's file as the API shows and changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.site.problems import SiteError
from awry.watch.web.bodies.site import CameraChange
from awry.watch.web.settings import change_camera, shown_site
from web_site import SITE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return path


def test_a_change_says_how_it_was_and_is(file: Path) -> None:
    changed = change_camera(file, "door", CameraChange(budget="1/day", enabled=False))
    assert changed == (
        {"budget": "2/day", "enabled": True},
        {"budget": "1/day", "enabled": False},
    )
    assert shown_site(file).cameras[0].enabled is False
    assert (file.parent / "site.yaml.bak").read_text() == SITE


def test_the_same_again_is_no_difference(file: Path) -> None:
    before, after = change_camera(file, "door", CameraChange(budget="2/day"))
    assert before == after == {"budget": "2/day"}


def test_a_mistake_is_refused_and_nothing_is_written(file: Path) -> None:
    with pytest.raises(SiteError, match="budget"):
        change_camera(file, "door", CameraChange(budget="often"))
    assert file.read_text() == SITE


GATE, TREE = [[0, 0], [1, 0], [1, 1]], [[0, 0], [0.2, 0], [0.2, 0.2]]
WITH_ZONES = SITE.replace(
    "    budget: 2/day\n",
    """    budget: 2/day
    zones:
      # where people come in
      - {name: gate, alarm: only, polygon: [[0, 0], [1, 0], [1, 1]]}
      - name: tree  # it moves in the wind
        alarm: never
        polygon: [[0, 0], [0.2, 0], [0.2, 0.2]]
""",
)


def zone(name: str, polygon: list[list[float]], alarm: str = "only") -> dict[str, object]:
    return {"name": name, "alarm": alarm, "polygon": polygon}


def test_zones_that_stay_keep_their_comments(file: Path) -> None:
    file.write_text(WITH_ZONES)
    moved = [[0, 0.5], [1, 0], [1, 1]]
    wanted = [zone("tree", TREE, "never"), zone("gate", moved), zone("new", GATE, "never")]
    before, after = change_camera(
        file, "door", CameraChange.model_validate({"zones": wanted, "ignore": [TREE]})
    )
    assert [one["name"] for one in before["zones"]] == ["gate", "tree"]
    assert {one["name"]: one["polygon"][0] for one in after["zones"]} == {
        "gate": [0, 0.5],
        "tree": [0, 0],
        "new": [0, 0],
    }
    text = file.read_text()
    assert "# where people come in" in text
    assert "- name: tree  # it moves in the wind" in text
    assert "ignore: [[[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]]" in text


def test_zones_that_go(file: Path) -> None:
    file.write_text(WITH_ZONES)
    change_camera(file, "door", CameraChange.model_validate({"zones": [zone("gate", GATE)]}))
    assert "tree" not in file.read_text()
    change_camera(file, "door", CameraChange(zones=[]))
    assert "zones" not in file.read_text()


def test_a_camera_without_zones_where_all_have_some(file: Path) -> None:
    file.write_text(SITE + "defaults:\n  ignore: [[[0, 0], [0.2, 0], [0.2, 0.2]]]\n")
    change_camera(file, "door", CameraChange(ignore=[]))
    door, yard = shown_site(file).cameras
    assert (door.ignore, len(yard.ignore)) == ([], 1)


def test_zones_of_one_name_and_those_that_cross_are_refused(file: Path) -> None:
    file.write_text(WITH_ZONES)
    crossing = zone("gate", [[0, 0], [1, 1], [1, 0], [0, 0.9]])
    for zones, said in (
        ([zone("gate", GATE), zone("gate", TREE)], "2 zones are called gate"),
        ([crossing], "zone gate: its sides cross"),
    ):
        with pytest.raises(SiteError, match=said):
            change_camera(file, "door", CameraChange.model_validate({"zones": zones}))
    assert file.read_text() == WITH_ZONES
