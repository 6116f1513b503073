"""`awry watch feedback` as a person types it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awry.watch.store.models import FeedbackRow
from stores import a_store


def test_what_people_said(tmp_path: Path, awry: Any) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("store: store\ncameras: {door: {detect: 'rtsp://127.0.0.1:9/live'}}\n")
    assert "holds no database yet" in awry("watch", "feedback", site).err
    store = a_store(tmp_path)
    assert awry("watch", "feedback", site).out == "no judgement.\n"
    with store.writing() as session:
        session.add(FeedbackRow(event="a", camera="door", peak=2.0, label="normal", at=60.0))
    store.close()
    assert "normal" in awry("watch", "feedback", site).out
    (row,) = awry("watch", "feedback", site, "--json").json["feedback"]
    assert (row["event"], row["label"], row["peak"]) == ("a", "normal", 2.0)
    assert awry("watch", "feedback", site, "--camera", "yard", "--json").json["feedback"] == []
    out = tmp_path / "said.csv"
    assert "said.csv: 1 judgements." in awry("watch", "feedback", site, "--csv", out).out
    assert out.read_text().splitlines()[1].startswith("a,door,")
    assert awry("watch", "feedback", site, "--csv", out).code == 2
