from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.demo_site.cameras import CAMERAS, settings_text
from awry.watch.site.problems import SiteError
from awry.watch.site.read import parse_site
from awry.watch.synthetic.scene import planned


@pytest.mark.parametrize("busy_from", [None, 2000.0])
def test_the_settings_can_be_used(busy_from: float | None, tmp_path: Path) -> None:
    text = settings_text(8780, "Europe/Vienna", 1000.0, busy_from)
    read = parse_site(text.encode(), tmp_path / "site.yaml")
    assert (read.problems, read.warnings) == ((), ())
    assert set(read.site.cameras) == {"square", "digits"}
    square = read.site.cameras["square"]
    assert square.learn.method == "flow"
    for secret in (square.detect, square.record):
        assert secret is not None
        _, plan = planned(secret.get_secret_value())
        assert (plan.since, plan.every_s) == (1000.0, 420.0)
        assert plan.busy_s == (0.0 if busy_from is None else 75.0)


def test_one_camera_alone_misbehaves() -> None:
    assert [bool(one.busy_s) for one in CAMERAS] == [True, False]


def test_drawn_cameras_are_allowed_by_the_site_alone(tmp_path: Path) -> None:
    text = settings_text(8780, "UTC", 0.0, None).replace("synthetic: true", "synthetic: false")
    read = parse_site(text.encode(), tmp_path / "site.yaml")
    assert "drawn cameras need `synthetic: true`" in read.misconfigured["square"]
    bad = text.replace("synthetic: false", "synthetic: perhaps")
    with pytest.raises(SiteError):
        parse_site(bad.encode(), tmp_path / "site.yaml")
