from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.errors import BundleError
from awry.watch.checking.bundles import check_bundles, read_grid
from awry.watch.checking.cameras import Seen
from awry.watch.site.model import Site


def site(**camera: Any) -> Site:
    one = {"name": "door", "detect": "rtsp://door", **camera}
    return Site.model_validate({"store": "/s", "cameras": {"door": one}})


def said(found: Site, seen: Seen | None = None) -> list[tuple[str, str]]:
    looked = {} if seen is None else {("door", "detect"): seen}
    return [(one.kind, one.sentence) for one in check_bundles(found, looked)[0]]


def test_a_bundle_that_fits(bundle: Path) -> None:
    findings, grids = check_bundles(site(bundle=bundle), {("door", "detect"): Seen(144, 96, 10.0)})
    assert [one.kind for one in findings] == ["fine"]
    assert "(flow) was fitted at 10 pictures/s" in findings[0].sentence
    grid = grids["door"]
    assert (grid.rate, grid.width, grid.height) == (10.0, 72, 48)


def test_another_aspect_and_a_low_rate(bundle: Path) -> None:
    (_, aspect, slow) = said(site(bundle=bundle), Seen(640, 480, 5.0))
    assert aspect[0] == "problem"
    assert "640x480" in aspect[1]
    assert slow[0] == "warning"
    assert "5.0 pictures/s, but the bundle wants 10" in slow[1]
    assert len(said(site(bundle=bundle), Seen(problem="away"))) == 1


def test_no_bundle(tmp_path: Path) -> None:
    ((kind, sentence),) = said(site(bundle=tmp_path))
    assert kind == "problem"
    assert "is not a bundle" in sentence
    with pytest.raises(BundleError):
        read_grid(tmp_path)


def test_learning(tmp_path: Path) -> None:
    ((kind, sentence),) = said(site())
    assert (kind, "learns for 24 hours, then" in sentence) == ("fine", True)
    ((kind, sentence),) = said(site(learn={"folder": tmp_path}))
    assert (kind, "no footage" in sentence) == ("problem", True)
    (tmp_path / "a.mp4").touch()
    assert said(site(learn={"folder": tmp_path}))[0][0] == "fine"
    (_, (kind, sentence)) = said(site(learn={"method": "damll"}))
    assert (kind, "did you mean 'daml'" in sentence) == ("problem", True)


def test_a_camera_that_is_off_is_left_alone() -> None:
    assert said(site(enabled=False, bundle="/nowhere")) == []
