from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from awry.errors import BundleError
from awry.watch.checking import machine
from awry.watch.checking.machine import (
    check_broker,
    check_load,
    check_port,
    check_secrets,
    check_store,
    cores,
)
from awry.watch.site.model import Mqtt, Site, Web
from awry.watch.site.portions import Grid
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold


def site(store: Path, **values: Any) -> Site:
    return Site.model_validate({"store": store, **values})


def with_free(monkeypatch: pytest.MonkeyPatch, gib: float) -> None:
    class Usage:
        free = gib * 2**30

    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage)


def test_a_store_with_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, 200)
    (found,) = check_store(site(tmp_path / "new" / "store"))
    assert (found.kind, "200.0 GiB are free" in found.sentence) == ("fine", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("gib", "kind"), [(1, "problem"), (50, "warning")])
def test_too_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gib: float, kind: str
) -> None:
    with_free(monkeypatch, gib)
    assert [one.kind for one in check_store(site(tmp_path))] == ["fine", kind]


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = check_store(site(tmp_path / "file" / "store"))
    assert (found.kind, found.stops) == ("problem", True)


def test_a_store_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, 200)
    with hold(Layout(tmp_path)):
        assert "A site runs on it now" in list(check_store(site(tmp_path)))[-1].sentence


def test_ports(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (found,) = check_port(Web(port=port), running=False)
        assert (found.kind, "web.port" in found.sentence) == ("problem", True)
        assert list(check_port(Web(port=port), running=True)) == []
        assert list(check_port(Web(port=port, enabled=False), running=False)) == []
        mqtt = Mqtt(host="127.0.0.1", port=port)
        assert [one.kind for one in check_broker(mqtt)] == ["fine"]
    (found,) = check_port(Web(port=port), running=False)
    assert found.kind == "fine"
    (found,) = check_broker(mqtt)
    assert (found.kind, "refused" in found.sentence) == ("problem", True)
    assert list(check_broker(None)) == []


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    tls = {"certificate": tmp_path / "c", "key": tmp_path / "k"}
    web = Web.model_validate({"port": 0, "tls": tls})
    found = list(check_port(web, running=False))
    assert [(one.kind, one.stops) for one in found[:2]] == [("problem", True)] * 2


def test_files_that_others_can_read(tmp_path: Path) -> None:
    files = []
    for name, mode in (("own", 0o600), ("group", 0o640), ("all", 0o644)):
        files.append(tmp_path / name)
        files[-1].touch()
        files[-1].chmod(mode)
    said = [one.sentence for one in check_secrets([*files, tmp_path / "gone"])]
    assert ["its group" in said[0], "everybody" in said[1]] == [True, True]
    assert len(said) == 2


def loaded(load: str, share: float) -> tuple[list[Any], float | None]:
    camera = {"name": "a", "detect": "rtsp://a", "bundle": "/b"}
    one = Site.model_validate({"store": "/s", "load": load, "cameras": {"a": camera}})
    return check_load(
        one,
        {"a": Grid(rate=10.0)},
        lambda bundle: 40.0,
        lambda wanted, rates, available: (
            share if (wanted, rates) == ({"a": 10.0}, {"a": 40.0}) else 9
        ),
        lambda found: "too much" if found > 0.7 else "",
        2.0,
    )


def test_load() -> None:
    findings, share = loaded("warn", 0.25)
    assert (findings[0].kind, share) == ("fine", 0.25)
    assert "1 camera would take 25%" in findings[0].sentence
    assert loaded("warn", 0.8)[0][0].kind == "warning"
    refused = loaded("refuse", 0.8)[0][0]
    assert (refused.kind, refused.stops) == ("problem", True)


def test_a_bundle_that_cannot_be_measured() -> None:
    def broken(bundle: Path) -> float:
        raise BundleError("It is damaged.")

    camera = {"name": "a", "detect": "rtsp://a", "bundle": "/b"}
    one = Site.model_validate({"store": "/s", "cameras": {"a": camera}})
    findings, share = check_load(
        one, {"a": Grid(rate=10.0)}, broken, lambda *_: 0.0, lambda _: "", 1.0
    )
    assert ([one.sentence for one in findings], share) == (["It is damaged."], None)


def test_cores() -> None:
    assert cores() >= 1
