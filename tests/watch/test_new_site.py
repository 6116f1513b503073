from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import ConfigError, WriteError
from awry.watch.new_site import init, local_zone, site_text
from awry.watch.site.read import parse_site, read_site


def test_a_site_with_cameras(tmp_path: Path) -> None:
    path = tmp_path / "new" / "site.yaml"
    made = init(
        path,
        camera=[
            "door=rtsp://root:${WORD}@door/live",
            "rtsp://u:s3cret@hall.lan/live",
            "rtsp://10.0.0.9/",
        ],
        budget="1/week",
        timezone="Europe/Vienna",
    )
    assert made.cameras == {
        "door": "rtsp://***@door/live",
        "hall-lan": "rtsp://***@hall.lan/live",
        "camera": "rtsp://10.0.0.9/",
    }
    assert "s3cret" not in repr(made)
    assert path.stat().st_mode & 0o777 == 0o600
    site = read_site(path, environment={"WORD": "w"}).site
    assert list(site.cameras) == ["door", "hall-lan", "camera"]
    assert site.cameras["door"].budget == "1/week"
    assert (site.store, site.timezone) == (path.parent / "store", "Europe/Vienna")


def test_every_comment_is_right(tmp_path: Path) -> None:
    """What stands there as a comment can be taken in as it is."""
    text = site_text({"gate": "rtsp://gate"}, "store", "2/day", "UTC")
    lines = []
    for line in text.splitlines():
        bare = line.lstrip("# ")
        setting = line.startswith("#") and bare.partition(":")[0] in (
            "schedules", "night", "retention", "web", "mqtt", "notify", "webhooks"
        )  # fmt: skip
        listed = line.startswith(("#   - ", "#   night"))
        lines.append(line[2:] if setting or listed else line)
    names = {"MQTT_PASSWORD": "w", "APPRISE_ADDRESS": "mailto://x"}
    (tmp_path / "webhook.secret").write_text("w")
    read = parse_site("\n".join(lines).encode(), tmp_path / "site.yaml", environment=names)
    assert read.site.notify[0].schedule == "night"
    assert read.site.mqtt is not None
    assert read.site.webhooks[0].name == "control-room"
    assert read.problems == ()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="left as it is"):
        init(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"camera": ["a=rtsp://x", "a=rtsp://y"]}, "Two cameras are called a"),
        ({"camera": ["nowhere"]}, "rtsp://"),
        ({"camera": ["Door=rtsp://u:s3cret@x"]}, "small letters"),
        ({"budget": "few"}, "e.g. 2/day"),
        ({"timezone": "Mars"}, "no time zone"),
    ],
)
def test_what_cannot_be_used_is_not_written(
    tmp_path: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        init(tmp_path / "site.yaml", **options)
    assert "s3cret" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError):
        init(tmp_path / "file" / "site.yaml")


def test_a_device(tmp_path: Path) -> None:
    made = init(tmp_path / "site.yaml", camera=["desk=/dev/video0", "/dev/video1"])
    assert made.cameras == {"desk": "/dev/video0", "camera": "/dev/video1"}
    assert made.rows()[0] == {"camera": "desk", "address": "/dev/video0"}
    assert made.cards()[0].value == "2"


def test_the_machine_s_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Vienna")
    assert local_zone() == "Europe/Vienna"
    monkeypatch.setenv("TZ", "nowhere")
    assert local_zone() == "UTC"
