"""`awry watch check` on cameras that really answer, over RTSP and HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.checking.cameras import open_live
from awry.watch.checking.check import check_with
from support import moving_square
from watch_live.rtsp_server import loopback_camera, needs_rtsp

pytestmark = pytest.mark.live


def test_cameras_that_answer_and_one_with_a_wrong_password(tmp_path: Path, bundle: Path) -> None:
    needs_rtsp()
    pictures = list(moving_square(20, 1, (48, 72)))
    path = tmp_path / "site.yaml"
    with (
        loopback_camera(pictures, password="right") as first,
        loopback_camera(pictures, kind="http", codec="jpeg") as second,
    ):
        wrong = first.address.replace("right", "s3cret")
        path.write_text(
            f"store: {tmp_path}/store\nweb: {{enabled: false}}\n"
            "retention: {gib: 0.001, free_gib: 0}\ncameras:\n"
            f"  door: {{detect: '{first.address}', bundle: '{bundle}'}}\n"
            f"  yard: {{detect: '{second.address}'}}\n"
            f"  hall: {{detect: '{wrong}'}}\n"
        )
        path.chmod(0o600)
        found = check_with(path, open_live, load=False)
    said = {one.subject: [] for one in found}
    for one in found:
        said[one.subject].append((one.kind, one.sentence))
    assert [kind for kind, _ in said["camera door"]] == ["fine", "fine"]
    assert said["camera door"][0][1].startswith("detect: 72x48 at ")
    assert said["camera yard"][0][1].startswith("detect: 72x48 at ")
    assert said["camera hall"][0][0] == "problem"
    assert "401" in said["camera hall"][0][1]
    assert "s3cret" not in repr(found)
    assert "right" not in repr(found)
