from __future__ import annotations

from pathlib import Path

import av

from awry.watch.demo_site.footage import NOTE, write_file
from awry.watch.synthetic.scene import scene_of


def test_a_clip_of_what_a_camera_saw(tmp_path: Path) -> None:
    scene = scene_of("synthetic://digits?height=120&fps=5")
    path, span = "media/yard/e.mp4", (1000.1, 1002.9)
    said = write_file(tmp_path, path, scene, span, kind="clip", camera="yard", event="e")
    assert (said.kind, said.camera, said.event, said.codec) == ("clip", "yard", "e", "vp9")
    assert (said.start, round(said.end, 3), said.note) == (1000.2, 1003.0, NOTE)
    assert said.bytes == (tmp_path / path).stat().st_size
    with av.open(str(tmp_path / path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 14


def test_even_the_shortest_span_has_pictures(tmp_path: Path) -> None:
    scene = scene_of("synthetic://digits?height=120&fps=5")
    said = write_file(tmp_path, "a.mp4", scene, (10.0, 9.0), kind="footage", camera="yard")
    assert said.end > said.start
