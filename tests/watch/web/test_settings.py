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
