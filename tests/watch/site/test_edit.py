"""Edits by the program: comments stay, mistakes are not written, secrets stay as guarded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.errors import ConfigError, WriteError
from awry.watch.site import edit
from awry.watch.site.edit import add_camera, as_yaml, change_site, remove_camera
from awry.watch.site.read import ReadSite, read_site

TEXT = """\
# our yard
store: ./store   # on the large disk
cameras:
  door:
    # the old one
    detect: 'rtsp://root:${WORD}@10.0.0.5/live'
    budget: 2/day   # as agreed
  broken:
    detect: nowhere
schedules:
  night:
    - mon-fri 18:00-07:00
"""
NAMES = {"WORD": "w"}


def set_values(path: Path, values: dict[tuple[str, ...], Any], **options: Any) -> ReadSite:
    """Set values at places that are there; None takes a key away."""

    def change(file: Any) -> None:
        for place, value in values.items():
            holder = file
            for key in place[:-1]:
                holder = holder.setdefault(key, {})
            if value is None:
                del holder[place[-1]]
            else:
                holder[place[-1]] = as_yaml(value)

    return change_site(path, change, **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "site.yaml"
    file.write_text(TEXT)
    file.chmod(0o600)
    return file


def test_one_value_changes_and_all_else_stays(path: Path) -> None:
    read = set_values(path, {("cameras", "door", "budget"): "1/week"}, environment=NAMES)
    assert read.site.cameras["door"].budget == "1/week"
    assert path.read_text() == TEXT.replace("2/day ", "1/week")
    assert path.with_name("site.yaml.bak").read_text() == TEXT


def test_only_those_may_read_it_who_could_before(path: Path) -> None:
    set_values(path, {("name",): "yard"}, environment=NAMES)
    assert [one.stat().st_mode & 0o777 for one in sorted(path.parent.iterdir())] == [0o600, 0o600]


def test_zones_come_and_go(path: Path) -> None:
    zone = {"name": "gate", "polygon": [[0, 0], [1, 0], [0.5, 0.5]]}
    set_values(path, {("cameras", "door", "zones"): [zone]}, environment=NAMES)
    assert "polygon: [[0, 0], [1, 0], [0.5, 0.5]]" in path.read_text()
    read = set_values(path, {("cameras", "door", "zones"): None}, environment=NAMES)
    assert read.site.cameras["door"].zones == ()
    assert "zones" not in path.read_text()


def test_cameras_come_and_go(path: Path) -> None:
    added = add_camera(path, "roof", {"detect": "rtsp://10.0.0.9/live"}, environment=NAMES)
    assert "roof" in added.site.cameras
    with pytest.raises(ConfigError, match="'roof' already"):
        add_camera(path, "roof", {"detect": "rtsp://x"}, environment=NAMES)
    removed = remove_camera(path, "broken", environment=NAMES)
    assert removed.names == ("door", "roof")
    with pytest.raises(ConfigError, match="no camera 'broken'"):
        remove_camera(path, "broken", environment=NAMES)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("cameras", "door", "budget"), "few", "cameras.door.budget"),
        (("cameras", "door", "bugdet"), "1/day", "did you mean 'budget'"),
        (("web", "port"), -1, "web.port"),
        (("store",), None, "store: the key is missing"),
    ],
)
def test_what_would_be_wrong_is_not_written(
    path: Path, place: tuple[str, ...], value: object, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        set_values(path, {place: value}, environment=NAMES)
    assert path.read_text() == TEXT
    assert [one.name for one in path.parent.iterdir()] == ["site.yaml"]


def test_a_mistake_that_was_there_before_hinders_nobody(path: Path) -> None:
    read = set_values(path, {("name",): "yard"}, environment=NAMES)
    assert list(read.misconfigured) == ["broken"]


def test_a_mistake_that_cannot_be_written_around_is_told(path: Path) -> None:
    path.write_text(TEXT.replace("detect: nowhere", "{detect: nowhere, detect: x}"))
    with pytest.raises(ConfigError, match="Mend it by hand first"):
        set_values(path, {("name",): "yard"}, environment=NAMES)


def test_somebody_else_s_change_is_not_undone(path: Path) -> None:
    version = read_site(path, environment=NAMES).version
    set_values(path, {("name",): "one"}, version=version, environment=NAMES)
    with pytest.raises(ConfigError, match="changed meanwhile"):
        set_values(path, {("name",): "two"}, version=version, environment=NAMES)
    assert read_site(path, environment=NAMES).site.name == "one"


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    set_values(link, {("name",): "yard"}, environment=NAMES)
    assert link.is_symlink()
    assert "name: yard" in path.read_text()


def test_a_full_disk_leaves_it_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(new: Path, there: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edit, "settle_file", full)
    with pytest.raises(WriteError, match="No space left"):
        set_values(path, {("name",): "yard"}, environment=NAMES)
    assert path.read_text() == TEXT
    assert [one.name for one in path.parent.iterdir()] == ["site.yaml"]


def test_nothing_is_written_where_nothing_changes(path: Path) -> None:
    change_site(path, lambda values: None, environment=NAMES)
    assert [one.name for one in path.parent.iterdir()] == ["site.yaml"]
