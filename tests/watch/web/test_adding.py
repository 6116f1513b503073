"""Addresses with their user, and secrets beside the site's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.site.problems import SiteError
from awry.watch.site.read import read_site
from awry.watch.web.adding import take_camera, whole_address, write_camera
from awry.watch.web.bodies.adding import NewCamera, StreamAddress
from awry.watch.web.refusals import RefusedError
from web_site import SITE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "site.yaml"
    path.parent.mkdir()
    path.write_text(SITE)
    return path


def new(name: str = "gate", address: str = "rtsp://10.0.0.3/", **more: object) -> NewCamera:
    detect = {"address": address, "user": "root", "password": "s3cret"}
    return NewCamera.model_validate({"name": name, "detect": detect, **more})


@pytest.mark.parametrize(
    ("address", "user", "password", "whole"),
    [
        (" rtsp://10.0.0.3/a ", "", "", "rtsp://10.0.0.3/a"),
        ("HTTP://cam.lan:81/a?b=1", "me", "", "http://me@cam.lan:81/a?b=1"),
        ("rtsp://[fe80::1]:554/", "a b", "/@:%", "rtsp://a%20b:%2F%40%3A%25@[fe80::1]:554/"),
        ("rtsp://me:there@10.0.0.3/", "", "", "rtsp://me:there@10.0.0.3/"),
        ("/dev/video0", "", "", "/dev/video0"),
    ],
)
def test_an_address_with_its_user(address: str, user: str, password: str, whole: str) -> None:
    given = {"address": address, "user": user, "password": password}
    assert whole_address(StreamAddress.model_validate(given)) == whole


def test_a_device_has_no_user() -> None:
    given = StreamAddress.model_validate({"address": "/dev/video0", "user": "me"})
    with pytest.raises(RefusedError):
        whole_address(given)


def test_a_secret_file_that_is_there_is_not_overwritten(file: Path) -> None:
    folder = file.parent / "secrets"
    folder.mkdir()
    (folder / "gate-detect").write_text("another's")
    write_camera(file, new())
    assert (folder / "gate-detect").read_text() == "another's"
    assert "file:secrets/gate-detect-2" in file.read_text()
    take_camera(file, "gate")
    assert [one.name for one in folder.iterdir()] == ["gate-detect"]


def test_a_secret_that_another_camera_has_too_stays(file: Path) -> None:
    write_camera(file, new())
    text = file.read_text().replace(
        "cameras:\n", "cameras:\n  two: {detect: file:secrets/gate-detect}\n"
    )
    file.write_text(text)
    take_camera(file, "gate")
    assert read_site(file).site.cameras["two"].detect.get_secret_value()


def test_a_file_elsewhere_is_left_when_its_camera_goes(file: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("rtsp://me:s3cret@10.0.0.9/")
    file.write_text(SITE + f"  extra: {{detect: 'file:{mine}'}}\n")
    take_camera(file, "extra")
    assert mine.exists()


def test_a_link_to_the_sites_file(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "site.yaml"
    link.symlink_to(file)
    write_camera(link, new())
    for path in (file, link):
        found = read_site(path).site.cameras["gate"].detect.get_secret_value()
        assert found == "rtsp://root:s3cret@10.0.0.3/"


def test_both_streams_have_a_file_and_none_where_it_fails(file: Path) -> None:
    record = {"address": "rtsp://10.0.0.3/large", "user": "root", "password": "s3cret"}
    write_camera(file, new(record=record))
    folder = file.parent / "secrets"
    assert sorted(one.name for one in folder.iterdir()) == ["gate-detect", "gate-record"]
    with pytest.raises(SiteError):
        write_camera(file, new("yard-2", record=record, budget="often"))
    assert len([*folder.iterdir()]) == 2
