"""A whole check, with cameras that are not there and with ones that are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.errors import ConfigError, SourceError
from awry.watch.checking.check import check, check_with


def written(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(f"store: {folder}/store\nretention: {{gib: 0.001, free_gib: 0}}\n{text}")
    path.chmod(0o644)
    return path


def refused(address: str, *_: float) -> Any:
    raise SourceError("Cannot open the stream: refused.")


def test_a_site_without_cameras_to_open(tmp_path: Path) -> None:
    path = written(tmp_path, "web: {port: 0}\ncameras: {door: {detect: 'rtsp://u:s3cret@door'}}\n")
    found = check(path, cameras=False, load=False)
    assert [(one.subject, one.kind) for one in found] == [
        ("settings", "fine"),
        ("secrets", "warning"),
        ("store", "fine"),
        ("web", "fine"),
        ("camera door", "fine"),
    ]
    assert found.runs
    assert found.load is None
    assert "s3cret" not in repr(found)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["site.yaml"]


def test_every_problem_is_told(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "web: {enabled: false}\nmqtt: {host: 127.0.0.1, port: 9}\n"
        "cameras:\n  door: {detect: 'rtsp://door'}\n  yard: {detct: 'rtsp://yard'}\n",
    )
    found = check_with(path, refused, load=True, seconds=0.0)
    assert [one.subject for one in found.problems] == [
        "camera yard",
        "camera yard",
        "mqtt",
        "camera door",
    ]
    assert found.problems[-1].sentence == "detect: Cannot open the stream: refused."
    assert found.runs


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    found = check(written(tmp_path, "stoer: 1\ncameras: {a: {}}\n"), cameras=False)
    assert not found.runs
    assert [(one.subject, one.stops) for one in found] == [
        ("settings", True),
        ("camera a", False),
    ]
    with pytest.raises(ConfigError, match="awry watch init"):
        check(tmp_path / "gone.yaml")


def test_a_bundle_s_load_is_measured(
    tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awry.watch.scorer.load.rate_of", lambda path: 0.5)
    path = written(
        tmp_path,
        f"web: {{enabled: false}}\ncameras: {{a: {{detect: 'rtsp://a', bundle: {bundle}}}}}\n",
    )
    found = check(path, cameras=False)
    assert found.load is not None
    assert found.load > 1
    assert found.warnings[-1].subject == "load"
