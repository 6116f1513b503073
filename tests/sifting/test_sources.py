from __future__ import annotations

from pathlib import Path

from awry.sifting.sources import open_videos

TINY = ("--preset", "tiny", "--fps", 10)


def test_a_refused_stream_leaves_no_password_in_the_run(shared_data: Path) -> None:
    video = str(shared_data / "test" / "clip0")
    found = open_videos([video, "rtsp://u:s3cret@camera/live"], None)
    assert found.about["sources"] == [video]
    assert "s3cret" not in repr((found.about, found.not_found))


def test_an_unknown_scene_is_refused(awry, shared_data: Path, tmp_path: Path) -> None:
    words = ("--data", shared_data, "--merged", "--scene", "hall", "--out", tmp_path / "run")
    said = awry("sift", *words)
    assert said.code == 2
    assert "There is no scene 'hall'" in said.err
